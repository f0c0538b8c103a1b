"""Numbering, presence and timers of all alerts together."""

from monitor.alerts.alert_table import AlertTable
from monitor.alerts.life_cycle import AlertEvent
from monitor.alerts.rules import RULES
from monitor.alerts.tracker import Tracker
from monitor.alerts.transition import AlertState, Transition
from monitor.alerts.verdict import Finding, Verdict
from tests.support.alert_bench import Bench

BY_ID = {rule.rule_id: rule for rule in RULES}


def lives_of(*subjects: tuple[str, str]) -> AlertTable:
    return AlertTable(
        [Tracker(BY_ID[rule_id], subject) for rule_id, subject in subjects], Bench(only=[]).situation
    )


def fire(lives: AlertTable, index: int, now_ns: int) -> list[Transition]:
    out: list[Transition] = []
    tracker = lives.trackers[index]
    tracker.judge(Verdict(finding=Finding.MET, t_ns=now_ns), now_ns)
    lives.apply(tracker, AlertEvent.MET, now_ns, out)
    assert lives.apply(tracker, AlertEvent.CONFIRMED, now_ns, out)
    return out


def test_alerts_of_one_rule_are_numbered_across_its_sensors() -> None:
    lives = lives_of(("T4", "strap"), ("T4", "oximeter"))
    told = fire(lives, 0, 1) + fire(lives, 1, 2)
    assert [(one.seq, one.alert_id) for one in told] == [(1, "T4-1"), (2, "T4-2")]
    lives.apply(lives.trackers[0], AlertEvent.CLEARED, 3, told)
    assert [one.alert_id for one in fire(lives, 0, 4)] == ["T4-3"]


def test_a_rule_is_present_while_any_of_its_alerts_is() -> None:
    bench = Bench(only=[])
    lives = AlertTable([Tracker(BY_ID["T4"], "strap"), Tracker(BY_ID["T4"], "oximeter")], bench.situation)
    fire(lives, 0, 1)
    fire(lives, 1, 2)
    lives.apply(lives.trackers[0], AlertEvent.CLEARED, 3, [])
    assert bench.situation.present == {"T4"}
    lives.apply(lives.trackers[1], AlertEvent.CLEARED, 4, [])
    assert bench.situation.present == set()


def test_an_event_that_is_not_in_the_table_changes_nothing() -> None:
    lives = lives_of(("G1", ""))
    out: list[Transition] = []
    assert not lives.apply(lives.trackers[0], AlertEvent.ACKNOWLEDGED, 1, out)
    assert out == []
    assert lives.trackers[0].state is AlertState.INACTIVE
    assert lives.next_due_ns is None
    assert lives.due(10**18) is None


def test_folding_is_by_subject() -> None:
    lives = lives_of(("T1", "strap"), ("T2", "strap"), ("T2", "oximeter"))
    fire(lives, 0, 1)
    assert lives.is_inhibited(lives.trackers[1])
    assert not lives.is_inhibited(lives.trackers[2])


def test_a_sudden_alert_takes_over_what_is_two_steps_milder() -> None:
    lives = lives_of(("G2", ""), ("G1", ""), ("G3", ""))
    fire(lives, 0, 1)
    assert lives.is_inhibited(lives.trackers[2])
