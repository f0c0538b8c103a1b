"""The supervised link on scripted air, in virtual time."""

import asyncio

import pytest
from bleak.exc import BleakError

from devices.frames import Frame, LinkEvent, LinkState
from protocols.ble.codec import assigned_numbers as sig
from tests.devices.links import Taken, running
from tests.support.products import HEART_RATE_FRAME, heart_rate
from tests.support.scripted_link import DROP, HANG, Air, ScriptedDevice, live, until
from tests.support.virtual_time import in_virtual_time, now_ns

HEART_RATE = sig.HEART_RATE_MEASUREMENT
STRAP = heart_rate().config


async def stream(device: ScriptedDevice, characteristic: str, payload: bytes) -> None:
    """Notify once a second for ever, as long as somebody is connected."""
    while True:
        await asyncio.sleep(1.0)
        device.send(characteristic, payload)


@in_virtual_time
async def test_finds_connects_subscribes_and_hands_on_frames() -> None:
    device = heart_rate().device
    async with running(Air(device), STRAP) as (link, taken):
        await live(link)
        before_ns = now_ns()
        device.send(HEART_RATE, HEART_RATE_FRAME)
        assert taken.frames(HEART_RATE) == [
            Frame(device="sensor", characteristic=HEART_RATE, received_ns=before_ns, payload=HEART_RATE_FRAME)
        ]
    assert taken.states == [
        LinkState.SEARCHING,
        LinkState.FOUND,
        LinkState.CONNECTING,
        LinkState.DISCOVERING,
        LinkState.SUBSCRIBING,
        LinkState.LIVE,
    ]
    assert taken.events[-1].rssi_dbm == -60


@in_virtual_time
async def test_battery_and_device_information_come_as_frames() -> None:
    device = heart_rate().device
    async with running(Air(device), STRAP) as (link, taken):
        await live(link)
        await until(lambda: taken.frames(sig.SERIAL_NUMBER))
        assert taken.payloads(sig.BATTERY_LEVEL) == [b"\x5a"]
        assert taken.payloads(sig.SERIAL_NUMBER) == [b"S-1\0"]
        device.send(sig.BATTERY_LEVEL, b"\x14")
        assert taken.payloads(sig.BATTERY_LEVEL) == [b"\x5a", b"\x14"]


@in_virtual_time
async def test_a_silent_stream_is_lost_although_it_is_connected() -> None:
    device = heart_rate().device
    async with running(Air(device), STRAP) as (link, taken):
        await live(link)
        device.send(HEART_RATE, HEART_RATE_FRAME)
        heard_ns = now_ns()
        await until(lambda: LinkState.LOST in taken.states)
        lost = next(event for event in taken.events if event.state is LinkState.LOST)
        assert lost.received_ns - heard_ns == pytest.approx(5e9, abs=2e6)
        assert "no data for 5.0 s" in lost.reason
        await live(link)
        assert taken.events[-1].reconnects == 1
        assert device.connects == 2


@in_virtual_time
async def test_a_stream_whose_first_value_was_its_last_is_lost_as_soon_as_any_other() -> None:
    device = heart_rate().device
    async with running(Air(device), STRAP) as (link, taken):
        await live(link)
        await asyncio.sleep(0.5)
        device.send(HEART_RATE, HEART_RATE_FRAME)
        await until(lambda: LinkState.LOST in taken.states, within_s=5.1)


@in_virtual_time
async def test_battery_reports_do_not_keep_a_silent_stream_alive() -> None:
    device = heart_rate().device
    async with running(Air(device), STRAP) as (link, taken):
        await live(link)
        async with asyncio.TaskGroup() as group:
            battery = group.create_task(stream(device, sig.BATTERY_LEVEL, b"\x50"))
            await until(lambda: LinkState.LOST in taken.states, within_s=11.0)
            battery.cancel()


