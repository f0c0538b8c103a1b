"""What people read."""

import pytest

from monitor.alerts.messages import message_of, number
from monitor.alerts.rules import RULES
from monitor.alerts.tracker import Tracker
from monitor.alerts.transition import AlertState
from monitor.samples import Code
from tests.support.alert_bench import OXIMETER, Bench, samples


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (88.0, "88"), (88.25, "88.2"), (141.695, "141.7"), (0.0, "0")]
)
def test_numbers(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_tracker_that_has_found_nothing_says_its_condition() -> None:
    tracker = Tracker(RULES[0], "")
    assert message_of(tracker, None) == RULES[0].condition


def test_every_alert_carries_what_a_therapist_needs() -> None:
    bench = Bench(only=["G1"])
    bench.feed(samples(Code.SPO2_PERCENT, "98x5 88x20 93x20"))
    fired, resolved = bench.transitions
    assert fired.message == "SpO2 88 %, below 90 %"
    assert (fired.value, fired.limit, fired.unit, fired.quality) == (88, 90, "%", "good")
    assert (fired.sources, fired.phase, fired.rule_version, fired.confirm_s) == (
        ("oximeter",),
        "before",
        1,
        15,
    )
    assert fired.at_ns - fired.first_offending_ns == 15_000_000_000
    assert resolved.to_state is AlertState.RESOLVED
    assert resolved.message == "Cleared: SpO2 88 %, below 90 %"
    assert (resolved.value, resolved.limit, resolved.reason) == (93, 90, "cleared")


def test_a_sensors_alert_names_it_also_when_it_is_over() -> None:
    bench = Bench(only=["T1"], sensors=[OXIMETER])
    bench.feed(samples(Code.SPO2_PERCENT, "97x5 _x20 97x20"))
    assert [one.sources for one in bench.transitions] == [("oximeter",), ("oximeter",)]
    assert bench.transitions[0].message == "No valid data from oximeter (oximeter)"
    assert bench.transitions[1].message.startswith("Cleared: No valid data")
