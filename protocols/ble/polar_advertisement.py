"""Polar straps' manufacturer data (company 0x006B): the heart rate before one connects.

Source: `polarofficial/polar-ble-sdk` BlePolarHrAdvertisement and its tests. Flags, a code, and the heart
rate: averaged fast and slowly. Some send one average only.
"""

from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import EncodeError, Fitting, check_length
from protocols.ble.codec.value import value

COMPANY: Final = assigned_numbers.COMPANY_POLAR

_NAME = "polar_advertisement.manufacturer_data"
_BATTERY, _CONTACT, _COUNTER_SHIFT, _BROADCAST, _DATA_TYPE, _STATUS = 0x01, 0x02, 2, 0x20, 0x40, 0x80


@value
class ManufacturerData:
    """What follows the company identifier.

    `counter` (0 to 7) steps when there is a new heart rate. `battery_low`, `broadcast`, `data_type` and
    `status` are single bits of the flags, `code` the vendor's "kHz code". Some send no slow average: None.
    """

    counter: int
    code: int
    fast_average_per_min: int
    slow_average_per_min: int | None = None
    battery_low: bool = False
    skin_contact: bool = False
    broadcast: bool = False
    data_type: bool = False
    status: bool = False

    @property
    def heart_rate_per_min(self) -> int:
        """What the vendor's applications show: the slow average where there is one."""
        slow = self.slow_average_per_min
        return self.fast_average_per_min if slow is None else slow


def decode_manufacturer_data(data: bytes) -> ManufacturerData:
    """What follows the company identifier, 3 or 4 bytes. Raises DecodeError on any other length."""
    check_length(_NAME, data, 3, 4)
    flags = data[0]
    return ManufacturerData(
        counter=flags >> _COUNTER_SHIFT & 0x07,
        code=data[1],
        fast_average_per_min=data[2],
        slow_average_per_min=data[3] if len(data) == 4 else None,
        battery_low=bool(flags & _BATTERY),
        skin_contact=bool(flags & _CONTACT),
        broadcast=bool(flags & _BROADCAST),
        data_type=bool(flags & _DATA_TYPE),
        status=bool(flags & _STATUS),
    )


def encode_manufacturer_data(value: ManufacturerData) -> bytes:
    """What follows the company identifier. Raises EncodeError when a value does not fit."""
    if not 0 <= value.counter <= 7:
        raise EncodeError(_NAME, field="counter", expected="0 to 7")
    flags = value.battery_low * _BATTERY | value.skin_contact * _CONTACT | value.counter << _COUNTER_SHIFT
    flags |= value.broadcast * _BROADCAST | value.data_type * _DATA_TYPE | value.status * _STATUS
    slow = value.slow_average_per_min
    with Fitting(_NAME, field="value", expected="0 to 255"):
        return bytes((flags, value.code, value.fast_average_per_min, *(() if slow is None else (slow,))))
