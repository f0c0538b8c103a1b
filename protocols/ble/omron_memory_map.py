"""Omron cuffs without the Blood Pressure Profile: where each model keeps its readings.

Source: device files of `userx14/omblepy`. One area a user, a ring of slots; empty slots are recognised by
their content. Only models whose map is published are here: in another model's memory the same bytes mean
something else.
"""

from collections.abc import Mapping
from typing import Final

from protocols.ble import omron_record
from protocols.ble.codec.value import value
from protocols.ble.omron_record import EmptySlot, Reading


@value
class MemoryMap:
    """`areas`: where each user's slots begin; `slots_per_read` of them fit into a packet's 56 bytes."""

    model: str
    areas: tuple[int, ...]
    slots: int
    slot_size: int
    slots_per_read: int

    def reads(self, user: int) -> tuple[tuple[int, int], ...]:
        """(address, size) of the packets that bring all slots of a user (1 is the first)."""
        start, step = self.areas[user - 1], self.slots_per_read * self.slot_size
        end = start + self.slots * self.slot_size
        return tuple((at, min(step, end - at)) for at in range(start, end, step))

    def user_at(self, address: int) -> int | None:
        """Whose slots an address belongs to."""
        size = self.slots * self.slot_size
        return next(
            (user for user, start in enumerate(self.areas, 1) if start <= address < start + size), None
        )

    def slots_in(self, content: bytes) -> list[Reading | EmptySlot]:
        """The slots of one packet's content; what is no whole slot is left out."""
        size = self.slot_size
        decode = _DECODE[size]
        return [decode(content[at : at + size]) for at in range(0, len(content) - size + 1, size)]

    def slot(self, content: Reading | EmptySlot) -> bytes:
        """One slot's bytes. Raises EncodeError when a value does not fit."""
        return _ENCODE[self.slot_size](content)


# The two layouts of these models differ in length, so that the length names the layout.
_DECODE: Final = {14: omron_record.decode_big_endian_14, 16: omron_record.decode_little_endian_16}
_ENCODE: Final = {14: omron_record.encode_big_endian_14, 16: omron_record.encode_little_endian_16}

MAPS: Final[Mapping[str, MemoryMap]] = {
    one.model: one
    for one in (
        MemoryMap(model="HEM-7322T", areas=(0x02AC, 0x0824), slots=100, slot_size=14, slots_per_read=4),
        # That this model answers longer reads is not published.
        MemoryMap(model="HEM-7361T", areas=(0x0098, 0x06D8), slots=100, slot_size=16, slots_per_read=1),
    )
}


def map_of(model: str) -> MemoryMap | None:
    """The map of a model number as the cuff or a person writes it (`HEM-7322T-E`, `hem_7322t`)."""
    plain = model.strip("\0 ").upper().replace("_", "-")
    return next((one for name, one in MAPS.items() if plain.startswith(name)), None)
