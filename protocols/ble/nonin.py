"""Nonin 3230, 3231 and WristOx2 3150: continuous oximetry (NCO), pulse intervals, pleth, status, control.

Source: Nonin document 113142-000-02 rev. B, as implemented in public decoders. Big-endian, unlike everything
around it. No start command: enabling notifications is enough. A spot-check is complete with the first frame
that has SMART_POINT set. Newer 3230 also have the SIG service 0x1822; this one says more.
"""

from collections.abc import Sequence
from enum import IntFlag
from struct import Struct
from typing import Final

from protocols.ble.codec.errors import (
    Fitting,
    check_length,
    impossible_value,
    unknown_code,
    wrong_length_field,
)
from protocols.ble.codec.sentinel import or_sentinel
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("Nonin",)
SERVICE: Final = "46a970e0-0d5f-11e2-8b5e-0002a5d5c51b"
CONTINUOUS: Final = "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b"
CONTROL_POINT: Final = "1447af80-0d60-11e2-88b6-0002a5d5c51b"
PULSE_INTERVALS: Final = "34e27863-76ff-4f8e-96f1-9e3993aa6199"
PPG: Final = "ec0a883a-4d24-11e7-b114-b2f933d5fe66"
STATUS: Final = "ec0a9302-4d24-11e7-b114-b2f933d5fe66"
MEMORY_PLAYBACK: Final = "ec0a8dda-4d24-11e7-b114-b2f933d5fe66"

PPG_RATE_HZ: Final = 75

_MISSING_SPO2 = 127
_MISSING_PULSE = 511
_CONTINUOUS = Struct(">BBBHHBH")
_INTERVALS_HEAD = Struct(">BHB")
_INTERVAL = Struct(">HH")
_MOST_INTERVALS = 6
_PPG = Struct(">B25HH")
_STATUS = Struct(">BBBBBH")
_BAD_PULSE = 0x8000
_AMPLITUDE_MASK = 0x0FFF
_RESPONSE = 0xE0


class OximetryStatus(IntFlag):
    """Byte 1 of the continuous frame."""

    DISPLAY_SYNC = 0x01
    WEAK_SIGNAL = 0x02
    SMART_POINT = 0x04
    SEARCHING = 0x08
    SENSOR_ON_FINGER = 0x10
    LOW_BATTERY = 0x20
    ENCRYPTED = 0x40


class IntervalStatus(IntFlag):
    """Status of the pulse intervals."""

    INVALID = 0x01
    RATE_TOO_HIGH = 0x02


@value
class ContinuousOximetry:
    """NCO, once a second. None: the device has no value (127 for SpO2, 511 for the rate)."""

    status: OximetryStatus
    battery_v: float
    pulse_amplitude_index_percent: float
    counter_s: int
    spo2_percent: int | None
    pulse_rate_per_min: int | None


@value
class Pulse:
    """One pulse: amplitude index in 0.01 %, interval in 0.1 ms."""

    amplitude_index_0_01_percent: int
    interval_0_1_ms: int
    bad: bool = False


@value
class PulseIntervals:
    """DF20: up to six pulses."""

    counter: int
    status: IntervalStatus
    pulses: tuple[Pulse, ...]


@value
class Ppg:
    """DF22: 25 samples of the pleth at 75 Hz, arbitrary units."""

    samples: tuple[int, ...]
    counter: int


@value
class DeviceStatus:
    """DF23. `error`: 0 none, 1 no sensor, 5 sensor fault, 6 system; battery voltage in 0.1 V."""

    sensor_type: int
    error: int
    battery_v: float
    battery_percent: int
    transmissions: int


@value
class ControlResponse:
    """What the control point answers: E0, result, length, payload."""

    result: int
    payload: bytes = b""


def decode_continuous(data: bytes) -> ContinuousOximetry:
    """NCO, 10 bytes. Raises DecodeError on another length, in fact or in its length byte."""
    _check("nonin.continuous", data, _CONTINUOUS.size)
    _, status, battery, amplitude, counter, spo2, pulse = _CONTINUOUS.unpack(data)
    return ContinuousOximetry(
        status=OximetryStatus(status),
        battery_v=battery / 10,
        pulse_amplitude_index_percent=amplitude / 100,
        counter_s=counter,
        spo2_percent=None if spo2 == _MISSING_SPO2 else spo2,
        pulse_rate_per_min=None if pulse == _MISSING_PULSE else pulse,
    )


