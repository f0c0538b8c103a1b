"""Omron cuffs whose readings are in their memory."""

import asyncio

import pytest

from devices.drivers.driver import DeviceConfig
from devices.drivers.omron_memory import OmronMemory
from devices.errors import ConfigurationError, UnknownModelError
from devices.frames import LinkState
from protocols.ble import omron_eeprom
from protocols.ble.codec import assigned_numbers as sig
from protocols.ble.omron_eeprom import Kind, UnlockKind
from protocols.ble.omron_memory_map import MAPS
from tests.devices.links import running
from tests.support.products import Product, omron_memory_cuff
from tests.support.scripted_link import Air, until
from tests.support.virtual_time import in_virtual_time, now_ns


def questions(product: Product) -> list[omron_eeprom.Packet]:
    sent = [one.split() for one in product.device.operations("write")]
    return [
        omron_eeprom.decode_packet(bytes.fromhex(payload))
        for uuid, payload in sent
        if uuid == omron_eeprom.WRITE[0]
    ]


def unlock_commands(product: Product) -> list[omron_eeprom.UnlockCommand]:
    sent = [one.split() for one in product.device.operations("write")]
    return [
        omron_eeprom.decode_unlock_command(bytes.fromhex(payload))
        for uuid, payload in sent
        if uuid == omron_eeprom.UNLOCK
    ]


def locked(product: Product, *, pairing_mode: bool) -> None:
    """A cuff that does not know our key; in its pairing mode it learns one."""
    keys: list[bytes] = []

    def reply(data: bytes) -> None:
        command = omron_eeprom.decode_unlock_command(data)
        if command.kind is UnlockKind.PROGRAM_KEY:
            keys.append(command.key)
        good = command.key in keys if command.kind is UnlockKind.UNLOCK else pairing_mode
        answer = omron_eeprom.UnlockReply(kind=command.kind, result=0 if good else 0x0F)
        product.device.send(omron_eeprom.UNLOCK, omron_eeprom.encode_unlock_reply(answer))

    product.device.characteristics[omron_eeprom.UNLOCK].reply = reply


@in_virtual_time
async def test_a_visit_reads_one_users_memory_once_and_ends_it() -> None:
    product = omron_memory_cuff()
    async with running(Air(product.device), product.config) as (link, taken):
        await until(lambda: any(one.reason.startswith("complete") for one in taken.events))
        product.device.advertising = False
        asked = questions(product)
        assert [one.kind for one in asked] == [Kind.START, *[Kind.READ] * 25, Kind.END]
        assert [(one.address, one.size) for one in asked[1:-1]] == list(MAPS["HEM-7322T"].reads(user=1))
        # Nothing was written into it, no clock, no counter.
        assert {one.kind for one in unlock_commands(product)} == {UnlockKind.UNLOCK}
        assert len(taken.frames(omron_eeprom.NOTIFY[0])) == 27
        assert LinkState.LOST not in taken.states
        assert link.driver.episodic


@in_virtual_time
async def test_a_cuff_in_its_pairing_mode_learns_our_key() -> None:
    product = omron_memory_cuff()
    locked(product, pairing_mode=True)
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: any(one.reason.startswith("complete") for one in taken.events))
        assert [one.kind for one in unlock_commands(product)][:4] == [
            UnlockKind.UNLOCK,
            UnlockKind.ENTER_PROGRAMMING,
            UnlockKind.PROGRAM_KEY,
            UnlockKind.UNLOCK,
        ]


@in_virtual_time
async def test_a_cuff_that_does_not_know_us_asks_for_a_person() -> None:
    product = omron_memory_cuff()
    locked(product, pairing_mode=False)
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: LinkState.GIVEN_UP in taken.states)
        assert "until a P blinks" in taken.events[-1].reason
        assert questions(product) == []


@in_virtual_time
async def test_in_an_unknown_models_memory_nothing_is_read() -> None:
    product = omron_memory_cuff(model=b"HEM-7142T2")
    async with running(Air(product.device), product.config) as (link, taken):
        await until(lambda: LinkState.GIVEN_UP in taken.states)
        assert isinstance(link.problem, UnknownModelError)
        assert "is a HEM-7142T2; known: HEM-7322T, HEM-7361T" in taken.events[-1].reason
        assert product.device.operations("write") == []


@in_virtual_time
async def test_the_settings_may_say_model_and_user() -> None:
    product = omron_memory_cuff()
    del product.device.characteristics[sig.MODEL_NUMBER]
    product.options.update(model="hem-7361t", user=2)
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: any(one.reason.startswith("complete") for one in taken.events))
        asked = [one for one in questions(product) if one.kind is Kind.READ]
        assert (asked[0].address, asked[0].size) == (0x06D8, 16)
        assert len(asked) == 100


@in_virtual_time
async def test_without_a_word_on_the_model_a_person_is_asked() -> None:
    product = omron_memory_cuff()
    del product.device.characteristics[sig.MODEL_NUMBER]
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: LinkState.GIVEN_UP in taken.states)
        assert "does not say which model it is" in taken.events[-1].reason


@in_virtual_time
async def test_a_cuff_that_falls_silent_in_the_middle_is_not_waited_for() -> None:
    product = omron_memory_cuff()
    asked = 0
    answer = product.device.characteristics[omron_eeprom.WRITE[0]].reply
    assert answer is not None

    def tire(data: bytes) -> None:
        nonlocal asked
        asked += 1
        if asked != 10:
            answer(data)

    product.device.characteristics[omron_eeprom.WRITE[0]].reply = tire
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: LinkState.LOST in taken.states)
        assert now_ns() < 10e9
        await until(lambda: any(one.reason.startswith("complete") for one in taken.events))
        await asyncio.sleep(0)


@pytest.mark.parametrize("options", [{"model": "HEM-1"}, {"user": 3}, {"user": "first"}, {"modell": "x"}])
def test_wrong_options_are_said_before_anything_runs(options: dict[str, str | float]) -> None:
    with pytest.raises(ConfigurationError, match=r"one of HEM-7322T|1 or 2|a number|not known"):
        OmronMemory(DeviceConfig(device="cuff", family="omron_memory", options=options))
