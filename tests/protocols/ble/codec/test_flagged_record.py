"""Records by flags: what is there, what was cut at a notification's end, what is appended."""

import pytest

from protocols.ble.codec.errors import Damage, DecodeError, EncodeError
from protocols.ble.codec.flagged_record import Field, Group, RecordLayout
from protocols.ble.codec.value import value


@value
class Pair:
    one: int | None = None
    other: int | None = None


@value
class Record:
    head: int | None = None
    speed: float | None = None
    pair: Pair | None = None
    first: int | None = None
    second: int | None = None
    other_flags: int = 0
    unsent: int = 0
    rest: bytes = b""


LAYOUT = RecordLayout(
    format_name="some.record",
    flags_size=1,
    groups=(
        Group(name="head", fields=(Field(name="head", size=1),)),
        Group(name="speed", bit=0x01, inverted=True, fields=(Field(name="speed", size=2, per_unit=100),)),
        Group(
            name="pair",
            bit=0x02,
            kind=Pair,
            fields=(
                Field(name="one", size=1, missing=0xFF),
                Field(name="other", size=2, signed=True, missing=0x7FFF),
            ),
        ),
        Group(name="first", bit=0x04, fields=(Field(name="first", size=8), Field(name="second", size=8))),
    ),
)


def decoded(text: str) -> Record:
    return Record(**LAYOUT.decode(bytes.fromhex(text)))


def damage(text: str) -> tuple[Damage, int, str]:
    with pytest.raises(DecodeError) as caught:
        LAYOUT.decode(bytes.fromhex(text))
    return caught.value.damage, caught.value.offset, caught.value.field


def refused(record: Record) -> str:
    with pytest.raises(EncodeError) as caught:
        LAYOUT.encode(record)
    return caught.value.field


def test_a_clear_bit_announces_what_is_inverted() -> None:
    assert decoded("00 07 1100") == Record(head=7, speed=0.17)
    assert decoded("01 07") == Record(head=7)
    assert LAYOUT.encode(Record(head=7)).hex() == "0107"


def test_what_is_not_available_is_none_and_the_group_is_still_there() -> None:
    record = decoded("03 07 ff ff7f")
    assert record == Record(head=7, pair=Pair())
    assert LAYOUT.encode(record).hex() == "0307ffff7f"


def test_flags_that_announce_nothing_and_bytes_behind_the_record_are_kept() -> None:
    record = decoded("81 07 0102")
    assert (record.other_flags, record.rest) == (0x80, b"\x01\x02")
    assert LAYOUT.encode(record).hex() == "81070102"


def test_a_record_cut_at_20_bytes_says_what_did_not_come() -> None:
    text = "06" + "07" + "1100" + "01" + "0200" + "aa" * 13
    record = decoded(text)
    assert record == Record(head=7, speed=0.17, pair=Pair(one=1, other=2), unsent=0x04, rest=b"\xaa" * 13)
    assert LAYOUT.encode(record).hex() == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (Damage.TOO_SHORT, 0, "flags")),
        ("01", (Damage.TOO_SHORT, 1, "head")),
        ("00 07 11", (Damage.TOO_SHORT, 3, "speed")),
        ("03 07 01 02", (Damage.TOO_SHORT, 4, "other")),
        ("05 07" + "aa" * 15, (Damage.TOO_SHORT, 17, "second")),
        ("01 07" + "00" * 511, (Damage.TOO_LONG, 512, "end")),
    ],
)
def test_a_record_that_ends_elsewhere_is_damaged(text: str, expected: tuple[Damage, int, str]) -> None:
    assert damage(text) == expected


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (Record(), "head"),
        (Record(head=256), "head"),
        (Record(head=7, speed=0.001), "speed"),
        (Record(head=7, pair=Pair(one=0xFF)), "pair"),
        (Record(head=7, first=1), "first"),
        (Record(head=7, other_flags=0x02), "other_flags"),
        (Record(head=7, other_flags=0x100), "other_flags"),
        (Record(head=7, first=1, second=2, unsent=0x02, rest=b"\x01"), "unsent"),
        (Record(head=7, unsent=0x80), "unsent"),
        (Record(head=7, first=1, second=2, unsent=0x04), "unsent"),
        (Record(head=7, unsent=0x04, rest=bytes(16)), "unsent"),
        (Record(head=7, unsent=0x04, rest=bytes(3)), "rest"),
        (Record(head=7, rest=bytes(511)), "rest"),
    ],
)
def test_what_cannot_be_on_the_wire_is_refused(record: Record, field: str) -> None:
    assert refused(record) == field


def test_a_layout_without_flags_has_every_group() -> None:
    layout = RecordLayout(
        format_name="some.fixed", flags_size=0, groups=(Group(name="a", fields=(Field(name="a", size=2),)),)
    )
    assert layout.decode(bytes.fromhex("0201ff")) == {"a": 258, "rest": b"\xff"}
