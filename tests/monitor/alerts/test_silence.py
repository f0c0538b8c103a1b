"""Silence is bounded: by priority, by time, and never by repeating the request."""

from monitor.alerts.rules import RULES
from monitor.alerts.silence import Pauses, acknowledged_until_ns
from monitor.alerts.transition import Priority

NS_PER_S = 1_000_000_000
BY_ID = {rule.rule_id: rule for rule in RULES}


def test_an_acknowledgement_lasts_as_long_as_its_priority_allows() -> None:
    assert acknowledged_until_ns(Priority.HIGH, 0) == 120 * NS_PER_S
    assert acknowledged_until_ns(Priority.MEDIUM, NS_PER_S) == 301 * NS_PER_S
    assert acknowledged_until_ns(Priority.LOW, 0) is None


def test_a_pause_is_bounded_by_what_the_rule_can_become() -> None:
    pauses = Pauses()
    for rule_id, most_s in (("G2", 120), ("G8", 120), ("G1", 300), ("T4", 900)):
        assert pauses.start(BY_ID[rule_id], 1e6, 0)
        assert pauses.until_ns(BY_ID[rule_id], 0) == most_s * NS_PER_S


def test_a_running_pause_cannot_be_lengthened() -> None:
    pauses = Pauses()
    assert pauses.start(BY_ID["G1"], 30, 0)
    assert not pauses.start(BY_ID["G1"], 300, 29 * NS_PER_S)
    assert pauses.until_ns(BY_ID["G1"], 29 * NS_PER_S) == 30 * NS_PER_S
    assert pauses.until_ns(BY_ID["G1"], 30 * NS_PER_S) is None
    assert pauses.start(BY_ID["G1"], 30, 30 * NS_PER_S)


def test_a_pause_can_be_ended() -> None:
    pauses = Pauses()
    pauses.start(BY_ID["G1"], 30, 0)
    pauses.end(BY_ID["G1"])
    assert pauses.until_ns(BY_ID["G1"], 1) is None
