"""Battery Service 0x180F: battery level (2A19), one byte, 0 to 100 %.

Battery Service 1.0, section 3.1.
"""

from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import Damage, DecodeError, EncodeError, check_length

SERVICE: Final = assigned_numbers.BATTERY_SERVICE
LEVEL: Final = assigned_numbers.BATTERY_LEVEL


def decode_level(data: bytes) -> int:
    """2A19: battery level in percent.

    Raises:
        DecodeError: on any other length than 1, and above 100 %, which the format reserves.
    """
    check_length("battery.level", data, 1)
    if data[0] > 100:
        raise DecodeError(
            "battery.level", data, Damage.VALUE, offset=0, field="level_percent", expected="0 to 100"
        )
    return data[0]


def encode_level(level_percent: int) -> bytes:
    """2A19: one byte.

    Raises:
        EncodeError: outside 0 to 100 %.
    """
    if not 0 <= level_percent <= 100:
        raise EncodeError("battery.level", field="level_percent", expected=f"0 to 100, not {level_percent}")
    return bytes((level_percent,))
