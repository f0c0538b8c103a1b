"""Frames of all sensors to samples and blocks on the station's clock. Never raises over what came in."""

from collections.abc import Mapping, Sequence

from devices.frames import Frame, LinkEvent, LinkState
from monitor.ingest.errors import UnknownFamilyError
from monitor.ingest.reader import Measured, Reader
from monitor.ingest.readers import battery
from monitor.ingest.station_clock import StationClock
from monitor.inputs import ClockAnchor
from monitor.samples import DecodeFailure
from monitor.sensors import SensorConfig
from protocols.ble.codec.errors import DecodeError
from protocols.families import FamilyTable

# By family; a reader is imported when a session has a sensor of it.
READERS: Mapping[str, type[Reader]] = FamilyTable("reader")


ON_THE_WAY = frozenset({LinkState.CONNECTING, LinkState.DISCOVERING, LinkState.SUBSCRIBING})
CONNECTED = frozenset({LinkState.SUBSCRIBING, LinkState.LIVE})
GONE = frozenset({LinkState.SEARCHING, LinkState.LOST, LinkState.BACKING_OFF, LinkState.GIVEN_UP})


class Ingest:
    """One reader a sensor.

    Raises:
        UnknownFamilyError: a sensor's family has no reader.
    """

    def __init__(self, sensors: Sequence[SensorConfig], *, start_ns: int | None = None) -> None:
        self._station = StationClock(start_ns)
        self._links: dict[str, LinkState] = {}
        self._readers: dict[str, Reader] = {}
        for config in sensors:
            if config.family not in READERS:
                raise UnknownFamilyError(config.device, config.family, tuple(sorted(READERS)))
            self._readers[config.device] = READERS[config.family](config, self._station)
        # The readers that let a frame wait: asked with every input, so only they.
        self._waiting = [reader for reader in self._readers.values() if reader.waits]

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

    def link(self, event: LinkEvent) -> list[Measured]:
        """The link of a device moved: a visit begins or ends. What had waited for it."""
        reader = self._readers.get(event.device)
        if reader is None:
            return []
        before, state = self._links.get(event.device), event.state
        self._links[event.device] = state
        out: list[Measured] = []
        if state is LinkState.LIVE:
            # Cuffs send before the link counts as live: their visit began with the connection.
            if before not in ON_THE_WAY:
                out = reader.arrived()
            reader.connected()
        elif state is LinkState.CONNECTING:
            out = reader.arrived()
        elif state in GONE:
            out = reader.left(complete=state is LinkState.SEARCHING and before in CONNECTED)
        return out

    def connected(self, device: str) -> None:
        """The link of `device` is live anew."""
        if device in self._readers:
            self._readers[device].connected()

    @property
    def next_due_ns(self) -> int | None:
        """When `pass_time` will have something to say."""
        due_ns: int | None = None
        for reader in self._waiting:
            if reader.due_ns is not None and (due_ns is None or reader.due_ns < due_ns):
                due_ns = reader.due_ns
        return due_ns

    def pass_time(self, now_ns: int) -> list[Measured]:
        """What time alone has decided by `now_ns`."""
        return [measured for reader in self._waiting for measured in reader.pass_time(now_ns)]

    def anchor(self, anchor: ClockAnchor) -> None:
        """The wall clock was read: devices' own timestamps can be judged from now on."""
        self._station.anchor(anchor)
