"""Movella (Xsens) DOT: measurement control, heading reset, settings, battery.

Source: Movella DOT BLE Services Specification XD0506P rev. C (July 2023), whose tables are named below.
Little-endian.
"""

from enum import IntEnum, IntFlag
from struct import Struct
from typing import Final

from protocols.ble.codec.errors import EncodeError, Fitting, check_length, impossible_value, unknown_code
from protocols.ble.codec.value import value
from protocols.ble.movella_dot import PayloadMode


def _uuid(number: int) -> str:
    return f"1517{number:04x}-4947-11e9-8646-d663bd873d93"


CONFIGURATION_SERVICE: Final = _uuid(0x1000)
DEVICE_CONTROL: Final = _uuid(0x1002)
CONTROL: Final = _uuid(0x2001)
HEADING: Final = _uuid(0x2006)
BATTERY_SERVICE: Final = _uuid(0x3000)
BATTERY: Final = _uuid(0x3001)


@value
class Control:
    """2001: start or stop measuring, in which mode; table 13. Read, it is what the sensor is doing."""

    running: bool
    mode: PayloadMode


class Heading(IntEnum):
    """2006: heading reset; table 18. Revert before a new reset."""

    RESET = 0x0001
    REVERT = 0x0007
    DEFAULT = 0x0008


class Apply(IntFlag):
    """Which settings of the device control are to be applied when it is written."""

    IDENTIFY = 0x01
    POWER = 0x02
    POWER_SAVING = 0x04
    TAG = 0x08
    OUTPUT_RATE = 0x10
    FILTER_PROFILE = 0x20


class FilterProfile(IntEnum):
    """Table 8."""

    GENERAL = 0
    DYNAMIC = 1


@value
class DeviceControl:
    """1002: settings; table 7. Live rates are 1, 4, 10, 12, 15, 20, 30 and 60 Hz. `tag` with its padding."""

    apply: Apply
    output_rate_hz: int
    filter_profile: int = FilterProfile.GENERAL
    identify: int = 0
    power: int = 0
    advertising_timeout_s: int = 600
    connection_timeout_s: int = 1800
    tag_length: int = 0
    tag: bytes = bytes(16)
    reserved: bytes = bytes(5)


@value
class BatteryStatus:
    """3001: table 21."""

    level_percent: int
    charging: bool


_DEVICE_CONTROL = Struct("<BBBBBBBB16sHB5s")
_HEADING = Struct("<H")
_MEASUREMENT = 1


def decode_control(data: bytes) -> Control:
    """2001, 3 bytes. Raises DecodeError for other targets, actions and modes."""
    name = "movella_dot_device.control"
    check_length(name, data, 3)
    if data[0] != _MEASUREMENT:
        raise unknown_code(name, data, 0, "type", "1")
    if data[1] > 1:
        raise unknown_code(name, data, 1, "action", "0 or 1")
    try:
        return Control(running=bool(data[1]), mode=PayloadMode(data[2]))
    except ValueError:
        raise unknown_code(name, data, 2, "mode", "1 to 7 or 16 to 26") from None


def encode_control(control: Control) -> bytes:
    """2001, 3 bytes."""
    return bytes((_MEASUREMENT, control.running, control.mode))


def decode_heading(data: bytes) -> Heading:
    """2006, 2 bytes. Raises DecodeError for other values."""
    check_length("movella_dot_device.heading", data, 2)
    try:
        return Heading(_HEADING.unpack(data)[0])
    except ValueError:
        raise unknown_code("movella_dot_device.heading", data, 0, "type", "1, 7 or 8") from None


def encode_heading(heading: Heading) -> bytes:
    """2006, 2 bytes."""
    return _HEADING.pack(heading)


def decode_device_control(data: bytes) -> DeviceControl:
    """1002, 32 bytes. Raises DecodeError on any other length, and for a tag longer than 16."""
    name = "movella_dot_device.device_control"
    check_length(name, data, _DEVICE_CONTROL.size)
    apply, identify, power, x_min, x_s, y_min, y_s, length, tag, rate, profile, reserved = (
        _DEVICE_CONTROL.unpack(data)
    )
    if length > 16:
        raise impossible_value(name, data, 7, "tag_length", "0 to 16")
    if x_s > 59 or y_s > 59:
        raise impossible_value(
            name, data, 4 if x_s > 59 else 6, "timeout", "0 to 59 seconds beside the minutes"
        )
    return DeviceControl(
        apply=Apply(apply),
        output_rate_hz=rate,
        filter_profile=profile,
        identify=identify,
        power=power,
        advertising_timeout_s=60 * x_min + x_s,
        connection_timeout_s=60 * y_min + y_s,
        tag_length=length,
        tag=tag,
        reserved=reserved,
    )


def encode_device_control(control: DeviceControl) -> bytes:
    """1002, 32 bytes. Raises EncodeError when a value does not fit."""
    name = "movella_dot_device.device_control"
    if len(control.tag) != 16 or len(control.reserved) != 5 or not 0 <= control.tag_length <= 16:
        raise EncodeError(name, field="tag or reserved", expected="16 bytes with a length up to it, 5 bytes")
    with Fitting(name, field="value", expected="values that fit their bytes"):
        return _DEVICE_CONTROL.pack(
            control.apply,
            control.identify,
            control.power,
            *divmod(control.advertising_timeout_s, 60),
            *divmod(control.connection_timeout_s, 60),
            control.tag_length,
            control.tag,
            control.output_rate_hz,
            control.filter_profile,
            control.reserved,
        )


def decode_battery(data: bytes) -> BatteryStatus:
    """3001, 2 bytes. Raises DecodeError on any other length, and above 100 %."""
    name = "movella_dot_device.battery"
    check_length(name, data, 2)
    if data[0] > 100:
        raise impossible_value(name, data, 0, "level_percent", "0 to 100")
    if data[1] > 1:
        raise unknown_code(name, data, 1, "charging", "0 or 1")
    return BatteryStatus(level_percent=data[0], charging=bool(data[1]))


def encode_battery(status: BatteryStatus) -> bytes:
    """3001, 2 bytes. Raises EncodeError outside 0 to 100 %."""
    if not 0 <= status.level_percent <= 100:
        raise EncodeError("movella_dot_device.battery", field="level_percent", expected="0 to 100")
    return bytes((status.level_percent, status.charging))
