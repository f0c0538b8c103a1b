"""Heart Rate Service 0x180D: measurement (2A37), body sensor location (2A38), control point (2A39).

Heart Rate Service 1.0, sections 3.1 to 3.3; layout in the GATT Specification Supplement. Little-endian.
"""

import struct
from dataclasses import field
from enum import IntEnum
from struct import Struct
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import Damage, DecodeError, EncodeError, check_length, too_long, too_short
from protocols.ble.codec.reserved_flags import RESERVED_FLAGS, reserved
from protocols.ble.codec.value import value

SERVICE: Final = assigned_numbers.HEART_RATE_SERVICE
MEASUREMENT: Final = assigned_numbers.HEART_RATE_MEASUREMENT
BODY_SENSOR_LOCATION: Final = assigned_numbers.BODY_SENSOR_LOCATION
CONTROL_POINT: Final = assigned_numbers.HEART_RATE_CONTROL_POINT

RR_UNITS_PER_S: Final = 1024
# An attribute value has at most 512 bytes (Core 5.4, Vol 3, Part F, 3.2.9), so at most 255 intervals.
_LONGEST = 512


class SensorContact(IntEnum):
    """Flag bits 1 and 2 as one number. Without support, bit 1 says nothing, but some straps set it."""

    UNSUPPORTED = 0
    UNSUPPORTED_BUT_SET = 1
    NOT_DETECTED = 2
    DETECTED = 3


class BodyLocation(IntEnum):
    """2A38: where the sensor is meant to be worn."""

    OTHER = 0
    CHEST = 1
    WRIST = 2
    FINGER = 3
    HAND = 4
    EAR_LOBE = 5
    FOOT = 6


class ControlPointCommand(IntEnum):
    """2A39: the only command there is; a strap without energy answers with ATT error 0x80."""

    RESET_ENERGY_EXPENDED = 1


@value(kw_only=False)
class HeartRateMeasurement:
    """2A37. A rate of 0 means that there is no reading; RR intervals are oldest first, 1/1024 s.

    `rate_is_16_bit` is how the rate was packed, not what it is: it keeps a small rate in two bytes when it is
    encoded again, and does not count in comparisons. Rates above 255 always take two bytes. `reserved_flags`
    are bits 5 to 7 as sent; they do not count either.
    """

    heart_rate_per_min: int
    sensor_contact: SensorContact = SensorContact.UNSUPPORTED
    energy_expended_kj: int | None = None
    rr_intervals_1_1024_s: tuple[int, ...] = ()
    rate_is_16_bit: bool = field(default=False, compare=False)
    reserved_flags: int = field(default=0, compare=False)

    @property
    def rr_intervals_s(self) -> tuple[float, ...]:
        """The RR intervals in seconds, oldest first."""
        return tuple(interval / RR_UNITS_PER_S for interval in self.rr_intervals_1_1024_s)


