"""Bytes to the JSON of what they mean, when several messages come into question."""

from collections.abc import Iterable
from typing import Any

from monitor.cli.decode.measurement_json import measurement_json
from monitor.errors import RunFailedError, WrongUseError
from protocols.ble import catalog
from protocols.ble.catalog import Message
from protocols.ble.codec.errors import Damage, DecodeError
from protocols.ble.codec.framing import Framer

# The more of a frame was right before it went wrong, the likelier it was meant as that message.
_LIKELIHOOD = (
    Damage.CHECKSUM,
    Damage.VALUE,
    Damage.LENGTH_FIELD,
    Damage.TOO_SHORT,
    Damage.TOO_LONG,
    Damage.UNKNOWN_CODE,
    Damage.HEADER,
)
_MOST_ERRORS = 3
# Where other messages of a family have the same layout, the one that devices send by far the most.
_USUAL = frozenset({"blood_pressure.measurement", "metamotion.fusion", "pulse_oximeter.continuous"})


def only_reading(candidates: tuple[Message, ...], frame: bytes) -> dict[str, Any]:
    """The one reading of the frame, or the usual one, with the others that it `could_also_be`.

    Raises:
        WrongUseError: when several messages fit, and none is the usual one.
        RunFailedError: when none does; a sentence for each message that comes close.
    """
    readings: list[dict[str, Any]] = []
    errors: list[DecodeError] = []
    for message in candidates:
        try:
            readings.append(_reading(message, frame))
        except DecodeError as error:
            errors.append(error)
    # What is inside an envelope is told with the envelope; alone it would be a second reading of the same.
    wrapped = {reading["envelope"] for reading in readings if "envelope" in reading}
    readings = [one for one in readings if "envelope" not in one or wrapped.isdisjoint(_names(readings))]
    usual = [one for one in readings if one["message"] in _USUAL]
    if len(readings) > 1 and len(usual) == 1:
        others = [name for name in _names(readings) if name not in _USUAL]
        return usual[0] | {"could_also_be": others}
    if len(readings) > 1:
        fitting = ", ".join(_names(readings))
        raise WrongUseError(f"the frame fits several messages; say which is meant: {fitting}")
    if not readings:
        raise RunFailedError("\n".join(_sentences(errors)))
    return readings[0]


def each_alone(candidates: tuple[Message, ...], frames: Iterable[bytes]) -> list[dict[str, Any]]:
    """A reading or an error for each frame.

    Raises:
        WrongUseError: when several messages fit one of them.
    """
    found: list[dict[str, Any]] = []
    for frame in frames:
        try:
            found.append(only_reading(candidates, frame))
        except RunFailedError as error:
            found.append({"error": str(error)})
    return found


def as_stream(candidates: tuple[Message, ...], data: bytes) -> list[dict[str, Any]] | None:
    """What a framer of these messages finds in `data`, damage included; None when it finds no frame."""
    wanted = {name for message in candidates for name in (message.name, message.envelope)}
    for family in catalog.FAMILIES:
        for framer_class in family.framer_classes if family.framers else ():
            if framer_class.format_name in wanted:
                found = _framed(framer_class(), data)
                if any("error" not in item for item in found):
                    return found
    return None


def _framed(framer: Framer[Any], data: bytes) -> list[dict[str, Any]]:
    (message,) = catalog.named(framer.format_name)
    return [
        {"error": str(item)} if isinstance(item, DecodeError) else _shown(message, item)
        for item in (*framer.feed(data), *framer.finish())
    ]


def _reading(message: Message, frame: bytes) -> dict[str, Any]:
    """The frame as `message`, or as the envelope of it that came off the air."""
    try:
        return _shown(message, message.decode(frame))
    except DecodeError as bare:
        if message.envelope is None:
            raise
        (envelope,) = catalog.named(message.envelope)
        try:
            inside = _inside(message, envelope.decode(frame))
        except DecodeError as wrapped:
            # A frame with the envelope's beginning was meant as one, and the envelope's error tells more.
            raise (bare if wrapped.damage is Damage.HEADER else wrapped) from None
    return {"message": message.name, "envelope": envelope.name} | {
        "measurement": measurement_json(message.name, message.decode(inside))
    }


def _shown(message: Message, measurement: Any) -> dict[str, Any]:
    """The measurement, with what is inside it where only one message can be."""
    shown = {"message": message.name, "measurement": measurement_json(message.name, measurement)}
    contents = []
    for part in catalog.contents_of(message):
        try:
            inside = part.decode(_inside(part, measurement))
        except DecodeError:
            continue
        contents.append({"message": part.name, "measurement": measurement_json(part.name, inside)})
    return shown | ({"content": contents[0]} if len(contents) == 1 else {})


def _inside(part: Message, envelope: Any) -> bytes:
    """The bytes in the envelope that `part` reads; none where this kind of envelope holds no such bytes."""
    inside: bytes = getattr(envelope, part.envelope_field, b"")
    return inside


def _names(readings: list[dict[str, Any]]) -> list[str]:
    return [reading["message"] for reading in readings]


def _sentences(errors: list[DecodeError]) -> list[str]:
    """The errors of the messages that come closest, the closest first."""
    ordered = sorted(errors, key=lambda error: _LIKELIHOOD.index(error.damage))
    shown = [str(error) for error in ordered[:_MOST_ERRORS]]
    left = len(ordered) - len(shown)
    return [*shown, *([f"and {left} more messages fit even less"] if left else [])]
