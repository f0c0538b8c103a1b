"""Commands: who may, what comes of it, what is refused and why; each takes effect once."""

import pytest

from monitor.alerts.transition import AlertState, Transition
from monitor.exercise.phases import Phase
from monitor.inputs import Tick
from monitor.outputs import CommandReply
from monitor.samples import Code
from tests.support.alert_bench import plan_of
from tests.support.session_bench import (
    OXIMETER,
    STRAP,
    SessionBench,
    at,
    clock,
    command,
    level,
    pressure,
    rate,
    spo2,
    vitals,
)


def hypoxic() -> SessionBench:
    """G2-1 is firing since about 20 s."""
    bench = SessionBench([OXIMETER])
    bench.feed(*(spo2(second, 80) for second in range(30)))
    assert bench.alerts[-1].endswith("G2-1 firing high")
    return bench


# -- alerts -------------------------------------------------------------------------------------------------


def test_acknowledge() -> None:
    bench = hypoxic()
    reply = bench.order(command(30, "acknowledge", alert_id="G2-1"))
    assert (reply.accepted, reply.actor, reply.details) == (True, "assistant-1", {"alert_id": "G2-1"})
    last = bench.of(Transition)[-1]
    assert (last.to_state, last.actor) == (AlertState.ACKNOWLEDGED, "assistant-1")
    (found,) = [one for one in bench.session.summary().alerts if one.alert_id == "G2-1"]
    assert found.acknowledged_ns == at(30)


def test_an_acknowledgement_may_carry_a_verdict() -> None:
    bench = hypoxic()
    refused = bench.order(command(29, "acknowledge", alert_id="G2-1", verdict="perhaps"))
    assert refused.reason == "verdict: expected one of acted, not_needed, artefact"
    reply = bench.order(command(30, "acknowledge", alert_id="G2-1", verdict="artefact"))
    assert reply.details == {"alert_id": "G2-1", "verdict": "artefact"}
    last = bench.of(Transition)[-1]
    assert (last.to_state, last.reason) == (AlertState.ACKNOWLEDGED, "artefact")


def test_a_note_is_answered_with_its_text() -> None:
    bench = hypoxic()
    assert bench.order(command(30, "note", text="left knee warm")).details == {"text": "left knee warm"}
    assert bench.order(command(31, "note")).reason == "text: is missing"


def test_a_command_that_comes_twice_has_its_effect_once() -> None:
    bench = hypoxic()
    first = bench.order(command(30, "acknowledge", alert_id="G2-1", command_id="c-1"))
    told = len(bench.of(Transition))
    again = bench.order(command(31, "acknowledge", alert_id="G2-1", command_id="c-1"))
    assert again == first
    assert len(bench.of(Transition)) == told


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"alert_id": "G1-7"}, "no active alert 'G1-7'"),
        ({}, "alert_id: is missing"),
        ({"alert_id": 7}, "alert_id: expected a text"),
        ({"alert_id": "x" * 201}, "at most 200 characters"),
    ],
)
def test_acknowledging_nonsense(arguments: dict[str, str | int], reason: str) -> None:
    reply = hypoxic().order(command(30, "acknowledge", **arguments))
    assert not reply.accepted
    assert reason in reply.reason


def test_pause_and_resume() -> None:
    bench = hypoxic()
    assert bench.order(command(30, "pause", rule_id="G2", for_s=600)).accepted
    assert bench.of(Transition)[-1].to_state is AlertState.PAUSED
    assert (
        bench.order(command(31, "pause", rule_id="G2")).reason
        == "G2: paused already; wait until that pause is over"
    )
    assert bench.order(command(32, "resume")).accepted
    assert bench.of(Transition)[-1].to_state is AlertState.FIRING
    assert "above 0" in bench.order(command(33, "pause", for_s=0)).reason


def test_a_pause_of_everything_is_a_minute_unless_told_otherwise() -> None:
    bench = SessionBench([STRAP])
    bench.feed(level(1, "strap", 15))
    assert bench.order(command(2, "pause")).details == {"rule_id": None, "for_s": 60.0}
    bench.feed(*(rate(second, 70 + second % 3) for second in range(3, 70)))
    assert bench.alerts == ["1.0 T4-1 firing low", "2.0 T4-1 paused low", "62.0 T4-1 firing low"]


def test_only_a_therapist_overrides() -> None:
    bench = SessionBench([])
    bench.feed(command(1, "symptom", role="patient", symptom="chest pain"))
    assert bench.alerts == ["1.0 G12-1 firing high"]
    refused = bench.order(command(2, "override", alert_id="G12-1", reason="fine"))
    assert refused.reason == "the role 'assistant' may not override"
    assert (
        "reason: is missing" in bench.order(command(3, "override", role="therapist", alert_id="G12-1")).reason
    )
    assert bench.order(command(4, "override", role="therapist", alert_id="G12-1", reason="seen")).accepted
    assert bench.alerts[-1] == "4.0 G12-1 resolved high"


