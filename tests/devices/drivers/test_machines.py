"""Machines: listened to, never driven; what is special about each driver."""

import pytest

from devices.drivers.catalog import driver_for
from devices.drivers.driver import DeviceConfig
from devices.errors import OptionError
from devices.frames import LinkState
from protocols.ble import concept2_pm5, fitness_machine, fitshow, walkingpad
from tests.devices.links import running
from tests.support.products import PRODUCTS
from tests.support.scripted_link import Air, live, until
from tests.support.virtual_time import in_virtual_time


@in_virtual_time
async def test_subscriptions_of_a_treadmill_come_apart() -> None:
    """KingSmith's firmware drops a second one within 30 ms."""
    product = PRODUCTS["fitness_machine"]()
    async with running(Air(product.device), product.config) as (link, _):
        await live(link, within_s=30.0)
        assert product.device.operations("subscribe")[:2] == [
            fitness_machine.TREADMILL,
            fitness_machine.STATUS,
        ]
        assert product.device.operations("write") == []


@in_virtual_time
async def test_a_machine_without_any_record_is_another_product() -> None:
    product = PRODUCTS["fitness_machine"]()
    del product.device.characteristics[fitness_machine.TREADMILL]
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: LinkState.GIVEN_UP in taken.states, within_s=120.0)


@in_virtual_time
async def test_a_pm5_left_at_another_rate_is_set_to_one_report_a_second() -> None:
    product = PRODUCTS["concept2_pm5"]()
    async with running(Air(product.device), product.config) as (link, _):
        await live(link, within_s=30.0)
        rate = product.device.characteristics[concept2_pm5.SAMPLE_RATE]
        assert concept2_pm5.decode_sample_rate(rate.value) == 1.0


@in_virtual_time
async def test_a_pm5_that_does_not_take_the_rate_says_so() -> None:
    product = PRODUCTS["concept2_pm5"]()
    product.device.characteristics[concept2_pm5.SAMPLE_RATE].reply = None
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: LinkState.BACKING_OFF in taken.states, within_s=60.0)
        reasons = [event.reason for event in taken.events if event.state is LinkState.BACKING_OFF]
        assert "sample rate" in reasons[0]
        assert "0.1 s" in reasons[0]


@in_virtual_time
async def test_a_belt_is_asked_and_told_nothing_else() -> None:
    product = PRODUCTS["walkingpad"]()
    asked: list[bytes] = []
    belt = product.device.characteristics[walkingpad.WRITE]
    answer = belt.reply

    def keep(data: bytes) -> None:
        asked.append(data)
        if answer is not None:
            answer(data)

    belt.reply = keep
    async with running(Air(product.device), product.config) as (link, _):
        await live(link, within_s=30.0)
        await until(lambda: len(asked) >= 4, within_s=10.0)
    assert set(asked) == {walkingpad.encode_command(walkingpad.ASK_STATUS)}


@in_virtual_time
async def test_a_fitshow_belt_is_asked_and_told_nothing_else() -> None:
    product = PRODUCTS["fitshow"]()
    asked: list[bytes] = []
    belt = product.device.characteristics[fitshow.WRITE]
    answer = belt.reply

    def keep(data: bytes) -> None:
        asked.append(data)
        if answer is not None:
            answer(data)

    belt.reply = keep
    async with running(Air(product.device), product.config) as (link, _):
        await live(link, within_s=30.0)
        await until(lambda: len(asked) >= 4, within_s=10.0)
    assert set(asked) == {fitshow.encode_command(fitshow.ASK_STATUS)}


def test_miles_are_true_or_false() -> None:
    with pytest.raises(OptionError):
        driver_for(DeviceConfig(device="belt", family="fitshow", options={"miles": "mph"}))


@pytest.mark.parametrize("wheel_m", [0.2, 21.0])
def test_a_wheel_that_no_bicycle_has_is_refused(wheel_m: float) -> None:
    config = DeviceConfig(
        device="bike", family="cycling_speed_cadence", options={"wheel_circumference_m": wheel_m}
    )
    with pytest.raises(OptionError, match="metres"):
        driver_for(config)
