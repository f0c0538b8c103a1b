"""Battery and device information, beside the stream."""

import asyncio

import pytest
from bleak.exc import BleakGATTProtocolError

from devices.frames import LinkState
from devices.link.device_information import BATTERY_PERIOD_S
from protocols.ble.codec import assigned_numbers as sig
from tests.devices.links import running
from tests.support.products import Product, heart_rate
from tests.support.scripted_link import DROP, HANG, Air, ScriptedCharacteristic, live, until
from tests.support.virtual_time import in_virtual_time


@in_virtual_time
async def test_the_battery_is_read_first_and_again_and_again() -> None:
    strap = heart_rate()
    strap.device.characteristics[sig.MODEL_NUMBER] = ScriptedCharacteristic(["read"], value=b"M")
    async with running(Air(strap.device), strap.config) as (link, taken), asyncio.TaskGroup() as group:
        await live(link)
        beats = group.create_task(_beat(strap))
        await asyncio.sleep(2 * BATTERY_PERIOD_S + 10.0)
        assert len(taken.payloads(sig.BATTERY_LEVEL)) == 3
        assert taken.payloads(sig.MODEL_NUMBER) == [b"M"]
        assert strap.device.operations("read")[0] == sig.BATTERY_LEVEL
        beats.cancel()


async def _beat(strap: Product) -> None:
    while True:
        await asyncio.sleep(1.0)
        strap.talk()


@pytest.mark.parametrize("step", [HANG, BleakGATTProtocolError(0x02), BleakGATTProtocolError(0x05)])
@pytest.mark.parametrize("place", ["on_read", "on_subscribe"])
@in_virtual_time
async def test_what_is_not_answered_is_not_asked_for_again(place: str, step: Exception | str) -> None:
    strap = heart_rate()
    setattr(strap.device.characteristics[sig.BATTERY_LEVEL], place, [step])
    async with running(Air(strap.device), strap.config) as (link, taken), asyncio.TaskGroup() as group:
        beats = group.create_task(_beat(strap))
        await live(link)
        await until(lambda: taken.frames(sig.SERIAL_NUMBER))
        # A device that does not want to be asked for its battery has not failed.
        assert LinkState.LOST not in taken.states
        strap.device.drop()
        await until(lambda: link.state is not LinkState.LIVE)
        await live(link)
        await asyncio.sleep(3.0)
        kind = "read" if place == "on_read" else "subscribe"
        assert strap.device.operations(kind).count(sig.BATTERY_LEVEL) == 1
        beats.cancel()


@in_virtual_time
async def test_a_device_whose_link_ends_at_the_question_keeps_its_stream_in_the_end() -> None:
    strap = heart_rate()
    strap.device.characteristics[sig.SERIAL_NUMBER].on_read = [DROP] * 10
    async with running(Air(strap.device), strap.config) as (link, taken), asyncio.TaskGroup() as group:
        beats = group.create_task(_beat(strap))
        await asyncio.sleep(60.0)
        assert taken.states.count(LinkState.LOST) == 2
        assert link.state is LinkState.LIVE
        beats.cancel()
