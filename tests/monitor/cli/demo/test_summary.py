"""What a demo's exit code hangs on, case by case."""

import io
from dataclasses import replace
from typing import Any

import pytest

from monitor.alerts.transition import AlertKind, AlertState, Priority
from monitor.cli.demo.summary import DemoResult, print_summary, summarise
from monitor.exercise.phases import Phase
from monitor.session.summary import AlertResult, Firing, SetResult, Summary
from simulators.scenario.ground_truth import AlertTruth, RepetitionTruth, SetTruth, Truth

NS_PER_S = 1_000_000_000


def at(t_s: float) -> int:
    return round(t_s * NS_PER_S)


def done(start_s: float, *, repetitions: int = 10, rom_deg: float | None = 77.0) -> SetResult:
    return SetResult(
        exercise="knee_extension",
        set_number=1,
        repetitions=repetitions,
        repetition_target=10,
        partial=0,
        too_fast=0,
        range_of_motion_deg=rom_deg,
        t_start_ns=at(start_s + 0.3),
        t_end_ns=at(start_s + 19.5),
        unseen_s=0.0,
    )


def true(start_s: float, *, is_seen: bool = True, partial: int = 0) -> SetTruth:
    """Ten repetitions of two seconds."""
    return SetTruth(
        exercise="knee_extension",
        repetitions=tuple(
            RepetitionTruth(
                start_ns=at(start_s + 2 * number),
                turn_ns=at(start_s + 2 * number + 1),
                end_ns=at(start_s + 2 * number + 2),
                rom_deg=37.0 if number < partial else 77.0,
                partial=number < partial,
                concentric_s=1.0,
                hold_s=0.0,
                eccentric_s=1.0,
            )
            for number in range(10)
        ),
        rom_deg=77.0,
        is_seen=is_seen,
    )


def alert(
    *firings: tuple[float, Priority], rule: str = "G8", kind: AlertKind = AlertKind.PHYSIOLOGICAL
) -> AlertResult:
    first_s, _ = firings[0]
    return AlertResult(
        alert_id=f"{rule}-1",
        rule_id=rule,
        condition="blood_pressure_stop",
        kind=kind,
        priority=firings[-1][1],
        first_offending_ns=at(first_s),
        fired_ns=at(first_s),
        fired_after_s=0.0,
        acknowledged_ns=None,
        resolved_ns=None,
        state=AlertState.FIRING,
        message="",
        firings=tuple(Firing(at_ns=at(t_s), priority=one, sources=("cuff",)) for t_s, one in firings),
    )


def planted(after_s: float, priority: str | None = None, device: str | None = None) -> AlertTruth:
    return AlertTruth(
        event=f"event at {after_s:g}",
        rule="G8",
        device=device,
        priority=priority,
        after_ns=at(after_s),
        before_ns=at(after_s + 10),
    )


def facts(
    *,
    found: tuple[SetResult, ...] = (),
    sets: tuple[SetTruth, ...] = (),
    alerts: tuple[AlertResult, ...] = (),
    planned: tuple[AlertTruth, ...] = (),
    repetitions_within: int | None = None,
) -> DemoResult:
    return DemoResult(
        scenario="test",
        truth=Truth(
            start_ns=0,
            end_ns=at(300),
            sets=sets,
            cuff_readings=(),
            faults=(),
            alerts=planned,
            allowed=("G9",),
            rom_within_deg=3.0,
            repetitions_within=repetitions_within,
            commands=(),
        ),
        summary=Summary(
            session_id="s", phase=Phase.ENDED, sets=found, vitals={}, alerts=alerts, open_alerts=len(alerts)
        ),
        times=(),
        received=frozenset(),
        replay_identical=True,
        session_s=300.0,
        wall_s=3.0,
        recording=None,
        report=None,
    )


def test_a_session_in_which_nothing_was_to_happen_is_right() -> None:
    assert summarise(facts())["ok"]
    assert not summarise(replace(facts(), replay_identical=False))["ok"]


def test_sets_are_compared_with_those_that_were_done() -> None:
    summary = summarise(facts(found=(done(10),), sets=(true(10),)))
    assert summary["ok"]
    assert summary["sets"] == [
        {"reps": 10, "reps_true": 10, "rom_deg": 77.0, "rom_true_deg": 77.0, "seen": True, "right": True}
    ]


