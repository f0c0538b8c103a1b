"""Between a browser's WebSocket and the broker: the login is put in here, and never enters the browser.

Confirmation stays in the browser: the relay acknowledges nothing, keeps nothing and reads only what comes
from the browser. When either side ends, so does the other.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import ClientError, ClientSession, ClientWebSocketResponse, WSMsgType, web

from monitor.delivery.broker.broker import Broker
from monitor.page.browser_rules import BrowserRules
from monitor.page.mqtt_packets import Packet, PacketError, PacketReader, connect_packet

logger = logging.getLogger(__name__)

# A page says CONNECT at once.
CONNECT_WITHIN_S = 10.0
# The broker is on this machine or in this building.
BROKER_WITHIN_S = 5.0
# A page that has taken nothing for this long is gone; its session at the broker keeps what it has missed.
TAKEN_WITHIN_S = 30.0
# One and a half keep alives of the longest kind.
SILENT_FOR_S = 200.0

# A frame of the WebSocket from the browser; a page's packets are far smaller.
MAX_FRAME_BYTES = 65_536
_CHUNK_BYTES = 32_768

# Close codes of RFC 6455: a policy was violated, the server cannot go on.
POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013


class BrokerLink:
    """A connection to the broker, over TCP or WebSocket, as bytes in both directions."""

    async def send(self, data: bytes) -> None:
        """Hand bytes to the broker; returns when they have left."""
        raise NotImplementedError

    async def receive(self) -> bytes:
        """The next bytes; none when the broker has ended."""
        raise NotImplementedError


class _TcpLink(BrokerLink):
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def receive(self) -> bytes:
        return await self._reader.read(_CHUNK_BYTES)


class _WebSocketLink(BrokerLink):
    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, data: bytes) -> None:
        await self._socket.send_bytes(data)

    async def receive(self) -> bytes:
        message = await self._socket.receive()
        return bytes(message.data) if message.type is WSMsgType.BINARY else b""


@asynccontextmanager
async def broker_link(broker: Broker) -> AsyncIterator[BrokerLink]:
    """A connection to the broker.

    Raises:
        OSError, TimeoutError, ClientError: nobody answers there, or its certificate is not to be trusted.
    """
    tls = None
    if broker.tls is not None:
        tls = ssl.create_default_context(cafile=broker.tls.ca_file)
        if broker.tls.certificate_file is not None:
            tls.load_cert_chain(broker.tls.certificate_file, broker.tls.key_file)
    if broker.transport == "websockets":
        scheme = "wss" if tls else "ws"
        async with (
            ClientSession() as session,
            session.ws_connect(
                f"{scheme}://{broker.address}{broker.path}", protocols=("mqtt",), ssl=tls or True
            ) as socket,
        ):
            yield _WebSocketLink(socket)
        return
    async with asyncio.timeout(BROKER_WITHIN_S):
        reader, writer = await asyncio.open_connection(broker.host, broker.port, ssl=tls)
    try:
        yield _TcpLink(reader, writer)
    finally:
        writer.close()
        with suppress(OSError, ssl.SSLError):
            await writer.wait_closed()


async def relay(socket: web.WebSocketResponse, broker: Broker, rules: BrowserRules) -> None:
    """Carry one page's MQTT until either side ends; the socket is closed with a reason."""
    code, reason = 1000, b""
    try:
        await _carry(socket, broker, rules)
    except PacketError as exc:
        logger.warning("a page of %s was cut off: %s", rules.actor, exc)
        code, reason = POLICY_VIOLATION, b"not a page's packet"
    except (OSError, TimeoutError, ClientError) as exc:
        logger.info("a page of %s has no broker: %s", rules.actor, exc)
        code, reason = TRY_AGAIN_LATER, b"no broker"
    finally:
        with suppress(ConnectionError):
            await socket.close(code=code, message=reason)


async def _carry(socket: web.WebSocketResponse, broker: Broker, rules: BrowserRules) -> None:
    reader = PacketReader()
    packets: list[Packet] = []
    while not packets:
        data = await _from_browser(socket, within_s=CONNECT_WITHIN_S)
        if data is None:
            return
        packets = reader.feed(data)
    first, *early = packets
    connect = rules.connect(first)
    async with broker_link(broker) as link:
        await link.send(connect_packet(connect, username=broker.username, password=broker.password))
        for packet in early:
            rules.check(packet)
            await link.send(packet.raw)
        up = asyncio.create_task(_up(socket, link, reader, rules), name="page to broker")
        down = asyncio.create_task(_down(socket, link), name="broker to page")
        try:
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (up, down):
                task.cancel()
            ends = await asyncio.gather(up, down, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end


async def _up(
    socket: web.WebSocketResponse, link: BrokerLink, reader: PacketReader, rules: BrowserRules
) -> None:
    while (data := await _from_browser(socket, within_s=SILENT_FOR_S)) is not None:
        for packet in reader.feed(data):
            rules.check(packet)
            await link.send(packet.raw)


async def _down(socket: web.WebSocketResponse, link: BrokerLink) -> None:
    while data := await link.receive():
        async with asyncio.timeout(TAKEN_WITHIN_S):
            await socket.send_bytes(data)


async def _from_browser(socket: web.WebSocketResponse, *, within_s: float) -> bytes | None:
    """The next frame; None when the page has gone.

    Raises:
        PacketError: a text frame.
        TimeoutError: nothing came.
    """
    async with asyncio.timeout(within_s):
        message = await socket.receive()
    if message.type is WSMsgType.BINARY:
        return bytes(message.data)
    if message.type is WSMsgType.TEXT:
        raise PacketError("a text frame")
    return None
