"""Blood Pressure Service (BLP): readings and, while the cuff measures, its pressure.

There is no error field: a failed measurement is NaN throughout and becomes a reading without values. What
the cuff doubts itself, or what no artery does, is marked and left to the rules.
"""

import math
from collections.abc import Mapping

from devices.frames import Frame
from monitor.ingest.measured import Measured, Reader, within
from monitor.samples import Code, Quality
from protocols.ble import blood_pressure
from protocols.ble.blood_pressure import BloodPressureMeasurement, BloodPressureStatus, PulseRateRange

PRESSURE_RANGE_MMHG = (0.0, 320.0)
PULSE_RANGE_PER_MIN = (0.0, 400.0)
# Oscillometric cuffs fail beyond these rates (an irregular or very fast pulse shows no clean envelope).
PULSE_TRUSTED_PER_MIN = (40.0, 240.0)
# Less than this between systolic and diastolic is an artefact far more often than a pressure.
PULSE_PRESSURE_MINIMUM_MMHG = 15.0

REMARKS: Mapping[BloodPressureStatus, str] = {
    BloodPressureStatus.BODY_MOVEMENT: "motion",
    BloodPressureStatus.CUFF_TOO_LOOSE: "loose_cuff",
    BloodPressureStatus.IRREGULAR_PULSE: "irregular_pulse",
    BloodPressureStatus.IMPROPER_POSITION: "improper_position",
}


class BloodPressureReader(Reader):
    """One BLP cuff."""

    family = "blood_pressure"
    streams = frozenset()

    def read(self, frame: Frame) -> list[Measured]:
        """2A35 and 2A36."""
        if frame.characteristic == blood_pressure.MEASUREMENT:
            return self._reading(frame, blood_pressure.decode_measurement(frame.payload))
        if frame.characteristic == blood_pressure.INTERMEDIATE_CUFF_PRESSURE:
            cuff = blood_pressure.decode_intermediate_cuff_pressure(frame.payload)
            value = cuff.cuff_pressure_mmhg if math.isfinite(cuff.cuff_pressure_mmhg) else None
            return [self.sample(frame, Code.CUFF_PRESSURE_MMHG, value)]
        return []

    def _reading(self, frame: Frame, measurement: BloodPressureMeasurement) -> list[Measured]:
        systolic = within(measurement.systolic_mmhg, *PRESSURE_RANGE_MMHG)
        diastolic = within(measurement.diastolic_mmhg, *PRESSURE_RANGE_MMHG)
        mean = within(measurement.mean_arterial_pressure_mmhg, *PRESSURE_RANGE_MMHG)
        pulse = None
        if measurement.pulse_rate_per_min is not None:
            pulse = within(measurement.pulse_rate_per_min, *PULSE_RANGE_PER_MIN)
        flags = frozenset(_remarks(measurement, systolic, diastolic, mean, pulse))
        quality = Quality.QUESTIONABLE if flags else Quality.GOOD
        if systolic is not None and diastolic is not None and systolic <= diastolic:
            quality = Quality.POOR
        out: list[Measured] = [
            self.sample(frame, Code.SYSTOLIC_MMHG, systolic, quality=quality, flags=flags),
            self.sample(frame, Code.DIASTOLIC_MMHG, diastolic, quality=quality, flags=flags),
        ]
        if mean is not None:
            out.append(
                self.sample(frame, Code.MEAN_ARTERIAL_PRESSURE_MMHG, mean, quality=quality, flags=flags)
            )
        if pulse is not None:
            out.append(self.sample(frame, Code.CUFF_PULSE_RATE_PER_MIN, pulse, quality=quality, flags=flags))
        return out


def _remarks(
    measurement: BloodPressureMeasurement,
    systolic: float | None,
    diastolic: float | None,
    mean: float | None,
    pulse: float | None,
) -> set[str]:
    status = measurement.status or BloodPressureStatus(0)
    found = {word for bit, word in REMARKS.items() if bit in status}
    if status.pulse_rate_range in (PulseRateRange.ABOVE, PulseRateRange.BELOW):
        found.add("pulse_out_of_range")
    if pulse is not None and not PULSE_TRUSTED_PER_MIN[0] <= pulse <= PULSE_TRUSTED_PER_MIN[1]:
        found.add("pulse_out_of_range")
    if systolic is None or diastolic is None:
        found.add("failed")
        return found
    if systolic - diastolic < PULSE_PRESSURE_MINIMUM_MMHG:
        found.add("implausible")
    # Some cuffs send 0 or leave it out; only a mean outside its two neighbours is a contradiction.
    if mean is not None and not diastolic < mean < systolic:
        found.add("implausible")
    return found