_RATE_16_BIT, _CONTACT_SHIFT, _ENERGY, _RR = 0x01, 1, 0x08, 0x10
_CONTACTS: Final = tuple(SensorContact)
_U16 = Struct("<H")
_RATE = Struct("<BB"), Struct("<BH")
_RATE_ENERGY = Struct("<BBH"), Struct("<BHH")
_INTERVALS = tuple(Struct(f"<{count}H") for count in range(_LONGEST // 2))


def decode_measurement(data: bytes, *, allow_missing_rr: bool = False) -> HeartRateMeasurement:
    """2A37, 2 to 512 bytes.

    Args:
        data: the notification.
        allow_missing_rr: accept a frame whose flags announce RR intervals but that has none. The
            specification asks for one or more; some straps leave the flag on between beats.

    Raises:
        DecodeError: when the frame is shorter or longer than its flags say.
    """
    size = len(data)
    energy: int | None = None
    intervals: tuple[int, ...] = ()
    try:
        flags = data[0]
        wide = flags & _RATE_16_BIT
        if flags & _ENERGY:
            _, rate, energy = _RATE_ENERGY[wide].unpack_from(data)
            end = 4 + wide
        else:
            _, rate = _RATE[wide].unpack_from(data)
            end = 2 + wide
        if flags & _RR and (end < size or not allow_missing_rr):
            intervals = _INTERVALS[(size - end) >> 1 or 1].unpack_from(data, end)
            end += 2 * len(intervals)
    except (struct.error, IndexError):
        raise _unreadable(data) from None
    if end != size:
        raise _unreadable(data, end)
    return HeartRateMeasurement(
        rate, _CONTACTS[flags >> _CONTACT_SHIFT & 3], energy, intervals, wide == 1, flags & RESERVED_FLAGS
    )


def encode_measurement(measurement: HeartRateMeasurement) -> bytes:
    """2A37, 2 to 512 bytes.

    Raises:
        EncodeError: when a value does not fit its field or there are more than 253 intervals.
    """
    rate = measurement.heart_rate_per_min
    energy = measurement.energy_expended_kj
    intervals = measurement.rr_intervals_1_1024_s
    wide = 1 if rate > 0xFF or measurement.rate_is_16_bit else 0
    flags = wide | measurement.sensor_contact << _CONTACT_SHIFT
    if measurement.reserved_flags:
        flags |= reserved("heart_rate.measurement", measurement.reserved_flags)
    try:
        if intervals:
            tail = _INTERVALS[len(intervals)].pack(*intervals)
            if energy is None:
                return _RATE[wide].pack(flags | _RR, rate) + tail
            return _RATE_ENERGY[wide].pack(flags | _ENERGY | _RR, rate, energy) + tail
        if energy is None:
            return _RATE[wide].pack(flags, rate)
        return _RATE_ENERGY[wide].pack(flags | _ENERGY, rate, energy)
    except (struct.error, IndexError) as error:
        raise EncodeError(
            "heart_rate.measurement",
            field="rate, energy or RR intervals",
            expected="16-bit values and at most 255 intervals",
        ) from error


def decode_body_sensor_location(data: bytes) -> BodyLocation:
    """2A38, 1 byte.

    Raises:
        DecodeError: on any other length, and for a reserved location.
    """
    check_length("heart_rate.body_sensor_location", data, 1)
    try:
        return BodyLocation(data[0])
    except ValueError:
        raise DecodeError(
            "heart_rate.body_sensor_location",
            data,
            Damage.UNKNOWN_CODE,
            offset=0,
            field="location",
            expected="0 to 6",
        ) from None


def encode_body_sensor_location(location: BodyLocation) -> bytes:
    """2A38, 1 byte."""
    return bytes((location,))


def decode_control_point(data: bytes) -> ControlPointCommand:
    """2A39, 1 byte.

    Raises:
        DecodeError: on any other length or command.
    """
    check_length("heart_rate.control_point", data, 1)
    try:
        return ControlPointCommand(data[0])
    except ValueError:
        raise DecodeError(
            "heart_rate.control_point", data, Damage.UNKNOWN_CODE, offset=0, field="command", expected="1"
        ) from None


def encode_control_point(command: ControlPointCommand) -> bytes:
    """2A39, 1 byte."""
    return bytes((command,))


def _unreadable(data: bytes, end: int | None = None) -> DecodeError:
    """Why a measurement could not be read; `end` is where the flags say that it should have ended."""
    name = "heart_rate.measurement"
    if not data:
        return too_short(name, data, "flags", 0, 1)
    if len(data) > _LONGEST:
        return too_long(name, data, _LONGEST)
    flags = data[0]
    offset = 1
    sizes = [("heart_rate", 1 + (flags & _RATE_16_BIT))]
    if flags & _ENERGY:
        sizes.append(("energy_expended", 2))
    if flags & _RR:
        sizes.append(("rr_intervals", 2))
    for field_name, size in sizes:
        if len(data) < offset + size:
            return too_short(name, data, field_name, offset, size)
        offset += size
    if end is not None and flags & _RR:
        return too_short(name, data, "rr_intervals", end, 2)
    return too_long(name, data, offset)