# -- what the patient says ----------------------------------------------------------------------------------


def test_the_symptom_button_needs_no_words() -> None:
    bench = SessionBench([])
    assert bench.order(command(1, "symptom", role="patient")).details == {"symptom": "symptom button"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"scale": "rpe", "value": 5}, "rpe goes from 6 to 20, got 5"),
        ({"scale": "pain", "value": 11}, "pain goes from 0 to 10"),
        ({"scale": "mood", "value": 5}, "scale: expected one of rpe, cr10, dyspnoea, pain"),
        ({"scale": "rpe"}, "value: is missing"),
        ({"scale": "rpe", "value": "high"}, "value: expected a number"),
        ({"scale": "rpe", "value": True}, "value: expected a number"),
        ({"value": 12}, "scale: is missing"),
    ],
)
def test_ratings_that_are_none(arguments: dict[str, str | float | bool], reason: str) -> None:
    reply = SessionBench([]).order(command(1, "rating", **arguments))
    assert not reply.accepted
    assert reason in reply.reason


def test_ratings_are_judged() -> None:
    bench = SessionBench([])
    assert bench.order(command(1, "rating", role="patient", scale="rpe", value=18)).accepted
    assert bench.alerts == ["1.0 G13-1 firing medium"]


def test_posture() -> None:
    bench = SessionBench()
    bench.feed(clock(), pressure(1, 130, 80))
    assert bench.order(command(10, "posture", posture="standing")).details == {"posture": "standing"}
    bench.feed(pressure(60, 105, 75))
    assert "60.0 G11-1 firing medium" in bench.alerts
    assert "expected one of" in bench.order(command(70, "posture", posture="flying")).reason


# -- the session --------------------------------------------------------------------------------------------


def test_begin_waits_for_the_sensors() -> None:
    bench = SessionBench()
    reply = bench.order(command(1, "begin"))
    assert reply.reason == "no valid data from oximeter yet; no valid data from strap yet"
    bench.feed(*vitals(2, 10))
    bench.feed(*(spo2(second, 97) for second in range(10, 20)))
    assert bench.order(command(20, "begin")).reason == "no valid data from strap at present"
    assert bench.order(command(21, "begin", accept_missing=True)).accepted
    assert bench.session.phase is Phase.EXERCISE
    assert "true or false" in bench.order(command(22, "begin", accept_missing="yes")).reason


def test_begin_is_refused_while_the_resting_values_are_too_high() -> None:
    bench = SessionBench()
    bench.feed(clock(), *vitals(0, 30), pressure(30, 185, 95))
    refused = bench.order(command(31, "begin"))
    assert refused.reason == "blood pressure 185/95: repeat after a minute"
    bench.feed(*vitals(31, 95), pressure(95, 186, 95))
    assert "G10-1 is firing" in bench.order(command(96, "begin")).reason
    reminded = bench.of(Transition)[-1]
    assert (reminded.rule_id, reminded.reason) == ("G10", "start attempted")
    bench.feed(command(97, "override", role="therapist", alert_id="G10-1", reason="known hypertension"))
    bench.feed(rate(97.5, 72))
    assert bench.order(command(98, "begin")).accepted


def test_begin_is_refused_while_an_alert_is_present() -> None:
    bench = SessionBench()
    bench.feed(*vitals(0, 60, percent=87))
    assert "G1-1 is firing" in bench.order(command(60, "begin")).reason


def test_the_end() -> None:
    bench = SessionBench([])
    assert bench.order(command(1, "end")).accepted
    assert bench.order(command(2, "end")).reason == "the session has ended already"
    assert bench.order(command(3, "begin")).reason == "nothing to begin in the phase ended"
    bench.feed(Tick(received_ns=at(1000)))
    assert bench.session.next_due_ns is None


def test_no_calibration_without_motion_sensors() -> None:
    assert "no motion sensor" in SessionBench([]).order(command(1, "calibrate")).reason


def test_snapshot_is_answered() -> None:
    bench = hypoxic()
    assert bench.order(command(30, "snapshot", role="patient")).details == {"active_alerts": 1}


@pytest.mark.parametrize(
    ("verb", "role", "reason"),
    [
        ("reboot", "therapist", "no such command; known: acknowledge"),
        ("acknowledge", "patient", "the role 'patient' may not acknowledge"),
        ("begin", "visitor", "the role 'visitor' may not begin"),
    ],
)
def test_what_nobody_may(verb: str, role: str, reason: str) -> None:
    reply = SessionBench([]).order(command(1, verb, role=role))
    assert not reply.accepted
    assert reason in reply.reason


