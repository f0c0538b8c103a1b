"""Blood Pressure Service (BLP), and the products that keep it: readings, and pressure while a cuff measures.

There is no error field: a failed measurement is NaN throughout and becomes a reading without values.
"""

import math
from collections.abc import Mapping

from devices.frames import Frame
from monitor.ingest.cuff_reading import CuffReader
from monitor.ingest.live_or_stored import Habits
from monitor.ingest.reader import Measured, with_tail_cut
from protocols.ble import blood_pressure
from protocols.ble.blood_pressure import BloodPressureMeasurement, BloodPressureStatus, PulseRateRange
from protocols.ble.codec.assigned_numbers import CURRENT_TIME, DATE_TIME
from protocols.ble.current_time import decode_current_time
from protocols.ble.date_time import decode_date_time

REMARKS: Mapping[BloodPressureStatus, str] = {
    BloodPressureStatus.BODY_MOVEMENT: "motion",
    BloodPressureStatus.CUFF_TOO_LOOSE: "loose_cuff",
    BloodPressureStatus.IRREGULAR_PULSE: "irregular_pulse",
    BloodPressureStatus.IMPROPER_POSITION: "improper_position",
}


class BloodPressureReader(CuffReader):
    """One BLP cuff. Nobody knows whether it sends its records once or again and again."""

    family = "blood_pressure"
    streams = frozenset()

    def read(self, frame: Frame) -> list[Measured]:
        """2A35 and 2A36."""
        if frame.characteristic == blood_pressure.MEASUREMENT:
            measurement, damage = with_tail_cut(blood_pressure.decode_measurement, frame.payload)
            out = self.measurement(frame, measurement)
            return out if damage is None else [*out, self.failure(frame, damage)]
        if frame.characteristic == blood_pressure.INTERMEDIATE_CUFF_PRESSURE:
            cuff = blood_pressure.decode_intermediate_cuff_pressure(frame.payload)
            value = cuff.cuff_pressure_mmhg if math.isfinite(cuff.cuff_pressure_mmhg) else None
            return [self.pressure(frame, value)]
        if frame.characteristic in (CURRENT_TIME, DATE_TIME):
            self._clock_said(frame)
        return []

    def _clock_said(self, frame: Frame) -> None:
        """The cuff's own time, which tells how far the dates of its records are off."""
        if frame.characteristic == CURRENT_TIME:
            said = decode_current_time(frame.payload).date_time.to_datetime()
        else:
            said = decode_date_time(frame.payload).to_datetime()
        if said is not None:
            self.memory.clock_said(said, frame.received_ns)

    def measurement(self, frame: Frame, measurement: BloodPressureMeasurement) -> list[Measured]:
        """2A35 as samples."""
        status = measurement.status or BloodPressureStatus(0)
        remarks = {word for bit, word in REMARKS.items() if bit in status}
        if status.pulse_rate_range in (PulseRateRange.ABOVE, PulseRateRange.BELOW):
            remarks.add("pulse_out_of_range")
        timestamp = measurement.timestamp
        return self.reading(
            frame,
            systolic_mmhg=measurement.systolic_mmhg,
            diastolic_mmhg=measurement.diastolic_mmhg,
            mean_mmhg=measurement.mean_arterial_pressure_mmhg,
            pulse_per_min=measurement.pulse_rate_per_min,
            taken=None if timestamp is None else timestamp.to_datetime(),
            dated=None if timestamp is None else timestamp.isoformat(),
            user=measurement.user_id,
            remarks=remarks,
        )


class AndMedicalReader(BloodPressureReader):
    """A&D: the profile as it stands; each record comes once."""

    family = "and_medical"
    habits = Habits(resends=False)


class BeurerReader(BloodPressureReader):
    """Beurer: the profile; everything stored comes again at every connection."""

    family = "beurer"
    habits = Habits(resends=True)


class OmronReader(BloodPressureReader):
    """Omron: the profile; each record comes once."""

    family = "omron"
    habits = Habits(resends=False)
