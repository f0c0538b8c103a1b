"""Jumper oximeters: values once a second. The pleth's rate is not published, so it is left alone."""

from devices.frames import Frame
from monitor.ingest.oximetry import oximetry
from monitor.ingest.reader import Measured, Reader
from protocols.ble import jumper
from protocols.ble.jumper import Pleth


class JumperReader(Reader):
    """One oximeter."""

    family = "jumper"
    streams = frozenset({jumper.NOTIFY})

    def read(self, frame: Frame) -> list[Measured]:
        """Kind 81."""
        if frame.characteristic != jumper.NOTIFY:
            return []
        said = jumper.decode_notification(frame.payload)
        if isinstance(said, Pleth):
            return []
        return oximetry(
            self,
            frame,
            spo2_percent=said.spo2_percent,
            pulse_per_min=said.pulse_rate_per_min,
            perfusion_index_percent=said.perfusion_index_percent,
            poor={"sensor_off"} if said.spo2_percent is None else frozenset(),
        )
