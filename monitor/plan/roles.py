"""Who acts in a session, and who may move a limit in which direction (who may what: `monitor.plan.verbs`)."""

from dataclasses import replace
from enum import StrEnum

from monitor.plan.errors import LimitChangeError
from monitor.plan.limits import LIMIT_SPECS, Limits


class Role(StrEnum):
    """Who acts; it comes from the login, never from the message."""

    PATIENT = "patient"
    ASSISTANT = "assistant"
    THERAPIST = "therapist"
    STATION = "station"


EVERYBODY = frozenset(Role)
STAFF = frozenset({Role.ASSISTANT, Role.THERAPIST})
OPERATORS = STAFF | {Role.STATION}


def change_limit(limits: Limits, name: str, value: float, *, role: str, reason: str) -> Limits:
    """`limits` with `name` set to `value`, for this session only.

    Raises:
        LimitChangeError: no such limit, or looser than it was: an assistant never may, a therapist only
            with a reason.
        LimitOrderError: the value is out of range or on the wrong side of another limit.
    """
    spec = LIMIT_SPECS.get(name)
    if spec is None:
        raise LimitChangeError(name, f"is no limit; known: {', '.join(LIMIT_SPECS)}")
    old = getattr(limits, name)
    if old is not None and not spec.is_tighter(value, old):
        if role != Role.THERAPIST:
            raise LimitChangeError(name, f"{value:g} is looser than {old:g}; only a therapist may loosen")
        if not reason.strip():
            raise LimitChangeError(name, f"{value:g} is looser than {old:g}; loosening needs a reason")
    return replace(limits, **{name: value})
