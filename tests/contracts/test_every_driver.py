"""What holds for every driver in the catalogue, on scripted air and in virtual time."""

import asyncio
import re

import pytest

from devices.adapter.advertisement import Advertisement
from devices.adapter.scanner import family_of
from devices.drivers.catalog import DRIVERS, driver_for
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import UnknownFamilyError
from devices.frames import LinkState
from protocols.ble.codec import assigned_numbers as sig
from tests.devices.links import running
from tests.support.products import PRODUCTS, Product
from tests.support.scripted_link import HANG, Air, live, until
from tests.support.virtual_time import in_virtual_time

FAMILIES = [driver.family for driver in DRIVERS]
# Without a question these say nothing: their data are answers.
ASKED = {
    "viatom_o2",
    "viatom_oxyii",
    "viatom_bp2",
    "microlife",
    "omron_memory",
    "walkingpad",
    "fitshow",
    "fora",
}


def driver_of(family: str) -> type[Driver]:
    return next(driver for driver in DRIVERS if driver.family == family)


def advertised(product: Product, **changes: object) -> Advertisement:
    device = product.device
    facts: dict[str, object] = {
        "address": device.address,
        "name": device.name,
        "received_ns": 0,
        "rssi_dbm": -60,
        "service_uuids": frozenset(device.service_uuids),
        "manufacturer_data": device.manufacturer_data,
    }
    return Advertisement(**(facts | changes))  # type: ignore[arg-type]


def test_every_driver_has_a_product_here_and_a_family_of_its_own() -> None:
    assert sorted(FAMILIES) == sorted(PRODUCTS)
    assert len(set(FAMILIES)) == len(FAMILIES)


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.family)
def test_what_it_says_of_itself(driver: type[Driver]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", driver.family)
    assert driver.title
    assert driver.__doc__
    assert driver.data
    assert driver.data <= set(driver.subscriptions)
    for uuid in (*driver.required, *driver.subscriptions):
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", uuid)
    assert 0 < driver.stale_after_s <= driver.first_data_within_s
    if driver.bonds:
        assert driver.advice


@pytest.mark.parametrize("family", FAMILIES)
def test_its_product_is_offered_to_it_and_to_no_other_before(family: str) -> None:
    assert family_of(advertised(PRODUCTS[family]()), DRIVERS) == family


@pytest.mark.parametrize(
    ("name", "services", "company"),
    [
        ("", (), None),
        ("Kitchen Phone", (), 0x004C),
        # UUIDs that sensors share with countless gadgets.
        ("HM-10", ("0000ffe5-0000-1000-8000-00805f9b34fb",), None),
        ("Lamp", (sig.uuid16(0xFFF0),), None),
        ("UART", ("6e400001-b5a3-f393-e0a9-e50e24dcca9e",), None),
        ("Serial", ("49535343-fe7d-4ae5-8fa9-9fafd205e455",), None),
        # A ring that records by itself does not speak.
        ("T8520_1234", (), sig.COMPANY_VIATOM_RECORDING),
        # A Beurer that is no cuff, an Omron without the cuff's service.
        ("PO60", (), sig.COMPANY_BEURER),
        ("Scale", (), sig.COMPANY_OMRON),
        # Its maker's thermometer and oximeter.
        ("FORA IR40", ("00001523-1212-efde-1523-785feabcd123",), None),
        ("TAIDOC TD8255", ("00001523-1212-efde-1523-785feabcd123",), None),
        # A Viatom of neither kind.
        ("ER1 1234", ("14839ac4-7d7e-415c-9a42-167340cf2339",), sig.COMPANY_VIATOM),
    ],
)
def test_strangers_are_nobodys(name: str, services: tuple[str, ...], company: int | None) -> None:
    stranger = Advertisement(
        address="C0:00:00:00:00:99",
        name=name,
        received_ns=0,
        rssi_dbm=-60,
        service_uuids=frozenset(services),
        manufacturer_data={} if company is None else {company: b"\1"},
    )
    assert family_of(stranger, DRIVERS) is None


@pytest.mark.parametrize(
    ("name", "service", "family"),
    [
        ("BP2 0123", "14839ac4-7d7e-415c-9a42-167340cf2339", "viatom_bp2"),
        ("O2Ring 0123", "14839ac4-7d7e-415c-9a42-167340cf2339", "viatom_o2"),
        ("My Oximeter", "cdeacb80-5235-4c07-8846-93a37ee6b86d", "jumper"),
        ("YK-IBPA1", "cdeacd80-5235-4c07-8846-93a37ee6b86d", "yonker"),
        ("BM1000C", sig.PULSE_OXIMETER_SERVICE, "berrymed"),
        ("Nonin3230_1", sig.PULSE_OXIMETER_SERVICE, "nonin"),
        ("FORA P30 PLUS", "00001523-1212-efde-1523-785feabcd123", "fora"),
        ("boso medicus", sig.BLOOD_PRESSURE_SERVICE, "blood_pressure"),
        ("Polar H10 12345678", sig.HEART_RATE_SERVICE, "heart_rate"),
        ("PM5 430070439", sig.FITNESS_MACHINE_SERVICE, "concept2_pm5"),
        ("KS-HD-Z1D", sig.FITNESS_MACHINE_SERVICE, "fitness_machine"),
        ("FS-8495CB", sig.FITNESS_MACHINE_SERVICE, "fitness_machine"),
        ("FS-46CEE4", sig.uuid16(0xFFF0), "fitshow"),
    ],
)
def test_look_alikes_are_told_apart(name: str, service: str, family: str) -> None:
    product = PRODUCTS[family]()
    seen = advertised(product, name=name, service_uuids=frozenset({service}), manufacturer_data={})
    assert family_of(seen, DRIVERS) == family


def test_an_unknown_family_names_the_known_ones() -> None:
    with pytest.raises(UnknownFamilyError, match="witmotion") as failure:
        driver_for(DeviceConfig(device="x", family="witmotoin"))
    assert failure.value.family == "witmotoin"
    assert failure.value.known == tuple(sorted(FAMILIES))


@pytest.mark.parametrize("family", FAMILIES)
@in_virtual_time
async def test_it_goes_live_and_hands_its_data_on_untouched(family: str) -> None:
    product = PRODUCTS[family]()
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link, within_s=30.0)
        before = len(taken.payloads(product.stream))
        product.talk()
        assert taken.payloads(product.stream)[before:] == [product.data]
        assert LinkState.BACKING_OFF not in taken.states


