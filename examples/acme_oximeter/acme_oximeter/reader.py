"""ACME OX-1: from a frame to samples. 0 is no value."""

from acme_oximeter import wire
from devices.frames import Frame
from monitor.ingest.oximetry import oximetry
from monitor.ingest.reader import Measured, Reader


class AcmeOximeterReader(Reader):
    """SpO2 and pulse rate of one notification."""

    family = "acme_oximeter"
    streams = frozenset({wire.NOTIFY})

    def read(self, frame: Frame) -> list[Measured]:
        """Two samples, or none from another characteristic."""
        if frame.characteristic != wire.NOTIFY:
            return []
        values = wire.decode_frame(frame.payload)
        return oximetry(
            self, frame, spo2_percent=values.spo2_percent, pulse_per_min=values.pulse_rate_per_min
        )
