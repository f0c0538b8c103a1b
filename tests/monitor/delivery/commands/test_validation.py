import json
from typing import Any

import pytest

from monitor.delivery.commands.validation import (
    UserDirectory,
    check_actor,
    check_command,
    cmd_id_in,
    read_command,
    session_command,
)
from monitor.delivery.errors import CommandRefusedError
from monitor.plan.verbs import VERBS
from protocols.mqtt.asyncapi import COMMANDS, verb_of
from protocols.mqtt.errors import WireError
from protocols.mqtt.signing import signed

BASE = "kinewatch/v1/north/room-2/s/s7f3/cmd/"
S = 1_000_000_000
EXPIRES_NS = 1_795_316_400 * S
HEAD: dict[str, Any] = {"cmd_id": "c1", "expires_at": "2026-11-22T03:00:00Z", "actor": "therapist-1"}
PEOPLE = UserDirectory(roles={"therapist-1": "therapist"})
KEY = bytes(32)


def payload(**fields: Any) -> bytes:
    return json.dumps(HEAD | fields).encode()


def order(verb: str = "ack", **fields: Any) -> Any:
    return read_command(BASE + verb, payload(verb=verb, **fields))[1]


@pytest.mark.parametrize(
    ("verb", "fields", "session_verb", "arguments"),
    [
        ("ack", {"alert_id": "G2-1"}, "acknowledge", {"alert_id": "G2-1"}),
        ("pause", {"for_s": 60}, "pause", {"for_s": 60.0}),
        ("pause", {"for_s": 60, "rule_id": "G4"}, "pause", {"for_s": 60.0, "rule_id": "G4"}),
        ("resume", {}, "resume", {}),
        ("override", {"alert_id": "a", "reason": "r"}, "override", {"alert_id": "a", "reason": "r"}),
        ("limit", {"limit": "x", "value": 2}, "limit", {"limit": "x", "value": 2.0}),
        ("limit", {"confirm": "c0"}, "limit", {"confirm": "c0"}),
        ("rpe", {"scale": "pain", "value": 7}, "rating", {"scale": "pain", "value": 7.0}),
        ("symptom", {"symptom": "dizzy"}, "symptom", {"symptom": "dizzy"}),
        ("posture", {"posture": "sitting"}, "posture", {"posture": "sitting"}),
        ("note", {"text": "warm"}, "note", {"text": "warm"}),
        ("begin", {"accept_missing": True}, "begin", {"accept_missing": True}),
        (
            "ack",
            {"alert_id": "G2-1", "verdict": "artefact"},
            "acknowledge",
            {"alert_id": "G2-1", "verdict": "artefact"},
        ),
    ],
)
def test_a_command_as_the_session_takes_it(
    verb: str, fields: dict[str, Any], session_verb: str, arguments: dict[str, Any]
) -> None:
    session_id, read = read_command(BASE + verb, payload(verb=verb, **fields))
    command = session_command(read, role="therapist", received_ns=9)
    assert session_id == "s7f3"
    assert (command.command_id, command.actor, command.role) == ("c1", "therapist-1", "therapist")
    assert (command.received_ns, command.verb, command.arguments) == (9, session_verb, arguments)


def test_every_verb_of_the_wire_is_one_of_the_sessions() -> None:
    verbs = {verb_of(command) for command in COMMANDS} - {"received", "snapshot"}
    for verb in verbs:
        fields = {"alert_id": "a", "for_s": 1, "reason": "r", "scale": "rpe", "value": 6}
        fields |= {"posture": "sitting", "text": "t", "action": "start"}
        assert session_command(order(verb, **fields), role="x", received_ns=0).verb in VERBS


@pytest.mark.parametrize(
    ("topic", "content"),
    [
        ("kinewatch/v1/north/room-2/s/s7f3/event", payload(verb="ack", alert_id="a")),
        ("kinewatch/v1/north/room-2/status", b""),
        ("elsewhere", b""),
        (BASE + "ack", b"{}"),
        (BASE + "resume", payload(verb="ack", alert_id="a")),
    ],
)
def test_what_is_no_command(topic: str, content: bytes) -> None:
    with pytest.raises(WireError):
        read_command(topic, content)


def test_only_people_we_know() -> None:
    assert check_actor(order(alert_id="a"), topic=BASE + "ack", users=PEOPLE) == "therapist"
    with pytest.raises(CommandRefusedError, match="mallory is not known") as caught:
        check_actor(order(alert_id="a", actor="mallory"), topic=BASE + "ack", users=PEOPLE)
    assert caught.value.result == "rejected"


def test_only_in_time() -> None:
    assert check_command(order(alert_id="a"), topic=BASE, users=PEOPLE, utc_ns=EXPIRES_NS) == "therapist"
    with pytest.raises(CommandRefusedError, match="came after") as caught:
        check_command(order(alert_id="a"), topic=BASE, users=PEOPLE, utc_ns=EXPIRES_NS + 1000)
    assert caught.value.result == "expired"


def test_who_must_sign_must_sign() -> None:
    users = UserDirectory(roles=PEOPLE.roles, keys={"therapist-1": KEY})
    topic = BASE + "ack"
    good = signed(order(alert_id="a"), topic=topic, key=KEY)
    assert check_actor(good, topic=topic, users=users) == "therapist"
    for forged in (
        order(alert_id="a"),
        good.model_copy(update={"alert_id": "b"}),
        signed(good, topic=topic, key=bytes([1] * 32)),
    ):
        with pytest.raises(CommandRefusedError, match="signature"):
            check_actor(forged, topic=topic, users=users)
    assert str(KEY) not in repr(users)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b'{"cmd_id": "c-1"}', "c-1"),
        (b'{"x":1,"cmd_id":"c.2","y', "c.2"),
        (b'{"cmd_id": 5}', None),
        (b'{"cmd_id": "' + b"x" * 65 + b'"}', None),
        (b" " * 5000 + b'{"cmd_id": "late"}', None),
        (b"", None),
    ],
)
def test_the_id_of_what_cannot_be_read(content: bytes, found: str | None) -> None:
    assert cmd_id_in(content) == found


def test_the_conditions_of_a_function_test_become_arguments_beside_its_own() -> None:
    command = order(
        "test", action="prepare", name="gait", conditions={"aid": "none", "trial": 1, "name": "forged"}
    )
    arguments = session_command(command, role="x", received_ns=0).arguments
    assert arguments == {"action": "prepare", "name": "gait", "aid": "none", "trial": 1}
