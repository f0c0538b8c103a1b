"""The scanner that the links of a radio share: seeking, watching, being rebuilt."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakDBusError

from devices.adapter import scanner as discovery_module
from devices.adapter.advertisement import Advertisement
from devices.adapter.radio import Radio
from devices.adapter.scanner import IN_VAIN_S, Scanner, probe, scan
from devices.drivers.catalog import DRIVERS
from devices.drivers.driver import DeviceConfig
from devices.errors import RadioBusyError, RadioLostError, RadioProblem, RadioUnavailableError
from devices.frames import LinkState
from tests.devices.links import Taken, running, running_all
from tests.support.host_stack import ScriptedHostStack
from tests.support.products import heart_rate, pulse_oximeter
from tests.support.scripted_link import HANG, Air, ScriptedDevice, live, until
from tests.support.virtual_time import in_virtual_time, now_ns

A, B = "C0:00:00:00:00:0A", "C0:00:00:00:00:0B"
IN_PROGRESS = BleakDBusError("org.bluez.Error.InProgress", [])


def radio_on(air: Air) -> Radio:
    return Radio(air.client_backend, air.scanner_backend)


@asynccontextmanager
async def discovering(air: Air) -> AsyncIterator[Scanner]:
    discovery = Scanner(radio_on(air), now_ns=now_ns, unit_random=lambda: 0.0)
    task = asyncio.create_task(discovery.run())
    try:
        yield discovery
    finally:
        task.cancel()
        await asyncio.wait([task])


def anything(_: Advertisement) -> bool:
    return True


def ignored(_: str) -> None:
    pass


@in_virtual_time
async def test_a_seeker_gets_the_first_that_it_accepts() -> None:
    near, far = heart_rate(A).device, heart_rate(B).device
    async with (
        discovering(Air(near, far)) as discovery,
        discovery.wait_for(lambda advertisement: advertisement.address == B, ignored) as sighting,
    ):
        assert sighting.advertisement.address == B
        assert sighting.advertisement.rssi_dbm == -60
        assert sighting.device.address == B


@in_virtual_time
async def test_scanning_goes_on_while_anybody_is_seeking_or_connecting_and_no_longer() -> None:
    air = Air(heart_rate(A).device)
    async with discovering(air) as discovery:
        await asyncio.sleep(1.0)
        assert air.scanning == 0
        async with discovery.wait_for(anything, ignored):
            await asyncio.sleep(5.0)
            assert air.scanning == 1
        await asyncio.sleep(0.1)
        assert air.scanning == 0
    assert air.scans == 1


@in_virtual_time
async def test_a_deaf_scanner_is_rebuilt_until_it_hears() -> None:
    """Scanning dies silently: HA core PR #77043, bluez #1554, bleak #887."""
    air = Air(heart_rate(A).device)
    air.deaf_scans = 2
    async with discovering(air) as discovery, discovery.wait_for(anything, ignored) as sighting:
        assert sighting.advertisement.address == A
        assert air.scans == 3
        assert discovery.rebuilds == 2
        assert now_ns() == pytest.approx(2 * discovery_module.SILENT_AFTER_S * 1e9, abs=1e9)


@in_virtual_time
async def test_a_scan_that_stays_deaf_is_reported_once_as_a_suspicion() -> None:
    air = Air()
    told: list[str] = []
    async with discovering(air) as discovery:
        seeking = asyncio.create_task(_seek(discovery, told))
        await asyncio.sleep(600.0)
        assert told == ["the scan hears no device at all: is the adapter plugged in?"]
        seeking.cancel()


@pytest.mark.parametrize("allowed", [False, True])
@in_virtual_time
async def test_an_adapter_that_stays_deaf_is_switched_off_and_on_where_that_is_allowed(allowed: bool) -> None:
    air = Air(heart_rate(A).device)
    air.deaf = True
    host = ScriptedHostStack()
    host.on_power_cycle = lambda: setattr(air, "deaf", False)
    radio = Radio(air.client_backend, air.scanner_backend, host_stack=host, may_power_cycle=allowed)
    discovery = Scanner(radio, now_ns=now_ns, unit_random=lambda: 0.0)
    scanning = asyncio.create_task(discovery.run())
    seeking = asyncio.create_task(_seek(discovery, []))
    await asyncio.sleep(300.0)
    assert bool(discovery.in_range()) is allowed
    assert host.power_cycles == (1 if allowed else 0)
    for task in (scanning, seeking):
        task.cancel()
    await asyncio.wait([scanning, seeking])