@pytest.mark.parametrize(
    "found",
    [
        (),
        (done(10, repetitions=9),),
        (done(10, rom_deg=73.9),),
        (done(10, rom_deg=None),),
        (done(10), done(50)),
    ],
    ids=["missed", "miscounted", "wrong range", "no range", "one that nobody did"],
)
def test_a_set_that_came_out_wrong_fails(found: tuple[SetResult, ...]) -> None:
    assert not summarise(facts(found=found, sets=(true(10),)))["ok"]


def test_a_set_that_no_sensor_saw_cannot_be_missed() -> None:
    summary = summarise(facts(found=(done(10),), sets=(true(10), true(100, is_seen=False))))
    assert summary["ok"]
    assert [one["seen"] for one in summary["sets"]] == [True, False]


def test_where_the_scenario_states_repetitions_it_says_how_closely() -> None:
    short = facts(found=(done(10, repetitions=8),), sets=(true(10, is_seen=False),), repetitions_within=2)
    assert summarise(short)["ok"]
    assert not summarise(replace(short, truth=replace(short.truth, repetitions_within=1)))["ok"]


def test_a_set_in_two_pieces_is_a_set_too_many() -> None:
    first = replace(done(10, repetitions=6), t_end_ns=at(22))
    second = replace(done(24, repetitions=4), t_end_ns=at(30))
    summary = summarise(facts(found=(first, second), sets=(true(10),)))
    assert not summary["ok"]
    assert [(one["reps"], one["reps_true"]) for one in summary["sets"]] == [(6, 10), (4, 0)]


def test_the_range_is_the_mean_of_all_repetitions_as_the_station_shows_it() -> None:
    found = done(10, repetitions=8, rom_deg=69.0)
    assert summarise(facts(found=(found,), sets=(true(10, partial=2),)))["ok"]


def test_what_is_wrong_is_said_to_people() -> None:
    acknowledged = replace(alert((20, Priority.LOW)), acknowledged_ns=at(26), state=AlertState.ACKNOWLEDGED)
    resolved = replace(acknowledged, alert_id="G8-2", state=AlertState.RESOLVED)
    wrong = facts(
        found=(done(10), done(60, repetitions=9)),
        sets=(true(10), true(60), true(100, is_seen=False)),
        alerts=(acknowledged, resolved),
        planned=(planted(200),),
    )
    said = io.StringIO()
    print_summary(summarise(wrong), said)
    text = said.getvalue()
    assert "set 2 is not what was done" in text
    assert "set 1 is" not in text
    assert "not seen" in text
    assert "planted events without their alert: event at 200" in text
    assert "alerts that answer no planted event" not in text
    assert "acknowledged, acknowledged" not in text
    assert "resolved, acknowledged" in text


def test_an_alert_whose_priority_rose_answers_both_events() -> None:
    raised = alert((20, Priority.MEDIUM), (80, Priority.HIGH))
    planned = (planted(15, "medium"), planted(75, "high"))
    summary = summarise(facts(alerts=(raised,), planned=planned))
    assert summary["ok"]
    assert summary["events_missed"] == []


@pytest.mark.parametrize(
    "event", [planted(40), planted(15, "high"), planted(75, "medium"), planted(15, device="oximeter")]
)
def test_an_event_is_missed_if_instant_priority_or_device_is_another(event: AlertTruth) -> None:
    raised = alert((20, Priority.MEDIUM), (80, Priority.HIGH))
    summary = summarise(facts(alerts=(raised,), planned=(event,)))
    assert summary["events_missed"] == [event.event]
    assert not summary["ok"]


@pytest.mark.parametrize(
    ("rule", "kind", "is_wrong"),
    [
        ("G8", AlertKind.PHYSIOLOGICAL, True),
        ("G9", AlertKind.PHYSIOLOGICAL, False),
        ("T1", AlertKind.TECHNICAL, False),
    ],
)
def test_an_alert_about_the_patient_that_nothing_asked_for_is_wrong(
    rule: str, kind: AlertKind, is_wrong: bool
) -> None:
    summary: dict[str, Any] = summarise(facts(alerts=(alert((20, Priority.LOW), rule=rule, kind=kind),)))
    assert summary["ok"] is not is_wrong
    assert summary["alerts_unplanned"] == ([f"{rule}-1"] if is_wrong else [])
