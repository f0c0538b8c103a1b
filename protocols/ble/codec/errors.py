"""The errors of the wire formats.

::

    ProtocolError                a wire format was not kept
     +-- DecodeError             by the device: these bytes are not such a frame
     +-- EncodeError             by us: these values do not fit into such a frame

`DecodeError` is the only error that a decoder raises, for any bytes at all.
"""

import struct
from enum import StrEnum
from typing import Literal

# A device cannot make an error message arbitrarily long: this many bytes of the frame are shown.
_SHOWN_BYTES = 64


class Damage(StrEnum):
    """What is wrong with a frame; each kind calls for another remedy, so it is counted by kind."""

    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    HEADER = "wrong header"
    LENGTH_FIELD = "wrong length field"
    CHECKSUM = "wrong checksum"
    UNKNOWN_CODE = "unknown code"
    VALUE = "impossible value"


class ProtocolError(Exception):
    """A wire format was not kept; raised only as one of its subclasses."""


class DecodeError(ProtocolError):
    """The bytes are not a frame of this format.

    Attributes:
        format: the format's catalogue name, such as `pulse_oximeter.continuous`.
        damage: the kind of damage.
        offset: index of the first byte that is wrong or missing.
        field: the field at that place.
        expected: what the format asks for there.
        hex: the frame, or its first 64 bytes, as hexadecimal digits.
    """

    def __init__(
        self, format_name: str, data: bytes, damage: Damage, *, offset: int, field: str, expected: str
    ) -> None:
        self.format = format_name
        self.damage = damage
        self.offset = offset
        self.field = field
        self.expected = expected
        self.hex = bytes(data[:_SHOWN_BYTES]).hex()
        rest = f" and {len(data) - _SHOWN_BYTES} bytes more" if len(data) > _SHOWN_BYTES else ""
        super().__init__(
            f"{format_name}: {damage} at byte {offset} ({field}): expected {expected};"
            f" the frame is {self.hex or 'empty'}{rest}"
        )


class EncodeError(ProtocolError):
    """The values do not fit into a frame of this format.

    Attributes:
        format: the format's catalogue name.
        field: the field that does not fit, or the frame.
        expected: what would fit.
    """

    def __init__(self, format_name: str, *, field: str, expected: str) -> None:
        self.format = format_name
        self.field = field
        self.expected = expected
        super().__init__(f"{format_name}: {field}: expected {expected}")


def too_short(format_name: str, data: bytes, field: str, offset: int, size: int) -> DecodeError:
    """The frame ends inside `field`, which lies at `offset` and takes `size` bytes."""
    return DecodeError(
        format_name,
        data,
        Damage.TOO_SHORT,
        offset=len(data),
        field=field,
        expected=f"{size} bytes from byte {offset}, found {max(0, len(data) - offset)}",
    )


def too_long(format_name: str, data: bytes, end: int) -> DecodeError:
    """The frame goes on after `end`, its last byte by its own flags or by the format."""
    return DecodeError(
        format_name,
        data,
        Damage.TOO_LONG,
        offset=end,
        field="end",
        expected=f"the end after {end} bytes, found {len(data) - end} more",
    )


def check_length(format_name: str, data: bytes, shortest: int, longest: int | None = None) -> None:
    """Refuse a frame of fewer than `shortest` or more than `longest` bytes (default: exactly `shortest`).

    Raises:
        DecodeError: with damage TOO_SHORT or TOO_LONG.
    """
    longest = shortest if longest is None else longest
    if len(data) < shortest:
        raise too_short(format_name, data, "frame", 0, shortest)
    if len(data) > longest:
        raise too_long(format_name, data, longest)


def wrong_header(format_name: str, data: bytes, offset: int, expected: str) -> DecodeError:
    """The frame does not begin as frames of this format do."""
    return DecodeError(format_name, data, Damage.HEADER, offset=offset, field="header", expected=expected)


def wrong_length_field(format_name: str, data: bytes, offset: int, expected: int) -> DecodeError:
    """The frame states another length than it has; `expected` is what it should state."""
    return DecodeError(
        format_name,
        data,
        Damage.LENGTH_FIELD,
        offset=offset,
        field="length",
        expected=f"{expected} for a frame of {len(data)} bytes",
    )


def wrong_checksum(format_name: str, data: bytes, offset: int, expected: int) -> DecodeError:
    """The checksum at `offset` is not that of the bytes before it."""
    return DecodeError(
        format_name,
        data,
        Damage.CHECKSUM,
        offset=offset,
        field="checksum",
        expected=f"{expected:02x}, found {data[offset]:02x}",
    )


def unknown_code(format_name: str, data: bytes, offset: int, field: str, expected: str) -> DecodeError:
    """A code (opcode, kind, mode) that this format does not have, or that is not supported here."""
    return DecodeError(format_name, data, Damage.UNKNOWN_CODE, offset=offset, field=field, expected=expected)


def impossible_value(format_name: str, data: bytes, offset: int, field: str, expected: str) -> DecodeError:
    """A value outside what the format defines for its field."""
    return DecodeError(format_name, data, Damage.VALUE, offset=offset, field=field, expected=expected)


class Fitting:
    """Turns what Python raises when a value does not fit its bytes into `EncodeError`.

    ::

        with Fitting("battery.level", field="level_percent", expected="0 to 255"):
            return bytes((level_percent,))
    """

    def __init__(self, format_name: str, *, field: str, expected: str) -> None:
        self._error = EncodeError(format_name, field=field, expected=expected)

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> Literal[False]:
        """Raise the `EncodeError` in place of an error of value or size."""
        if isinstance(error, struct.error | OverflowError | ValueError | IndexError):
            raise self._error from error
        return False
