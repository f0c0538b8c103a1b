"""What ingest makes of frames, and what a family's reader must offer."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, TypeVar

from devices.frames import Frame
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code, DecodeFailure, FiledReading, ImuBlock, PpgBlock, Quality, Sample
from monitor.sensors import SensorConfig
from protocols.ble.codec.errors import DecodeError

Decoded = TypeVar("Decoded")
Measured = Sample | ImuBlock | PpgBlock | DecodeFailure | FiledReading


class Reader(ABC):
    """Reads the frames of one device.

    Attributes:
        family: the name in `station.toml`.
        streams: characteristics whose bytes change all the time on a healthy device.
        waits: whether what a frame says may have to wait for the next ones.
        due_ns: when `pass_time` will have something to say; None while nothing waits.
    """

    family: ClassVar[str]
    streams: ClassVar[frozenset[str]]
    waits: ClassVar[bool] = False

    def __init__(self, config: SensorConfig, station: StationClock) -> None:
        self.device = config.device
        self.station = station
        self.due_ns: int | None = None

    @abstractmethod
    def read(self, frame: Frame) -> list[Measured]:
        """The values of one frame.

        Raises:
            DecodeError: the frame is damaged; the caller makes a DecodeFailure of it.
        """

    def connected(self) -> None:  # noqa: B027 - most families have nothing to forget
        """The link is new: what was half received before is void."""

    def arrived(self) -> list[Measured]:
        """A connection is being made: nothing of it has come yet. What had waited in the last one."""
        return []

    def left(self, *, complete: bool) -> list[Measured]:
        """The link is over; `complete` when the device had given all it had. What had waited for more."""
        del complete
        return []

    def pass_time(self, now_ns: int) -> list[Measured]:
        """What time alone has decided by `now_ns`."""
        del now_ns
        return []

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


def with_tail_cut(decode: Callable[[bytes], Decoded], payload: bytes) -> tuple[Decoded, DecodeError | None]:
    """What `decode` makes of `payload`, or of all but its last byte where that one is odd; and the damage.

    Raises:
        DecodeError: it is damaged in another way.
    """
    try:
        return decode(payload), None
    except DecodeError as error:
        try:
            return decode(payload[:-1]), error
        except DecodeError:
            raise error from None


def within(value: float, low: float, high: float) -> float | None:
    """`value` as a float when low <= value <= high; None for sentinels, NaN, NRes and the infinities."""
    return float(value) if low <= value <= high else None
