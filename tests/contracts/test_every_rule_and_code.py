"""Old values are no evidence: one sample, then silence, confirms no rule that waits longer than it counts."""

from collections.abc import Iterable

import pytest

from monitor.alerts.rule import Rule
from monitor.alerts.rules import RULES
from monitor.alerts.transition import AlertState
from monitor.exercise.phases import Phase
from monitor.freshness import FRESHNESS
from monitor.ingest.ingest import READERS
from monitor.samples import Code, Sample
from protocols.units import NS_PER_S
from tests.support.alert_bench import CUFF, OXIMETER, SENSORS, STRAP, Bench, sample

# Where a code's samples come from; all other codes reach no rule as a present value.
DEVICE_OF = {
    Code.SPO2_PERCENT: OXIMETER.device,
    Code.PULSE_RATE_PER_MIN: OXIMETER.device,
    Code.HEART_RATE_PER_MIN: STRAP.device,
    Code.CUFF_PULSE_RATE_PER_MIN: CUFF.device,
}
# G1 also counts depth times duration (50 % s): its delay is longer than a sample is fresh down to 80 %.
EXTREMES = {Code.SPO2_PERCENT: (80.0, 100.0)}
PHASES = (Phase.BEFORE, Phase.EXERCISE, Phase.REST, Phase.RECOVERY)
SILENT_UNTIL_S = 400.0


def fired(rule: Rule, phase: Phase, samples: Iterable[Sample]) -> set[str]:
    """Rules that fire within minutes of silence after `samples`."""
    bench = Bench(only=[rule.rule_id], sensors=SENSORS, phase=phase)
    bench.feed(list(samples), until_s=SILENT_UNTIL_S)
    return {one.rule_id for one in bench.transitions if one.to_state is AlertState.FIRING}


def test_every_code_that_rules_read_is_tried() -> None:
    assert set(DEVICE_OF) == {code for code, row in FRESHNESS.items() if row.fresh_for_ns is not None}
    assert set(FRESHNESS) == set(Code)


def test_the_sensors_of_the_bench_are_of_families_that_can_be_read() -> None:
    assert {sensor.family for sensor in SENSORS} <= set(READERS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)
def test_one_sample_and_silence_confirms_no_rule_that_waits_longer(rule: Rule) -> None:
    for phase in PHASES:
        silence = fired(rule, phase, [])
        for code, device in DEVICE_OF.items():
            fresh_for_ns = FRESHNESS[code].fresh_for_ns
            assert fresh_for_ns is not None
            if rule.confirm_s * NS_PER_S <= fresh_for_ns:
                continue
            for value in EXTREMES.get(code, (20.0, 250.0)):
                seen = fired(rule, phase, [sample(code, value, 1.0, device=device)])
                assert seen <= silence, f"{code} {value:g} in {phase}"


def test_one_pulse_of_a_cuff_alone_does_not_block_the_start_a_minute_later() -> None:
    bench = Bench(only=["G10"], sensors=[CUFF])
    bench.feed([sample(Code.CUFF_PULSE_RATE_PER_MIN, 122, 1.0, device="cuff")], until_s=200)
    assert bench.transitions == []
