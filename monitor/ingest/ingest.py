"""Frames of all sensors to samples and blocks on the station's clock. Never raises over what came in."""

from collections.abc import Mapping, Sequence

from devices.frames import Frame
from monitor.ingest import battery
from monitor.ingest.blood_pressure import BloodPressureReader
from monitor.ingest.errors import UnknownFamilyError
from monitor.ingest.heart_rate import HeartRateReader
from monitor.ingest.measured import Measured, Reader
from monitor.ingest.pulse_oximeter import PulseOximeterReader
from monitor.ingest.witmotion import WitMotionReader
from monitor.samples import DecodeFailure, SensorConfig
from protocols.ble.errors import DecodeError

READERS: Mapping[str, type[Reader]] = {
    reader.family: reader
    for reader in (PulseOximeterReader, BloodPressureReader, HeartRateReader, WitMotionReader)
}


class Ingest:
    """One reader a sensor.

    Raises:
        UnknownFamilyError: a sensor's family has no reader.
    """

    def __init__(self, sensors: Sequence[SensorConfig]) -> None:
        self._readers: dict[str, Reader] = {}
        for config in sensors:
            if config.family not in READERS:
                raise UnknownFamilyError(config.device, config.family, tuple(sorted(READERS)))
            self._readers[config.device] = READERS[config.family](config)

    def feed(self, frame: Frame) -> list[Measured]:
        """What `frame` says; a frame that cannot be read is a `DecodeFailure`.

        Frames of devices that do not belong to the session say nothing.
        """
        reader = self._readers.get(frame.device)
        if reader is None:
            return []
        try:
            if frame.characteristic == battery.LEVEL:
                return battery.read_level(reader, frame)
            return reader.read(frame)
        except DecodeError as error:
            return [
                DecodeFailure(
                    device=frame.device,
                    characteristic=frame.characteristic,
                    received_ns=frame.received_ns,
                    reason=str(error),
                )
            ]

    def is_stream(self, frame: Frame) -> bool:
        """Whether the bytes of this characteristic change all the time on a healthy device."""
        reader = self._readers.get(frame.device)
        return reader is not None and frame.characteristic in reader.streams

    def connected(self, device: str) -> None:
        """The link of `device` is live anew."""
        if device in self._readers:
            self._readers[device].connected()
