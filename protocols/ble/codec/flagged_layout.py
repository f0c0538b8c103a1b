"""Frames whose first byte says which optional fields follow: one precompiled layout for each combination.

One `unpack` of the whole frame is several times faster than one for each field, and a frame fits its
flags exactly or not at all.
"""

from struct import Struct

from protocols.ble.codec.errors import DecodeError, too_long, too_short
from protocols.ble.codec.value import value


@value
class Option:
    """An optional field: the flag bit that announces it, and its `struct` format."""

    bit: int
    name: str
    layout: str


@value
class FlaggedLayout:
    """A frame of `format_name`: a fixed `head` that begins with the flags byte, then options in order."""

    format_name: str
    head: str
    head_fields: str
    options: tuple[Option, ...]

    def structs(self) -> tuple[Struct, ...]:
        """The layout for each value of the flags byte; bits that announce nothing change nothing."""
        announced = sum(option.bit for option in self.options)
        distinct = {
            flags: Struct("<" + self.head + "".join(o.layout for o in self.options if flags & o.bit))
            for flags in {flags & announced for flags in range(256)}
        }
        return tuple(distinct[flags & announced] for flags in range(256))

    def mismatch(self, data: bytes) -> DecodeError:
        """The error for a frame that is shorter or longer than its flags say."""
        end = Struct("<" + self.head).size
        if len(data) < end:
            return too_short(self.format_name, data, self.head_fields, 0, end)
        for option in self.options:
            if data[0] & option.bit:
                size = Struct("<" + option.layout).size
                if len(data) < end + size:
                    return too_short(self.format_name, data, option.name, end, size)
                end += size
        return too_long(self.format_name, data, end)
