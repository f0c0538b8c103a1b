"""Options of a device, and what a driver does if its family does not say otherwise."""

import asyncio
import re
from pathlib import Path

import pytest

from devices.drivers.catalog import DRIVERS
from devices.drivers.driver import COMMON_OPTIONS, DeviceConfig, Option
from devices.drivers.heart_rate import HeartRateStrap
from devices.drivers.movella_dot import MovellaDot
from devices.drivers.movesense import Movesense
from devices.drivers.polar_pmd import PolarPmd
from devices.drivers.thingy52 import Thingy52
from devices.drivers.witmotion import WitMotion
from devices.errors import OptionError, UnknownOptionError
from tests.devices.links import running
from tests.support.products import PRODUCTS
from tests.support.scripted_link import Air, live
from tests.support.virtual_time import in_virtual_time


def config(**options: Option) -> DeviceConfig:
    return DeviceConfig(device="imu", family="x", options=options)


def test_options_have_a_default_and_a_type() -> None:
    one = config(serial="S-1", bond=True, rate_hz=50, passkey=123456)
    assert (one.text("serial"), one.text("missing"), one.text("missing", "x")) == ("S-1", "", "x")
    assert (one.flag("bond", default=False), one.flag("missing", default=True)) == (True, True)
    assert (one.number("rate_hz", 100.0), one.number("missing", 100.0)) == (50.0, 100.0)


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda one: one.text("bond"), "a str"),
        (lambda one: one.flag("serial", default=False), "a bool"),
        (lambda one: one.number("serial", 1.0), "a number"),
        (lambda one: one.number("bond", 1.0), "a number"),
    ],
)
def test_a_wrong_type_names_device_option_and_expectation(ask: object, expected: str) -> None:
    with pytest.raises(OptionError, match=f"imu: option (bond|serial) must be {expected}") as failure:
        ask(config(serial="S-1", bond=True))  # type: ignore[operator]
    assert failure.value.device == "imu"
    assert failure.value.expected == expected


@pytest.mark.parametrize(
    ("driver", "options", "expected"),
    [
        (WitMotion, {"rate_hz": 60}, "0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200"),
        (MovellaDot, {"rate_hz": 100}, "1, 4, 10, 12, 15, 20, 30, 60"),
        (Movesense, {"rate_hz": 100}, "13, 26, 52, 104"),
        (Thingy52, {"rate_hz": 4}, "from 5 to 200"),
        (Thingy52, {"rate_hz": 12.5}, "whole number"),
        (PolarPmd, {"streams": "acc pulse"}, "acc gyr mag ecg ppg ppi"),
        (PolarPmd, {"streams": ""}, "acc gyr mag ecg ppg ppi"),
    ],
)
def test_a_setting_that_the_product_lacks_is_refused_when_the_driver_is_made(
    driver: type, options: dict[str, Option], expected: str
) -> None:
    with pytest.raises(OptionError, match=expected):
        driver(config(**options))


def test_a_misspelt_option_is_no_silent_one() -> None:
    with pytest.raises(UnknownOptionError, match=r"option rate is not known; known: .*rate_hz") as failure:
        WitMotion(config(rate=50))
    assert failure.value.known == ("bond", "passkey", "rate_hz", "serial", "set_time")


def test_the_options_in_the_documentation_are_these() -> None:
    page = (Path(__file__).parents[3] / "docs" / "links.md").read_text(encoding="utf-8")
    rows = [
        line.split("|")[1:3] for line in page.splitlines() if line.startswith("| `") and line.count("|") == 4
    ]
    told = {name: families for names, families in rows for name in re.findall(r"`(\w+)`", names)}
    for driver in DRIVERS:
        for option in driver.own_options:
            assert f"`{driver.family}`" in told[option]
    assert told.keys() >= COMMON_OPTIONS


@pytest.mark.parametrize(("given", "passkey"), [(123456, 123456), (42, 42), ("000042", 42), (0, 0)])
def test_a_passkey_is_a_number_or_six_digits(given: Option, passkey: int) -> None:
    assert HeartRateStrap(config(passkey=given)).passkey == passkey
    assert HeartRateStrap(config()).passkey is None


@pytest.mark.parametrize("given", [1234567, -1, "12345", "abcdef", True, 12.5])
def test_anything_else_is_no_passkey(given: Option) -> None:
    with pytest.raises(OptionError, match="passkey must be six digits"):
        HeartRateStrap(config(passkey=given))


@pytest.mark.parametrize("wrong", [{"serial": 5}, {"bond": "yes"}, {"set_time": 1}])
def test_the_common_options_are_checked_when_the_driver_is_made(wrong: dict[str, Option]) -> None:
    with pytest.raises(OptionError):
        HeartRateStrap(config(**wrong))


@in_virtual_time
async def test_the_serial_number_of_the_standard_service_is_trimmed() -> None:
    strap = PRODUCTS["heart_rate"]()
    strap.options["serial"] = "S-1"
    async with running(Air(strap.device), strap.config) as (link, _):
        await live(link)


@in_virtual_time
async def test_a_stream_is_kept_by_doing_nothing() -> None:
    driver = HeartRateStrap(config())
    keeping = asyncio.create_task(driver.keep_alive(None))  # type: ignore[arg-type]
    await asyncio.sleep(3600.0)
    assert not keeping.done()
    keeping.cancel()


@pytest.mark.parametrize("family", ["cms50d_bt", "movella_dot", "metamotion", "movesense", "polar_pmd"])
@in_virtual_time
async def test_what_was_started_is_stopped_when_the_session_ends(family: str) -> None:
    product = PRODUCTS[family]()
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        before = len(product.device.operations("write"))
    farewell = product.device.operations("write")[before:]
    assert farewell
    assert product.device.log[-1][1] == "disconnect"


@in_virtual_time
async def test_a_farewell_is_not_waited_for() -> None:
    product = PRODUCTS["movella_dot"]()
    async with running(Air(product.device), product.config) as (link, _):
        await live(link)
        for characteristic in product.device.characteristics.values():
            characteristic.on_write = ["hang"]
        since_s = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - since_s < 2.5
    assert product.device.client is None
