"""Yonker cuffs: pressure while they measure, one result. Their clocks are usually wrong and not believed."""

from devices.frames import Frame
from monitor.ingest.cuff_reading import cuff_reading
from monitor.ingest.reader import Measured, Reader
from monitor.samples import Code
from protocols.ble import yonker


class YonkerReader(Reader):
    """One cuff."""

    family = "yonker"
    streams = frozenset()

    def read(self, frame: Frame) -> list[Measured]:
        """Progress and result."""
        if frame.characteristic != yonker.NOTIFY:
            return []
        said = yonker.decode_notification(frame.payload)
        if isinstance(said, yonker.Progress):
            return [self.sample(frame, Code.CUFF_PRESSURE_MMHG, float(said.cuff_pressure_mmhg))]
        return cuff_reading(
            self,
            frame,
            systolic_mmhg=said.systolic_mmhg,
            diastolic_mmhg=said.diastolic_mmhg,
            pulse_per_min=said.pulse_rate_per_min,
        )
