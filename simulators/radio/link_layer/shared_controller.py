"""Several hosts on one controller: a dongle on which a whole scenario's sensors are on the air.

A controller has one host, one legacy advertiser and one random address, but many links. So each sensor's host
gets a `Port` that looks like a controller of its own, and the ports share the real one:

- commands go through one by one, each answer to the port that asked;
- advertising is by turns: for a moment the controller has the address and the data of one port, then of the
  next. Who connects in a port's turn is connected to that port; link and data then belong to its handle;
- data wait here until the controller has room, for each host believes that all of its buffers are its own.

Legacy advertising only, whatever the controller can: two hosts cannot share the handles of advertising sets,
and hosts are told that there are none. Formats: Core 5.4, Vol 4 Part E 5.4 and 7.
"""

import asyncio
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bumble.transport.common import BaseSource, TransportSink, TransportSource

# Long enough for a scanner to hear two events of an advertiser at 100 ms, short enough for five sensors to be
# heard within a second and a half.
TURN_S = 0.25

_COMMAND, _ACL, _EVENT = 1, 2, 4
_RESET = 0x0C03
_SET_RANDOM_ADDRESS = 0x2005
_SET_ADVERTISING_PARAMETERS = 0x2006
_SET_ADVERTISING_DATA = 0x2008
_SET_SCAN_RESPONSE_DATA = 0x2009
_SET_ADVERTISING_ENABLE = 0x200A
_READ_BUFFER_SIZE = 0x2002
# Where the LE features begin in the answers that have them.
_FEATURES_AT = {0x2003: 7, 0x2087: 8}
_EXTENDED_ADVERTISING_BIT = 0x10  # of the second octet: bit 12
_COMMAND_COMPLETE, _COMMAND_STATUS, _COMPLETED_PACKETS, _LE_META = 0x0E, 0x0F, 0x13, 0x3E
_DISCONNECTION_COMPLETE = 0x05
_CONNECTION_COMPLETE = frozenset({0x01, 0x0A, 0x29})
# Where an event has its connection handle: behind type, code and length, and for LE ones the subevent code.
_HANDLE_AT = {0x05: 4, 0x08: 4, 0x0C: 4, 0x30: 4, 0x57: 3, 0x59: 4}
_LE_HANDLE_AT = {0x03: 5, 0x04: 5, 0x05: 4, 0x06: 4, 0x07: 4, 0x0C: 5}
_HANDLE_MASK = 0x0FFF