@in_virtual_time
async def test_lost_is_said_before_the_clean_up_that_may_hang() -> None:
    device = heart_rate().device
    device.on_disconnect_hang = True
    async with running(Air(device), STRAP) as (link, taken):
        await live(link)
        device.send(HEART_RATE, HEART_RATE_FRAME)
        since_ns = now_ns()
        await until(lambda: LinkState.LOST in taken.states)
        assert now_ns() - since_ns < 5.1e9
        assert taken.states[-1] is LinkState.LOST
        await until(lambda: LinkState.BACKING_OFF in taken.states)
        assert now_ns() - since_ns == pytest.approx(10e9, abs=0.1e9)


@in_virtual_time
async def test_a_reconnect_subscribes_once_and_doubles_nothing() -> None:
    device = heart_rate().device
    device.keeps_old_callbacks = True
    async with running(Air(device), STRAP) as (link, taken):
        await live(link)
        device.drop()
        await until(lambda: link.state is not LinkState.LIVE)
        await live(link)
        taken.inputs.clear()
        device.send(HEART_RATE, HEART_RATE_FRAME)
        assert len(taken.frames(HEART_RATE)) == 1
    assert device.operations("subscribe").count(HEART_RATE) == 2
    assert device.operations("unsubscribe") == []


@pytest.mark.parametrize(
    "step", [HANG, DROP, BleakError("Not connected"), BrokenPipeError(), EOFError(), KeyError("x")]
)
@pytest.mark.parametrize("place", ["connect", "subscribe"])
@in_virtual_time
async def test_a_failed_step_is_tried_again(place: str, step: BaseException | str) -> None:
    device = heart_rate().device
    (device.on_connect if place == "connect" else device.characteristics[HEART_RATE].on_subscribe).append(
        step
    )
    async with running(Air(device), STRAP) as (link, taken):
        await live(link, within_s=60.0)
        assert LinkState.BACKING_OFF in taken.states
        assert LinkState.LOST not in taken.states
        assert taken.events[-1].reconnects == 0
        device.send(HEART_RATE, HEART_RATE_FRAME)
        assert len(taken.frames(HEART_RATE)) == 1


@in_virtual_time
async def test_the_pauses_grow_and_a_success_resets_them() -> None:
    device = heart_rate().device
    device.on_connect += [BleakError("failed")] * 4
    async with running(Air(device), STRAP) as (link, taken):
        await live(link)
    pauses = [
        e.reason.rpartition("next try in ")[2] for e in taken.events if e.state is LinkState.BACKING_OFF
    ]
    assert pauses == ["0.2 s", "0.5 s", "1.0 s", "2.0 s"]


@in_virtual_time
async def test_a_hanging_battery_does_not_cost_the_stream() -> None:
    device = heart_rate().device
    device.characteristics[sig.BATTERY_LEVEL].on_read.append(HANG)
    async with (
        running(Air(device), STRAP) as (link, taken),
        asyncio.TaskGroup() as group,
    ):
        beats = group.create_task(stream(device, HEART_RATE, HEART_RATE_FRAME))
        await asyncio.sleep(60.0)
        assert LinkState.LOST not in taken.states
        assert link.health().data_count >= 58
        beats.cancel()


@in_virtual_time
async def test_a_consumer_that_fails_ends_the_link_with_its_own_error() -> None:
    class Full(Taken):
        def __call__(self, one: Frame | LinkEvent) -> None:
            if isinstance(one, Frame) and one.characteristic == HEART_RATE:
                raise OSError("no space left")
            super().__call__(one)

    device = heart_rate().device

    async def session() -> None:
        async with running(Air(device), STRAP, taken=Full()) as (link, _):
            await live(link)
            device.send(HEART_RATE, HEART_RATE_FRAME)
            await asyncio.sleep(10.0)

    with pytest.raises(ExceptionGroup) as failure:
        await session()
    assert [repr(one) for one in failure.value.exceptions] == ["OSError('no space left')"]


@in_virtual_time
async def test_cancellation_disconnects() -> None:
    device = heart_rate().device
    async with running(Air(device), STRAP) as (link, _):
        await live(link)
    assert device.client is None
    assert device.operations("disconnect") == [""]
