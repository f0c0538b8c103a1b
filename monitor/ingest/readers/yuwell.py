"""Yuwell oximeters: a notification is a reading. "No value" has no published mark: 0, or above 100 %."""

from devices.frames import Frame
from monitor.ingest.oximetry import oximetry
from monitor.ingest.reader import Measured, Reader
from protocols.ble import yuwell


class YuwellReader(Reader):
    """One oximeter."""

    family = "yuwell"
    streams = frozenset({yuwell.NOTIFY})

    def read(self, frame: Frame) -> list[Measured]:
        """FFE4."""
        if frame.characteristic != yuwell.NOTIFY:
            return []
        said = yuwell.decode_values(frame.payload)
        return oximetry(self, frame, spo2_percent=said.spo2_percent, pulse_per_min=said.pulse_rate_per_min)
