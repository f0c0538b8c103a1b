"""Pulse oximeters: what each is told, and what it is asked."""

import asyncio
from dataclasses import replace

import pytest

from devices.drivers.driver import DeviceConfig
from devices.frames import LinkState
from protocols.ble import cms50d_bt, mightysat, nonin, pc60fw, viatom_o2, viatom_oxyii
from protocols.ble.codec import assigned_numbers as sig
from tests.devices.links import running
from tests.support.products import (
    Product,
    cms50d_oximeter,
    mightysat_oximeter,
    nonin_oximeter,
    o2ring,
    o2ring_s,
    pc60fw_oximeter,
    pulse_oximeter,
)
from tests.support.scripted_link import Air, live, until
from tests.support.virtual_time import in_virtual_time, now_ns


def written(product: Product) -> list[bytes]:
    return [bytes.fromhex(w.split()[1]) for w in product.device.operations("write")]


@in_virtual_time
async def test_an_oximeter_with_spot_checks_only_may_be_silent() -> None:
    product = pulse_oximeter()
    del product.device.characteristics[sig.PLX_CONTINUOUS_MEASUREMENT]
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link)
        await asyncio.sleep(600.0)
        assert taken.states[-1] is LinkState.LIVE
        product.device.send(sig.PLX_SPOT_CHECK_MEASUREMENT, b"\0")
        assert taken.payloads(sig.PLX_SPOT_CHECK_MEASUREMENT) == [b"\0"]


@pytest.mark.parametrize("waveform", [False, True])
@in_virtual_time
async def test_waveforms_are_an_option(waveform: bool) -> None:
    for make, on_air in ((nonin_oximeter, _nonin_waves), (pc60fw_oximeter, _pc60fw_waves)):
        product = make()
        product.options["waveform"] = waveform
        async with running(Air(product.device), product.config) as (link, _):
            await live(link)
            assert on_air(product) is waveform


def _nonin_waves(product: Product) -> bool:
    return nonin.PPG in product.device.operations("subscribe")


def _pc60fw_waves(product: Product) -> bool:
    values, wave = (pc60fw.decode_frame(frame) for frame in written(product))
    assert values == pc60fw.Enable()
    assert isinstance(wave, pc60fw.Enable)
    return wave.on


@in_virtual_time
async def test_a_nonin_without_its_extras_is_a_nonin() -> None:
    product = nonin_oximeter()
    product.options["waveform"] = True
    for extra in (nonin.PPG, nonin.PULSE_INTERVALS):
        del product.device.characteristics[extra]
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)


@in_virtual_time
async def test_a_pc60fw_that_cannot_be_written_to_streams_by_itself() -> None:
    product = pc60fw_oximeter()
    del product.device.characteristics[pc60fw.WRITE]
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)


@in_virtual_time
async def test_a_cms50d_is_kept_awake() -> None:
    product = cms50d_oximeter()
    async with running(Air(product.device), product.config) as (link, _), asyncio.TaskGroup() as group:
        values = group.create_task(_talk(product))
        await live(link)
        assert written(product) == [command.value for command in cms50d_bt.START_SEQUENCE]
        await asyncio.sleep(21.0)
        assert written(product)[5:] == [cms50d_bt.Command.KEEP_ALIVE.value] * 4
        values.cancel()


async def _talk(product: Product) -> None:
    while True:
        await asyncio.sleep(1.0)
        product.talk()


@pytest.mark.parametrize("waveform", [False, True])
@in_virtual_time
async def test_a_mightysat_is_asked_who_it_is_and_its_clock_is_left_alone(waveform: bool) -> None:
    product = mightysat_oximeter()
    product.options["waveform"] = waveform
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        commands = [mightysat.decode_command(frame) for frame in written(product)]
        assert commands == [
            mightysat.GetInfo(),
            mightysat.SetStreams(parameters=0x1F, waves=3 if waveform else 0),
        ]


@in_virtual_time
async def test_a_mightysat_that_refuses_is_not_live() -> None:
    product = mightysat_oximeter(accepts=False)
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: LinkState.BACKING_OFF in taken.states)
        assert "streams should be on" in taken.events[-1].reason
        assert LinkState.LIVE not in taken.states


@pytest.mark.parametrize("waveform", [False, True])
@in_virtual_time
async def test_an_o2ring_is_asked_once_a_second(waveform: bool) -> None:
    product = o2ring()
    product.options["waveform"] = waveform
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        since_ns = now_ns()
        await asyncio.sleep(30.0)
        asked = [viatom_o2.decode_command(frame).opcode for frame in written(product)]
        assert set(asked) == {viatom_o2.Opcode.WAVEFORM if waveform else viatom_o2.Opcode.REALTIME}
        assert len(asked) == pytest.approx((now_ns() - since_ns) / 1e9, abs=1.5)
        assert all(len(frame) <= viatom_o2.WRITE_SIZE for frame in written(product))


@in_virtual_time
async def test_an_o2ring_s_is_spoken_to_in_the_order_that_works() -> None:
    product = o2ring_s()
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        await until(lambda: len(written(product)) >= 5)
        opcodes = [viatom_oxyii.decode_command(frame).opcode.name for frame in written(product)]
        assert opcodes[:5] == ["AUTHENTICATE", "SETUP", "SET_TIME", "LIVE", "LIVE"]


@in_virtual_time
async def test_an_o2ring_s_is_followed_to_its_new_address_by_its_serial_number() -> None:
    """Its address changes with every reset (o2r #5)."""
    product = o2ring_s()
    config = product.config
    product.device.address = "C0:00:00:00:00:77"
    product.options["serial"] = "2301234567"
    async with running(Air(product.device), _with(config, serial="2301234567")) as (link, _):
        await live(link)
        opcodes = [viatom_oxyii.decode_command(frame).opcode.name for frame in written(product)]
        assert opcodes[:4] == ["AUTHENTICATE", "DEVICE_INFO", "SETUP", "SET_TIME"]


@in_virtual_time
async def test_somebody_elses_o2ring_s_is_not_followed() -> None:
    product = o2ring_s(serial="9999999999")
    config = _with(product.config, serial="2301234567")
    product.device.address = "C0:00:00:00:00:77"
    async with running(Air(product.device), config) as (link, taken):
        await asyncio.sleep(120.0)
        assert LinkState.LIVE not in taken.states
        assert product.device.connects == 1
        assert link.state is LinkState.SEARCHING


@in_virtual_time
async def test_an_info_that_cannot_be_read_is_no_serial_number() -> None:
    product = o2ring_s()
    info = viatom_oxyii.encode_reply(viatom_oxyii.Reply(opcode=viatom_oxyii.Opcode.DEVICE_INFO, content=b"x"))
    product.device.characteristics[viatom_oxyii.WRITE].reply = lambda _: product.device.send(
        viatom_oxyii.NOTIFY, info
    )
    async with running(Air(product.device), _with(product.config, serial="2301234567")) as (_, taken):
        await until(lambda: LinkState.GIVEN_UP in taken.states)
        assert "the device says 'nothing'" in taken.events[-1].reason


def _with(config: DeviceConfig, **options: str) -> DeviceConfig:
    return replace(config, options={**config.options, **options})
