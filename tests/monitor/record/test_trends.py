"""Several sessions: changes only beyond the detectable, equal loads only, quality without persons."""

from dataclasses import replace
from typing import Any

import pytest

from monitor.record.facts import ExerciseFacts
from monitor.record.rows import recovery_fall, stored_record
from monitor.record.trends.compare import compare
from monitor.record.trends.progress import as_text, change_of, detectable, progress
from monitor.record.trends.quality import as_text as quality_text
from monitor.record.trends.quality import quality
from monitor.store.record_rows import ExerciseRow, RecordRow
from tests.monitor.store.test_records import stored
from tests.support.recorded_session import Recorded


def pairs(*visits: dict[str, Any]) -> list[tuple[RecordRow, ExerciseRow]]:
    found = []
    for day, changes in enumerate(visits, start=1):
        record = stored(f"s-{day}", day=day)
        found.append((record.row, replace(record.exercises[0], **changes)))
    return found


def test_done_of_prescribed_over_visits() -> None:
    (one,) = progress(pairs({"repetitions_done": 24}, {"repetitions_done": 30}))
    assert [visit.repetitions_done for visit in one.visits] == [24, 30]
    assert one.visits[0].started_utc == "1970-01-02 00:00"


@pytest.mark.parametrize(
    ("first", "last", "is_change"),
    [(70.0, 77.7, False), (70.0, 77.9, True), (80.0, 72.0, True), (80.0, 80.0, False)],
)
def test_a_change_is_one_only_beyond_the_detectable(first: float, last: float, is_change: bool) -> None:
    (one,) = progress(pairs({"range_best_deg": first}, {"range_best_deg": last}))
    assert one.change is not None
    assert one.change.detectable_deg == 7.8
    assert one.change.is_change is is_change


def test_without_an_error_nothing_is_a_finding() -> None:
    (one,) = progress(pairs({"range_error_deg": None}, {"range_best_deg": 120.0}))
    assert one.change is not None
    assert not one.change.is_change
    assert "no finding" in "\n".join(as_text([one]))
    assert detectable(None, 1.0) is None


def test_one_measured_visit_is_no_change() -> None:
    (one,) = progress(pairs({}, {"range_best_deg": None}))
    assert one.change is None
    assert change_of([]) is None
    assert "fewer than two visits" in "\n".join(as_text([one]))


def test_exertion_is_compared_at_equal_load_only() -> None:
    (one,) = progress(
        pairs(
            {"load": 5.0, "exertion": 14.0},
            {"load": 5.0, "exertion": 12.0},
            {"load": 6.0, "exertion": 15.0},
            {"load": 6.0, "exertion": 6.0, "exertion_scale": "cr10"},
        )
    )
    assert [(same.load, same.first, same.last, same.visits) for same in one.exertion] == [
        (5.0, 14.0, 12.0, 2)
    ]


def test_many_visits_are_cut_and_said() -> None:
    found = progress(pairs(*({} for _ in range(20))))
    assert "... 8 earlier visits" in "\n".join(as_text(found, last=12))


def test_left_and_right_are_two() -> None:
    assert len(progress(pairs({"side": "left"}, {"side": "right"}))) == 2


def test_rows_of_the_golden_session(golden: Recorded) -> None:
    record = stored_record(golden.facts)
    assert record.row.sets_done == 3
    assert record.row.alerts == len(golden.facts.alerts)
    assert record.exercises[0].exertion == 13.0
    assert record.row.recovery_fall_per_min == recovery_fall(golden.facts)
    assert {one.alert_id for one in record.alerts} == {one.fact_id for one in golden.facts.alerts}


def test_a_session_compared_with_itself_has_no_difference(golden: Recorded) -> None:
    lines = compare(golden.facts, golden.facts)
    assert {line.difference for line in lines if line.difference is not None} == {0.0}
    assert any("no change" in line.remark for line in lines)


def test_exercises_of_one_only_are_said(golden: Recorded) -> None:
    other: ExerciseFacts = replace(golden.facts.exercises[0], name="squat")
    second = replace(golden.facts, exercises=(other,))
    remarks = [line.remark for line in compare(golden.facts, second)]
    assert "only in the first session" in remarks
    assert "only in the second session" in remarks


def alarm(**changes: Any) -> list[Any]:
    row = {
        "rule": "G1",
        "priority": "medium",
        "kind": "physiological",
        "firings": 1,
        "confirmed": 12.0,
        "acknowledged": 6.0,
        "resolved": 60.0,
        "artefact": 0,
        "verdict": None,
    }
    return list((row | changes).values())


def test_quality_counts() -> None:
    totals = [["2026-01", "gym-2", 10, 9, 36_000.0, 90, 100, 7, 95.123, 60.0, 1]]
    alarms = [
        alarm(verdict="acted"),
        alarm(verdict="not needed", artefact=1),
        alarm(acknowledged=None),
        alarm(confirmed=None, acknowledged=None, resolved=None, firings=3, priority="high"),
    ]
    found = quality(totals, alarms)
    (month,), (rule,) = found.months, found.rules
    assert (month.adherence_percent, month.all_sets_percent, month.completed) == (90.0, 70.0, 9)
    assert (rule.alarms, rule.per_hour, rule.repeats, rule.high) == (4, 0.4, 2, 1)
    assert (rule.self_cleared_percent, rule.acknowledged_percent, rule.unconfirmed) == (25.0, 50.0, 1)
    assert (rule.precision_percent, rule.judged, rule.by_artefact_percent) == (50.0, 2, 25.0)
    text = "\n".join(quality_text(found))
    assert "50 % of 2" in text
    assert "gym-2" in text


def test_quality_of_nothing() -> None:
    found = quality([], [])
    assert (found.sessions, found.alarms, found.rules) == (0, 0, ())
    assert "0 sessions" in "\n".join(quality_text(found))
