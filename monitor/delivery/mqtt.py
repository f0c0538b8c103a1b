"""One MQTT 3.1.1 connection. The only file that knows aiomqtt (and, through it, paho)."""

import asyncio
import contextlib
import logging
import secrets
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import aiomqtt
from aiomqtt.exceptions import MqttConnectError

from monitor.delivery.broker.broker import Broker, Tls
from monitor.delivery.errors import (
    BrokerRefusedError,
    BrokerUnreachableError,
    ConnectionLostError,
    DeliveryError,
)

logger = logging.getLogger(__name__)

Hold = Callable[[], AbstractContextManager[object]]

# A dead peer is noticed, and a will sent, after one and a half times this.
KEEPALIVE_S = 5

# A broker that takes longer to acknowledge is as good as gone; the row stays open and is sent again.
ANSWER_WITHIN_S = 10.0

# Without it an alert that follows a vital sign within milliseconds waits 40 ms (measured): Nagle's algorithm
# holds it back until the other side's delayed acknowledgement.
_SOCKET_OPTIONS = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)

# Reconnecting: at once for a broker that was restarted, seldom for one that is away. But whoever waits for
# the last alerts waits for this too, when the broker is back.
FIRST_RETRY_AFTER_S = 0.25
LAST_RETRY_AFTER_S = 2.0
# A broker that hangs up again and again soon after it has let us in: MQTT 3.1.1 has no word for it, but that
# is what a second client with our id looks like.
TAKEN_OVER_WITHIN_S = 10.0
TAKEN_OVER_TIMES = 3
TAKEN_OVER = "; again and again: somebody else uses this login (its client id), or the broker throws it out"

# MQTT 3.1.1, 3.9.3: return codes from here on are failures.
_SUBACK_FAILURE = 0x80

# A refusal (a wrong password, an ACL) needs a person; asking often fills the broker's log.
REFUSED_RETRY_AFTER_S = 10.0


def random_client_id() -> str:
    """One that nobody can guess: a broker ends the connection of whoever had the same id before."""
    return f"kw-{secrets.token_hex(8)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """What the broker says for us when we are gone without a word. Retained, QoS 1."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message that came; `is_retained` when the broker had kept it for us."""

    topic: str
    payload: bytes
    is_retained: bool


class _Client(aiomqtt.Client):
    """aiomqtt's client with two gaps closed.

    It registers a socket for writing by its number, at the loop's next turn. When the connection breaks in
    between, that number is closed, or already somebody else's. Here the socket itself is asked, at that turn.
    And it does not say when its thread has ended; here `has_tried` does.
    """

    def __init__(self, *args: Any, **others: Any) -> None:
        super().__init__(*args, **others)
        self.has_tried = threading.Event()
        self.is_given_up = False

    def _client_connect(self) -> None:
        try:
            super()._client_connect()
        finally:
            self.has_tried.set()

    def _on_disconnect(self, *args: Any, **others: Any) -> None:
        """A broker that hangs up before its CONNACK: aiomqtt passes over it and waits for its timeout."""
        super()._on_disconnect(*args, **others)

        def note() -> None:
            if not self._connected.done() and not self.is_given_up:
                closed = aiomqtt.MqttError("the broker closed the connection before it answered")
                self._connected.set_exception(closed)
                # Who has given up meanwhile asks no more; asyncio would complain that nobody did.
                self._connected.exception()

        self._loop.call_soon_threadsafe(note)

    def _on_socket_register_write(self, client: Any, _userdata: Any, sock: Any) -> None:
        def write() -> None:
            try:
                client.loop_write()
            except Exception as exc:  # noqa: BLE001 - whatever paho raises here means that the connection broke
                if not self._disconnected.done():
                    self._disconnected.set_exception(exc)

        def register() -> None:
            number = sock.fileno()
            if number >= 0:
                self._loop.add_writer(number, write)

        self._loop.call_soon_threadsafe(register)


