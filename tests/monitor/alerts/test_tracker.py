"""Evidence in time and area, and one rule's life on one subject."""

import pytest

from monitor.alerts.tracker import Evidence
from monitor.alerts.verdict import Finding, Verdict
from monitor.samples import Code
from tests.support.alert_bench import Bench, line, samples

NS_PER_S = 1_000_000_000


def met(t_s: float, deficit: float = 0.0) -> Verdict:
    return Verdict(finding=Finding.MET, t_ns=round(t_s * NS_PER_S), deficit=deficit)


def due_s(
    evidence: Evidence, *, confirm_s: float = 1000, area: float | None = 50, least: int = 1
) -> float | None:
    due = evidence.due_ns(confirm_s=confirm_s, min_samples=least, area_budget=area)
    return None if due is None else due / NS_PER_S


def test_area_as_the_manual_of_satseconds_counts() -> None:
    """Limit 90, budget 50 %.s: 2 s at 88, 3 s at 86, then 84: 4 + 12 + 34 (the manual prints about 10.9)."""
    evidence = Evidence(met(0, 2), now_ns=0)
    evidence.add(met(1, 2))
    evidence.add(met(2, 4))
    for t_s in (3, 4):
        evidence.add(met(t_s, 4))
    evidence.add(met(5, 6))
    assert due_s(evidence) == pytest.approx(10.667, abs=0.001)


@pytest.mark.parametrize(("value", "expected_s"), [(86, 12.5), (88, 25.0)])
def test_area_at_a_constant_value(value: float, expected_s: float) -> None:
    assert due_s(Evidence(met(0, 90 - value), now_ns=0)) == pytest.approx(expected_s)


def test_the_earlier_of_time_and_area_counts() -> None:
    assert due_s(Evidence(met(0, 2), now_ns=0), confirm_s=15) == pytest.approx(15.0)
    assert due_s(Evidence(met(0, 5), now_ns=0), confirm_s=15) == pytest.approx(10.0)


def test_unknown_time_is_left_out() -> None:
    evidence = Evidence(met(0, 2), now_ns=0)
    evidence.suspend(5 * NS_PER_S)
    evidence.suspend(6 * NS_PER_S)
    assert due_s(evidence, confirm_s=15) is None
    evidence.add(met(8, 2))
    assert due_s(evidence, confirm_s=15) == pytest.approx(18.0)
    assert due_s(evidence, area=50) == pytest.approx(8 + (50 - 10) / 2)


def test_too_few_samples_confirm_nothing() -> None:
    evidence = Evidence(met(0), now_ns=0)
    evidence.add(met(0))
    assert due_s(evidence, confirm_s=5, area=None, least=2) is None
    evidence.add(met(1))
    assert due_s(evidence, confirm_s=5, area=None, least=2) == pytest.approx(5.0)


def test_evidence_from_the_future_counts_from_now() -> None:
    evidence = Evidence(met(9), now_ns=5 * NS_PER_S)
    assert due_s(evidence, confirm_s=1, area=None) == pytest.approx(6.0)
    assert evidence.first_ns == 9 * NS_PER_S


def test_evidence_lapses_after_ten_seconds_without_data() -> None:
    """88 for 10 s, a gap, 88 again: after a short gap the 10 s count on, after a long one they are gone."""
    bench = Bench(only=["G1"])
    # Fresh for 5 s after the last sample: 14 s are gathered by 23.0, the gap ends at 26.
    bench.feed(samples(Code.SPO2_PERCENT, "98x10 88x10 _x6 88x20"), until_s=60)
    assert bench.lines[0] == "27.000 G1-1 firing medium"
    bench = Bench(only=["G1"])
    bench.feed(samples(Code.SPO2_PERCENT, "98x10 88x10 _x16 88x20"), until_s=60)
    assert bench.lines[0] == "51.000 G1-1 firing medium"


def test_a_latched_alert_that_comes_back_keeps_its_name() -> None:
    bench = Bench(only=["G2"])
    bench.feed(samples(Code.SPO2_PERCENT, "98x10 84x10 95x35 84x10 95x40"), until_s=105)
    assert [line(one) for one in bench.transitions if one.reason != "still there"] == [
        "15.000 G2-1 firing high",
        "50.000 G2-1 latched high",
        "60.000 G2-1 firing high",
        "95.000 G2-1 latched high",
    ]


def test_acknowledging_a_latched_alert_keeps_what_was_gathered_for_the_next() -> None:
    bench = Bench(only=["G2"])
    bench.feed(samples(Code.SPO2_PERCENT, "98x10 84x10 95x35 84x3"))
    bench.note(bench.engine.acknowledge("G2-1", actor="t-1", now_ns=58 * NS_PER_S))
    bench.feed(samples(Code.SPO2_PERCENT, "84x5", start_s=58))
    assert bench.lines[-2:] == ["58.000 G2-1 resolved high", "60.000 G2-2 firing high"]
