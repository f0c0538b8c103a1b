"""Where Omron cuffs keep their readings."""

import pytest

from protocols.ble.date_time import DateTime
from protocols.ble.omron_memory_map import MAPS, map_of
from protocols.ble.omron_record import EmptySlot, Reading


def reading(size: int) -> Reading:
    return Reading(
        systolic_mmhg=131,
        diastolic_mmhg=84,
        pulse_rate_per_min=70,
        timestamp=DateTime(2026, 3, 4, 11, 0, 0),
        tail=bytes(size - 8),
    )


@pytest.mark.parametrize("model", sorted(MAPS))
def test_the_users_areas_follow_one_another_and_are_read_once_and_whole(model: str) -> None:
    layout = MAPS[model]
    size = layout.slots * layout.slot_size
    assert layout.areas[1] == layout.areas[0] + size
    for user, start in enumerate(layout.areas, 1):
        at = start
        for address, length in layout.reads(user):
            assert address == at
            assert length <= 56
            assert length % layout.slot_size == 0
            assert layout.user_at(address) == user
            at += length
        assert at == start + size
    assert layout.user_at(layout.areas[0] - 1) is None
    assert layout.user_at(layout.areas[1] + size) is None


@pytest.mark.parametrize("model", sorted(MAPS))
def test_slots_both_ways(model: str) -> None:
    layout = MAPS[model]
    empty = b"\xff" * layout.slot_size
    one = reading(layout.slot_size)
    content = empty + layout.slot(one) + b"\x01\x02"
    assert layout.slots_in(content) == [EmptySlot(content=empty), one]


@pytest.mark.parametrize(
    ("said", "model"),
    [
        ("HEM-7322T", "HEM-7322T"),
        ("HEM-7322T-E\0", "HEM-7322T"),
        ("hem_7361t", "HEM-7361T"),
        (" HEM-7361T-EBK ", "HEM-7361T"),
        ("HEM-7142T2", None),
        ("", None),
    ],
)
def test_a_model_is_known_however_it_is_written(said: str, model: str | None) -> None:
    found = map_of(said)
    assert (found.model if found else None) == model
