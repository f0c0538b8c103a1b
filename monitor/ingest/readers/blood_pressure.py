"""Blood Pressure Service (BLP), and the products that keep it: readings, and pressure while a cuff measures.

There is no error field: a failed measurement is NaN throughout and becomes a reading without values.
"""

import math
from collections.abc import Mapping

from devices.frames import Frame
from monitor.ingest.cuff_reading import cuff_reading
from monitor.ingest.reader import Measured, Reader
from monitor.samples import Code
from protocols.ble import blood_pressure
from protocols.ble.blood_pressure import BloodPressureMeasurement, BloodPressureStatus, PulseRateRange

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
            return self.reading(frame, blood_pressure.decode_measurement(frame.payload))
        if frame.characteristic == blood_pressure.INTERMEDIATE_CUFF_PRESSURE:
            cuff = blood_pressure.decode_intermediate_cuff_pressure(frame.payload)
            value = cuff.cuff_pressure_mmhg if math.isfinite(cuff.cuff_pressure_mmhg) else None
            return [self.sample(frame, Code.CUFF_PRESSURE_MMHG, value)]
        return []

    def reading(self, frame: Frame, measurement: BloodPressureMeasurement) -> list[Measured]:
        """2A35 as samples."""
        status = measurement.status or BloodPressureStatus(0)
        remarks = {word for bit, word in REMARKS.items() if bit in status}
        if status.pulse_rate_range in (PulseRateRange.ABOVE, PulseRateRange.BELOW):
            remarks.add("pulse_out_of_range")
        timestamp = measurement.timestamp
        return cuff_reading(
            self,
            frame,
            systolic_mmhg=measurement.systolic_mmhg,
            diastolic_mmhg=measurement.diastolic_mmhg,
            mean_mmhg=measurement.mean_arterial_pressure_mmhg,
            pulse_per_min=measurement.pulse_rate_per_min,
            taken=None if timestamp is None else timestamp.to_datetime(),
            remarks=remarks,
        )


class AndMedicalReader(BloodPressureReader):
    """A&D: the profile as it stands."""

    family = "and_medical"


class BeurerReader(BloodPressureReader):
    """Beurer: the profile; everything stored comes again at every connection."""

    family = "beurer"


class OmronReader(BloodPressureReader):
    """Omron: the profile; each record comes once."""

    family = "omron"
