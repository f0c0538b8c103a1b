"""One connection while it stands: bounded GATT operations, and frames handed on at once."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from functools import partial
from typing import TypeVar

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakError

from devices.errors import (
    HOST_STACK_ERRORS,
    LinkDroppedError,
    LinkTimeoutError,
    MissingCharacteristicError,
    classify,
)
from devices.frames import Frame


class ConsumerError(Exception):
    """`on_input` raised `error`. No failure of the link, and nothing to try again."""

    def __init__(self, device: str, error: Exception) -> None:
        super().__init__(f"{device}: the consumer of its frames and events failed: {error!r}")
        self.error = error


log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

# bleak bounds neither reads, writes nor subscriptions. The slowest connection interval that Bluetooth
# permits is 4 s (Core 5.4, vol. 6, part B, 4.5.1), so an answer can honestly take 8; ATT itself gives up
# after 30 s (vol. 3, part F, 3.3.3), which is longer than a patient should stand unwatched.
OPERATION_TIMEOUT_S = 10.0

# How long our own disconnect may take before we walk away from it. bleak's BlueZ backend guarantees that a
# cancelled disconnect leaves the client closed.
DISCONNECT_TIMEOUT_S = 5.0


class Connection:
    """A generation of a link: what arrives through it carries its token, and counts only until it is retired.

    Each notification is stamped first, handed to `on_input` second, and looked at third. After `retire()`
    nothing is handed on any more, whatever the host stack still calls: a subscription that outlived its
    connection cannot double a later one's frames (bleak #2002, #472).
    """

    def __init__(
        self,
        *,
        device: str,
        data: frozenset[str],
        on_input: Callable[[Frame], None],
        now_ns: Callable[[], int],
        local_time: Callable[[], datetime] | None = None,
    ) -> None:
        self.now_ns = now_ns
        self.local_time = local_time
        self.retired = False
        self.data_count = 0
        self.last_data_ns: int | None = None
        self.last_frame_ns: int | None = None
        self.silence_tolerated = False
        self.device = device
        self._data = data
        self._on_input = on_input
        self._client: BleakClient | None = None
        self._characteristics: dict[str, BleakGATTCharacteristic] = {}
        self._subscribed: set[str] = set()
        self._listeners: list[tuple[str, Callable[[bytes], None]]] = []
        self._turn = asyncio.Lock()
        self._end: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def attach(self, client: BleakClient) -> None:
        """Begin with a client that has just connected.

        Raises:
            LinkDroppedError: the link went away before its services could be looked at.
        """
        self._client = client
        try:
            services = client.services
        except BleakError as exc:
            raise LinkDroppedError("the link dropped during service discovery") from exc
        for service in services:
            for characteristic in service.characteristics:
                # The first of equals: no device here uses one UUID for two things of which we need the
                # second.
                self._characteristics.setdefault(characteristic.uuid.lower(), characteristic)

    @property
    def address(self) -> str:
        """The address the device has now; after pairing this is its identity address."""
        return self._client.address.upper() if self._client else ""

    def drop(self, error: Exception) -> None:
        """Note that the connection is gone, or must go, because of `error`. The first reason stays."""
        if not self._end.done():
            self._end.set_exception(error)
            # The reason is read only by a link that still serves this connection.
            self._end.exception()

    @property
    def dropped(self) -> bool:
        """Whether the connection is known to be gone."""
        return self._end.done()

    async def until_dropped(self) -> None:
        """Wait for the end, and raise what it was."""
        await asyncio.shield(self._end)

    def retire(self) -> None:
        """From now on, discard whatever still comes."""
        self.retired = True

    async def close(self) -> None:
        """Disconnect, within bounds and without a word about failures: there is nothing left to save.

        Subscriptions are left as they are. Writing 0 to a CCCD makes some cuffs forget their bond, and on a
        dead link it raises (bleak #472).
        """
        if self._client is None:
            return
        try:
            async with asyncio.timeout(DISCONNECT_TIMEOUT_S):
                await self._client.disconnect()
        except HOST_STACK_ERRORS as exc:
            log.debug("%s: disconnect: %r", self.device, exc)

    def has(self, characteristic: str) -> bool:
        """Whether the device has this characteristic."""
        return characteristic in self._characteristics

    def offers(self, characteristic: str, prop: str) -> bool:
        """Whether the device has this characteristic with the property `prop` (`read`, `notify`, ...)."""
        found = self._characteristics.get(characteristic)
        return found is not None and prop in found.properties

    async def read(self, characteristic: str, *, timeout_s: float = OPERATION_TIMEOUT_S) -> bytes:
        """Read a value, and hand it on like a notification."""
        client, target = self._target(characteristic)
        async with self._turn, _bounded(f"read {_short(characteristic)}", timeout_s):
            payload = await client.read_gatt_char(target)
        self._receive(characteristic, payload)
        return bytes(payload)

    async def write(
        self,
        characteristic: str,
        payload: bytes,
        *,
        response: bool | None = None,
        timeout_s: float = OPERATION_TIMEOUT_S,
    ) -> None:
        """Write a value; `response` None means: with a response where the device offers it."""
        client, target = self._target(characteristic)
        if response is None:
            response = "write" in target.properties
        async with self._turn, _bounded(f"write {_short(characteristic)}", timeout_s):
            await client.write_gatt_char(target, payload, response=response)

    async def subscribe(self, characteristic: str, *, timeout_s: float = OPERATION_TIMEOUT_S) -> None:
        """Enable notifications or indications; once: a second request can hang (bleak #484, #1645, #1969)."""
        client, target = self._target(characteristic)
        if characteristic in self._subscribed:
            return
        self._subscribed.add(characteristic)
        async with self._turn, _bounded(f"subscribe {_short(characteristic)}", timeout_s):
            await client.start_notify(target, self._receiver(characteristic))

    async def request(
        self,
        characteristic: str,
        payload: bytes,
        *,
        answer_on: str,
        accept: Callable[[bytes], Answer | None],
        response: bool | None = None,
        timeout_s: float = OPERATION_TIMEOUT_S,
    ) -> Answer:
        """Write, then wait for the first value on `answer_on` of which `accept` makes something.

        `accept` sees each payload once, in order, after it has been handed on.
        """
        return await self.converse(
            characteristic,
            payload,
            answers_on=(answer_on,),
            accept=lambda _, value: accept(value),
            response=response,
            timeout_s=timeout_s,
        )

    async def converse(
        self,
        characteristic: str,
        payload: bytes,
        *,
        answers_on: Sequence[str],
        accept: Callable[[int, bytes], Answer | None],
        response: bool | None = None,
        timeout_s: float = OPERATION_TIMEOUT_S,
    ) -> Answer:
        """Like `request`, for answers that are spread over several characteristics.

        `accept` sees the place of the characteristic in `answers_on` and the payload.
        """
        with self._listening(answers_on, accept) as answer:
            await self.write(characteristic, payload, response=response, timeout_s=timeout_s)
            async with _bounded(f"answer on {_short(answers_on[0])}", timeout_s):
                return await answer

    async def subscribe_and_await(
        self, characteristic: str, accept: Callable[[bytes], Answer | None], *, timeout_s: float
    ) -> Answer:
        """Subscribe, then wait for the first value of which `accept` makes something."""
        with self._listening((characteristic,), lambda _, value: accept(value)) as answer:
            await self.subscribe(characteristic)
            async with _bounded(f"first value of {_short(characteristic)}", timeout_s):
                return await answer

    @contextmanager
    def _listening(
        self, characteristics: Sequence[str], accept: Callable[[int, bytes], Answer | None]
    ) -> Iterator[asyncio.Future[Answer]]:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def look(place: int, value: bytes) -> None:
            if not answer.done() and (found := accept(place, value)) is not None:
                answer.set_result(found)

        listeners = [(uuid, partial(look, place)) for place, uuid in enumerate(characteristics)]
        self._listeners += listeners
        try:
            yield answer
        finally:
            for listener in listeners:
                self._listeners.remove(listener)

    def _receiver(self, characteristic: str) -> Callable[[BleakGATTCharacteristic, bytearray], None]:
        def receive(_sender: BleakGATTCharacteristic, payload: bytearray) -> None:
            self._receive(characteristic, payload)

        return receive

    def _receive(self, characteristic: str, payload: bytearray) -> None:
        received_ns = self.now_ns()
        if self.retired:
            return
        value = bytes(payload)
        try:
            self._on_input(
                Frame(
                    device=self.device, characteristic=characteristic, received_ns=received_ns, payload=value
                )
            )
        except Exception as exc:  # noqa: BLE001 -- bleak would swallow it; the link's owner must hear of it
            self.drop(ConsumerError(self.device, exc))
            return
        self.last_frame_ns = received_ns
        if characteristic in self._data:
            self.last_data_ns = received_ns
            self.data_count += 1
        if self._listeners:
            for uuid, listener in tuple(self._listeners):
                if uuid == characteristic:
                    listener(value)

    def _target(self, characteristic: str) -> tuple[BleakClient, BleakGATTCharacteristic]:
        if self._end.done() and (reason := self._end.exception()) is not None:
            raise reason
        if self._client is None:
            raise LinkDroppedError("there is no connection yet")
        try:
            return self._client, self._characteristics[characteristic]
        except KeyError:
            raise MissingCharacteristicError(characteristic) from None


@asynccontextmanager
async def _bounded(operation: str, timeout_s: float) -> AsyncIterator[None]:
    """`asyncio.timeout` with our errors: they name the operation."""
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError as exc:
        raise LinkTimeoutError(operation, timeout_s) from exc
    except HOST_STACK_ERRORS as exc:
        raise classify(exc, operation) from exc


def _short(uuid: str) -> str:
    return uuid[4:8] if uuid.endswith("-0000-1000-8000-00805f9b34fb") else uuid[:8]