def encode_continuous(value: ContinuousOximetry) -> bytes:
    """NCO, 10 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("nonin.continuous", field="value", expected="values that fit their bytes"):
        return _CONTINUOUS.pack(
            _CONTINUOUS.size,
            value.status,
            round(value.battery_v * 10),
            round(value.pulse_amplitude_index_percent * 100),
            value.counter_s,
            or_sentinel(value.spo2_percent, _MISSING_SPO2),
            or_sentinel(value.pulse_rate_per_min, _MISSING_PULSE),
        )


def decode_pulse_intervals(data: bytes) -> PulseIntervals:
    """DF20, 4 to 28 bytes. Raises DecodeError when it is cut inside a pulse or states another length."""
    name = "nonin.pulse_intervals"
    head = _INTERVALS_HEAD.size
    check_length(name, data, head, head + _MOST_INTERVALS * _INTERVAL.size)
    if (len(data) - head) % _INTERVAL.size:
        raise impossible_value(name, data, len(data), "pulses", "4 bytes for each pulse")
    _check(name, data, len(data))
    _, counter, status = _INTERVALS_HEAD.unpack_from(data)
    return PulseIntervals(
        counter=counter,
        status=IntervalStatus(status),
        pulses=tuple(
            Pulse(
                amplitude_index_0_01_percent=word & _AMPLITUDE_MASK,
                interval_0_1_ms=interval,
                bad=bool(word & _BAD_PULSE),
            )
            for word, interval in _INTERVAL.iter_unpack(data[head:])
        ),
    )


def encode_pulse_intervals(value: PulseIntervals) -> bytes:
    """DF20, 4 to 28 bytes. Raises EncodeError for more than six pulses or values that do not fit."""
    size = _INTERVALS_HEAD.size + len(value.pulses) * _INTERVAL.size
    with Fitting("nonin.pulse_intervals", field="pulses", expected="six at most, amplitude 12 bits"):
        _at_most(_MOST_INTERVALS, value.pulses)
        return _INTERVALS_HEAD.pack(size, value.counter, value.status) + b"".join(
            _INTERVAL.pack(_BAD_PULSE * pulse.bad | _amplitude(pulse), pulse.interval_0_1_ms)
            for pulse in value.pulses
        )


def decode_ppg(data: bytes) -> Ppg:
    """DF22, 53 bytes. Raises DecodeError on another length, in fact or in its length byte."""
    _check("nonin.ppg", data, _PPG.size)
    _, *samples, counter = _PPG.unpack(data)
    return Ppg(samples=tuple(samples), counter=counter)


def encode_ppg(value: Ppg) -> bytes:
    """DF22, 53 bytes. Raises EncodeError unless there are 25 samples of 16 bits."""
    with Fitting("nonin.ppg", field="samples", expected="25 samples of 16 bits"):
        return _PPG.pack(_PPG.size, *value.samples, value.counter)


def decode_status(data: bytes) -> DeviceStatus:
    """DF23, 7 bytes. Raises DecodeError on another length, in fact or in its length byte."""
    _check("nonin.status", data, _STATUS.size)
    _, sensor, error, battery, percent, transmissions = _STATUS.unpack(data)
    return DeviceStatus(
        sensor_type=sensor,
        error=error,
        battery_v=battery / 10,
        battery_percent=percent,
        transmissions=transmissions,
    )


def encode_status(value: DeviceStatus) -> bytes:
    """DF23, 7 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("nonin.status", field="value", expected="values that fit their bytes"):
        return _STATUS.pack(
            _STATUS.size,
            value.sensor_type,
            value.error,
            round(value.battery_v * 10),
            value.battery_percent,
            value.transmissions,
        )


def decode_control_response(data: bytes) -> ControlResponse:
    """Answer of the control point, 3 to 20 bytes.

    Raises DecodeError when it is none or states another length.
    """
    name = "nonin.control_response"
    check_length(name, data, 3, 20)
    if data[0] != _RESPONSE:
        raise unknown_code(name, data, 0, "opcode", "e0")
    if data[2] != len(data) - 3:
        raise wrong_length_field(name, data, 2, len(data) - 3)
    return ControlResponse(result=data[1], payload=data[3:])


def encode_control_response(value: ControlResponse) -> bytes:
    """Answer of the control point. Raises EncodeError for more than 17 bytes of payload."""
    with Fitting("nonin.control_response", field="payload", expected="17 bytes at most"):
        _at_most(17, value.payload)
        return bytes((_RESPONSE, value.result, len(value.payload))) + value.payload


def _check(name: str, data: bytes, size: int) -> None:
    check_length(name, data, size)
    if data[0] != size:
        raise wrong_length_field(name, data, 0, size)


def _at_most(count: int, values: Sequence[object]) -> None:
    if len(values) > count:
        raise ValueError(len(values))


def _amplitude(pulse: Pulse) -> int:
    if not 0 <= pulse.amplitude_index_0_01_percent <= _AMPLITUDE_MASK:
        raise ValueError(pulse)
    return pulse.amplitude_index_0_01_percent
