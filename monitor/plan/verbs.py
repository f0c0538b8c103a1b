"""The commands of a session: one row a verb. Session, wire and roles read this table and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from monitor.plan.roles import EVERYBODY, OPERATORS, STAFF, Role


class Verb(StrEnum):
    """What somebody asks a session to do; the value is the session's name, as recordings have it."""

    ACKNOWLEDGE = "acknowledge"
    PAUSE = "pause"
    RESUME = "resume"
    OVERRIDE = "override"
    SYMPTOM = "symptom"
    RATING = "rating"
    POSTURE = "posture"
    NOTE = "note"
    BEGIN = "begin"
    END = "end"
    CALIBRATE = "calibrate"
    ZERO = "zero"
    TEST = "test"
    SNAPSHOT = "snapshot"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbRow:
    """One verb.

    Attributes:
        wire: its name over MQTT. `snapshot` is answered by the delivery there and does not reach the session.
        roles: who may give it.
        arguments: the names that it takes, required and optional.
    """

    wire: str
    roles: frozenset[Role]
    arguments: frozenset[str] = frozenset()


def _row(wire: str, roles: frozenset[Role], *arguments: str) -> VerbRow:
    return VerbRow(wire=wire, roles=roles, arguments=frozenset(arguments))


# An override clears what only a therapist may judge; the station itself may run a session but not judge one.
VERBS: Mapping[Verb, VerbRow] = {
    Verb.ACKNOWLEDGE: _row("ack", STAFF, "alert_id", "verdict"),
    Verb.PAUSE: _row("pause", STAFF, "rule_id", "for_s"),
    Verb.RESUME: _row("resume", STAFF, "rule_id"),
    Verb.OVERRIDE: _row("override", frozenset({Role.THERAPIST}), "alert_id", "reason"),
    Verb.SYMPTOM: _row("symptom", EVERYBODY, "symptom"),
    Verb.RATING: _row("rpe", EVERYBODY, "scale", "value"),
    Verb.POSTURE: _row("posture", STAFF, "posture"),
    Verb.NOTE: _row("note", STAFF, "text"),
    Verb.BEGIN: _row("begin", OPERATORS, "accept_missing", "reason"),
    Verb.END: _row("end", OPERATORS),
    Verb.CALIBRATE: _row("calibrate", OPERATORS),
    Verb.ZERO: _row("zero", OPERATORS),
    Verb.TEST: _row("test", OPERATORS),
    Verb.SNAPSHOT: _row("snapshot", EVERYBODY),
    Verb.LIMIT: _row("limit", STAFF, "limit", "value", "reason", "confirm"),
}

OF_WIRE: Mapping[str, Verb] = {row.wire: verb for verb, row in VERBS.items()}


def may(role: str, verb: str) -> bool:
    """Whether `role` may give the command `verb`; an unknown role may nothing."""
    return verb in VERBS and role in VERBS[Verb(verb)].roles


def wire_name(verb: str) -> str:
    """The verb's name over MQTT; an unknown verb keeps its own."""
    return VERBS[Verb(verb)].wire if verb in VERBS else verb
