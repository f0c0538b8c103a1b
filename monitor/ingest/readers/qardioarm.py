"""QardioArm: the profile's measurement also carries the pressure while it inflates, with a diastolic of 0."""

from devices.frames import Frame
from monitor.ingest.live_or_stored import Habits
from monitor.ingest.physiology import CUFF_PRESSURE_RANGE_MMHG
from monitor.ingest.reader import Measured, within
from monitor.ingest.readers.blood_pressure import BloodPressureReader
from protocols.ble.blood_pressure import BloodPressureMeasurement


class QardioArmReader(BloodPressureReader):
    """One QardioArm."""

    family = "qardioarm"
    habits = Habits(resends=False, single=True)

    def measurement(self, frame: Frame, measurement: BloodPressureMeasurement) -> list[Measured]:
        """A partial value is the cuff's pressure; the whole one is the reading."""
        if measurement.diastolic == 0:
            return [self.pressure(frame, within(measurement.systolic_mmhg, *CUFF_PRESSURE_RANGE_MMHG))]
        return super().measurement(frame, measurement)