@pytest.mark.parametrize("family", FAMILIES)
@in_virtual_time
async def test_it_subscribes_once_a_connection_and_never_unsubscribes(family: str) -> None:
    product = PRODUCTS[family]()
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link, within_s=30.0)
        product.device.drop()
        await until(lambda: link.state is not LinkState.LIVE)
        await live(link, within_s=60.0)
        before = len(taken.payloads(product.stream))
        product.talk()
        assert len(taken.payloads(product.stream)) == before + 1
        subscriptions = product.device.operations("subscribe")
        assert product.device.connects == 2
        assert sorted(subscriptions) == sorted(2 * [*dict.fromkeys(subscriptions)])
    assert product.device.operations("unsubscribe") == []


@pytest.mark.parametrize("family", FAMILIES)
@in_virtual_time
async def test_a_drop_is_a_loss_for_a_stream_and_the_end_of_a_visit_for_a_cuff(family: str) -> None:
    product = PRODUCTS[family]()
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link, within_s=30.0)
        product.talk()
        product.device.drop()
        await until(lambda: link.state is not LinkState.LIVE)
        after_live = taken.states[taken.states.index(LinkState.LIVE) + 1]
        assert after_live is (LinkState.SEARCHING if link.driver.episodic else LinkState.LOST)


@pytest.mark.parametrize("family", [family for family in FAMILIES if family not in ASKED])
@in_virtual_time
async def test_silence_is_a_loss_for_a_stream_and_the_end_of_a_visit_for_a_cuff(family: str) -> None:
    product = PRODUCTS[family]()
    driver = driver_of(family)
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link, within_s=30.0)
        product.talk()
        await until(lambda: link.state is not LinkState.LIVE, within_s=90.0)
        after_live = taken.states[taken.states.index(LinkState.LIVE) + 1]
        assert after_live is (LinkState.SEARCHING if driver.episodic else LinkState.LOST)
        assert product.device.operations("disconnect") or product.device.client is None


# These have given all they had, and are gone, before anybody can stop answering.
@pytest.mark.parametrize("family", sorted(ASKED - {"microlife", "omron_memory", "fora"}))
@in_virtual_time
async def test_a_device_that_no_longer_answers_is_lost(family: str) -> None:
    product = PRODUCTS[family]()
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link, within_s=30.0)
        await asyncio.sleep(5.0)
        for characteristic in product.device.characteristics.values():
            characteristic.reply = None
        await until(lambda: LinkState.LOST in taken.states, within_s=60.0)


@pytest.mark.parametrize("family", FAMILIES)
@in_virtual_time
async def test_a_device_that_hangs_at_every_step_is_never_waited_for_without_end(family: str) -> None:
    product = PRODUCTS[family]()
    for characteristic in product.device.characteristics.values():
        characteristic.on_read = [HANG]
        characteristic.on_write = [HANG]
        characteristic.on_subscribe = [HANG]
    async with running(Air(product.device), product.config) as (link, _):
        await live(link, within_s=600.0)


@pytest.mark.parametrize("family", FAMILIES)
@in_virtual_time
async def test_another_product_under_its_name_is_given_up_with_a_reason(family: str) -> None:
    product = PRODUCTS[family]()
    product.device.characteristics.clear()
    async with running(Air(product.device), product.config) as (_, taken):
        await until(lambda: LinkState.GIVEN_UP in taken.states, within_s=120.0)
        assert "the device has no characteristic" in taken.events[-1].reason


@pytest.mark.parametrize("family", FAMILIES)
@in_virtual_time
async def test_noise_in_place_of_answers_breaks_nothing(family: str) -> None:
    """Whatever bytes arrive: they are handed on, and the link stays within its states."""
    product = PRODUCTS[family]()
    noise = [bytes(n % 251 for n in range(length)) for length in (0, 1, 7, 20, 244)]

    def babble(_: bytes = b"") -> None:
        for payload in noise:
            product.device.send(product.stream, payload)

    for characteristic in product.device.characteristics.values():
        characteristic.reply = babble
        characteristic.value = b"\xff" * 3
    async with running(Air(product.device), product.config) as (link, taken):
        await until(lambda: link.state in (LinkState.LIVE, LinkState.BACKING_OFF, LinkState.GIVEN_UP))
        await asyncio.sleep(60.0)
        assert taken.events
