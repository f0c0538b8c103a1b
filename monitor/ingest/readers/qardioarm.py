"""QardioArm: the profile's measurement also carries the pressure while it inflates, with a diastolic of 0."""

from devices.frames import Frame
from monitor.ingest.reader import Measured
from monitor.ingest.readers.blood_pressure import BloodPressureReader
from monitor.samples import Code
from protocols.ble.blood_pressure import BloodPressureMeasurement


class QardioArmReader(BloodPressureReader):
    """One QardioArm."""

    family = "qardioarm"

    def reading(self, frame: Frame, measurement: BloodPressureMeasurement) -> list[Measured]:
        """A partial value is the cuff's pressure; the whole one is the reading."""
        if measurement.diastolic == 0:
            return [self.sample(frame, Code.CUFF_PRESSURE_MMHG, measurement.systolic_mmhg)]
        return super().reading(frame, measurement)
