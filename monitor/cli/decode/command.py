"""`kinewatch decode`: frames to JSON, by characteristic or by name."""

import argparse
import json
from typing import TYPE_CHECKING

from monitor.errors import RunFailedError, WrongUseError

if TYPE_CHECKING:
    from protocols.ble.catalog import Message

_EXAMPLES = """examples:
  kinewatch decode 2A5F 0062004800                    # by 16-bit number
  kinewatch decode 0AAD7EA0-0D60-11E2-8E3C-0002A5D5C51B 0a:15:1e:01:32:00:05:62:00:48
  kinewatch decode viatom_o2.realtime 613c000000000064000d2a0100
  kinewatch decode plx 04 6200 4800 0080              # any message of a family
  kinewatch decode --each 2A37 1648bb02 16490103      # a frame in each word
  kinewatch decode mightysat 77110500000000 0062004a101600580204ff5b   # a stream in pieces
`kinewatch devices --json` lists the names of all messages."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "characteristic",
        metavar="CHARACTERISTIC",
        help="a UUID or its first eight digits, a 16-bit number (2A5F, 0x2a5f), the company of an "
        "advertisement (020E), or the name of a family, message or product (plx, viatom_o2.realtime, bm85)",
    )
    parser.add_argument(
        "hex",
        nargs="+",
        metavar="HEX",
        help="the bytes; blanks, colons, 0x and several words are fine, and so are the notifications of a "
        "stream, one after the other",
    )
    parser.add_argument("--each", action="store_true", help="each word is a frame of its own")


def run(args: argparse.Namespace) -> int:
    """Decode and print: one object for a frame, a list for several.

    Raises:
        WrongUseError: an unknown or ambiguous characteristic, or no hexadecimal digits: exit 2.
        RunFailedError: the bytes are no such frame: exit 1.
    """
    from monitor.cli.decode.frame_readings import as_stream, each_alone, only_reading

    candidates = _candidates(args.characteristic)
    words = args.hex
    if args.each:
        return _print_all(each_alone(candidates, [hex_bytes(word) for word in words]))
    frame = hex_bytes(" ".join(words))
    try:
        print(json.dumps(only_reading(candidates, frame), indent=2))
    except RunFailedError:
        several = as_stream(candidates, frame) or _all_alone(candidates, words)
        if several is None:
            raise
        return _print_all(several)
    return 0


def hex_bytes(text: str) -> bytes:
    """The bytes of hexadecimal digits, as documents, logs and tools write them.

    Raises:
        WrongUseError: for any other character, and for half a byte.
    """
    for mark in ",;:-_()<>[]":
        text = text.replace(mark, " ")
    digits = "".join(part.removeprefix("0x").removeprefix("0X") for part in text.split())
    wrong = next((character for character in digits if character not in "0123456789abcdefABCDEF"), None)
    if wrong is not None:
        raise WrongUseError(f"{wrong!r} in {text!r} is no hexadecimal digit")
    if len(digits) % 2:
        raise WrongUseError(f"{text!r} has {len(digits)} hexadecimal digits; a byte takes two")
    return bytes.fromhex(digits)


def _candidates(characteristic: str) -> tuple["Message", ...]:
    from protocols.ble import catalog
    from protocols.ble.codec.assigned_numbers import short_number

    found = catalog.named(characteristic)
    if found:
        return found
    uuid = catalog.full_uuid(characteristic)
    uuids = catalog.uuids_beginning(characteristic) if uuid is None else (uuid,)
    found = tuple(message for one in uuids for message in catalog.messages_of(one))
    number = short_number(uuid) if uuid else None
    if not found and number is not None:
        found = catalog.advertised_by(number)
    found = found or catalog.of_device(characteristic)
    if not found and uuid:
        shown = catalog.shown_uuid(uuid)
        raise WrongUseError(f"no supported device has the characteristic {shown}, and no company is {shown}")
    if not found:
        raise WrongUseError(_not_found(characteristic))
    return found


def _not_found(name: str) -> str:
    from difflib import get_close_matches

    from protocols.ble import catalog

    known = [*(row.name for row in catalog.FAMILIES), *(message.name for message in catalog.messages())]
    close = get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    hint = f"; did you mean {', '.join(close)}?" if close else "; `kinewatch devices` lists the names"
    return f"{name!r} is neither a UUID, a 16-bit number nor the name of a family or message{hint}"


def _all_alone(candidates: tuple["Message", ...], words: list[str]) -> list[dict[str, object]] | None:
    """The words as a frame each, if there are several and all of them are frames."""
    from monitor.cli.decode.frame_readings import each_alone

    if len(words) < 2:
        return None
    try:
        readings = each_alone(candidates, [hex_bytes(word) for word in words])
    except WrongUseError:
        return None
    return None if any("error" in reading for reading in readings) else readings


def _print_all(readings: list[dict[str, object]]) -> int:
    print(json.dumps(readings, indent=2))
    failed = sum("error" in reading for reading in readings)
    if failed:
        raise RunFailedError(f"{failed} of these {len(readings)} could not be decoded")
    return 0
