"""What a cuff of the Blood Pressure Profile says: records, and pressures while it measures. Pure."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from math import nan

from protocols.ble.blood_pressure import (
    INTERMEDIATE_CUFF_PRESSURE,
    MEASUREMENT,
    UNKNOWN_USER,
    BloodPressureMeasurement,
    BloodPressureStatus,
    IntermediateCuffPressure,
    encode_intermediate_cuff_pressure,
    encode_measurement,
)
from protocols.ble.date_time import DateTime
from simulators.peripherals.signal_source import TimedNotification
from simulators.sensors.cuff import CuffReading

# From the end of the cycle to the record on the air: the cuff advertises, is found, is asked.
_DELIVERY_S = 3.0
# Cuffs that report their pressure do so twice a second.
_PRESSURE_EVERY_S = 0.5


def measurement_of(reading: CuffReading, taken_at: datetime) -> BloodPressureMeasurement:
    """The reading in the profile's words: an error is NaN in all numbers."""
    status = BloodPressureStatus(0)
    if reading.body_movement:
        status |= BloodPressureStatus.BODY_MOVEMENT
    if reading.irregular_pulse:
        status |= BloodPressureStatus.IRREGULAR_PULSE
    return BloodPressureMeasurement(
        systolic=_number(reading.systolic_mmhg),
        diastolic=_number(reading.diastolic_mmhg),
        mean_arterial_pressure=_number(reading.mean_arterial_pressure_mmhg),
        timestamp=DateTime.from_datetime(taken_at),
        pulse_rate_per_min=_number(reading.pulse_rate_per_min),
        user_id=UNKNOWN_USER,
        status=status,
    )


def _number(value: int | None) -> float:
    return nan if value is None else float(value)


def pressures(reading: CuffReading, start_s: float) -> Iterator[TimedNotification]:
    """2A36 while the cuff is inflated: twice a second from `start_s` on."""
    at_s = reading.start_s + _PRESSURE_EVERY_S
    while at_s < reading.end_s:
        if at_s >= start_s:
            pressure = IntermediateCuffPressure(cuff_pressure=float(round(reading.pressure_mmhg(at_s))))
            yield TimedNotification(
                at_s=at_s,
                characteristic=INTERMEDIATE_CUFF_PRESSURE,
                payload=encode_intermediate_cuff_pressure(pressure),
            )
        at_s += _PRESSURE_EVERY_S


class BloodPressureSource:
    """What the cuff sends when nothing stands in its way: each record a few seconds after its cycle.

    Args:
        readings: Its cycles.
        local_time: What its clock says at an instant.
        encode: A record in the product's words.
        tells_pressure: Whether it is connected while it measures, and reports.
    """

    def __init__(
        self,
        readings: Sequence[CuffReading],
        local_time: Callable[[float], datetime],
        *,
        encode: Callable[[CuffReading, datetime], BloodPressureMeasurement] = measurement_of,
        tells_pressure: bool = False,
    ) -> None:
        self._readings = readings
        self._local_time = local_time
        self._encode = encode
        self._tells_pressure = tells_pressure

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Pressures of the cycles, and one record for each cycle that ends at or after `start_s`."""
        for reading in self._readings:
            if self._tells_pressure:
                yield from pressures(reading, start_s)
            at_s = reading.end_s + (0.0 if self._tells_pressure else _DELIVERY_S)
            if at_s >= start_s:
                record = self._encode(reading, self._local_time(reading.end_s))
                yield TimedNotification(
                    at_s=at_s, characteristic=MEASUREMENT, payload=encode_measurement(record)
                )
