"""Yonker and Yongrow YK-IBPA1, YK-BPW5, METIKO MT-YK-BPA1: cuff progress and result.

Source: `derdilla/blood-pressure-monitor-fl` issue 615, decoder and test. Fifteen bytes, no checksum.
Connect after the measurement; the service is not advertised. The clock is usually wrong: trust the time of
receipt. The UUIDs differ in one digit from Jumper's (CDEACB80).
"""

from typing import Final

from protocols.ble.codec.errors import EncodeError, Fitting, check_length, unknown_code
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime

NAME_PREFIXES: Final = ("YK-IBPA", "YK-BPW", "MT-YK-BPA")
SERVICE: Final = "cdeacd80-5235-4c07-8846-93a37ee6b86d"
NOTIFY: Final = "cdeacd81-5235-4c07-8846-93a37ee6b86d"

_SIZE = 15
_PROGRESS, _RESULT = 0x80, 0x81


@value
class Progress:
    """Kind 80, while it measures; the other bytes as sent."""

    cuff_pressure_mmhg: int
    byte_1: int = 0
    bytes_3_to_14: bytes = bytes(12)


@value
class Result:
    """Kind 81; the timestamp has no seconds; the other bytes as sent."""

    systolic_mmhg: int
    diastolic_mmhg: int
    pulse_rate_per_min: int
    timestamp: DateTime
    bytes_4_5: bytes = bytes(2)
    bytes_11_to_14: bytes = bytes(4)


def decode_notification(data: bytes) -> Progress | Result:
    """A notification, 15 bytes. Raises DecodeError on any other length or kind."""
    name = "yonker.notification"
    check_length(name, data, _SIZE)
    if data[0] == _PROGRESS:
        return Progress(cuff_pressure_mmhg=data[2], byte_1=data[1], bytes_3_to_14=data[3:])
    if data[0] != _RESULT:
        raise unknown_code(name, data, 0, "kind", "80 (progress) or 81 (result)")
    day, month, year, hour, minute = data[6:11]
    return Result(
        systolic_mmhg=data[1],
        diastolic_mmhg=data[2],
        pulse_rate_per_min=data[3],
        timestamp=DateTime(2000 + year, month, day, hour, minute, 0),
        bytes_4_5=data[4:6],
        bytes_11_to_14=data[11:],
    )


def encode_notification(value: Progress | Result) -> bytes:
    """A notification, 15 bytes. Raises EncodeError when a value does not fit."""
    name = "yonker.notification"
    with Fitting(name, field="value", expected="0 to 255, whole minutes"):
        if isinstance(value, Progress):
            data = bytes((_PROGRESS, value.byte_1, value.cuff_pressure_mmhg)) + value.bytes_3_to_14
        else:
            time = value.timestamp
            if time.second:
                raise ValueError(time)
            data = (
                bytes((_RESULT, value.systolic_mmhg, value.diastolic_mmhg, value.pulse_rate_per_min))
                + value.bytes_4_5
                + bytes((time.day, time.month, time.year - 2000, time.hour, time.minute))
                + value.bytes_11_to_14
            )
    if len(data) != _SIZE:
        raise EncodeError(name, field="bytes kept as sent", expected="15 bytes in all")
    return data
