"""`kinewatch decode`: one frame to JSON, by characteristic or by name."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from monitor.errors import RunFailedError, WrongUseError

if TYPE_CHECKING:
    from protocols.ble.catalog import Message


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "characteristic",
        metavar="CHARACTERISTIC",
        help="a UUID, a 16-bit number (2A5F, 0x2a5f), or a name such as viatom_o2.realtime",
    )
    parser.add_argument(
        "hex", nargs="+", metavar="HEX", help="the frame; blanks, colons and several words are fine"
    )


def run(args: argparse.Namespace) -> int:
    """Decode and print.

    Raises:
        WrongUseError: an unknown or ambiguous characteristic, or no hexadecimal digits: exit 2.
        RunFailedError: the bytes are no such frame: exit 1.
    """
    frame = _bytes("".join(args.hex))
    print(json.dumps(_decoded(_candidates(args.characteristic), frame), indent=2))
    return 0


def _bytes(text: str) -> bytes:
    digits = "".join(part.removeprefix("0x").removeprefix("0X") for part in text.replace(",", " ").split())
    digits = digits.replace(":", "").replace("-", "")
    wrong = next((character for character in digits if character not in "0123456789abcdefABCDEF"), None)
    if wrong is not None:
        raise WrongUseError(f"{wrong!r} in {text!r} is no hexadecimal digit")
    if len(digits) % 2:
        raise WrongUseError(f"{text!r} has {len(digits)} hexadecimal digits; a byte takes two")
    return bytes.fromhex(digits)


def _candidates(characteristic: str) -> tuple["Message", ...]:
    from protocols.ble import catalog

    message = catalog.message(characteristic.lower())
    if message is not None:
        return (message,)
    uuid = catalog.full_uuid(characteristic)
    if uuid is None:
        raise WrongUseError(_not_found(characteristic))
    found = catalog.messages_of(uuid)
    if not found:
        raise WrongUseError(f"no supported device has the characteristic {catalog.shown_uuid(uuid)}")
    if len({candidate.name.partition(".")[0] for candidate in found}) > 1:
        raise WrongUseError(
            f"several families share {catalog.shown_uuid(uuid)}; say which is meant: {_list(found)}"
        )
    return found


def _not_found(name: str) -> str:
    from difflib import get_close_matches

    from protocols.ble import catalog

    close = get_close_matches(name.lower(), [message.name for message in catalog.messages()], n=3, cutoff=0.5)
    hint = f"; did you mean {', '.join(close)}?" if close else "; `kinewatch devices` lists the names"
    return f"{name!r} is neither a UUID, a 16-bit number nor the name of a message{hint}"


def _decoded(candidates: tuple["Message", ...], frame: bytes) -> dict[str, Any]:
    """The one reading of the frame."""
    from protocols.ble.errors import DecodeError

    readings: list[dict[str, Any]] = []
    errors: list[DecodeError] = []
    fitting: list[Message] = []
    for message in candidates:
        try:
            readings.append(_reading(message, frame))
            fitting.append(message)
        except DecodeError as error:
            errors.append(error)
    if len(readings) > 1:
        raise WrongUseError(f"the frame fits several messages; say which is meant: {_list(tuple(fitting))}")
    if not readings:
        raise RunFailedError("\n".join(map(str, errors)))
    return readings[0]


def _reading(message: "Message", frame: bytes) -> dict[str, Any]:
    """The frame as `message`, or as the envelope of it that came off the air."""
    from monitor.cli.measurement_json import measurement_json
    from protocols.ble import catalog
    from protocols.ble.errors import Damage, DecodeError

    try:
        return {"message": message.name, "measurement": measurement_json(message.name, message.decode(frame))}
    except DecodeError as bare:
        envelope = None if message.envelope is None else catalog.message(message.envelope)
        if envelope is None:
            raise
        try:
            content = envelope.decode(frame).content
        except DecodeError as wrapped:
            # A frame with the envelope's beginning was meant as one, and the envelope's error tells more.
            raise (bare if wrapped.damage is Damage.HEADER else wrapped) from None
    return {"message": message.name, "envelope": envelope.name} | {
        "measurement": measurement_json(message.name, message.decode(content))
    }


def _list(messages: tuple["Message", ...]) -> str:
    return ", ".join(message.name for message in messages)
