"""Devices that rename themselves, or are sold under a number.

codal-microbit-v2 #78, siglo #54, medisanabp_ble #2.
"""

import asyncio
from dataclasses import replace

import pytest

from devices.adapter.advertisement import Advertisement
from devices.adapter.scanner import family_of
from devices.drivers.catalog import DRIVERS
from devices.drivers.driver import DeviceConfig
from devices.frames import LinkState
from devices.link.identity import IdentityState
from protocols.ble.codec.assigned_numbers import uuid16
from tests.devices.links import running
from tests.support import products
from tests.support.scripted_link import Air
from tests.support.virtual_time import in_virtual_time

HEART_RATE = next(driver for driver in DRIVERS if driver.family == "heart_rate")


def advertised(name: str, *uuids: int, address: str = "C0:00:00:00:00:09") -> Advertisement:
    return Advertisement(
        address=address,
        received_ns=0,
        rssi_dbm=-60,
        name=name,
        service_uuids=frozenset(uuid16(number) for number in uuids),
    )


@pytest.mark.parametrize("name", ["HRM", ""])
@in_virtual_time
async def test_a_strap_that_has_renamed_itself_is_named_while_it_is_searched_for(name: str) -> None:
    product = products.heart_rate(name="Strap 1")
    product.device.name = name
    async with running(Air(product.device), replace(product.config, address=None, name="Strap 1")) as (
        link,
        taken,
    ):
        await asyncio.sleep(120)
        assert link.state is LinkState.SEARCHING
        told = [one.reason for one in taken.events if one.reason]
        assert len(told) == 1, "once, and not again every half minute"
        assert (repr(name) if name else "without a name") in told[0]
        assert "not the name 'Strap 1'" in told[0]
        assert "station.toml" in told[0]


@pytest.mark.parametrize(
    "make", [products.berrymed_oximeter, products.pc60fw_oximeter, products.nonin_oximeter]
)
@in_virtual_time
async def test_an_oximeter_that_calls_itself_otherwise_is_named_and_its_address_asked_for(
    make: object,
) -> None:
    product = make()  # type: ignore[operator]
    product.device.name = "Device"
    async with running(Air(product.device), replace(product.config, address=None)) as (link, taken):
        await asyncio.sleep(120)
        if link.state is LinkState.SEARCHING:
            assert "'Device'" in taken.events[-1].reason
            assert "`address`" in taken.events[-1].reason


@pytest.mark.parametrize("name", ["1872B", "BU 570 connect", "BU580", "BU584", "SBM69"])
def test_a_cuff_that_is_sold_under_another_name_is_a_beurer(name: str) -> None:
    assert family_of(advertised(name, 0x1810), tuple(DRIVERS)) == "beurer"


def test_strangers_and_other_links_devices_are_not_named() -> None:
    identity = IdentityState(DeviceConfig(device="strap", family="heart_rate", name="Strap 1"), HEART_RATE)
    other = advertised("HRM", 0x180D)
    identity.reject(other.address)
    assert identity.near_misses([other]) == ""
    assert identity.near_misses([]) == ""


def test_an_address_that_is_not_heard_is_told_with_what_is() -> None:
    identity = IdentityState(
        DeviceConfig(device="strap", family="heart_rate", address="C0:00:00:00:00:01"), HEART_RATE
    )
    assert "not C0:00:00:00:00:01" in identity.near_misses([advertised("HRM", 0x180D)])
    assert identity.near_misses([advertised("Lamp")]) == ""
