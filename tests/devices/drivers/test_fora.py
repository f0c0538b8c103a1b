"""FORA: the newest readings, oldest first, one person's if asked, and off."""

import pytest

from devices.adapter.advertisement import Advertisement
from devices.drivers.catalog import driver_for
from devices.drivers.driver import DeviceConfig
from devices.drivers.fora import Fora
from devices.errors import OptionError
from devices.frames import LinkState
from protocols.ble import fora
from protocols.ble.fora import Command, Opcode
from tests.devices.links import running
from tests.support.products import PRODUCTS, Product
from tests.support.scripted_link import Air, until
from tests.support.virtual_time import in_virtual_time


def told(product: Product, *, mute: set[Opcode] | None = None) -> list[Command]:
    """What the driver says from now on; the cuff does not answer what it is mute on."""
    commands: list[Command] = []
    line = product.device.characteristics[fora.DATA]
    answer = line.reply

    def keep(data: bytes) -> None:
        command = fora.decode_command(data)
        commands.append(command)
        if answer is not None and command.opcode not in (mute or set()):
            answer(data)

    line.reply = keep
    return commands


@in_virtual_time
async def test_the_newest_reading_comes_last_and_then_the_cuff_is_switched_off() -> None:
    product = PRODUCTS["fora"]()
    commands = told(product)
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: any(event.reason.startswith("complete") for event in taken.events), within_s=60.0)
    asked = [
        (command.opcode, command.content[0]) for command in commands if command.opcode is not Opcode.SET_CLOCK
    ]
    assert asked == [
        (Opcode.MODEL, 0),
        (Opcode.RECORD_COUNT, 0),
        (Opcode.RECORD_TIME, 1),
        (Opcode.RECORD_VALUES, 1),
        (Opcode.RECORD_TIME, 0),
        (Opcode.RECORD_VALUES, 0),
        (Opcode.TURN_OFF, 0),
    ]
    assert {command.content[3] for command in commands if command.opcode is Opcode.RECORD_VALUES} == {0}


@in_virtual_time
async def test_with_a_user_every_question_about_records_is_about_that_user() -> None:
    product = PRODUCTS["fora"]()
    product.options["user"] = 2
    commands = told(product)
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: any(event.reason.startswith("complete") for event in taken.events), within_s=60.0)
    about = (Opcode.RECORD_COUNT, Opcode.RECORD_TIME, Opcode.RECORD_VALUES)
    assert {command.content[3] for command in commands if command.opcode in about} == {2}


@in_virtual_time
async def test_a_cuff_that_takes_no_clock_and_tells_no_model_still_hands_out_its_readings() -> None:
    product = PRODUCTS["fora"]()
    told(product, mute={Opcode.SET_CLOCK, Opcode.MODEL})
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: any(event.reason.startswith("complete") for event in taken.events), within_s=90.0)
        replies = [fora.decode_reply(payload).opcode for payload in taken.payloads(fora.DATA)]
        assert replies.count(Opcode.RECORD_VALUES) == 2
        assert LinkState.GIVEN_UP not in taken.states


@pytest.mark.parametrize("user", [-1, 5, 1.5])
def test_there_are_four_users(user: float) -> None:
    with pytest.raises(OptionError, match="1 to 4"):
        driver_for(DeviceConfig(device="cuff", family="fora", options={"user": user}))


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("FORA D40", True), ("Fora P60", True), ("FORA IR40", False), ("TAIDOC TD3140", True)],
)
def test_cuffs_are_told_from_what_else_the_maker_has(name: str, is_one: bool) -> None:
    advertisement = Advertisement(
        address="C0:00:00:00:00:01",
        name=name,
        received_ns=0,
        rssi_dbm=-60,
        service_uuids=frozenset({fora.SERVICE}),
        manufacturer_data={},
    )
    assert Fora.matches(advertisement) is is_one
