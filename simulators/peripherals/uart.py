"""A peripheral whose protocol runs over a pair of characteristics: frames out, commands in."""

from collections.abc import Callable, Sequence
from typing import Unpack

from simulators.peripherals.signal_source import SignalSource
from simulators.peripherals.streaming import Link, StreamingPeripheral
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.notification_sender import HEADER_BYTES
from simulators.radio.gatt.services import Characteristic, Service


class SerialLine(StreamingPeripheral):
    """One service with a notifying and, where the product has it, a written characteristic.

    A subclass overrides `take` (a value was written) and says what it advertises. Class attributes:
    `service_uuid`, `notify_uuid`, `write_uuid` (None: nothing can be written), `advertises_service`,
    `chunk_bytes` (how the product cuts long frames; None: as long as the link takes).
    """

    service_uuid: str
    notify_uuid: str
    write_uuid: str | None = None
    advertises_service = True
    chunk_bytes: int | None = 20

    def __init__(self, source: SignalSource, **link: Unpack[Link]) -> None:
        super().__init__(source, **link)
        self.line = Characteristic(uuid=self.notify_uuid, notify=True)
        self.streams[self.notify_uuid] = self.line

    @property
    def advertisement(self) -> Advertisement:
        """The service, if it is advertised; the name is in the scan response."""
        return Advertisement(service_uuids=(self.service_uuid,) if self.advertises_service else ())

    def services(self) -> Sequence[Service]:
        """The line, and whatever the subclass adds."""
        ends = [self.line]
        if self.write_uuid is not None:
            ends.append(
                Characteristic(
                    uuid=self.write_uuid, write=self.take, with_response=True, without_response=True
                )
            )
        return [Service(uuid=self.service_uuid, characteristics=ends)]

    def take(self, value: bytes) -> None:
        """A value was written; the default ignores it."""

    def send(self, frame: bytes) -> None:
        """Send a frame, cut as the product cuts it."""
        room = min((connection.att_mtu for connection in self.connections), default=23) - HEADER_BYTES
        size = room if self.chunk_bytes is None else min(self.chunk_bytes, room)
        for at in range(0, len(frame), size):
            self.notify(self.line, frame[at : at + size])


class CommandReader:
    """Puts commands together that were written in pieces; what is between them is skipped.

    Args:
        start: The first byte of every command.
        size: Length of the command that begins a buffer; None while it cannot be told.
    """

    def __init__(self, *, start: int, size: Callable[[bytes], int | None]) -> None:
        self._start = bytes((start,))
        self._size = size
        self._buffer = b""

    def feed(self, value: bytes) -> list[bytes]:
        """Whole commands, in order; they may be damaged."""
        self._buffer += value
        whole: list[bytes] = []
        while True:
            _, start, rest = self._buffer.partition(self._start)
            self._buffer = start + rest
            size = self._size(self._buffer)
            if size is None or len(self._buffer) < size:
                return whole
            whole.append(self._buffer[:size])
            self._buffer = self._buffer[size:]
