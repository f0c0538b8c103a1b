"""What a device sends only once: the reading inside the frame, for the store. Pure."""

import math
from collections.abc import Callable, Mapping

from devices.frames import Frame
from monitor.store.rows import SpotReading
from protocols.ble.blood_pressure import decode_measurement
from protocols.ble.codec.assigned_numbers import (
    BLOOD_PRESSURE_MEASUREMENT,
    PLX_SPOT_CHECK_MEASUREMENT,
    TEMPERATURE_MEASUREMENT,
)
from protocols.ble.codec.errors import DecodeError
from protocols.ble.date_time import DateTime
from protocols.ble.health_thermometer import decode_measurement as decode_temperature
from protocols.ble.pulse_oximeter import decode_spot_check


def spot_reading(frame: Frame) -> SpotReading:
    """The reading in a frame that its device will not send again.

    One that does not decode, or comes in a maker's own format, is kept raw: what cannot be read today may be
    read tomorrow.
    """
    try:
        return _READERS.get(frame.characteristic, _raw)(frame)
    except DecodeError:
        return _raw(frame)


def _raw(frame: Frame) -> SpotReading:
    return _reading(frame, taken_at=None, user_index=None, values={})


def _blood_pressure(frame: Frame) -> SpotReading:
    measurement = decode_measurement(frame.payload)
    values = {
        "systolic_mmhg": measurement.systolic_mmhg,
        "diastolic_mmhg": measurement.diastolic_mmhg,
        "mean_arterial_pressure_mmhg": measurement.mean_arterial_pressure_mmhg,
        "pulse_rate_per_min": measurement.pulse_rate_per_min,
    }
    return _reading(
        frame, taken_at=_text(measurement.timestamp), user_index=measurement.user_id, values=values
    )


def _spot_check(frame: Frame) -> SpotReading:
    measurement = decode_spot_check(frame.payload)
    values = {
        "spo2_percent": measurement.spo2_percent,
        "pulse_rate_per_min": measurement.pulse_rate_per_min,
    }
    return _reading(frame, taken_at=_text(measurement.timestamp), user_index=None, values=values)


def _temperature(frame: Frame) -> SpotReading:
    measurement = decode_temperature(frame.payload)
    values = {"body_temperature_cel": measurement.temperature_cel}
    return _reading(frame, taken_at=_text(measurement.timestamp), user_index=None, values=values)


_READERS: Mapping[str, Callable[[Frame], SpotReading]] = {
    BLOOD_PRESSURE_MEASUREMENT: _blood_pressure,
    PLX_SPOT_CHECK_MEASUREMENT: _spot_check,
    TEMPERATURE_MEASUREMENT: _temperature,
}


def _reading(
    frame: Frame, *, taken_at: str | None, user_index: int | None, values: Mapping[str, float | None]
) -> SpotReading:
    return SpotReading(
        device=frame.device,
        characteristic=frame.characteristic,
        received_ns=frame.received_ns,
        payload=frame.payload,
        taken_at=taken_at,
        user_index=user_index,
        values={name: _finite(value) for name, value in values.items()},
    )


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _text(timestamp: DateTime | None) -> str | None:
    return None if timestamp is None else timestamp.isoformat()
