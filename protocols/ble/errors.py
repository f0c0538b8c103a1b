"""The errors of the wire formats.

::

    ProtocolError                a wire format was not kept
     +-- DecodeError             by the device: these bytes are not such a frame
     +-- EncodeError             by us: these values do not fit into such a frame

`DecodeError` is the only error that a decoder raises, for any bytes at all.
"""

from enum import StrEnum

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
