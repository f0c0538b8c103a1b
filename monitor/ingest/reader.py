"""What ingest makes of frames, and what a family's reader must offer."""

from abc import ABC, abstractmethod
from typing import ClassVar

from devices.frames import Frame
from monitor.ingest.device_clock import DeviceClock, StationClock
from monitor.samples import Code, DecodeFailure, ImuBlock, PpgBlock, Quality, Sample, SensorConfig
from protocols.ble.codec.errors import DecodeError

Measured = Sample | ImuBlock | PpgBlock | DecodeFailure


class Reader(ABC):
    """Reads the frames of one device.

    Attributes:
        family: the name in `station.toml`.
        streams: characteristics whose bytes change all the time on a healthy device.
        clock: judges the device's own timestamps.
    """

    family: ClassVar[str]
    streams: ClassVar[frozenset[str]]

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        self.device = config.device
        self.clock = DeviceClock(station)

    @abstractmethod
    def read(self, frame: Frame) -> list[Measured]:
        """The values of one frame.

        Raises:
            DecodeError: the frame is damaged; the caller makes a DecodeFailure of it.
        """

    def connected(self) -> None:  # noqa: B027 - most families have nothing to forget
        """The link is new: what was half received before is void."""

    def failure(self, frame: Frame, error: DecodeError) -> DecodeFailure:
        """`error` as a value."""
        return DecodeFailure(
            device=self.device,
            characteristic=frame.characteristic,
            received_ns=frame.received_ns,
            reason=str(error),
        )

    def sample(
        self,
        frame: Frame,
        code: Code,
        value: float | None,
        *,
        quality: Quality = Quality.GOOD,
        flags: frozenset[str] = frozenset(),
        t_ns: int | None = None,
    ) -> Sample:
        """A sample taken when it was received, unless the device says more; None is MISSING."""
        return Sample(
            device=self.device,
            code=code,
            t_ns=frame.received_ns if t_ns is None else t_ns,
            received_ns=frame.received_ns,
            value=value,
            quality=Quality.MISSING if value is None else quality,
            flags=flags,
        )


def within(value: float, low: float, high: float) -> float | None:
    """`value` as a float when low < value <= high; None for sentinels, NaN, NRes and the infinities."""
    return float(value) if low < value <= high else None
