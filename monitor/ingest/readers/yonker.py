"""Yonker cuffs: pressure while they measure, one result. Their clocks are usually wrong and not believed."""

from devices.frames import Frame
from monitor.ingest.cuff_reading import CuffReader
from monitor.ingest.live_or_stored import Habits
from monitor.ingest.reader import Measured
from protocols.ble import yonker


class YonkerReader(CuffReader):
    """One cuff."""

    family = "yonker"
    streams = frozenset()
    habits = Habits(resends=True, single=True)

    def read(self, frame: Frame) -> list[Measured]:
        """Progress and result."""
        if frame.characteristic != yonker.NOTIFY:
            return []
        said = yonker.decode_notification(frame.payload)
        if isinstance(said, yonker.Progress):
            return [self.pressure(frame, float(said.cuff_pressure_mmhg))]
        return self.reading(
            frame,
            systolic_mmhg=said.systolic_mmhg,
            diastolic_mmhg=said.diastolic_mmhg,
            pulse_per_min=said.pulse_rate_per_min,
            dated=said.timestamp.isoformat(),
        )
