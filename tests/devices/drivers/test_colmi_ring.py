"""Rings: one measurement at a time, kept going, and ended."""

import asyncio

import pytest

from devices.drivers.catalog import driver_for
from devices.drivers.driver import DeviceConfig
from devices.errors import OptionError
from protocols.ble import colmi_ring
from protocols.ble.colmi_ring import Opcode, Packet
from tests.devices.links import running
from tests.support.products import PRODUCTS, Product
from tests.support.scripted_link import Air, live
from tests.support.virtual_time import in_virtual_time


def told(product: Product) -> list[Packet]:
    """What the driver says from now on."""
    packets: list[Packet] = []
    write = product.device.characteristics[colmi_ring.WRITE]
    answer = write.reply

    def keep(data: bytes) -> None:
        packets.append(colmi_ring.decode_packet(data))
        if answer is not None:
            answer(data)

    write.reply = keep
    return packets


@in_virtual_time
async def test_it_is_told_to_go_on_before_it_stops_by_itself_and_to_rest_at_the_end() -> None:
    product = PRODUCTS["colmi_ring"]()
    packets = told(product)
    async with running(Air(product.device), product.config) as (link, _):
        await live(link, within_s=30.0)
        for _ in range(45):
            product.talk()
            await asyncio.sleep(1.0)
    kinds = [(packet.opcode, packet.content[:2].hex()) for packet in packets]
    assert kinds[:2] == [(Opcode.START, "0101"), (Opcode.BATTERY, "0000")]
    assert kinds[2:4] == [(Opcode.START, "0103"), (Opcode.START, "0103")]
    assert kinds[-1] == (Opcode.STOP, "0100")


@in_virtual_time
async def test_the_option_measures_saturation_in_place_of_the_rate() -> None:
    product = PRODUCTS["colmi_ring"]()
    product.options["measure"] = "spo2"
    packets = told(product)
    async with running(Air(product.device), product.config) as (link, _):
        await live(link, within_s=30.0)
        assert packets[0].content[:2].hex() == "0301"


def test_it_measures_nothing_else() -> None:
    config = DeviceConfig(device="ring", family="colmi_ring", options={"measure": "blood_sugar"})
    with pytest.raises(OptionError, match="heart_rate or spo2"):
        driver_for(config)
