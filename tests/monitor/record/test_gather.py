"""From a recording to facts: each subject's facts, the same bytes again, and nobody's name."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.outputs import to_json as output_line
from monitor.record.facts import NotRecorded, without_free_text
from monitor.record.facts_json import FactsError, from_json, to_json
from monitor.record.gather.session import session_facts
from monitor.record.recorded import facts_of_recording
from monitor.record.render.report import html
from monitor.recording.header import Header
from monitor.recording.reader import Item, RecordedInput, RecordedOutput, Recording
from tests.support.recorded_session import Recorded


def test_sets_and_repetitions_are_those_that_were_counted(golden: Recorded) -> None:
    facts = golden.facts
    assert [(one.repetitions, one.repetitions_prescribed) for one in facts.sets] == [
        (one["repetitions"], one["repetition_target"]) for one in golden.said("set_ended")
    ]
    assert len(facts.repetitions) == len(golden.said("repetition"))
    for done, counted in zip(facts.sets, golden.said("set_ended"), strict=True):
        assert done.range_mean_deg == pytest.approx(counted["range_of_motion_deg"], abs=0.051)


def test_alerts_have_their_life(golden: Recorded) -> None:
    fired = {one["alert_id"] for one in golden.said("transition") if one["to_state"] == "firing"}
    assert {one.fact_id for one in golden.facts.alerts} == fired
    for alert in golden.facts.alerts:
        assert alert.offending_s <= alert.fired_s


def test_phases_follow_each_other_without_gap(golden: Recorded) -> None:
    phases = golden.facts.phases
    assert all(one.to_s == after.from_s for one, after in pairwise(phases))


def test_ratings_and_symptoms_are_there_with_phase_and_role(golden: Recorded) -> None:
    facts = golden.facts
    assert [(one.scale, one.value) for one in facts.ratings] == [("rpe", 13.0), ("pain", 3.0)]
    assert [one.kind for one in facts.notes] == ["symptom"]
    assert facts.ratings[0].by.startswith("assistant-")


def test_a_replay_gives_the_same_bytes(golden: Recorded) -> None:
    """The record made of what a replay says is the record made of what was recorded."""
    recording = Recording(golden.path)
    items: list[Item] = []
    session = golden.new_session()
    for item in recording.items():
        if isinstance(item, RecordedInput):
            items.append(item)
            items += [
                RecordedOutput(at_ns=output.at_ns, line=output_line(output))
                for output in session.feed(item.value)
            ]
        elif not isinstance(item, RecordedOutput):
            items.append(item)
    again = session_facts(recording.header, items, is_complete=recording.is_complete)
    assert to_json(again) == to_json(golden.facts)


def test_frames_and_ticks_change_nothing(golden: Recorded) -> None:
    recording = Recording(golden.path)
    whole = session_facts(recording.header, recording.items(raw=True))
    without = session_facts(recording.header, recording.items(raw=False))
    assert to_json(whole) == to_json(without)


def test_facts_survive_their_json(golden: Recorded) -> None:
    text = to_json(golden.facts)
    assert from_json(text) == golden.facts
    assert to_json(from_json(text)) == text
    assert json.loads(to_json(golden.facts, series=False))["series"] == []


def test_what_is_no_facts_is_refused() -> None:
    with pytest.raises(FactsError, match="no facts of a session"):
        from_json("{}")


def test_later_facts_are_refused(golden: Recorded) -> None:
    with pytest.raises(FactsError, match="update kinewatch"):
        from_json(to_json(replace(golden.facts, format=99)))


def test_a_recording_that_was_cut_off_has_a_record_too(golden: Recorded, tmp_path: Path) -> None:
    cut = tmp_path / "recording.mcap"
    content = golden.path.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    facts = facts_of_recording(cut)
    assert not facts.is_complete
    assert len(facts.sets) < len(golden.facts.sets)


def test_what_is_not_recorded_says_why(golden: Recorded) -> None:
    for missing in (golden.facts.gate, golden.facts.cues, golden.facts.function_tests):
        assert isinstance(missing, NotRecorded)
        assert missing.reason


def test_free_text_can_be_withheld(golden: Recorded) -> None:
    assert "chest tightness" in to_json(golden.facts)
    assert "chest tightness" not in to_json(without_free_text(golden.facts))


def test_a_record_without_any_output_is_empty_and_true() -> None:
    header = Header(session_id="s", started_utc="2026-11-22T10:00:00.000Z", plan=_plan(), station={})
    facts = session_facts(header, [])
    assert facts.utc(0.0) == "2026-11-22T10:00:00.000Z"
    assert facts.sets == ()
    assert facts.exercises[0].sets_done == 0
    assert not facts.has_ended


def test_an_output_of_a_later_version_is_passed_over() -> None:
    header = Header(session_id="s", started_utc="2026-11-22T10:00:00.000Z", plan=_plan(), station={})
    item = RecordedOutput(at_ns=0, line='{"type":"unheard_of","at_ns":0}')
    assert session_facts(header, [item]).alerts == ()


def _plan() -> dict[str, object]:
    return {
        "patient_id": "p-1",
        "pack": "general",
        "age_years": 62,
        "medication": {"beta_blocker": False},
        "exercises": [
            {
                "name": "knee",
                "joint": "knee",
                "side": "left",
                "sets": 1,
                "repetitions": 10,
                "rest_angle_deg": 90,
                "target_angle_deg": 10,
            }
        ],
    }


def _reply(verb: str, at_ns: int, **details: object) -> RecordedOutput:
    content = {
        "type": "reply",
        "at_ns": at_ns,
        "verb": verb,
        "actor": "assistant-1",
        "command_id": f"{verb}-{at_ns}",
        "accepted": True,
        "reason": "",
        "details": details,
    }
    return RecordedOutput(at_ns=at_ns, line=json.dumps(content))


def test_notes_and_reasons_are_kept_and_plain_beginnings_are_none() -> None:
    header = Header(session_id="s", started_utc="2026-11-22T10:00:00.000Z", plan=_plan(), station={})
    facts = session_facts(
        header,
        [
            _reply("begin", 0, exercise="knee"),
            _reply("begin", 1, exercise="knee", reason="the cuff is broken"),
            _reply("note", 2, text="walks with a cane"),
            _reply("override", 3, alert_id="G12-1", reason="seen by the physician"),
            _reply("limit", 4, limit="spo2_low_percent", old=90, new=91, in_force=True),
            _reply("limit", 5, limit="spo2_low_percent", old=91, new=92, in_force=False),
        ],
    )
    assert [(one.kind, one.text) for one in facts.notes] == [
        ("begin", "the cuff is broken"),
        ("note", "walks with a cane"),
        ("override", "seen by the physician"),
    ]
    assert [(one.name, one.old, one.new) for one in facts.limit_changes] == [("spo2_low_percent", 90.0, 91.0)]


def test_a_reading_that_was_filed_is_listed_and_used_for_nothing() -> None:
    header = Header(session_id="s", started_utc="2026-11-22T10:00:00.000Z", plan=_plan(), station={})
    filed = {
        "type": "reading_filed",
        "at_ns": 7_000_000_000,
        "received_ns": 7_000_000_000,
        "device": "cuff",
        "reason": "memory",
        "systolic_mmhg": 141.0,
        "diastolic_mmhg": 82.0,
        "taken": "2026-11-21T08:00:00",
    }
    facts = session_facts(header, [RecordedOutput(at_ns=0, line=json.dumps(filed))])
    assert facts.pressures == ()
    assert (facts.filed_readings[0].systolic_mmhg, facts.filed_readings[0].reason) == (141.0, "memory")
    assert "141/82 filed, not used (memory, taken 2026-11-21T08:00:00 by its clock)" in html(facts)