async def _seek(discovery: Scanner, told: list[str], *, alone: bool = False) -> None:
    async with discovery.wait_for(anything, told.append, alone=alone):
        await asyncio.Event().wait()


@in_virtual_time
async def test_a_quiet_room_is_no_suspicion_while_a_link_is_live() -> None:
    strap, absent = heart_rate(A), pulse_oximeter()
    absent.device.advertising = False
    configs = [
        DeviceConfig(device="strap", family="heart_rate", address=A),
        DeviceConfig(device="oximeter", family="pulse_oximeter", address=absent.device.address),
    ]
    air = Air(strap.device, absent.device)
    async with running_all(air, configs) as (links, taken), asyncio.TaskGroup() as group:
        beats = group.create_task(_beat(strap.device, strap.stream, strap.data))
        await live(links[0])
        await asyncio.sleep(300.0)
        assert air.scans > 5
        assert not [event for event in taken.events if "hears no device" in event.reason]
        beats.cancel()


async def _beat(device: ScriptedDevice, stream: str, data: bytes) -> None:
    while True:
        await asyncio.sleep(1.0)
        device.send(stream, data)


@in_virtual_time
async def test_a_scan_that_cannot_start_is_tried_again_and_said() -> None:
    air = Air(heart_rate(A).device)
    switched_off = BleakBluetoothNotAvailableError("off", BleakBluetoothNotAvailableReason.POWERED_OFF)
    air.on_scan = [switched_off, switched_off, BrokenPipeError(), HANG]
    told: list[str] = []
    async with discovering(air) as discovery, discovery.wait_for(anything, told.append) as sighting:
        assert sighting.advertisement.address == A
        assert discovery.problem is None
    # The last word takes the complaint back.
    assert [text.partition(":")[0] for text in told] == [RadioProblem.POWERED_OFF, "scan", "scan", ""]
    assert air.scans == 5


@in_virtual_time
async def test_who_begins_to_seek_in_trouble_hears_of_it_at_once() -> None:
    air = Air(heart_rate(A).device)
    air.on_scan = [BrokenPipeError(32, "Broken pipe")]
    first: list[str] = []
    second: list[str] = []
    async with discovering(air) as discovery:
        seeking = asyncio.create_task(_seek(discovery, first))
        await until(lambda: first)
        async with discovery.wait_for(anything, second.append):
            assert second == first
        seeking.cancel()


@in_virtual_time
async def test_a_scanner_that_cannot_be_stopped_is_left_behind() -> None:
    air = Air(heart_rate(A).device)
    air.on_scan_stop = [EOFError()]
    async with discovering(air) as discovery:
        for _ in range(2):
            async with discovery.wait_for(anything, ignored):
                pass
            await asyncio.sleep(1.0)
        assert air.scans == 2


@in_virtual_time
async def test_one_of_two_equal_devices_is_not_chosen_by_chance() -> None:
    """The wrong patient's sensor is worse than none."""
    one, two = heart_rate(A), heart_rate(B)
    air = Air(one.device, two.device)
    config = DeviceConfig(device="strap", family="heart_rate")
    async with running(air, config) as (link, taken):
        await asyncio.sleep(60.0)
        assert link.state is LinkState.SEARCHING
        assert [event.reason for event in taken.events] == [
            "",
            f"2 devices fit ({A}, {B}): set `address` in station.toml",
        ]
        two.device.advertising = False
        await live(link)
        assert one.device.client is not None


@in_virtual_time
async def test_a_device_that_belongs_to_another_link_does_not_count() -> None:
    one, two = heart_rate(A), heart_rate(B)
    configs = [
        DeviceConfig(device="named", family="heart_rate", address=A),
        DeviceConfig(device="any", family="heart_rate"),
    ]
    async with running_all(Air(one.device, two.device), configs) as (links, _):
        await live(links[1])
        assert links[0].state is LinkState.LIVE
        assert [links[0].health().address, links[1].health().address] == [A, B]


