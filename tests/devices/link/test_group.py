"""All links of a station."""

import asyncio

import pytest

from devices.adapter.radio import Radio
from devices.drivers.driver import DeviceConfig
from devices.errors import OptionError, UnknownFamilyError
from devices.frames import LinkState
from devices.link.group import StationLinks
from tests.devices.links import NOON, Taken
from tests.support.products import cuff, heart_rate, pulse_oximeter
from tests.support.scripted_link import Air, live
from tests.support.virtual_time import in_virtual_time, now_ns


def station(air: Air, *configs: DeviceConfig) -> tuple[StationLinks, Taken]:
    taken = Taken()
    radio = Radio(air.client_backend, air.scanner_backend)
    links = StationLinks(configs, radio, taken, now_ns, local_time=lambda: NOON, unit_random=lambda: 0.0)
    return links, taken


@in_virtual_time
async def test_every_device_is_kept_and_cancellation_frees_all() -> None:
    strap, oximeter = heart_rate("C0:00:00:00:00:01"), pulse_oximeter()
    oximeter.device.address = "C0:00:00:00:00:02"
    configs = [
        DeviceConfig(device="strap", family="heart_rate", address="C0:00:00:00:00:01"),
        DeviceConfig(device="oximeter", family="pulse_oximeter", address="C0:00:00:00:00:02"),
    ]
    links, taken = station(Air(strap.device, oximeter.device), *configs)
    running = asyncio.create_task(links.run())
    for link in links.links:
        await live(link)
    health = links.health()
    assert [(one.device, one.state, one.rssi_dbm) for one in health] == [
        ("strap", LinkState.LIVE, -60),
        ("oximeter", LinkState.LIVE, -60),
    ]
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled()
    assert strap.device.client is None
    assert oximeter.device.client is None
    assert {event.device for event in taken.events} == {"strap", "oximeter"}


@pytest.mark.parametrize(
    ("config", "error"),
    [
        (DeviceConfig(device="x", family="nothing"), UnknownFamilyError),
        (DeviceConfig(device="x", family="witmotion", options={"rate_hz": 99}), OptionError),
    ],
)
@in_virtual_time
async def test_wrong_settings_are_found_before_anything_runs(
    config: DeviceConfig, error: type[Exception]
) -> None:
    with pytest.raises(error):
        station(Air(), config)


@in_virtual_time
async def test_health_tells_ages() -> None:
    product = cuff()
    links, _ = station(Air(product.device), product.config)
    running = asyncio.create_task(links.run())
    await live(links.links[0])
    product.talk()
    await asyncio.sleep(7.0)
    (health,) = links.health()
    assert (health.data_age_s, health.data_count) == (pytest.approx(7.0), 1)
    assert health.in_state_s == pytest.approx(7.0, abs=0.1)
    assert (health.reconnects, health.failures_in_a_row, health.address) == (0, 0, product.device.address)
    running.cancel()
    await asyncio.wait([running])
