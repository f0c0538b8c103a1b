"""Flags by look-up are the flags by construction, unknown bits included."""

from enum import IntFlag

from protocols.ble.codec.flag_table import FlagTable


class Colour(IntFlag):
    RED = 1
    BLUE = 4


def test_the_same_flags_as_by_construction() -> None:
    table = FlagTable(Colour)
    assert table[5] == Colour.RED | Colour.BLUE
    assert table[0] == Colour(0)
    assert int(table[0x8002]) == 0x8002


def test_a_word_is_made_once() -> None:
    table = FlagTable(Colour)
    assert table[3] is table[3]
    assert len(table) == 1
