"""Health Thermometer Service 0x1809: measurement (2A1C), intermediate temperature (2A1E).

Health Thermometer Service 1.0, sections 3.1 and 3.3; layout in the GATT Specification Supplement.
Little-endian; both characteristics have the same layout.
"""

from dataclasses import field
from enum import IntEnum
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import EncodeError, check_length, too_long, too_short
from protocols.ble.codec.value import value
from protocols.ble.date_time import SIZE as DATE_TIME_SIZE
from protocols.ble.date_time import DateTime, decode_date_time, encode_date_time
from protocols.ble.ieee11073 import decode_float, encode_float

SERVICE: Final = assigned_numbers.HEALTH_THERMOMETER_SERVICE
MEASUREMENT: Final = assigned_numbers.TEMPERATURE_MEASUREMENT
INTERMEDIATE: Final = assigned_numbers.INTERMEDIATE_TEMPERATURE

_FAHRENHEIT, _TIMESTAMP, _SITE = 0x01, 0x02, 0x04
_RESERVED = 0xF8
_HEAD = 5
_LONGEST = _HEAD + DATE_TIME_SIZE + 1


class TemperatureUnit(IntEnum):
    """Flag bit 0."""

    CELSIUS = 0
    FAHRENHEIT = 1


class Site(IntEnum):
    """2A1D: where the temperature is taken. Others are reserved and stay numbers."""

    ARMPIT = 1
    BODY = 2
    EAR = 3
    FINGER = 4
    GASTRO_INTESTINAL_TRACT = 5
    MOUTH = 6
    RECTUM = 7
    TOE = 8
    TYMPANUM = 9


@value
class TemperatureMeasurement:
    """2A1C and 2A1E. NaN and its kin are values; `reserved_flags` do not count in comparisons."""

    temperature: float
    unit: TemperatureUnit = TemperatureUnit.CELSIUS
    timestamp: DateTime | None = None
    site: int | None = None
    reserved_flags: int = field(default=0, compare=False)

    @property
    def temperature_cel(self) -> float:
        """In degrees Celsius, whatever the device's unit; NaN stays NaN."""
        if self.unit is TemperatureUnit.CELSIUS:
            return self.temperature
        return (self.temperature - 32.0) * 5.0 / 9.0


def decode_measurement(data: bytes) -> TemperatureMeasurement:
    """2A1C or 2A1E, 5 to 13 bytes.

    Raises:
        DecodeError: when the frame is shorter or longer than its flags say.
    """
    name = "health_thermometer.measurement"
    check_length(name, data, _HEAD, _LONGEST)
    flags, at = data[0], _HEAD
    timestamp = site = None
    if flags & _TIMESTAMP:
        if len(data) < at + DATE_TIME_SIZE:
            raise too_short(name, data, "timestamp", at, DATE_TIME_SIZE)
        timestamp = decode_date_time(data[at : at + DATE_TIME_SIZE])
        at += DATE_TIME_SIZE
    if flags & _SITE:
        if len(data) == at:
            raise too_short(name, data, "site", at, 1)
        site = data[at]
        at += 1
    if at != len(data):
        raise too_long(name, data, at)
    return TemperatureMeasurement(
        temperature=decode_float(data[1:_HEAD]),
        unit=TemperatureUnit(flags & _FAHRENHEIT),
        timestamp=timestamp,
        site=site,
        reserved_flags=flags & _RESERVED,
    )


def encode_measurement(measurement: TemperatureMeasurement) -> bytes:
    """2A1C or 2A1E, 5 to 13 bytes. Raises EncodeError when a value does not fit."""
    name = "health_thermometer.measurement"
    flags = measurement.reserved_flags
    if flags & ~_RESERVED:
        raise EncodeError(name, field="reserved_flags", expected="bits 3 to 7 only")
    flags |= measurement.unit
    rest = b""
    if measurement.timestamp is not None:
        flags |= _TIMESTAMP
        rest = encode_date_time(measurement.timestamp)
    if measurement.site is not None:
        flags |= _SITE
        if not 0 <= measurement.site <= 0xFF:
            raise EncodeError(name, field="site", expected="0 to 255")
        rest += bytes((measurement.site,))
    return bytes((flags,)) + encode_float(measurement.temperature) + rest