class _Socket(ssl.SSLSocket):
    """Closes itself when the handshake fails; paho leaves that to the garbage collector, at every attempt."""

    def do_handshake(self, block: bool = False) -> None:
        """Shake hands, or close."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


class Connection:
    """An open connection; made by `connected`."""

    def __init__(self, client: aiomqtt.Client, address: str, hold: Hold) -> None:
        self._client = client
        self._address = address
        self._hold = hold

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Send; with QoS 1, returns when the broker has acknowledged (PUBACK), with 0 when it is on the wire.

        Raises:
            ConnectionLostError: it broke, or the answer did not come in time; the message may yet arrive.
        """
        with self._translated(), self._hold() if qos else nullcontext():
            await self._client.publish(topic, payload, qos=qos, retain=retain)

    async def subscribe(self, filters: Mapping[str, int]) -> None:
        """Subscribe to topic filters, each with its QoS.

        Raises:
            BrokerRefusedError: the broker does not allow one of them.
            ConnectionLostError: it broke, or the answer did not come in time.
        """
        with self._translated(), self._hold():
            granted: Any = await self._client.subscribe(list(filters.items()))
        for topic, code in zip(filters, granted, strict=False):
            if int(getattr(code, "value", code)) >= _SUBACK_FAILURE:
                raise BrokerRefusedError(self._address, f"may not subscribe to {topic}")

    async def incoming(self) -> AsyncIterator[Incoming]:
        """Messages as they come, for as long as the connection lasts.

        Raises:
            ConnectionLostError: it broke.
        """
        with self._translated():
            async for message in self._client.messages:
                yield Incoming(
                    topic=message.topic.value,
                    payload=bytes(message.payload or b""),
                    is_retained=bool(message.retain),
                )

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        with _cancellation_kept():
            try:
                yield
            except aiomqtt.MqttError as exc:
                raise ConnectionLostError(f"the connection to {self._address} was lost ({exc})") from exc


