"""A small MQTT 3.1.1 broker inside the test's own loop, whose faults can be planted.

It exists so that the real client library runs against something that can refuse, keep silent, forget and
break at a chosen moment. What real brokers do is proven in tests/integration.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

CONNECT, CONNACK, PUBLISH, PUBACK = 1, 2, 3, 4
SUBSCRIBE, SUBACK, PINGREQ, PINGRESP, DISCONNECT = 8, 9, 12, 13, 14


def matches(pattern: str, topic: str) -> bool:
    """Whether a topic filter covers a topic (MQTT 3.1.1, 4.7)."""
    levels, parts = pattern.split("/"), topic.split("/")
    for index, level in enumerate(levels):
        if level == "#":
            return True
        if index >= len(parts) or (level not in {"+", parts[index]}):
            return False
    return len(levels) == len(parts)


def text(value: str) -> bytes:
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def packet(kind: int, flags: int, body: bytes) -> bytes:
    length, size = len(body), b""
    while True:
        length, digit = divmod(length, 128)
        size += bytes([digit | 0x80 if length else digit])
        if not length:
            return bytes([kind << 4 | flags]) + size + body


@dataclass(frozen=True)
class Message:
    topic: str
    payload: bytes
    qos: int
    retain: bool


@dataclass(eq=False)
class Client:
    client_id: str
    writer: asyncio.StreamWriter
    will: Message | None
    filters: dict[str, int] = field(default_factory=dict)
    next_id: int = 0
    is_clean: bool = True  # the broker keeps nothing for it

    def send(self, message: Message, *, qos: int, retain: bool) -> None:
        self.next_id = self.next_id % 65535 + 1
        body = text(message.topic) + (self.next_id.to_bytes(2, "big") if qos else b"") + message.payload
        self.writer.write(packet(PUBLISH, qos << 1 | retain, body))


class MqttBroker:
    """`published` has everything that clients have sent, in order. Faults are switches; see their names."""

    def __init__(self) -> None:
        self.port = 0
        self.tls: ssl.SSLContext | None = None
        self.published: list[Message] = []
        self.retained: dict[str, Message] = {}
        self.clients: dict[str, Client] = {}
        self.seen: list[Client] = []  # everybody who was ever let in
        self.logins: list[tuple[str, str | None]] = []
        self.connack_code = 0
        self.suback_failure = False
        self.acknowledges = True  # False: PUBACKs are not sent
        self.answers_connect = True
        self.loses: Callable[[Message], bool] = lambda _: False  # acknowledged, but not passed on
        self.doubles = False  # everything is delivered twice
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """As if killed: sockets break, the port is closed; `retained` stays unless it is cleared."""
        if self._server is not None:
            self._server.close()
            self.drop_all()
            await self._server.wait_closed()
            await asyncio.gather(*self._tasks)
            self._server = None

    def drop_all(self) -> None:
        """Break every connection."""
        for writer in self._writers:
            writer.transport.abort()

    def deliver(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """As if some client had published it."""
        self._pass_on(Message(topic, payload, qos, retain), as_retained=retain)

    def topics(self) -> list[str]:
        return [message.topic for message in self.published]

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._writers.add(writer)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client: Client | None = None
        ended = False
        try:
            while not ended:
                head = (await reader.readexactly(1))[0]
                kind, flags, body = head >> 4, head & 15, await self._body(reader)
                if kind == CONNECT:
                    client = self._connect(body, writer)
                elif client is None:
                    break
                elif kind == PUBLISH:
                    self._publish(client, flags, body)
                elif kind == SUBSCRIBE:
                    self._subscribe(client, body)
                elif kind == PINGREQ:
                    writer.write(packet(PINGRESP, 0, b""))
                elif kind == DISCONNECT:
                    client.will = None
                    ended = True
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if client is not None and self.clients.get(client.client_id) is client:
                del self.clients[client.client_id]
                if client.will is not None:
                    self._take(client.will)
            self._writers.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _body(self, reader: asyncio.StreamReader) -> bytes:
        length, shift = 0, 0
        while True:
            digit = (await reader.readexactly(1))[0]
            length |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return await reader.readexactly(length)

    def _connect(self, body: bytes, writer: asyncio.StreamWriter) -> Client | None:
        flags, rest = body[7], body[10:]
        words: list[bytes] = []
        while rest:
            size = int.from_bytes(rest[:2], "big")
            words.append(rest[2 : 2 + size])
            rest = rest[2 + size :]
        client_id = words.pop(0).decode()
        will = None
        if flags & 4:
            will = Message(words.pop(0).decode(), words.pop(0), flags >> 3 & 3, bool(flags & 32))
        username = words.pop(0).decode() if flags & 128 else ""
        self.logins.append((username, words.pop(0).decode() if flags & 64 else None))
        if not self.answers_connect:
            return None
        writer.write(packet(CONNACK, 0, bytes([0, self.connack_code])))
        if self.connack_code:
            return None
        client = Client(client_id, writer, will, is_clean=bool(flags & 2))
        self.seen.append(client)
        if client_id in self.clients:
            self.clients[client_id].writer.transport.abort()
        self.clients[client_id] = client
        return client

    def _publish(self, client: Client, flags: int, body: bytes) -> None:
        size = int.from_bytes(body[:2], "big")
        topic, rest = body[2 : 2 + size].decode(), body[2 + size :]
        qos = flags >> 1 & 3
        if qos:
            if self.acknowledges:
                client.writer.write(packet(PUBACK, 0, rest[:2]))
            rest = rest[2:]
        self._take(Message(topic, rest, qos, bool(flags & 1)))

    def _take(self, message: Message) -> None:
        self.published.append(message)
        if message.retain:
            if message.payload:
                self.retained[message.topic] = message
            else:
                self.retained.pop(message.topic, None)
        if not self.loses(message):
            self._pass_on(message, as_retained=False)

    def _pass_on(self, message: Message, *, as_retained: bool) -> None:
        for client in list(self.clients.values()):
            for pattern, qos in client.filters.items():
                if matches(pattern, message.topic):
                    for _ in range(2 if self.doubles else 1):
                        client.send(message, qos=min(qos, message.qos), retain=as_retained)
                    break

    def _subscribe(self, client: Client, body: bytes) -> None:
        mid, rest, codes, wanted = body[:2], body[2:], b"", {}
        while rest:
            size = int.from_bytes(rest[:2], "big")
            wanted[rest[2 : 2 + size].decode()] = rest[2 + size]
            codes += b"\x80" if self.suback_failure else bytes([rest[2 + size]])
            rest = rest[3 + size :]
        client.writer.write(packet(SUBACK, 0, mid + codes))
        if not self.suback_failure:
            client.filters |= wanted
            for message in list(self.retained.values()):
                for pattern, qos in wanted.items():
                    if matches(pattern, message.topic):
                        client.send(message, qos=min(qos, message.qos), retain=True)


@contextlib.asynccontextmanager
async def mqtt_broker() -> AsyncIterator[MqttBroker]:
    broker = MqttBroker()
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop()
