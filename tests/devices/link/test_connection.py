"""One connection: order of stamping, handing on and looking; bounds on every operation; the end."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError, BleakGATTProtocolError

from devices.adapter.radio import Radio
from devices.errors import (
    GattRefusedError,
    LinkDroppedError,
    LinkTimeoutError,
    MissingCharacteristicError,
    RadioLostError,
)
from devices.frames import Frame, LinkEvent
from devices.link.connection import DISCONNECT_TIMEOUT_S, OPERATION_TIMEOUT_S, Connection, ConsumerError
from tests.support.scripted_link import DROP, HANG, Air, ScriptedCharacteristic, ScriptedDevice
from tests.support.virtual_time import in_virtual_time, now_ns

READ, WRITE, NOTIFY = (f"0000000{n}-1111-2222-3333-444444444444" for n in (1, 2, 3))
ADDRESS = "C0:00:00:00:00:01"


def device() -> ScriptedDevice:
    return ScriptedDevice(
        address=ADDRESS,
        name="Thing",
        characteristics={
            READ: ScriptedCharacteristic(["read"], value=b"value"),
            WRITE: ScriptedCharacteristic(["write", "write-without-response"]),
            NOTIFY: ScriptedCharacteristic(["notify"]),
        },
    )


async def connected(
    peer: ScriptedDevice,
    taken: list[Frame | LinkEvent] | None = None,
    data: frozenset[str] = frozenset({NOTIFY}),
) -> Connection:
    connection = Connection(
        device="thing", data=data, on_input=(taken if taken is not None else []).append, now_ns=now_ns
    )
    air = Air(peer)
    radio = Radio(air.client_backend, air.scanner_backend)
    found = radio.client(
        BLEDevice(peer.address, peer.name, None),
        lambda _: connection.drop(LinkDroppedError("the link dropped")),
        pair=False,
    )
    await found.connect()
    connection.attach(found)
    return connection


@in_virtual_time
async def test_the_stamp_comes_first_and_the_consumer_before_any_look() -> None:
    peer = device()
    order: list[str] = []

    def clock() -> int:
        order.append("stamp")
        return 42

    taken: list[Frame] = []

    def consume(one: Frame | LinkEvent) -> None:
        assert isinstance(one, Frame)
        order.append("hand on")
        taken.append(one)

    connection = await connected(peer)
    connection.now_ns = clock
    connection._on_input = consume
    order.clear()

    def look(_: bytes) -> bool:
        order.append("look")
        return True

    peer.characteristics[WRITE].reply = lambda _: peer.send(NOTIFY, b"answer")
    await connection.subscribe(NOTIFY)
    assert await connection.request(WRITE, b"?", answer_on=NOTIFY, accept=look)
    assert order == ["stamp", "hand on", "look"]
    assert taken == [Frame(device="thing", characteristic=NOTIFY, received_ns=42, payload=b"answer")]


@in_virtual_time
async def test_a_read_is_handed_on_like_a_notification() -> None:
    taken: list[Frame | LinkEvent] = []
    connection = await connected(device(), taken)
    assert await connection.read(READ) == b"value"
    assert [frame.payload for frame in taken if isinstance(frame, Frame)] == [b"value"]
    assert connection.data_count == 0


@in_virtual_time
async def test_only_data_counts_as_data() -> None:
    peer = device()
    connection = await connected(peer)
    await connection.read(READ)
    assert (connection.data_count, connection.last_data_ns) == (0, None)
    assert connection.last_frame_ns == now_ns()
    await connection.subscribe(NOTIFY)
    await asyncio.sleep(1.0)
    peer.send(NOTIFY, b"1")
    assert (connection.data_count, connection.last_data_ns) == (1, now_ns())


@pytest.mark.parametrize("operation", ["read", "write", "subscribe", "request"])
@in_virtual_time
async def test_no_operation_is_waited_for_without_end(operation: str) -> None:
    peer = device()
    connection = await connected(peer)
    uuid = {"read": READ, "subscribe": NOTIFY}.get(operation, WRITE)
    script = {"read": "on_read", "subscribe": "on_subscribe"}.get(operation, "on_write")
    if operation != "request":
        getattr(peer.characteristics[uuid], script).append(HANG)
    ask: dict[str, Callable[[], Coroutine[Any, Any, object]]] = {
        "read": lambda: connection.read(READ),
        "write": lambda: connection.write(WRITE, b"x"),
        "subscribe": lambda: connection.subscribe(NOTIFY),
        "request": lambda: connection.request(WRITE, b"x", answer_on=NOTIFY, accept=bytes),
    }
    since_s = asyncio.get_running_loop().time()
    with pytest.raises(LinkTimeoutError) as failure:
        await ask[operation]()
    elapsed_s = asyncio.get_running_loop().time() - since_s
    assert elapsed_s == pytest.approx(OPERATION_TIMEOUT_S, abs=0.05)
    assert failure.value.timeout_s == OPERATION_TIMEOUT_S


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (BleakGATTProtocolError(0x80), GattRefusedError),
        (BleakError("Not connected"), LinkDroppedError),
        (BrokenPipeError(), RadioLostError),
        (TimeoutError(), LinkTimeoutError),
        (DROP, LinkDroppedError),
    ],
)
@in_virtual_time
async def test_failures_come_in_our_words(step: Exception | str, error: type[Exception]) -> None:
    peer = device()
    peer.characteristics[WRITE].on_write.append(step)
    connection = await connected(peer)
    with pytest.raises(error):
        await connection.write(WRITE, b"x")


@in_virtual_time
async def test_operations_take_turns_and_a_wait_for_the_turn_is_not_a_timeout() -> None:
    peer = device()
    peer.characteristics[READ].on_read.append(HANG)
    connection = await connected(peer)
    hanging = asyncio.create_task(connection.read(READ))
    await asyncio.sleep(1.0)
    await connection.write(WRITE, b"x")
    assert peer.operations("write") == [f"{WRITE} 78"]
    with pytest.raises(LinkTimeoutError):
        await hanging


@in_virtual_time
async def test_a_second_subscription_is_not_asked_for() -> None:
    """It can hang: bleak #484, #1645, #1969."""
    peer = device()
    connection = await connected(peer)
    await connection.subscribe(NOTIFY)
    await connection.subscribe(NOTIFY)
    assert peer.operations("subscribe") == [NOTIFY]


