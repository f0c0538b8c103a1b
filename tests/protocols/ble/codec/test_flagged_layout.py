"""Layouts by flags: which fields follow, and what is wrong with a frame of another length."""

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.codec.flagged_layout import FlaggedLayout, Option

LAYOUT = FlaggedLayout(
    format_name="test",
    head="BH",
    head_fields="flags and rate",
    options=(Option(bit=0x01, name="energy", layout="H"), Option(bit=0x10, name="user", layout="B")),
)


@pytest.mark.parametrize(("flags", "size"), [(0x00, 3), (0x01, 5), (0x10, 4), (0x11, 6), (0xEE, 3)])
def test_each_announced_field_follows(flags: int, size: int) -> None:
    assert LAYOUT.structs()[flags].size == size


@pytest.mark.parametrize(
    ("frame", "damage", "offset", "field"),
    [
        ("", Damage.TOO_SHORT, 0, "flags and rate"),
        ("0001", Damage.TOO_SHORT, 2, "flags and rate"),
        ("11000005", Damage.TOO_SHORT, 4, "energy"),
        ("1100000500", Damage.TOO_SHORT, 5, "user"),
        ("00000000", Damage.TOO_LONG, 3, "end"),
        ("11000005000900", Damage.TOO_LONG, 6, "end"),
    ],
)
def test_a_frame_of_another_length(frame: str, damage: Damage, offset: int, field: str) -> None:
    error = LAYOUT.mismatch(bytes.fromhex(frame))
    assert (error.damage, error.offset, error.field) == (damage, offset, field)
