"""Unmodified bleak on its own BlueZ backend, and our links on top of it, against a misbehaving BlueZ."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakDeviceNotFoundError

from devices.catalog import DRIVERS
from devices.discovery import Discovery, scan
from devices.driver import DeviceConfig, Driver
from devices.errors import RadioBusyError, RadioProblem, RadioUnavailableError
from devices.frames import Frame, LinkEvent, LinkState
from devices.heart_rate import HeartRateStrap
from devices.link import SupervisedLink
from devices.radio import Radio
from protocols.ble import heart_rate as hrs
from simulators.radio import clock
from tests.bluez import fake_bluez
from tests.bluez.fake_bluez import FakeBlueZ
from tests.bluez.gatt_devices import beat, heart_rate_strap
from tests.bluez.private_bus import PrivateBus, close_bleak

PATIENCE_S = 8.0


class QuickStrap(HeartRateStrap):
    """A strap whose silence is noticed within the patience of a test."""

    stale_after_s = 0.4
    first_data_within_s = 0.4


def now_ns() -> int:
    return int(asyncio.get_running_loop().time() * 1e9)


@dataclass
class Taken:
    """What a link handed on, and waiting for it."""

    patience_s: float = PATIENCE_S
    inputs: list[Frame | LinkEvent] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, one: Frame | LinkEvent) -> None:
        self.inputs.append(one)
        self._changed.set()

    @property
    def states(self) -> list[LinkState]:
        return [one.state for one in self.inputs if isinstance(one, LinkEvent)]

    @property
    def reasons(self) -> str:
        return "\n".join(one.reason for one in self.inputs if isinstance(one, LinkEvent))

    @property
    def payloads(self) -> list[bytes]:
        return [one.payload for one in self.inputs if isinstance(one, Frame)]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition on what was taken."""
        async with asyncio.timeout(self.patience_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def live(self, times: int = 1) -> None:
        """Wait until the link has been LIVE so often."""
        await self.until(lambda: self.states.count(LinkState.LIVE) >= times)


@asynccontextmanager
async def linked(
    config: DeviceConfig, driver: type[Driver] = HeartRateStrap, *, patience_s: float = PATIENCE_S
) -> AsyncIterator[tuple[Taken, SupervisedLink]]:
    """A supervised link with its discovery, on whatever backend bleak chooses."""
    taken = Taken(patience_s)
    discovery = Discovery(Radio(), now_ns=now_ns, unit_random=lambda: 0.0, silent_after_s=0.5)
    link = SupervisedLink(config, driver(config), discovery, taken, now_ns, unit_random=lambda: 0.0)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(discovery.run()), group.create_task(link.run())]
        try:
            yield taken, link
        finally:
            for task in tasks:
                task.cancel()