@in_virtual_time
async def test_retired_means_that_nothing_more_is_handed_on() -> None:
    peer = device()
    taken: list[Frame | LinkEvent] = []
    connection = await connected(peer, taken)
    await connection.subscribe(NOTIFY)
    connection.retire()
    peer.send(NOTIFY, b"late")
    assert taken == []
    assert connection.data_count == 0


@in_virtual_time
async def test_a_drop_ends_the_wait_and_every_later_operation_with_its_reason() -> None:
    peer = device()
    connection = await connected(peer)
    waiting = asyncio.create_task(connection.until_dropped())
    await asyncio.sleep(0)
    assert not connection.dropped
    peer.drop()
    assert connection.dropped
    connection.drop(LinkDroppedError("a later reason"))
    with pytest.raises(LinkDroppedError, match="the link dropped"):
        await waiting
    with pytest.raises(LinkDroppedError, match="the link dropped"):
        await connection.read(READ)


@in_virtual_time
async def test_a_consumer_that_raises_ends_the_connection() -> None:
    peer = device()
    connection = await connected(peer)

    def full(_: Frame | LinkEvent) -> None:
        raise OSError("no space left")

    connection._on_input = full
    await connection.subscribe(NOTIFY)
    peer.send(NOTIFY, b"1")
    with pytest.raises(ConsumerError) as failure:
        await connection.until_dropped()
    assert str(failure.value.error) == "no space left"
    assert connection.data_count == 0


@in_virtual_time
async def test_a_link_that_went_before_its_services_were_known() -> None:
    """Bleak raises "Service Discovery has not been performed yet"."""
    peer = device()
    connection = await connected(peer)
    client = connection._client
    assert client is not None
    peer.drop()
    with pytest.raises(LinkDroppedError, match="service discovery"):
        connection.attach(client)


@in_virtual_time
async def test_before_there_is_a_client() -> None:
    connection = Connection(device="thing", data=frozenset(), on_input=print, now_ns=now_ns)
    assert connection.address == ""
    await connection.close()
    with pytest.raises(LinkDroppedError, match="no connection yet"):
        await connection.read(READ)


@in_virtual_time
async def test_what_the_device_has() -> None:
    connection = await connected(device())
    assert connection.address == ADDRESS
    assert connection.has(READ)
    assert not connection.has("00000009-1111-2222-3333-444444444444")
    assert connection.offers(NOTIFY, "notify")
    assert not connection.offers(NOTIFY, "read")
    assert not connection.offers("00000009-1111-2222-3333-444444444444", "read")
    with pytest.raises(MissingCharacteristicError):
        await connection.read("00000009-1111-2222-3333-444444444444")


@in_virtual_time
async def test_closing_is_bounded_and_quiet() -> None:
    peer = device()
    peer.on_disconnect_hang = True
    connection = await connected(peer)
    since_s = asyncio.get_running_loop().time()
    await connection.close()
    assert asyncio.get_running_loop().time() - since_s == pytest.approx(DISCONNECT_TIMEOUT_S)


@in_virtual_time
async def test_an_answer_is_found_among_other_values_and_the_first_one_counts() -> None:
    peer = device()
    connection = await connected(peer)

    def reply(_: bytes) -> None:
        for value in (b"1", b"22", b"333"):
            peer.send(NOTIFY, value)

    peer.characteristics[WRITE].reply = reply
    await connection.subscribe(NOTIFY)
    found = await connection.request(
        WRITE, b"?", answer_on=NOTIFY, accept=lambda value: value if len(value) > 1 else None
    )
    assert found == b"22"
    assert connection._listeners == []


@in_virtual_time
async def test_the_first_value_after_subscribing() -> None:
    peer = device()
    peer.characteristics[NOTIFY].subscribed = lambda: peer.send(NOTIFY, b"first")
    connection = await connected(peer)
    assert await connection.subscribe_and_await(NOTIFY, bytes, timeout_s=1.0) == b"first"


@pytest.mark.parametrize(("wanted", "expected"), [(None, True), (False, False), (True, True)])
@in_virtual_time
async def test_a_write_asks_for_a_response_where_it_can(wanted: bool | None, expected: bool) -> None:
    peer = device()
    connection = await connected(peer)
    seen: list[bool] = []
    backend = peer.clients[0]
    write = backend.write_gatt_char

    async def spy(characteristic: object, data: bytes, response: bool) -> None:
        seen.append(response)
        await write(characteristic, data, response)  # type: ignore[arg-type]

    backend.write_gatt_char = spy  # type: ignore[method-assign, assignment]
    await connection.write(WRITE, b"x", response=wanted)
    assert seen == [expected]
