"""The lines of the session's record, as pages show them: what was said and done, sets and phases. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from monitor.outputs import (
    CommandReply,
    FunctionTestEnded,
    FunctionTestEvent,
    Output,
    PhaseChanged,
    SetEnded,
)

Scalar = str | float | int | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The fields of an `EntryMessage` that are not its envelope's."""

    entry: str
    subject: str = ""
    number: float | None = None
    text: str = ""
    actor: str = ""


def entry_of(output: Output) -> Entry | None:
    """The line that an output makes, or None; what was refused makes none."""
    match output:
        case CommandReply(accepted=True):
            made = _FROM_REPLY.get(output.verb)
            return None if made is None else made(output)
        case SetEnded():
            return Entry(
                entry="set",
                subject=output.exercise,
                number=float(output.repetitions),
                text=f"{output.set_number}/{output.set_target}",
            )
        case PhaseChanged():
            return Entry(entry="phase", subject=output.to_phase.value, text=output.reason)
        case FunctionTestEvent(what="prompt" | "mark"):
            number = None if output.number is None else float(output.number)
            return Entry(entry="test", subject=output.test, number=number, text=output.text)
        case FunctionTestEnded():
            return _test_ended(output)
        case _:
            return None


def _test_ended(ended: FunctionTestEnded) -> Entry:
    """A trial's first figure that there is; the whole result is in the record."""
    figure = next((value for value in ended.values if value.value is not None), None)
    about = ended.state if ended.reason is None else f"{ended.state}: {ended.reason}"
    if figure is None:
        return Entry(entry="test", subject=ended.test, text=about)
    unit = "" if figure.unit == "1" else f" {figure.unit}"
    return Entry(
        entry="test", subject=ended.test, number=figure.value, text=f"{about}, {figure.name}{unit}"[:200]
    )


def _rating(reply: CommandReply) -> Entry:
    return Entry(
        entry="rating",
        subject=_text(reply.details, "scale"),
        number=_number(reply.details, "value"),
        actor=reply.actor,
    )


def _note(reply: CommandReply) -> Entry:
    return Entry(entry="note", text=_text(reply.details, "text"), actor=reply.actor)


def _posture(reply: CommandReply) -> Entry:
    return Entry(entry="posture", subject=_text(reply.details, "posture"), actor=reply.actor)


def _symptom(reply: CommandReply) -> Entry:
    return Entry(entry="symptom", subject=_text(reply.details, "symptom"), actor=reply.actor)


def _limit(reply: CommandReply) -> Entry | None:
    """Only what has come into force; a proposal changes nothing."""
    if reply.details.get("in_force") is not True:
        return None
    return Entry(
        entry="limit",
        subject=_text(reply.details, "limit"),
        number=_number(reply.details, "new"),
        text=f"{reply.details.get('old')}",
        actor=reply.actor,
    )


def _pause(reply: CommandReply) -> Entry:
    return Entry(
        entry="pause",
        subject=_text(reply.details, "rule_id"),
        number=_number(reply.details, "for_s"),
        actor=reply.actor,
    )


def _resume(reply: CommandReply) -> Entry:
    return Entry(entry="resume", subject=_text(reply.details, "rule_id"), actor=reply.actor)


_FROM_REPLY: Mapping[str, Callable[[CommandReply], Entry | None]] = {
    "rating": _rating,
    "note": _note,
    "posture": _posture,
    "symptom": _symptom,
    "limit": _limit,
    "pause": _pause,
    "resume": _resume,
}


def _text(details: Mapping[str, Scalar], name: str) -> str:
    value = details.get(name)
    return value[:200] if isinstance(value, str) else ""


def _number(details: Mapping[str, Scalar], name: str) -> float | None:
    value = details.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
