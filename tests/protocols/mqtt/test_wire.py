"""Messages to bytes and back, and what is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.mqtt import wire
from protocols.mqtt.errors import MessageError, WireError
from protocols.mqtt.fields import MAX_PAYLOAD_BYTES
from protocols.mqtt.messages import EventMessage
from protocols.mqtt.topics import TopicKind

T = "2026-11-22T03:00:00.123Z"
ENVELOPE: dict[str, Any] = {"id": "01M80SDAN4W8270YSMMXT5RX48", "boot": 17, "seq": 4211, "t": T, "sent": T}
FACTS: dict[str, Any] = {
    **ENVELOPE,
    "alert_id": "G2-1",
    "condition": "spo2_sudden",
    "kind": "physiological",
    "priority": "high",
    "rule_id": "G2",
    "rule_version": 1,
    "phase": "exercise",
    "message": "SpO2 84 % (limit 85 %)",
    "advice": "Stop now, therapist to patient.",
    "value": 84.0,
    "unit": "%",
    "limit": 85.0,
    "q": "good",
    "sources": ["oximeter"],
    "confirm_s": 5.0,
    "first_offending": T,
}
# One of each kind, as small as it may be.
MESSAGES: dict[TopicKind, dict[str, Any]] = {
    TopicKind.EVENT: {**FACTS, "from_state": "pending", "to_state": "firing"},
    TopicKind.ALERT: {**FACTS, "state": "firing", "presence": "on", "change": "raised"},
    TopicKind.VITAL: {**ENVELOPE, "code": "spo2_percent", "value": None, "unit": "%", "q": "missing"},
    TopicKind.LATEST: {
        **ENVELOPE,
        "phase": "exercise",
        "values": {"spo2_percent": {"value": 97.0, "unit": "%", "q": "good", "t": T}},
    },
    TopicKind.REP: {**ENVELOPE, "exercise": "knee", "set_number": 1, "repetitions": 7, "total": 7},
    TopicKind.ROM: {
        **ENVELOPE,
        "joint": "knee",
        "exercise": "knee extension",
        "set_number": 1,
        "repetition": 7,
        "min_deg": 4.5,
        "max_deg": 88.0,
        "range_deg": 83.5,
    },
    TopicKind.STATUS: {"state": "lost", "boot": 17},
    TopicKind.DEVICE: {**ENVELOPE, "device": "cuff", "link": "live"},
    TopicKind.SESSION: {**ENVELOPE, "session_id": "s7f3", "started": T},
    TopicKind.ENTRY: {**ENVELOPE, "entry": "rating", "subject": "pain", "number": 3.0, "actor": "a"},
    TopicKind.REPLY: {**ENVELOPE, "cmd_id": "c1", "verb": "ack", "result": "accepted"},
}
HEAD: dict[str, Any] = {"cmd_id": "c1", "expires_at": T, "actor": "therapist-1"}
COMMANDS: dict[str, dict[str, Any]] = {
    "received": {**HEAD, "ids": ["01M80SDAN4W8270YSMMXT5RX48"]},
    "ack": {**HEAD, "alert_id": "G2-1"},
    "pause": {**HEAD, "for_s": 60},
    "resume": {**HEAD},
    "override": {**HEAD, "alert_id": "G10-1", "reason": "known and agreed"},
    "limit": {**HEAD, "limit": "heart_rate_high_per_min", "value": 120},
    "rpe": {**HEAD, "scale": "rpe", "value": 13},
    "symptom": {**HEAD, "symptom": "dizzy"},
    "posture": {**HEAD, "posture": "sitting"},
    "note": {**HEAD, "text": "left knee warm"},
    "begin": {**HEAD, "accept_missing": True},
    "end": {**HEAD},
    "calibrate": {**HEAD},
    "zero": {**HEAD},
    "snapshot": {**HEAD, "boot": 17, "after_seq": 12},
}


def raw(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize(("kind", "fields"), MESSAGES.items(), ids=lambda value: str(value)[:12])
def test_a_message_survives_the_wire(kind: TopicKind, fields: dict[str, Any]) -> None:
    message = wire.decode(kind, raw(fields))
    again = wire.encode(message)
    assert wire.decode(kind, again) == message
    assert wire.encode(wire.decode(kind, again)) == again
    assert json.loads(again).items() >= json.loads(raw(fields)).items()


def test_every_kind_that_a_station_says_has_a_message() -> None:
    assert set(MESSAGES) == set(wire.MESSAGES) == set(TopicKind) - {TopicKind.COMMAND}


@pytest.mark.parametrize(("verb", "fields"), COMMANDS.items(), ids=COMMANDS)
def test_a_command_survives_the_wire(verb: str, fields: dict[str, Any]) -> None:
    command = wire.decode_command(verb, raw({**fields, "verb": verb}))
    assert wire.decode_command(verb, wire.encode(command)) == command


@pytest.mark.parametrize(("kind", "fields"), MESSAGES.items(), ids=lambda value: str(value)[:12])
def test_unknown_keys_are_ignored(kind: TopicKind, fields: dict[str, Any]) -> None:
    assert wire.decode(kind, raw({**fields, "from_v1_9": [1, 2]})) == wire.decode(kind, raw(fields))


@pytest.mark.parametrize(("kind", "fields"), MESSAGES.items(), ids=lambda value: str(value)[:12])
def test_each_missing_key_is_named_or_has_a_default(kind: TopicKind, fields: dict[str, Any]) -> None:
    required = {name for name, field in wire.MESSAGES[kind].model_fields.items() if field.is_required()}
    assert required <= set(fields)
    for name in required:
        with pytest.raises(MessageError) as caught:
            wire.decode(kind, raw({key: value for key, value in fields.items() if key != name}))
        assert caught.value.problems == [(name, "Field required")]
        assert caught.value.kind == kind.value


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"v": 2}, "v"),
        ({"id": ""}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"id": "a b"}, "id"),
        ({"boot": -1}, "boot"),
        ({"seq": 2**60}, "seq"),
        ({"t": "yesterday"}, "t"),
        ({"t": "2026-13-22T03:00:00.123Z"}, "t"),
        ({"t": "2026-11-22T03:00:00.123+01:00"}, "t"),
        ({"priority": "urgent"}, "priority"),
        ({"to_state": "exploded"}, "to_state"),
        ({"message": "x" * 501}, "message"),
        ({"sources": ["x"] * 17}, "sources"),
        ({"alert_id": ""}, "alert_id"),
        ({"value": "high"}, "value"),
    ],
    ids=str,
)
def test_what_is_out_of_bounds_is_refused_by_name(change: dict[str, Any], where: str) -> None:
    with pytest.raises(MessageError) as caught:
        wire.decode(TopicKind.EVENT, raw(MESSAGES[TopicKind.EVENT] | change))
    assert [place for place, _ in caught.value.problems] == [where]
    assert where in str(caught.value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_is_finite(number: str) -> None:
    payload = raw(MESSAGES[TopicKind.EVENT]).replace(b'"value": 84.0', f'"value": {number}'.encode())
    assert number.encode() in payload
    with pytest.raises(MessageError):
        wire.decode(TopicKind.EVENT, payload)


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 5000, b'"text"'])
def test_what_is_no_object_is_refused(payload: bytes) -> None:
    for kind in wire.MESSAGES:
        with pytest.raises(MessageError):
            wire.decode(kind, payload)
    with pytest.raises(MessageError):
        wire.decode_command("ack", payload)


@given(st.binary(max_size=300), st.sampled_from(sorted(wire.MESSAGES)))
def test_any_bytes_are_a_message_or_a_message_error(payload: bytes, kind: TopicKind) -> None:
    with pytest.raises(WireError):
        wire.decode(kind, payload)


def test_a_payload_has_a_largest_size() -> None:
    padding = {"more": "x" * MAX_PAYLOAD_BYTES}
    with pytest.raises(MessageError, match="at most 16384"):
        wire.decode(TopicKind.STATUS, raw({"state": "ready", "boot": 1} | padding))
    with pytest.raises(MessageError, match="at most 16384"):
        wire.decode_command("resume", raw(HEAD | {"verb": "resume"} | padding))
    reply = wire.decode(TopicKind.REPLY, raw(MESSAGES[TopicKind.REPLY]))
    with pytest.raises(MessageError, match="at most 16384"):
        wire.encode(reply.model_copy(update={"reason": "x" * MAX_PAYLOAD_BYTES}))


def test_the_longest_alert_fits() -> None:
    longest = "\U0001d11e"
    texts = {"message": 500, "advice": 500, "reason": 500, "alert_id": 200, "condition": 64, "phase": 64}
    fields = MESSAGES[TopicKind.EVENT] | {name: longest * size for name, size in texts.items()}
    fields["sources"] = [longest * 64] * 16
    assert len(wire.encode(wire.decode(TopicKind.EVENT, json.dumps(fields, ensure_ascii=False).encode())))


def test_a_command_is_no_message_of_a_station() -> None:
    with pytest.raises(MessageError, match="not said by a station"):
        wire.decode(TopicKind.COMMAND, raw(HEAD))


def test_a_command_must_be_its_topics() -> None:
    payload = raw(COMMANDS["ack"] | {"verb": "ack"})
    with pytest.raises(MessageError, match="is ack, not the topic's"):
        wire.decode_command("override", payload)
    with pytest.raises(MessageError):
        wire.decode_command("ack", raw(COMMANDS["ack"]))  # no verb at all
    with pytest.raises(MessageError):
        wire.decode_command("reboot", raw(HEAD | {"verb": "reboot"}))


@pytest.mark.parametrize(
    ("verb", "change"),
    [
        ("received", {"ids": []}),
        ("received", {"ids": ["x"] * 101}),
        ("pause", {"for_s": 0}),
        ("pause", {"for_s": 3601}),
        ("rpe", {"value": 21}),
        ("rpe", {"scale": "other"}),
        ("override", {"reason": ""}),
        ("ack", {"actor": ""}),
        ("ack", {"signature": "not hex"}),
        ("ack", {"expires_at": ""}),
    ],
    ids=str,
)
def test_a_commands_bounds(verb: str, change: dict[str, Any]) -> None:
    with pytest.raises(MessageError) as caught:
        wire.decode_command(verb, raw(COMMANDS[verb] | {"verb": verb} | change))
    assert any(next(iter(change)) in where for where, _ in caught.value.problems)


def test_messages_are_values() -> None:
    message = wire.decode(TopicKind.EVENT, raw(MESSAGES[TopicKind.EVENT]))
    assert isinstance(message, EventMessage)
    with pytest.raises(ValueError, match="frozen"):
        message.value = 99.0  # type: ignore[misc]
