"""A device, tried for a moment."""

import asyncio

import pytest

from devices.adapter.radio import Radio
from devices.drivers.driver import DeviceConfig
from devices.errors import UnknownFamilyError
from devices.link.probe import ProbeResult, probe_device
from protocols.ble.codec import assigned_numbers as sig
from tests.support.products import ADDRESS, HEART_RATE_FRAME, Product, and_cuff, heart_rate
from tests.support.scripted_link import Air, ScriptedCharacteristic
from tests.support.virtual_time import in_virtual_time, now_ns


async def tried(product: Product, *, seconds: float = 30.0) -> ProbeResult:
    air = Air(product.device)
    radio = Radio(air.client_backend, air.scanner_backend)
    return await probe_device(product.config, radio, seconds=seconds, now_ns=now_ns)


async def _beat(product: Product) -> None:
    while True:
        await asyncio.sleep(1.0)
        product.talk()


@in_virtual_time
async def test_a_device_that_works_is_seen_to_work_and_left() -> None:
    strap = heart_rate()
    strap.device.characteristics[sig.MODEL_NUMBER] = ScriptedCharacteristic(["read"], value=b"Model 1\0")
    await asyncio.sleep(10_000.0)  # at instant 0 a wrong sign of an instant could not be seen
    beating = asyncio.create_task(_beat(strap))
    trial = await tried(strap)
    assert trial.data_count in (2, 3)
    assert trial.last is not None
    assert (trial.last.payload, trial.battery_percent, trial.model) == (HEART_RATE_FRAME, 90, "Model 1")
    assert trial.heard_after_s == pytest.approx(0.1, abs=0.05)
    assert trial.live_after_s == pytest.approx(0.2, abs=0.1)
    assert trial.first_data_after_s == pytest.approx(1.0, abs=0.05)
    assert (trial.rssi_dbm, trial.reason) == (-60, "")
    assert now_ns() < 10_003.5e9
    assert strap.device.client is None
    beating.cancel()


@in_virtual_time
async def test_a_device_that_is_not_there() -> None:
    strap = heart_rate()
    strap.device.advertising = False
    trial = await tried(strap)
    assert (trial.heard_after_s, trial.live_after_s, trial.first_data_after_s) == (None, None, None)
    assert (trial.data_count, trial.last, trial.battery_percent, trial.model) == (0, None, None, "")
    assert now_ns() == pytest.approx(30e9, abs=1e8)


@in_virtual_time
async def test_a_silent_device_says_why_it_is_not_enough() -> None:
    strap = heart_rate()
    strap.device.characteristics[sig.BATTERY_LEVEL].value = b"\xff"
    trial = await tried(strap, seconds=12.0)
    assert trial.live_after_s is not None
    assert trial.first_data_after_s is None
    assert "no data for 10.0 s" in trial.reason
    assert trial.battery_percent is None


@in_virtual_time
async def test_a_trial_does_not_touch_a_clock() -> None:
    cuff = and_cuff()
    await tried(cuff, seconds=5.0)
    assert cuff.device.operations("write") == []


@in_virtual_time
async def test_an_unknown_family_is_said_before_anything_else() -> None:
    with pytest.raises(UnknownFamilyError):
        await probe_device(
            DeviceConfig(device="x", family="nothing", address=ADDRESS),
            Radio(Air().client_backend, Air().scanner_backend),
            seconds=1.0,
            now_ns=now_ns,
        )