def hurried(session: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a session in which our own pauses (seconds, when a person must act) pass ten times faster."""

    async def main() -> None:
        try:
            await session()
        finally:
            await close_bleak()

    clock.run(main, clock=10.0)


async def families_in_range(radio: Radio) -> list[str | None]:
    """What a scan finds as soon as bleak has heard that the radio is back."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                found = await scan(radio, DRIVERS, seconds=0.1, now_ns=now_ns)
            except RadioUnavailableError:
                await asyncio.sleep(0.01)
                continue
            return [one.family for one in found]


STRAP = DeviceConfig(device="strap", family="heart_rate", address="C0:00:00:00:00:01")


async def test_a_link_takes_each_notification_once(bus: PrivateBus) -> None:
    strap = heart_rate_strap()
    async with FakeBlueZ(bus.address, strap) as bluez, linked(STRAP) as (taken, _):
        await taken.live()
        sent = [beat(60 + n) for n in range(40)]
        for payload in sent:
            assert bluez.notify(strap, hrs.MEASUREMENT, payload)
        await taken.until(lambda: len(taken.payloads) >= len(sent))
        assert taken.payloads == sent
        assert strap[hrs.MEASUREMENT].subscriptions == 1


async def test_bleak_alone_scans_connects_subscribes_and_disconnects(bus: PrivateBus) -> None:
    strap = heart_rate_strap()
    async with FakeBlueZ(bus.address, strap) as bluez:
        device = await BleakScanner.find_device_by_address(strap.address, timeout=PATIENCE_S)
        assert device is not None
        assert device.name == "Strap"
        heard: asyncio.Queue[bytearray] = asyncio.Queue()
        async with BleakClient(device) as client:
            assert [service.uuid for service in client.services] == [hrs.SERVICE]
            await client.start_notify(hrs.MEASUREMENT, lambda _, value: heard.put_nowait(value))
            assert bluez.notify(strap, hrs.MEASUREMENT, beat(71))
            assert await heard.get() == beat(71)
        assert not strap.connected


async def test_scan_in_progress(bus: PrivateBus) -> None:
    """Bleak #1036, #694: another scan or connect runs."""
    strap = heart_rate_strap()
    async with FakeBlueZ(bus.address, strap) as bluez:
        bluez.refuse("StartDiscovery", fake_bluez.IN_PROGRESS)
        with pytest.raises(RadioBusyError):
            await scan(Radio(), DRIVERS, seconds=0.1, now_ns=now_ns)
        bluez.refuse("StartDiscovery", fake_bluez.IN_PROGRESS)
        async with linked(STRAP) as (taken, _):
            await taken.live()
            assert bluez.calls.count(("StartDiscovery", fake_bluez.ADAPTER_PATH)) == 3
            assert LinkState.BACKING_OFF not in taken.states


async def test_connect_in_progress(bus: PrivateBus) -> None:
    """Bleak #958, #971."""
    strap = heart_rate_strap()
    async with FakeBlueZ(bus.address, strap) as bluez:
        bluez.refuse("Connect", fake_bluez.IN_PROGRESS)
        async with linked(STRAP) as (taken, _):
            await taken.live()
            assert taken.states.count(LinkState.BACKING_OFF) == 1
            assert "InProgress" in taken.reasons


async def test_operations_in_progress_are_repeated_by_bleak(bus: PrivateBus) -> None:
    strap = heart_rate_strap()
    async with FakeBlueZ(bus.address, strap) as bluez:
        bluez.refuse("StopDiscovery", fake_bluez.IN_PROGRESS)
        async with linked(STRAP) as (taken, _):
            await taken.live()
            assert taken.states.count(LinkState.BACKING_OFF) == 0


async def test_abort_by_local(bus: PrivateBus) -> None:
    """Bleak #993, #1673, #1220: BlueZ aborts what it has just connected; bleak itself tries again."""
    strap = heart_rate_strap()
    strap.aborted_connects = 2
    async with FakeBlueZ(bus.address, strap) as bluez, linked(STRAP) as (taken, _):
        await taken.live()
        assert bluez.notify(strap, hrs.MEASUREMENT, beat(70))
        await taken.until(lambda: taken.payloads == [beat(70)])
        assert strap[hrs.MEASUREMENT].subscriptions == 1


async def test_unknown_object(bus: PrivateBus) -> None:
    """Bleak #1176, #713: BlueZ forgot the device between the scan and the connect."""
    strap = heart_rate_strap()
    strap.vanished_connects = 1
    async with FakeBlueZ(bus.address, strap):
        device = await BleakScanner.find_device_by_address(strap.address, timeout=PATIENCE_S)
        assert device is not None
        with pytest.raises(BleakDeviceNotFoundError):
            await BleakClient(device).connect()
        strap.vanished_connects = 1
        async with linked(STRAP) as (taken, _):
            await taken.live()
            assert taken.states.count(LinkState.BACKING_OFF) == 1


async def test_drop_during_service_discovery(bus: PrivateBus) -> None:
    """Bleak #1489."""
    strap = heart_rate_strap()
    strap.drops_in_discovery = 1
    async with FakeBlueZ(bus.address, strap), linked(STRAP) as (taken, _):
        await taken.live()
        assert taken.states.count(LinkState.BACKING_OFF) == 1


async def test_services_resolved_too_early(bus: PrivateBus) -> None:
    """BlueZ #1489: bleak sees a device without services; we ask again instead of giving up."""
    strap = heart_rate_strap()
    strap.early_resolves = 1
    async with FakeBlueZ(bus.address, strap) as bluez, linked(STRAP) as (taken, _):
        await taken.live()
        assert "came incomplete" in taken.reasons
        assert LinkState.GIVEN_UP not in taken.states
        assert ("RemoveDevice", fake_bluez.ADAPTER_PATH) not in bluez.calls


async def test_the_daemon_crashes_and_comes_back(bus: PrivateBus) -> None:
    """HA core PR #77043, BlueZ #1554: no signal says that the links are gone; only the silence does."""
    strap = heart_rate_strap()
    async with FakeBlueZ(bus.address, strap) as bluez, linked(STRAP, QuickStrap) as (taken, link):
        await taken.live()
        bluez.notify(strap, hrs.MEASUREMENT, beat(70))
        await taken.until(lambda: taken.payloads == [beat(70)])
        await bluez.crash()
        await bluez.start()
        await taken.live(2)
        assert taken.states.count(LinkState.LOST) == 1
        assert link.health().reconnects == 1
        bluez.notify(strap, hrs.MEASUREMENT, beat(71))
        await taken.until(lambda: taken.payloads == [beat(70), beat(71)])


async def test_the_daemon_is_restarted_in_order(bus: PrivateBus) -> None:
    strap = heart_rate_strap()
    async with FakeBlueZ(bus.address, strap) as bluez, linked(STRAP) as (taken, _):
        await taken.live()
        await bluez.stop()
        # It says that the link is gone: nothing has to fall silent first.
        await taken.until(lambda: LinkState.LOST in taken.states)
        await bluez.start()
        await taken.live(2)
        bluez.notify(strap, hrs.MEASUREMENT, beat(71))
        await taken.until(lambda: taken.payloads == [beat(71)])


async def test_the_bus_itself_dies(bus: PrivateBus) -> None:
    """Bleak #1921: the socket ends under everybody."""
    strap = heart_rate_strap()
    async with FakeBlueZ(bus.address, strap) as bluez, linked(STRAP) as (taken, _):
        await taken.live()
        bus.kill()
        await bluez.crash()
        await taken.until(lambda: LinkState.LOST in taken.states)
        bus.start()
        await bluez.start()
        await taken.live(2)
        bluez.notify(strap, hrs.MEASUREMENT, beat(71))
        await taken.until(lambda: taken.payloads == [beat(71)])


@pytest.mark.parametrize("adapter", [None, "hci0"])
async def test_no_adapter(bus: PrivateBus, adapter: str | None) -> None:
    async with FakeBlueZ(bus.address, heart_rate_strap()) as bluez:
        bluez.unplug_adapter()
        with pytest.raises(RadioUnavailableError) as failure:
            await scan(Radio(adapter=adapter), DRIVERS, seconds=0.1, now_ns=now_ns)
        assert failure.value.problem is RadioProblem.NO_ADAPTER
        bluez.plug_adapter()
        assert await families_in_range(Radio(adapter=adapter)) == ["heart_rate"]


@pytest.mark.parametrize("adapter", [None, "hci0"])
async def test_adapter_switched_off(bus: PrivateBus, adapter: str | None) -> None:
    async with FakeBlueZ(bus.address, heart_rate_strap()) as bluez:
        bluez.set_powered(powered=False)
        with pytest.raises(RadioUnavailableError) as failure:
            await scan(Radio(adapter=adapter), DRIVERS, seconds=0.1, now_ns=now_ns)
        assert failure.value.problem is RadioProblem.POWERED_OFF
        bluez.set_powered(powered=True)
        assert await families_in_range(Radio(adapter=adapter)) == ["heart_rate"]


async def test_no_daemon(bus: PrivateBus) -> None:
    with pytest.raises(RadioUnavailableError) as failure:
        await scan(Radio(), DRIVERS, seconds=0.1, now_ns=now_ns)
    assert failure.value.problem is RadioProblem.NO_HOST_STACK
    bus.kill()
    with pytest.raises(RadioUnavailableError) as failure:
        await scan(Radio(), DRIVERS, seconds=0.1, now_ns=now_ns)
    assert failure.value.problem is RadioProblem.NO_HOST_STACK


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("unplugged", RadioProblem.NO_ADAPTER),
        ("switched off", RadioProblem.POWERED_OFF),
        ("no daemon", RadioProblem.NO_HOST_STACK),
    ],
)
def test_a_link_outlives_the_radio(bus: PrivateBus, trouble: str, said: str) -> None:
    """The link says what is wrong while it lasts, and goes on by itself when somebody has put it right."""

    async def session() -> None:
        async with (
            FakeBlueZ(bus.address, heart_rate_strap()) as bluez,
            linked(STRAP, QuickStrap, patience_s=300.0) as (taken, _),
        ):
            await taken.live()
            match trouble:
                case "unplugged":
                    bluez.unplug_adapter()
                case "switched off":
                    bluez.set_powered(powered=False)
                case _:
                    await bluez.crash()
            await taken.until(lambda: said in taken.reasons)
            assert taken.states[-1] is LinkState.SEARCHING
            match trouble:
                case "unplugged":
                    bluez.plug_adapter()
                case "switched off":
                    bluez.set_powered(powered=True)
                case _:
                    await bluez.start()
            await taken.live(2)

    hurried(session)
