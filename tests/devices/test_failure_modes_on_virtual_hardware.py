"""Our links in each of the recorded failures, over real GATT: the simulators' own table, row by row.

The scripted devices of test_failure_modes.py do exactly what a test tells them; here bleak, its virtual
backend and bumble's stack on both sides stand between, and the fault is the simulators' reading of the
record.
Each row is met twice: the fault is there before the link begins, and it comes while the link lives.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from itertools import pairwise

import pytest

from devices.adapter.radio import Radio
from devices.adapter.scanner import Scanner
from devices.drivers.driver import DeviceConfig
from devices.errors import PairingError
from devices.frames import Frame, LinkEvent, LinkState
from devices.link.supervisor import SupervisedLink
from protocols.ble.codec import assigned_numbers as sig
from simulators.faults.failure_modes import FAILURE_MODES, FailureMode
from simulators.faults.links import LostBonds
from simulators.faults.schedule import inject
from simulators.radio.air import VirtualRadio
from simulators.radio.fault_hooks import HookCall, HookPoint
from simulators.radio.gatt.services import Characteristic, Security, Service
from tests.support.metronome import COUNTS, SERVICE, Metronome, MetronomeDriver
from tests.support.scripted_link import until
from tests.support.virtual_time import in_virtual_time, now_ns

pytestmark = [pytest.mark.untraced, pytest.mark.slow]

RATE_HZ = 10.0
FAULT_S = 40.0
# Longer than a scan needs to be found dead and rebuilt three times; nothing here waits for a person.
BACK_WITHIN_S = 150.0


class NamedMetronome(Metronome):
    """Has a serial number, as sensors have that change their address."""

    def services(self) -> Sequence[Service]:
        serial = Characteristic(uuid=sig.SERIAL_NUMBER, read=self.name.encode)
        return [*super().services(), Service(uuid=sig.DEVICE_INFORMATION_SERVICE, characteristics=[serial])]


class VirtualHostStack:
    """What `devices.adapter.bluez` does on BlueZ, on the virtual radio."""

    def __init__(self, air: VirtualRadio) -> None:
        self._air = air

    async def release(self, address: str) -> None:
        connection = self._air.station.connection_to(self._air.peripheral(address).air_address)
        if connection is not None:
            await self._air.station.disconnect(connection)

    async def forget(self, address: str) -> None:
        await self._air.fault_hooks.reach(HookCall(stage=HookPoint.FORGET, address=address))

    async def power_cycle(self, adapter: str | None) -> None:
        """Not allowed here."""

    def pairing(self, address: str, passkey: int | None) -> AbstractAsyncContextManager[None]:
        return nullcontext()


class Watched:
    """Everything that the links handed on; and whether LIVE was true whenever somebody looked."""

    def __init__(self) -> None:
        self.numbers: dict[str, list[int]] = {}
        self.events: list[LinkEvent] = []
        self.lies: list[str] = []

    def __call__(self, one: Frame | LinkEvent) -> None:
        if isinstance(one, LinkEvent):
            self.events.append(one)
        elif one.characteristic == COUNTS:
            self.numbers.setdefault(one.device, []).append(int.from_bytes(one.payload[:4], "little"))

    def count(self, device: str) -> int:
        return len(self.numbers.get(device, []))

    def look(self, link: SupervisedLink) -> None:
        """A link that is LIVE has had data a moment ago, or has just become so."""
        health = link.health()
        allowed_s = link.driver.stale_after_s if health.data_age_s is not None else 10.0
        age_s = health.in_state_s if health.data_age_s is None else health.data_age_s
        if health.state is LinkState.LIVE and min(age_s, health.in_state_s) > allowed_s + 0.1:
            self.lies.append(f"{health.device} LIVE, data {age_s:.1f} s old")


@asynccontextmanager
async def two_sensors(
    air: VirtualRadio, watched: Watched
) -> AsyncIterator[tuple[list[Metronome], list[SupervisedLink]]]:
    """The one that the fault is about, and a bystander; their links do not run yet."""
    sensors: list[Metronome] = [
        NamedMetronome(name=name, address=f"C0:00:00:00:03:0{n}", rate_hz=RATE_HZ)
        for n, name in enumerate(("victim", "bystander"))
    ]
    for sensor in sensors:
        await air.add(sensor)
    radio = Radio(air.client_backend, air.scanner_backend, host_stack=VirtualHostStack(air))
    discovery = Scanner(radio, now_ns=now_ns, unit_random=lambda: 0.5)
    links = []
    for sensor in sensors:
        config = DeviceConfig(
            device=sensor.name, family="metronome", address=sensor.address, options={"serial": sensor.name}
        )
        driver = MetronomeDriver(config)
        links.append(SupervisedLink(config, driver, discovery, watched, now_ns, unit_random=lambda: 0.5))
    scanning = asyncio.create_task(discovery.run())
    try:
        yield sensors, links
    finally:
        scanning.cancel()
        await asyncio.wait([scanning])


@asynccontextmanager
async def alive(links: Sequence[SupervisedLink], watched: Watched) -> AsyncIterator[None]:
    async def look() -> None:
        while True:
            await asyncio.sleep(0.25)
            for link in links:
                watched.look(link)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(link.run()) for link in links] + [group.create_task(look())]
        yield
        for task in tasks:
            task.cancel()


async def all_live(links: Sequence[SupervisedLink], watched: Watched) -> None:
    """LIVE, and 20 more values of each."""

    def are_all() -> bool:
        return all(
            link.state is LinkState.LIVE and watched.count(link.config.device) >= had[link.config.device] + 20
            for link in links
        )

    had = {link.config.device: watched.count(link.config.device) for link in links}
    try:
        await until(are_all, within_s=BACK_WITHIN_S)
    except TimeoutError:
        story = "\n".join(f"{e.device} {e.state} {e.reason}" for e in watched.events[-20:])
        raise AssertionError(f"not back within {BACK_WITHIN_S:g} s\n{story}") from None


def judge(watched: Watched) -> None:
    """Nothing twice, nothing out of order, no link that said it lived and did not."""
    for device, numbers in watched.numbers.items():
        assert all(a < b for a, b in pairwise(numbers)), device
    assert watched.lies == []


MODES = [pytest.param(mode, id=mode.name) for mode in FAILURE_MODES]


def test_these_are_all_that_are_on_record() -> None:
    assert len(FAILURE_MODES) == 21


# While these hold nobody can have a connection, or not more than one: they are waited for.
WAITED_FOR = {"adapter_reset", "bus_dies", "out_of_slots"}


@pytest.mark.parametrize("mode", MODES)
@in_virtual_time
async def test_a_link_that_begins_in_the_failure_lives_in_the_end(mode: FailureMode) -> None:
    watched = Watched()
    async with VirtualRadio(8) as air, two_sensors(air, watched) as (sensors, links):
        fault = mode.fault(sensors[0].address, frozenset({SERVICE}))
        async with alive(links, watched):
            async with inject(air, fault):
                await asyncio.sleep(FAULT_S)
                if mode.name not in WAITED_FOR:
                    await all_live(links, watched)
            await all_live(links, watched)
    judge(watched)


@pytest.mark.parametrize("mode", MODES)
@in_virtual_time
async def test_a_link_that_meets_the_failure_comes_back(mode: FailureMode) -> None:
    watched = Watched()
    async with VirtualRadio(8) as air, two_sensors(air, watched) as (sensors, links):
        fault = mode.fault(sensors[0].address, frozenset({SERVICE}))
        async with alive(links, watched):
            await all_live(links, watched)
            air.drop_link(sensors[0].address)
            async with inject(air, fault):
                await asyncio.sleep(FAULT_S)
                if mode.name not in WAITED_FOR:
                    await all_live(links, watched)
            await all_live(links, watched)
    judge(watched)


class BondedMetronome(Metronome):
    """Speaks to bonded hosts only."""

    def __init__(self, *, name: str, address: str, rate_hz: float) -> None:
        super().__init__(name=name, address=address, rate_hz=rate_hz)
        self._counts = Characteristic(uuid=COUNTS, notify=True, security=Security.ENCRYPTED)


@in_virtual_time
async def test_a_bond_that_one_side_lost_is_said_and_made_anew_when_somebody_acts() -> None:
    watched = Watched()
    sensor = BondedMetronome(name="cuff", address="C0:00:00:00:03:09", rate_hz=RATE_HZ)
    config = DeviceConfig(device="cuff", family="metronome", address=sensor.address, options={"bond": True})
    async with VirtualRadio(8) as air:
        await air.add(sensor)
        radio = Radio(air.client_backend, air.scanner_backend, host_stack=VirtualHostStack(air))
        discovery = Scanner(radio, now_ns=now_ns, unit_random=lambda: 0.5)
        link = SupervisedLink(
            config, MetronomeDriver(config), discovery, watched, now_ns, unit_random=lambda: 0.5
        )
        scanning = asyncio.create_task(discovery.run())
        async with alive([link], watched):
            await all_live([link], watched)
            async with inject(air, LostBonds(address=sensor.address)):
                air.drop_link(sensor.address)
                await asyncio.sleep(FAULT_S)
            assert link.state is LinkState.GIVEN_UP
            assert isinstance(link.problem, PairingError)
            await air.station.forget(sensor.air_address)
            await all_live([link], watched)
        scanning.cancel()
    judge(watched)