# -- limits -------------------------------------------------------------------------------------------------


def test_a_limit_is_shown_first_and_taken_when_confirmed() -> None:
    bench = SessionBench([OXIMETER])
    shown = bench.order(command(1, "limit", limit="spo2_low_percent", value=93, command_id="c-1"))
    assert shown.details == {
        "limit": "spo2_low_percent",
        "old": 90.0,
        "new": 93.0,
        "in_force": False,
        "confirm_within_s": 60,
    }
    taken = bench.order(command(5, "limit", confirm="c-1"))
    assert taken.details == {"limit": "spo2_low_percent", "old": 90.0, "new": 93.0, "in_force": True}
    bench.feed(*(spo2(second, 91) for second in range(6, 40)))
    (alert,) = bench.of(Transition)
    assert (alert.rule_id, alert.limit) == ("G1", 93)


@pytest.mark.parametrize(
    ("confirm", "role", "at_s"),
    [("c-2", "assistant", 5), ("c-1", "therapist", 5), ("c-1", "assistant", 62)],
    ids=["another change", "another person", "too late"],
)
def test_a_confirmation_that_does_not_fit(confirm: str, role: str, at_s: float) -> None:
    bench = SessionBench([])
    bench.order(command(1, "limit", limit="spo2_low_percent", value=93, command_id="c-1"))
    reply = bench.order(command(at_s, "limit", role=role, confirm=confirm))
    assert reply.reason == f"confirm: no open change {confirm!r} of this person"


def test_a_change_can_be_confirmed_in_the_last_instant_of_its_minute() -> None:
    bench = SessionBench([])
    bench.order(command(1, "limit", limit="spo2_low_percent", value=93, command_id="c-1"))
    assert bench.order(command(61, "limit", confirm="c-1")).accepted


def test_a_change_is_confirmed_once() -> None:
    bench = SessionBench([])
    bench.order(command(1, "limit", limit="spo2_low_percent", value=93, command_id="c-1"))
    assert bench.order(command(2, "limit", confirm="c-1")).accepted
    assert not bench.order(command(3, "limit", confirm="c-1")).accepted


def test_an_assistant_only_tightens() -> None:
    bench = SessionBench([])
    refused = bench.order(command(1, "limit", limit="spo2_low_percent", value=88, reason="please"))
    assert "only a therapist may loosen" in refused.reason
    loosened = command(
        2,
        "limit",
        role="therapist",
        limit="spo2_low_percent",
        value=88,
        reason="home oxygen",
        command_id="c-2",
    )
    assert bench.order(loosened).accepted
    assert bench.order(command(3, "limit", role="therapist", confirm="c-2")).details["in_force"] is True


def test_a_change_that_another_change_has_made_impossible() -> None:
    bench = SessionBench([])
    bench.order(command(1, "limit", limit="spo2_low_percent", value=91, command_id="c-1"))
    bench.order(command(2, "limit", limit="spo2_low_percent", value=93, command_id="c-2"))
    assert bench.order(command(3, "limit", confirm="c-2")).accepted
    assert "looser than 93" in bench.order(command(4, "limit", confirm="c-1")).reason


def test_limits_keep_their_order() -> None:
    reply = SessionBench([]).order(command(1, "limit", limit="spo2_sudden_percent", value=91))
    assert reply.accepted is False
    assert "must be below limits.spo2_low_percent (90)" in reply.reason


def test_replies_name_what_they_answer() -> None:
    bench = SessionBench([])
    bench.feed(command(1, "rating", scale="pain", value=2, command_id="c-9"))
    (reply,) = bench.of(CommandReply)
    assert (reply.command_id, reply.verb, reply.at_ns) == ("c-9", "rating", at(1))
    assert Code.SPO2_PERCENT not in {one.code for one in bench.session.snapshot().vitals}


def test_begin_asks_for_a_resting_pressure_where_a_cuff_is_prescribed() -> None:
    bench = SessionBench(plan=plan_of(extra="blood_pressure_every_s = 300\n"))
    bench.feed(*vitals(2, 10))
    assert "no blood pressure at rest" in bench.order(command(10, "begin")).reason
    assert "say why not" in bench.order(command(10.1, "begin", accept_missing=True)).reason
    reply = bench.order(command(10.2, "begin", accept_missing=True, reason="the cuff is broken"))
    assert reply.accepted
    assert reply.details["reason"] == "the cuff is broken"


def test_a_reading_at_rest_is_enough_to_begin() -> None:
    bench = SessionBench(plan=plan_of(extra="blood_pressure_every_s = 300\n"))
    bench.feed(clock(), *vitals(2, 10))
    bench.feed(pressure(10, 128, 78))
    assert bench.order(command(10.1, "begin")).accepted
