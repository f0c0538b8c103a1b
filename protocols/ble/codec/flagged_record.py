"""Records of fitness machines: a flags word of up to 24 bits announces groups of little-endian fields.

The SIG's fitness services are built like that; a record without flags is the simplest case. There are too
many combinations for one precompiled layout each (`flagged_layout`), and the records come a few times a
second: fields are read one by one from a table.

Two things that machines do and the specifications do not have are kept, not refused:

- A record that is longer than a notification should go out in two (bit 0, "more data"). Machines announce all
  of it, send the first 20 bytes (the smallest ATT_MTU less 3) and drop the rest: Matrix and True treadmills.
  What arrived is read, `unsent` are the groups that did not, `rest` the beginning of the first of them.
- Some append fields of their own (KingSmith's steps): `rest` holds them.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from protocols.ble.codec.errors import DecodeError, EncodeError, Fitting, too_long, too_short
from protocols.ble.codec.sentinel import or_sentinel
from protocols.ble.codec.value import value

# An attribute value has at most 512 bytes (Core 5.4, Vol 3, Part F, 3.2.9).
LONGEST: Final = 512
# Where a record may end in the middle of what it announces.
CUT_FROM: Final = 20


@value
class Field:
    """One number: `per_unit` of the wire's units make one of the value's; `missing` means "not available"."""

    name: str
    size: int
    signed: bool = False
    per_unit: int = 1
    missing: int | None = None

    def decode(self, data: bytes) -> float | None:
        """The value in `size` bytes; None when they say so."""
        raw = int.from_bytes(data, "little", signed=self.signed)
        if raw == self.missing:
            return None
        return raw if self.per_unit == 1 else raw / self.per_unit

    def encode(self, content: float | None) -> bytes:
        """The value's bytes.

        Raises:
            ValueError, OverflowError: when it does not fit, is finer than the wire, or is missing where the
                wire has no way to say so.
        """
        raw: int | None = None
        if content is not None:
            raw = round(content * self.per_unit)
            if raw / self.per_unit != content:
                raise ValueError(f"{content} is finer than 1/{self.per_unit}")
        if self.missing is not None:
            raw = or_sentinel(raw, self.missing)
        if raw is None:
            raise ValueError(f"{self.name} cannot be missing here")
        return raw.to_bytes(self.size, "little", signed=self.signed)


@value
class Group:
    """Fields that one flag announces; with `bit` 0 none does, they are always there.

    `inverted`: the group is there when the bit is clear ("more data"). With `kind` the fields are those of
    one nested value, called `name` in the record; without it they are the record's own.
    """

    name: str
    fields: tuple[Field, ...]
    bit: int = 0
    inverted: bool = False
    kind: Callable[..., Any] | None = None

    @property
    def size(self) -> int:
        """Bytes of the group."""
        return sum(field.size for field in self.fields)

    def announced(self, flags: int) -> bool:
        """Whether the record's flags say that the group follows."""
        return not self.bit or bool(flags & self.bit) is not self.inverted


@value
class RecordLayout:
    """A record of `format_name`: flags of `flags_size` bytes, then `groups` in this order."""

    format_name: str
    flags_size: int
    groups: tuple[Group, ...]

    @property
    def group_bits(self) -> int:
        """All bits that announce something."""
        return sum(group.bit for group in self.groups)

    def decode(self, data: bytes) -> dict[str, Any]:
        """The fields by name, and `rest`, `other_flags`, `unsent`; a layout without flags has no last two.

        Raises:
            DecodeError: when the record ends early, other than at a notification's end, or is too long.
        """
        if len(data) > LONGEST:
            raise too_long(self.format_name, data, LONGEST)
        if len(data) < self.flags_size:
            raise too_short(self.format_name, data, "flags", 0, self.flags_size)
        flags = int.from_bytes(data[: self.flags_size], "little")
        found: dict[str, Any] = {}
        at = self.flags_size
        unsent = 0
        for group in self.groups:
            if not group.announced(flags):
                continue
            if unsent or at + group.size > len(data):
                if len(data) < CUT_FROM or not group.bit:
                    raise self._ends_early(data, group, at)
                unsent |= group.bit
                continue
            found |= _read(group, data, at)
            at += group.size
        found["rest"] = data[at:]
        if self.flags_size:
            found |= {"other_flags": flags & ~self.group_bits, "unsent": unsent}
        return found

    def encode(self, record: Any) -> bytes:
        """The record's bytes; which groups are there follows from which fields are.

        Raises:
            EncodeError: a value does not fit, a group is there in part, or `unsent` and `rest` cannot be.
        """
        flags, body = getattr(record, "other_flags", 0), b""
        unsent = getattr(record, "unsent", 0)
        if flags & self.group_bits or not 0 <= flags < 1 << 8 * self.flags_size:
            raise EncodeError(self.format_name, field="other_flags", expected="bits that announce nothing")
        waiting = 0
        for group in self.groups:
            contents = _contents(group, record)
            if contents is not None and waiting:
                raise EncodeError(
                    self.format_name, field="unsent", expected="nothing behind what is not sent"
                )
            if contents is not None:
                with Fitting(self.format_name, field=group.name, expected="values that fit their bytes"):
                    body += b"".join(map(Field.encode, group.fields, contents))
            elif not group.bit:
                raise EncodeError(self.format_name, field=group.name, expected="a value")
            elif unsent & group.bit:
                waiting = waiting or group.size
            if group.announced(0) is not (contents is not None or bool(unsent & group.bit)):
                flags |= group.bit
        self._check_end(record, unsent, waiting, self.flags_size + len(body))
        rest: bytes = record.rest
        return flags.to_bytes(self.flags_size, "little") + body + rest

    def _check_end(self, record: Any, unsent: int, waiting: int, size: int) -> None:
        """`waiting` is the size of the first group announced and not sent; `rest` begins at `size`."""
        size += len(record.rest)
        missing = {group.bit for group in self.groups if _contents(group, record) is None}
        if unsent & ~sum(missing) or (waiting and len(record.rest) >= waiting):
            raise EncodeError(self.format_name, field="unsent", expected="groups that are not sent")
        if size > LONGEST or (waiting and size < CUT_FROM):
            raise EncodeError(
                self.format_name, field="rest", expected=f"{CUT_FROM} to {LONGEST} bytes in all"
            )

    def _ends_early(self, data: bytes, group: Group, at: int) -> DecodeError:
        for field in group.fields:
            if at + field.size > len(data):
                return too_short(self.format_name, data, field.name, at, field.size)
            at += field.size
        return too_short(self.format_name, data, group.name, at, group.size)


def _read(group: Group, data: bytes, at: int) -> Mapping[str, Any]:
    contents = {}
    for field in group.fields:
        contents[field.name] = field.decode(data[at : at + field.size])
        at += field.size
    return contents if group.kind is None else {group.name: group.kind(**contents)}


def _contents(group: Group, record: Any) -> list[Any] | None:
    """The group's values in order; None when the record does not have it."""
    source = record if group.kind is None else getattr(record, group.name)
    if source is None:
        return None
    contents = [getattr(source, field.name) for field in group.fields]
    if group.kind is None and group.bit and all(content is None for content in contents):
        return None
    return contents
