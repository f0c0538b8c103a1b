"""Pulse Oximeter Service (PLX): status bits to quality and words, sentinels to missing values.

The fast pair is used where the device sends one: it is averaged over the shortest time, and our own filter
comes on top. A perfusion index goes in front of the values that it qualifies.
"""

from collections.abc import Mapping
from functools import lru_cache

from devices.frames import Frame
from monitor.ingest.oximetry import oximetry
from monitor.ingest.physiology import PULSE_RANGE_PER_MIN, SPO2_RANGE_PERCENT
from monitor.ingest.reader import Measured, Reader, with_tail_cut, within
from protocols.ble import pulse_oximeter
from protocols.ble.pulse_oximeter import (
    DeviceAndSensorStatus,
    MeasurementStatus,
    PlxContinuousMeasurement,
    PlxSpotCheckMeasurement,
    SpO2PulseRate,
)

PERFUSION_HIGHEST_PERCENT = 100.0

# The device itself says that this is no measurement of this patient now.
NO_MEASUREMENT = MeasurementStatus.INVALID | MeasurementStatus.UNAVAILABLE
NO_MEASUREMENT_WORD = "no_measurement"
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
            continuous, damage = with_tail_cut(pulse_oximeter.decode_continuous, frame.payload)
            fast = continuous.fast
            # Some devices announce a fast pair that they do not fill (XCSoar #2972).
            pair = fast if fast is not None and _is_filled(fast) else continuous
            out = self._samples(frame, continuous, pair.spo2_percent, pair.pulse_rate_per_min)
        elif frame.characteristic == pulse_oximeter.SPOT_CHECK:
            spot, damage = with_tail_cut(pulse_oximeter.decode_spot_check, frame.payload)
            out = self._samples(frame, spot, spot.spo2_percent, spot.pulse_rate_per_min)
        else:
            return []
        return out if damage is None else [*out, self.failure(frame, damage)]

    def _samples(
        self,
        frame: Frame,
        measurement: PlxContinuousMeasurement | PlxSpotCheckMeasurement,
        spo2_percent: float,
        pulse_rate_per_min: float,
    ) -> list[Measured]:
        poor, doubtful = judge(measurement.measurement_status, measurement.sensor_status)
        missing = NO_MEASUREMENT_WORD in poor
        perfusion = measurement.pulse_amplitude_index_percent
        # 0 is what devices send that have no such index: not given, and no low perfusion.
        given = perfusion is not None and 0.0 < perfusion <= PERFUSION_HIGHEST_PERCENT
        return oximetry(
            self,
            frame,
            spo2_percent=None if missing else spo2_percent,
            pulse_per_min=None if missing else pulse_rate_per_min,
            perfusion_index_percent=perfusion if given else None,
            poor=poor,
            doubtful=doubtful,
        )


def _is_filled(pair: SpO2PulseRate) -> bool:
    spo2 = within(pair.spo2_percent, *SPO2_RANGE_PERCENT)
    return spo2 is not None and within(pair.pulse_rate_per_min, *PULSE_RANGE_PER_MIN) is not None


# A device says the same few things all session long.
@lru_cache(maxsize=256)
def judge(
    measurement: MeasurementStatus | None, sensor: DeviceAndSensorStatus | None
) -> tuple[frozenset[str], frozenset[str]]:
    """What the device's own remarks make of its value: (words that forbid its use, words that doubt it)."""
    measurement = measurement or MeasurementStatus(0)
    sensor = sensor or DeviceAndSensorStatus(0)
    poor = {word for bit, word in NOT_OF_NOW.items() if bit in measurement}
    poor |= {word for bit, word in POOR_SIGNAL.items() if bit in sensor}
    doubts = {word for bit, word in DOUBTFUL.items() if bit in measurement}
    doubts |= {word for bit, word in DOUBTFUL_SIGNAL.items() if bit in sensor}
    if measurement & NO_MEASUREMENT:
        poor.add(NO_MEASUREMENT_WORD)
    return frozenset(poor), frozenset(doubts)
