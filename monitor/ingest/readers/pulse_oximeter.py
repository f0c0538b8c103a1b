"""Pulse Oximeter Service (PLX): status bits to quality and words, sentinels to missing values.

The fast pair is used where the device sends one: it is averaged over the shortest time, and our own filter
comes on top. A perfusion index goes in front of the values that it qualifies.
"""

from collections.abc import Mapping
from functools import lru_cache

from devices.frames import Frame
from monitor.ingest.reader import Measured, Reader, within
from monitor.samples import Code, Quality
from protocols.ble import pulse_oximeter
from protocols.ble.pulse_oximeter import (
    DeviceAndSensorStatus,
    MeasurementStatus,
    PlxContinuousMeasurement,
    PlxSpotCheckMeasurement,
)

# Nothing below is a saturation of a living finger; 127 and 255 are makers' words for "none".
SPO2_RANGE_PERCENT = (0.0, 100.0)
PULSE_RANGE_PER_MIN = (0.0, 400.0)
PERFUSION_RANGE_PERCENT = (0.0, 100.0)

# The device itself says that this is no measurement of this patient now.
NO_MEASUREMENT = MeasurementStatus.INVALID | MeasurementStatus.UNAVAILABLE
NOT_OF_NOW: Mapping[MeasurementStatus, str] = {
    MeasurementStatus.FROM_STORAGE: "stored",
    MeasurementStatus.DEMONSTRATION: "demonstration",
    MeasurementStatus.TESTING: "testing",
}
DOUBTFUL: Mapping[MeasurementStatus, str] = {
    MeasurementStatus.QUESTIONABLE: "questionable",
    MeasurementStatus.EARLY_ESTIMATE: "early_estimate",
    MeasurementStatus.CALIBRATION_ONGOING: "calibrating",
}
POOR_SIGNAL: Mapping[DeviceAndSensorStatus, str] = {
    DeviceAndSensorStatus.EQUIPMENT_MALFUNCTION: "sensor_fault",
    DeviceAndSensorStatus.SIGNAL_PROCESSING_IRREGULARITY: "signal_irregularity",
    DeviceAndSensorStatus.INADEQUATE_SIGNAL: "inadequate_signal",
    DeviceAndSensorStatus.POOR_SIGNAL: "poor_signal",
    DeviceAndSensorStatus.LOW_PERFUSION: "low_perfusion",
    DeviceAndSensorStatus.ERRATIC_SIGNAL: "erratic_signal",
    DeviceAndSensorStatus.NON_PULSATILE_SIGNAL: "non_pulsatile",
    DeviceAndSensorStatus.SIGNAL_ANALYSIS_ONGOING: "searching",
    DeviceAndSensorStatus.SENSOR_INTERFERENCE: "interference",
    DeviceAndSensorStatus.SENSOR_UNCONNECTED_TO_USER: "sensor_off",
    DeviceAndSensorStatus.UNKNOWN_SENSOR: "sensor_fault",
    DeviceAndSensorStatus.SENSOR_DISPLACED: "sensor_displaced",
    DeviceAndSensorStatus.SENSOR_MALFUNCTION: "sensor_fault",
    DeviceAndSensorStatus.SENSOR_DISCONNECTED: "sensor_off",
}
DOUBTFUL_SIGNAL: Mapping[DeviceAndSensorStatus, str] = {
    # The display has not been updated for longer than usual (ISO 80601-2-61 asks monitors to say so).
    DeviceAndSensorStatus.EXTENDED_DISPLAY_UPDATE: "extended_update",
    DeviceAndSensorStatus.QUESTIONABLE_PULSE: "questionable_pulse",
}


class PulseOximeterReader(Reader):
    """One PLX device."""

    family = "pulse_oximeter"
    streams = frozenset({pulse_oximeter.CONTINUOUS})

    def read(self, frame: Frame) -> list[Measured]:
        """2A5F and 2A5E; other characteristics say nothing that is measured."""
        if frame.characteristic == pulse_oximeter.CONTINUOUS:
            continuous = pulse_oximeter.decode_continuous(frame.payload)
            pair = continuous.fast or continuous
            return self._samples(frame, continuous, pair.spo2_percent, pair.pulse_rate_per_min)
        if frame.characteristic == pulse_oximeter.SPOT_CHECK:
            spot = pulse_oximeter.decode_spot_check(frame.payload)
            return self._samples(frame, spot, spot.spo2_percent, spot.pulse_rate_per_min)
        return []

    def _samples(
        self,
        frame: Frame,
        measurement: PlxContinuousMeasurement | PlxSpotCheckMeasurement,
        spo2_percent: float,
        pulse_rate_per_min: float,
    ) -> list[Measured]:
        quality, flags = judge(measurement.measurement_status, measurement.sensor_status)
        out: list[Measured] = []
        perfusion = measurement.pulse_amplitude_index_percent
        if perfusion is not None:
            value = float(perfusion) if PERFUSION_RANGE_PERCENT[0] <= perfusion <= 100.0 else None
            out.append(self.sample(frame, Code.PERFUSION_INDEX_PERCENT, value))
        missing = quality is Quality.MISSING
        spo2 = None if missing else within(spo2_percent, *SPO2_RANGE_PERCENT)
        pulse = None if missing else within(pulse_rate_per_min, *PULSE_RANGE_PER_MIN)
        out.append(self.sample(frame, Code.SPO2_PERCENT, spo2, quality=quality, flags=flags))
        out.append(self.sample(frame, Code.PULSE_RATE_PER_MIN, pulse, quality=quality, flags=flags))
        return out


# A device says the same few things all session long.
@lru_cache(maxsize=256)
def judge(
    measurement: MeasurementStatus | None, sensor: DeviceAndSensorStatus | None
) -> tuple[Quality, frozenset[str]]:
    """What the device's own remarks make of its value."""
    measurement = measurement or MeasurementStatus(0)
    sensor = sensor or DeviceAndSensorStatus(0)
    poor = {word for bit, word in NOT_OF_NOW.items() if bit in measurement}
    poor |= {word for bit, word in POOR_SIGNAL.items() if bit in sensor}
    doubts = {word for bit, word in DOUBTFUL.items() if bit in measurement}
    doubts |= {word for bit, word in DOUBTFUL_SIGNAL.items() if bit in sensor}
    flags = frozenset(poor | doubts)
    if measurement & NO_MEASUREMENT:
        return Quality.MISSING, flags | {"no_measurement"}
    if poor:
        return Quality.POOR, flags
    return (Quality.QUESTIONABLE if doubts else Quality.GOOD), flags
