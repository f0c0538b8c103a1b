"""Sensors against each other: every doubt is marked, no value is changed."""

import pytest

from monitor.outputs import VitalUpdate
from monitor.samples import Code, Quality, Sample
from monitor.session.cross_checks import IRREGULAR_RR, NEAR_CADENCE, RATES_DISAGREE, RR_GAPS, CrossChecks
from tests.support.session_bench import CUFF, STRAP, SessionBench, clock, pressure, rate

NS = 1_000_000_000


def sample(code: Code, at_s: float, value: float | None, *, device: str = "d") -> Sample:
    t_ns = round(at_s * NS)
    quality = Quality.MISSING if value is None else Quality.GOOD
    return Sample(device=device, code=code, t_ns=t_ns, received_ns=t_ns, value=value, quality=quality)


def strap(checks: CrossChecks, at_s: float, per_min: float) -> Sample:
    return checks.mark(sample(Code.HEART_RATE_PER_MIN, at_s, per_min))


def reading(at_s: float, pulse: float) -> list[Sample]:
    return [
        sample(Code.SYSTOLIC_MMHG, at_s, 130.0, device="cuff"),
        sample(Code.DIASTOLIC_MMHG, at_s, 80.0, device="cuff"),
        sample(Code.CUFF_PULSE_RATE_PER_MIN, at_s, pulse, device="cuff"),
    ]


def test_an_oximeter_that_contradicts_the_strap_is_doubtful_with_its_saturation() -> None:
    checks = CrossChecks()
    marked = []
    for second in range(30):
        strap(checks, second, 100.0)
        marked.append(checks.mark(sample(Code.PULSE_RATE_PER_MIN, second + 0.1, 60.0)))
    assert marked[2].flags == frozenset()
    assert (marked[-1].value, marked[-1].quality) == (60.0, Quality.QUESTIONABLE)
    assert marked[-1].flags == {RATES_DISAGREE}
    assert checks.mark(sample(Code.SPO2_PERCENT, 30.0, 97.0)).flags == {RATES_DISAGREE}
    assert checks.mark(sample(Code.SYSTOLIC_MMHG, 30.0, 120.0)).quality is Quality.GOOD


@pytest.mark.parametrize(("pulse", "doubted"), [(95.0, False), (130.0, True), (70.0, True)])
def test_a_cuff_against_the_heart_is_doubted_as_a_whole(pulse: float, doubted: bool) -> None:
    checks = CrossChecks()
    for second in range(60):
        strap(checks, second, 90.0)
    parts = reading(60.0, pulse)
    checks.cuff(parts)
    marked = [checks.mark(one) for one in parts]
    assert [one.value for one in marked] == [130.0, 80.0, pulse]
    assert {one.quality for one in marked} == {Quality.QUESTIONABLE if doubted else Quality.GOOD}
    # The next reading is judged on its own.
    again = reading(65.0, 91.0)
    checks.cuff(again)
    assert {checks.mark(one).quality for one in again} == {Quality.GOOD}


def test_a_cuff_alone_has_nobody_to_contradict() -> None:
    checks = CrossChecks()
    parts = reading(10.0, 150.0)
    checks.cuff(parts)
    assert {checks.mark(one).quality for one in parts} == {Quality.GOOD}
    strap(checks, 11.0, 90.0)
    late = [*reading(200.0, 150.0), sample(Code.CUFF_PULSE_RATE_PER_MIN, 200.0, None)]
    checks.cuff(late)
    assert {checks.mark(one).quality for one in late if one.value is not None} == {Quality.GOOD}


def test_a_pulse_near_the_steps_is_doubtful_unless_the_strap_has_it_too() -> None:
    checks = CrossChecks()
    checks.cadence(10 * NS, 115.0)
    pulse = sample(Code.PULSE_RATE_PER_MIN, 11.0, 112.0)
    assert checks.mark(pulse).flags == {NEAR_CADENCE}
    assert checks.mark(pulse).quality is Quality.QUESTIONABLE
    assert checks.mark(sample(Code.SPO2_PERCENT, 11.0, 97.0)).flags == frozenset()
    assert checks.mark(sample(Code.PULSE_RATE_PER_MIN, 11.5, 90.0)).flags == frozenset()
    assert checks.mark(sample(Code.PULSE_RATE_PER_MIN, 20.0, 112.0)).flags == frozenset()
    checks.cadence(20 * NS, 115.0)
    strap(checks, 20.5, 110.0)
    assert checks.mark(sample(Code.PULSE_RATE_PER_MIN, 21.0, 112.0)).flags == frozenset()
    checks.cadence(21 * NS, None)
    assert checks.mark(sample(Code.PULSE_RATE_PER_MIN, 40.0, 112.0)).flags == frozenset()


def beats(checks: CrossChecks, intervals_s: list[float], *, every_s: float = 1.0) -> Sample:
    at_s = 0.0
    for interval_s in intervals_s:
        at_s += every_s
        checks.mark(sample(Code.RR_INTERVAL_S, at_s, interval_s))
    return strap(checks, at_s, 75.0)


def test_the_straps_intervals_are_told_and_change_no_quality() -> None:
    regular = beats(CrossChecks(), [0.8, 0.82, 0.79] * 10, every_s=0.8)
    assert regular.flags == frozenset()
    irregular = beats(CrossChecks(), [0.8, 0.8, 0.45, 1.2] * 8, every_s=0.8)
    assert (irregular.flags, irregular.quality) == ({IRREGULAR_RR}, Quality.GOOD)
    gaps = beats(CrossChecks(), [0.8] * 12, every_s=2.5)
    assert (gaps.flags, gaps.quality) == ({RR_GAPS}, Quality.GOOD)
    assert beats(CrossChecks(), [0.8, 0.8]).flags == frozenset()


def test_what_is_poor_or_missing_stays_so() -> None:
    checks = CrossChecks()
    gone = sample(Code.PULSE_RATE_PER_MIN, 1.0, None)
    assert checks.mark(gone) is gone


@pytest.mark.parametrize(("pulse", "flags"), [(74.0, ()), (110.0, (RATES_DISAGREE,))])
def test_a_session_doubts_a_cuff_that_counted_another_pulse(pulse: float, flags: tuple[str, ...]) -> None:
    bench = SessionBench([STRAP, CUFF])
    bench.feed(clock(), *(rate(second, 74) for second in range(60)), pressure(61.0, 130, 80, pulse=pulse))
    shown = {one.code: one for one in bench.of(VitalUpdate) if one.source == "cuff"}
    assert shown[Code.SYSTOLIC_MMHG].value == 130.0
    assert {one.flags for one in shown.values()} == {flags}
    quality = Quality.QUESTIONABLE if flags else Quality.GOOD
    assert {one.quality for one in shown.values()} == {quality}