@in_virtual_time
async def test_what_was_found_without_an_address_is_kept_for_the_session() -> None:
    one, two = heart_rate(A), heart_rate(B)
    two.device.advertising = False
    async with running(Air(one.device, two.device), DeviceConfig(device="s", family="heart_rate")) as (
        link,
        _,
    ):
        await live(link)
        one.device.advertising = False
        one.device.drop()
        two.device.advertising = True
        await asyncio.sleep(120.0)
        assert link.state is LinkState.SEARCHING
        assert two.device.connects == 0


@in_virtual_time
async def test_what_is_in_range_is_forgotten_in_time_and_in_number() -> None:
    crowd = [
        ScriptedDevice(address=f"C0:00:00:00:{n // 256:02X}:{n % 256:02X}", name="")
        for n in range(discovery_module.MAX_REMEMBERED + 50)
    ]
    air = Air(*crowd)
    async with discovering(air) as discovery:
        async with discovery.wait_for(anything, ignored):
            await asyncio.sleep(1.0)
            assert len(discovery.in_range()) == len(crowd)
        await asyncio.sleep(discovery_module.FRESH_S + 1.0)
        assert not discovery.in_range()
        air.devices = {A: heart_rate(A).device}
        async with discovery.wait_for(anything, ignored):
            assert len(discovery.in_range()) == 1
            assert len(discovery._recent) == 1


@in_virtual_time
async def test_a_scan_reports_families_strongest_first() -> None:
    strap, phone, oximeter = (
        heart_rate(A).device,
        ScriptedDevice(address=B, name="Phone"),
        pulse_oximeter().device,
    )
    strap.rssi_dbm, phone.rssi_dbm, oximeter.rssi_dbm = -80, -40, -60
    found = await scan(radio_on(Air(strap, phone, oximeter)), DRIVERS, seconds=1.0, now_ns=now_ns)
    assert [(one.family, one.advertisement.rssi_dbm) for one in found] == [
        (None, -40),
        ("pulse_oximeter", -60),
        ("heart_rate", -80),
    ]


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (IN_PROGRESS, RadioBusyError),
        (FileNotFoundError(2, "no bus"), RadioUnavailableError),
        (HANG, RadioLostError),
    ],
)
@in_virtual_time
async def test_a_scan_or_probe_that_fails_says_what_to_do(
    step: Exception | str, error: type[Exception]
) -> None:
    for look in (probe, lambda radio: scan(radio, DRIVERS, seconds=1.0, now_ns=now_ns)):
        air = Air()
        air.on_scan = [step]
        with pytest.raises(error):
            await look(radio_on(air))


@in_virtual_time
async def test_a_probe_leaves_no_scan_behind() -> None:
    air = Air()
    await probe(radio_on(air))
    assert (air.scans, air.scanning) == (1, 0)


@in_virtual_time
async def test_scans_and_connects_never_overlap() -> None:
    """InProgress on parallel scan and connect: bleak #1036, #694, #958, #971."""
    straps = [heart_rate(f"C0:00:00:00:00:{n:02X}") for n in range(1, 7)]
    air = Air(*(strap.device for strap in straps), latency_s=0.5)
    configs = [
        DeviceConfig(device=f"strap-{n}", family="heart_rate", address=strap.device.address)
        for n, strap in enumerate(straps)
    ]
    async with running_all(air, configs, taken=Taken()) as (links, _):
        for link in links:
            await live(link)
    assert air.most_busy == 1


@in_virtual_time
async def test_a_search_in_vain_says_so_again_and_again_and_still_finds() -> None:
    strap = heart_rate()
    strap.device.advertising = False
    air = Air(strap.device)
    discovery = Scanner(Radio(air.client_backend, air.scanner_backend), now_ns=now_ns)
    calls: list[float] = []

    async def in_vain() -> None:
        calls.append(now_ns() / 1e9)
        strap.device.advertising = len(calls) == 3

    scanning = asyncio.create_task(discovery.run())
    async with discovery.wait_for(lambda _: True, lambda _: None, in_vain=in_vain) as sighting:
        assert sighting.advertisement.address == strap.device.address
    assert [round(at_s / IN_VAIN_S) for at_s in calls] == [1, 2, 3]
    scanning.cancel()
