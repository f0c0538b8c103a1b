"""Unmodified bleak on its own BlueZ backend, and our links on top of it, against a misbehaving BlueZ."""

import asyncio

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakDeviceNotFoundError

from devices.adapter.radio import Radio
from devices.adapter.scanner import scan
from devices.drivers.blood_pressure import BloodPressureCuff
from devices.drivers.catalog import DRIVERS
from devices.drivers.driver import DeviceConfig
from devices.errors import RadioBusyError, RadioProblem, RadioUnavailableError
from devices.frames import LinkState
from protocols.ble import blood_pressure as blp
from protocols.ble import heart_rate as hrs
from tests.bluez import bluez_objects
from tests.bluez.fake_bluez import FakeBlueZ
from tests.bluez.gatt_devices import beat, bonding_cuff, heart_rate_strap, record
from tests.bluez.links import PATIENCE_S, QuickStrap, hurried, linked, now_ns
from tests.bluez.private_bus import PrivateBus


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
        bluez.refuse("StartDiscovery", bluez_objects.IN_PROGRESS)
        with pytest.raises(RadioBusyError):
            await scan(Radio(), DRIVERS, seconds=0.1, now_ns=now_ns)
        bluez.refuse("StartDiscovery", bluez_objects.IN_PROGRESS)
        async with linked(STRAP) as (taken, _):
            await taken.live()
            assert bluez.calls.count(("StartDiscovery", bluez_objects.ADAPTER_PATH)) == 3
            assert LinkState.BACKING_OFF not in taken.states


async def test_connect_in_progress(bus: PrivateBus) -> None:
    """Bleak #958, #971."""
    strap = heart_rate_strap()
    async with FakeBlueZ(bus.address, strap) as bluez:
        bluez.refuse("Connect", bluez_objects.IN_PROGRESS)
        async with linked(STRAP) as (taken, _):
            await taken.live()
            assert taken.states.count(LinkState.BACKING_OFF) == 1
            assert "InProgress" in taken.reasons


def test_stuck_in_progress(bus: PrivateBus) -> None:
    """Bleak-retry-connector #226: after a kill -9 BlueZ answers InProgress until the device is removed."""

    async def session() -> None:
        strap = heart_rate_strap()
        strap.stuck = True
        async with FakeBlueZ(bus.address, strap) as bluez, linked(STRAP, patience_s=300.0) as (taken, _):
            await taken.live()
            assert bluez.calls.count(("RemoveDevice", bluez_objects.ADAPTER_PATH)) == 1

    hurried(session)


async def test_a_scan_that_falls_silent_is_started_anew(bus: PrivateBus) -> None:
    """HA core PR #77043, BlueZ #1554: StartDiscovery was answered, and nothing is ever heard."""
    strap = heart_rate_strap()
    async with FakeBlueZ(bus.address, strap) as bluez:
        bluez.deaf_scans = 1
        async with linked(STRAP) as (taken, _):
            await taken.live()
            assert bluez.calls.count(("StartDiscovery", bluez_objects.ADAPTER_PATH)) == 2
            assert LinkState.BACKING_OFF not in taken.states


async def test_operations_in_progress_are_repeated_by_bleak(bus: PrivateBus) -> None:
    strap = heart_rate_strap()
    async with FakeBlueZ(bus.address, strap) as bluez:
        bluez.refuse("StopDiscovery", bluez_objects.IN_PROGRESS)
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
        assert ("RemoveDevice", bluez_objects.ADAPTER_PATH) not in bluez.calls


def test_the_daemon_crashes_and_comes_back(bus: PrivateBus) -> None:
    """HA core PR #77043, BlueZ #1554: no signal says that the links are gone; only the silence does."""

    async def session() -> None:
        strap = heart_rate_strap()
        async with (
            FakeBlueZ(bus.address, strap) as bluez,
            linked(STRAP, QuickStrap, patience_s=300.0) as (taken, link),
        ):
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

    hurried(session)


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


async def test_a_device_that_a_dead_process_left_connected(bus: PrivateBus) -> None:
    """Bleak #992, #367: it is connected, so it does not advertise, so nobody finds it."""
    strap = heart_rate_strap()
    async with FakeBlueZ(bus.address, strap) as bluez:
        bluez.leave_connected(strap)
        async with linked(STRAP) as (taken, _):
            await taken.live()
            assert bluez.calls[0][0] == "Disconnect"


CUFF = DeviceConfig(
    device="cuff",
    family="blood_pressure",
    address="C0:00:00:00:00:02",
    options={"bond": True, "passkey": 123456},
)


async def test_a_cuff_is_bonded_with_our_agent_and_stays_so(bus: PrivateBus) -> None:
    """Bleak #1434: bleak registers no agent, and BlueZ refuses to pair without one."""
    cuff = bonding_cuff(passkey=123456)
    async with FakeBlueZ(bus.address, cuff) as bluez:
        bluez.notify_when_subscribed(cuff, blp.MEASUREMENT, [record(121), record(122)])
        async with linked(CUFF, BloodPressureCuff) as (taken, _):
            await taken.until(lambda: len(taken.payloads) == 2)
            assert taken.payloads == [record(121), record(122)]
            assert cuff.passkeys_typed == [123456]
            assert bluez.agents == {}
            bluez.notify_when_subscribed(cuff, blp.MEASUREMENT, [record(123)])
            bluez.drop(cuff)
            await taken.until(lambda: len(taken.payloads) == 3)
            assert cuff.passkeys_typed == [123456]
            assert LinkState.LOST not in taken.states


async def test_a_cuff_that_lost_its_bond_says_so(bus: PrivateBus) -> None:
    """Bleak #1380: the device refuses what needs a bond."""
    cuff = bonding_cuff()
    unbonded = DeviceConfig(device="cuff", family="blood_pressure", address=cuff.address)
    async with FakeBlueZ(bus.address, cuff), linked(unbonded, BloodPressureCuff) as (taken, _):
        await taken.until(lambda: LinkState.GIVEN_UP in taken.states)
        assert "Not paired" in taken.reasons