class Port(BaseSource):
    """The controller as one host sees it.

    Attributes:
        metadata: of the transport, for the driver of a dongle that needs its firmware; once is enough.
    """

    def __init__(self, shared: "SharedController", metadata: dict[str, object]) -> None:
        super().__init__()
        self.metadata = metadata
        self.settings: dict[int, bytes] = {}
        self.advertises = False
        self._shared = shared

    def on_packet(self, packet: bytes) -> None:
        """The host says something."""
        self._shared.on_host_packet(self, packet)

    def deliver(self, packet: bytes) -> None:
        """The controller says something."""
        if self.sink is not None:
            self.sink.on_packet(packet)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A command on its way, and who gets the answer."""

    opcode: int
    packet: bytes
    answer: Callable[[bytes], None]


class SharedController:
    """The controller at the other end of `source` and `sink`, for as many hosts as ask for a port.

    `take_turns` has to run for as long as anybody wants to advertise.
    """

    def __init__(self, source: TransportSource, sink: TransportSink) -> None:
        self._source = source
        self._sink = sink
        self._ports: list[Port] = []
        self._is_reset = False
        self._waiting: deque[_Asked] = deque()
        self._asked: _Asked | None = None
        self._advertising: Port | None = None
        self._changed = asyncio.Event()
        self._links: dict[int, Port] = {}
        # ACL packets that the controller has room for, those it has for each link, and those that wait.
        self._room: int | None = None
        self._sent: dict[int, int] = {}
        self._acl: deque[bytes] = deque()
        source.set_packet_sink(self)

    def port(self) -> Port:
        """A controller for one more host."""
        metadata = {} if self._ports else dict(getattr(self._source, "metadata", None) or {})
        port = Port(self, metadata)
        self._ports.append(port)
        return port

    async def take_turns(self) -> None:
        """Advertise for the ports that want it, one after the other, for ever."""
        turn = 0
        while True:
            self._changed.clear()
            wanting = [port for port in self._ports if port.advertises]
            if not wanting:
                await self._changed.wait()
                continue
            turn += 1
            await self._announce(wanting[turn % len(wanting)])
            try:
                # Alone there is nobody to give way to.
                async with asyncio.timeout(None if len(wanting) == 1 else TURN_S):
                    await self._changed.wait()
            except TimeoutError:
                pass
            # A link that came about meanwhile has ended it already; what the controller answers is the same.
            await self._do(_SET_ADVERTISING_ENABLE, b"\x00")
            self._advertising = None

    async def _announce(self, port: Port) -> None:
        for opcode in (
            _SET_RANDOM_ADDRESS,
            _SET_ADVERTISING_PARAMETERS,
            _SET_ADVERTISING_DATA,
            _SET_SCAN_RESPONSE_DATA,
        ):
            if opcode in port.settings:
                await self._do(opcode, port.settings[opcode])
        self._advertising = port
        await self._do(_SET_ADVERTISING_ENABLE, b"\x01")

    # -- from the hosts -------------------------------------------------------------------------------------

    def on_host_packet(self, port: Port, packet: bytes) -> None:
        """A host's command or data."""
        if packet[0] == _ACL:
            self._acl.append(packet)
            self._send_acl()
        elif packet[0] == _COMMAND:
            self._take_command(port, packet)

    def _take_command(self, port: Port, packet: bytes) -> None:
        (opcode,) = struct.unpack_from("<H", packet, 1)
        parameters = packet[4:]
        if opcode == _RESET:
            port.settings.clear()
            port.advertises = False
            if not self._is_reset:
                self._is_reset = True
                self._ask(_Asked(opcode=opcode, packet=packet, answer=port.deliver))
                return
        elif opcode == _SET_ADVERTISING_ENABLE:
            port.advertises = parameters == b"\x01"
            self._changed.set()
        elif _SET_RANDOM_ADDRESS <= opcode <= _SET_SCAN_RESPONSE_DATA and opcode != 0x2007:
            port.settings[opcode] = parameters
        else:
            self._ask(_Asked(opcode=opcode, packet=packet, answer=port.deliver))
            return
        # A host must not be answered while it is still asking.
        answer = struct.pack("<BBBBHB", _EVENT, _COMMAND_COMPLETE, 4, 1, opcode, 0)
        asyncio.get_running_loop().call_soon(port.deliver, answer)

    async def _do(self, opcode: int, parameters: bytes) -> None:
        """A command of our own."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def answered(_: bytes) -> None:
            if not done.done():
                done.set_result(None)

        packet = struct.pack("<BHB", _COMMAND, opcode, len(parameters)) + parameters
        self._ask(_Asked(opcode=opcode, packet=packet, answer=answered))
        await done

    def _ask(self, command: _Asked) -> None:
        self._waiting.append(command)
        self._ask_next()

    def _ask_next(self) -> None:
        if self._asked is None and self._waiting:
            self._asked = self._waiting.popleft()
            self._sink.on_packet(self._asked.packet)

    def _send_acl(self) -> None:
        while self._acl and (self._room is None or self._room > 0):
            packet = self._acl.popleft()
            handle = struct.unpack_from("<H", packet, 1)[0] & _HANDLE_MASK
            if handle not in self._links:
                continue  # the link has gone meanwhile
            if self._room is not None:
                self._room -= 1
            self._sent[handle] = self._sent.get(handle, 0) + 1
            self._sink.on_packet(packet)

    # -- from the controller --------------------------------------------------------------------------------

    def on_packet(self, packet: bytes) -> None:
        """The controller's event or data."""
        if packet[0] == _ACL:
            handle = struct.unpack_from("<H", packet, 1)[0] & _HANDLE_MASK
            self._deliver(handle, packet)
        elif packet[0] == _EVENT:
            self._take_event(packet)

    def _take_event(self, packet: bytes) -> None:
        code = packet[1]
        if code in (_COMMAND_COMPLETE, _COMMAND_STATUS):
            self._take_answer(
                packet, struct.unpack_from("<H", packet, 4 if code == _COMMAND_COMPLETE else 5)[0]
            )
        elif code == _COMPLETED_PACKETS:
            self._take_completed(packet)
        elif code == _LE_META and packet[3] in _CONNECTION_COMPLETE:
            self._take_connection(packet)
        else:
            at = _LE_HANDLE_AT.get(packet[3]) if code == _LE_META else _HANDLE_AT.get(code)
            if at is None:
                return  # nothing that a peripheral's host has asked for
            (handle,) = struct.unpack_from("<H", packet, at)
            self._deliver(handle & _HANDLE_MASK, packet)
            if code == _DISCONNECTION_COMPLETE:
                self._links.pop(handle, None)
                if self._room is not None:
                    self._room += self._sent.pop(handle, 0)
                self._send_acl()

    def _take_answer(self, packet: bytes, opcode: int) -> None:
        asked = self._asked
        if asked is None or asked.opcode != opcode:
            return  # room for one more command, or the answer to nobody's
        self._asked = None
        if packet[1] == _COMMAND_COMPLETE:
            if opcode in _FEATURES_AT:
                packet = _without_advertising_sets(packet, _FEATURES_AT[opcode])
            elif opcode == _READ_BUFFER_SIZE and len(packet) >= 10 and self._room is None:
                self._room = packet[9]
        asked.answer(packet)
        self._ask_next()

    def _take_connection(self, packet: bytes) -> None:
        port, handle = self._advertising, struct.unpack_from("<H", packet, 5)[0]
        if port is None:
            return
        if packet[4] == 0:
            self._links[handle] = port
            port.advertises = False
            self._changed.set()
        port.deliver(packet)

    def _take_completed(self, packet: bytes) -> None:
        for number in range(packet[3]):
            handle, count = struct.unpack_from("<HH", packet, 4 + 4 * number)
            if self._room is not None:
                self._room += count
            self._sent[handle] = max(0, self._sent.get(handle, 0) - count)
            self._deliver(handle, struct.pack("<BBBBHH", _EVENT, _COMPLETED_PACKETS, 5, 1, handle, count))
        self._send_acl()

    def _deliver(self, handle: int, packet: bytes) -> None:
        port = self._links.get(handle)
        if port is not None:
            port.deliver(packet)


def _without_advertising_sets(packet: bytes, features_at: int) -> bytes:
    at = features_at + 1
    if len(packet) <= at:
        return packet
    return packet[:at] + bytes([packet[at] & ~_EXTENDED_ADVERTISING_BIT & 0xFF]) + packet[at + 1 :]