@contextlib.contextmanager
def _cancellation_kept() -> Iterator[None]:
    """Raise a cancellation that was swallowed inside.

    aiomqtt waits with `asyncio.wait_for`. Before Python 3.12 that returns the result, and forgets that its
    task was cancelled, when both happen in one turn of the loop (python/cpython #86296): a sender cancelled
    just as its PUBACK came would go on for ever, and the service with it.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    yield
    if task and task.cancelling() > before:
        raise asyncio.CancelledError


@asynccontextmanager
async def connected(
    broker: Broker,
    *,
    client_id: str,
    will: Will | None = None,
    clean_session: bool = True,
    keepalive_s: int = KEEPALIVE_S,
    hold: Hold = nullcontext,
) -> AsyncIterator[Connection]:
    """An open connection; left by disconnecting in order (then the will is not sent) or because it broke.

    `hold` is entered while the broker's answer is awaited: on a virtual clock, time must wait for it.

    Raises:
        BrokerUnreachableError: nobody answers.
        BrokerRefusedError: login or protocol.
    """
    client = _Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        logger=logger,
        identifier=client_id,
        protocol=aiomqtt.ProtocolVersion.V311,
        will=None if will is None else aiomqtt.Will(will.topic, will.payload, qos=1, retain=True),
        clean_session=clean_session,
        transport=broker.transport,
        websocket_path=broker.path if broker.transport == "websockets" else None,
        tls_context=None if broker.tls is None else await asyncio.to_thread(_tls_context, broker),
        keepalive=keepalive_s,
        timeout=ANSWER_WITHIN_S,
        socket_options=_SOCKET_OPTIONS,
    )
    # All rows that are open after an outage are on their way at once; that is no reason to warn.
    client.pending_calls_threshold = 10_000
    with hold():
        await _enter(client, broker)
    try:
        yield Connection(client, broker.address, hold)
    finally:
        with hold():
            await _leave(client)


async def keep_connected(
    broker: Callable[[], Broker],
    use: Callable[[Connection], Awaitable[None]],
    *,
    client_id: str,
    will: Callable[[], Will] | None = None,
    clean_session: bool = False,
    on_problem: Callable[[str], None] = lambda _: None,
    hold: Hold = nullcontext,
) -> None:
    """Connect, `use` the connection, and connect again whenever it breaks; cancellation is the only end.

    `broker` is asked at each attempt, for its port may have changed. `on_problem` hears why there is no
    connection. `hold`: see `connected`.
    """
    loop = asyncio.get_running_loop()
    retry_after_s = FIRST_RETRY_AFTER_S
    cut_short = 0
    while True:
        started_s = loop.time()
        was_connected = False
        problem: DeliveryError
        try:
            async with connected(
                broker(),
                client_id=client_id,
                will=will and will(),
                clean_session=clean_session,
                hold=hold,
            ) as connection:
                was_connected = True
                await use(connection)
        except BrokerRefusedError as exc:
            problem, retry_after_s = exc, REFUSED_RETRY_AFTER_S
        except DeliveryError as exc:
            problem = exc
        else:
            return
        if loop.time() - started_s > LAST_RETRY_AFTER_S and not isinstance(problem, BrokerRefusedError):
            retry_after_s = FIRST_RETRY_AFTER_S
        is_short = was_connected and loop.time() - started_s < TAKEN_OVER_WITHIN_S
        cut_short = cut_short + 1 if is_short else 0
        on_problem(f"{problem}{TAKEN_OVER if cut_short >= TAKEN_OVER_TIMES else ''}")
        await asyncio.sleep(retry_after_s)
        retry_after_s = min(2 * retry_after_s, LAST_RETRY_AFTER_S)


async def _enter(client: _Client, broker: Broker) -> None:
    # aiomqtt connects in a thread; cancelled midway it would leave an open socket behind. So the thread is
    # seen to its end (paho gives up after 5 s), and what it has done is undone.
    attempt = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(attempt)
    except asyncio.CancelledError:
        await asyncio.to_thread(client.has_tried.wait)
        attempt.cancel()
        try:
            await attempt
        except (asyncio.CancelledError, aiomqtt.MqttError, OSError, ValueError):
            _drop_socket(client)
        else:
            await _leave(client)
        raise
    except MqttConnectError as exc:
        raise BrokerRefusedError(broker.address, str(exc)) from exc
    except (aiomqtt.MqttError, ssl.SSLError, ValueError) as exc:
        _drop_socket(client)
        raise BrokerUnreachableError(broker.address, str(exc)) from exc


async def _leave(client: aiomqtt.Client) -> None:
    try:
        with contextlib.suppress(aiomqtt.MqttError):
            await client.__aexit__(None, None, None)
    finally:
        # Nobody may have been reading when the connection broke; asyncio complains about an unseen exception.
        disconnected = client._disconnected  # there is no public way
        if disconnected.done() and not disconnected.cancelled():
            disconnected.exception()


def _drop_socket(client: _Client) -> None:
    """After a CONNECT without an answer aiomqtt keeps the socket; a DISCONNECT makes paho close it."""
    client.is_given_up = True
    # There is no public way. The future may have been cancelled, which aiomqtt's own callbacks do not expect.
    client._connected = asyncio.get_running_loop().create_future()
    client._client.disconnect()


def _tls_context(broker: Broker) -> ssl.SSLContext:
    """TLS 1.2 or later, the broker's name and certificate verified; reads files, so not on the loop.

    Raises:
        BrokerUnreachableError: a file cannot be used.
    """
    tls = broker.tls or Tls()
    try:
        context = ssl.create_default_context(cafile=None if tls.ca_file is None else str(tls.ca_file))
        context.sslsocket_class = _Socket
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if tls.certificate_file is not None:
            context.load_cert_chain(tls.certificate_file, tls.key_file)
    except (OSError, ssl.SSLError) as exc:
        raise BrokerUnreachableError(broker.address, f"the TLS files cannot be used: {exc}") from exc
    return context
