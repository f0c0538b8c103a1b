"""Every failure of Bluetooth links that has a public record: reproduced, and survived.

`RECORDS` is the table; each row is reproduced by the tests that carry its name. docs/links.md shows the
same table to people, and a test here keeps the two together.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest
from bleak.exc import BleakDBusError, BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError

from devices.drivers.driver import DeviceConfig
from devices.frames import LinkState
from devices.link import backoff
from protocols.ble import witmotion
from protocols.ble.codec import assigned_numbers as sig
from tests.devices.links import running, running_all
from tests.support.host_stack import ScriptedHostStack
from tests.support.products import ADDRESS, Product, cuff, heart_rate, wit_imu
from tests.support.scripted_link import DROP, HANG, Air, ScriptedDevice, live, until
from tests.support.virtual_time import in_virtual_time, now_ns

RECORDS = {
    "doubled callbacks": "bleak #2002",
    "drop after subscribing": "bleak #1885",
    "first notifications lost": "bleak #374",
    "second subscription hangs": "bleak #484, #1645, #1969",
    "stale subscriptions": "bleak #472",
    "abort by local": "bleak #993, #1673, #1220",
    "several IMUs": "bleak #1858",
    "parallel scan and connect": "bleak #1036, #694, #958, #971",
    "stale InProgress": "bleak-retry-connector #226",
    "still connected after a crash": "bleak #992, #367",
    "forgotten by BlueZ": "bleak #1176, #713",
    "dead end after a timeout": "bleak #490",
    "drop during discovery": "bleak #1489",
    "services announced too early": "bluez #1489",
    "stale services": "bleak #882, #628",
    "bonds": "bleak #1434, #1380; hass-omron #125, #91",
    "changing addresses": "bleak #1737, #1237",
    "scan dies silently": "HA core PR #77043; bluez #1554; bleak #887; signalk-server PR #3057",
    "D-Bus dies": "bleak #1921; bleak-retry-connector RETRYABLE_BLEAK_EXCEPTIONS",
    "out of slots": "bleak-retry-connector OUT_OF_SLOTS_ERRORS",
    "slow interval": "OpenBCI_Python #42, noble #293",
}

HEART_RATE = sig.HEART_RATE_MEASUREMENT
IN_PROGRESS = BleakDBusError("org.bluez.Error.InProgress", ["Operation already in progress"])
ABORTED = BleakDBusError("org.bluez.Error.Failed", ["le-connection-abort-by-local"])
NO_AUTHENTICATION = BleakDBusError("org.bluez.Error.AuthenticationFailed", ["Authentication Failed"])

Test = TypeVar("Test", bound=Callable[..., None])
REPRODUCED: dict[str, list[str]] = {}


def reproduces(mode: str) -> Callable[[Test], Test]:
    """This test is a row of the table."""

    def note(test: Test) -> Test:
        REPRODUCED.setdefault(mode, []).append(test.__name__)
        return test

    return note


async def comes_back(link: object, device: ScriptedDevice) -> None:
    """The link is lost, and live again."""
    connects = device.connects
    await until(lambda: device.connects > connects)
    await live(link)  # type: ignore[arg-type]


@reproduces("doubled callbacks")
@in_virtual_time
async def test_an_old_callback_that_lives_on_doubles_nothing() -> None:
    strap = heart_rate()
    strap.device.keeps_old_callbacks = True
    async with running(Air(strap.device), strap.config) as (link, taken):
        await live(link)
        for _ in range(3):
            strap.device.drop()
            await comes_back(link, strap.device)
        taken.inputs.clear()
        for _ in range(10):
            strap.talk()
        assert len(taken.frames(HEART_RATE)) == 10


@reproduces("drop after subscribing")
@in_virtual_time
async def test_a_link_that_drops_right_after_subscribing_is_tried_again() -> None:
    strap = heart_rate()
    drops = iter([0.0, 0.02, 0.5])

    def drop_soon() -> None:
        delay_s = next(drops, None)
        if delay_s is not None:
            asyncio.get_running_loop().call_later(delay_s, strap.device.drop)

    strap.device.characteristics[HEART_RATE].subscribed = drop_soon
    async with running(Air(strap.device), strap.config) as (link, taken):
        await until(lambda: strap.device.connects == 4)
        await live(link)
        strap.talk()
        await asyncio.sleep(4.0)
        assert link.state is LinkState.LIVE
        assert len(taken.frames(HEART_RATE)) == 1


@reproduces("first notifications lost")
@in_virtual_time
async def test_the_first_values_of_a_stream_may_be_lost() -> None:
    strap = heart_rate()
    strap.device.loses_first = 3
    async with running(Air(strap.device), strap.config) as (link, taken):
        await live(link)
        for _ in range(10):
            strap.talk()
        assert len(taken.frames(HEART_RATE)) == 7
        assert LinkState.BACKING_OFF not in taken.states


@reproduces("first notifications lost")
@in_virtual_time
async def test_a_lost_answer_is_asked_for_again() -> None:
    imu = wit_imu()
    imu.device.loses_first = 2
    async with running(Air(imu.device), imu.config) as (link, taken):
        await live(link)
        asked = [w for w in imu.device.operations("write") if w.endswith("ffaa270300")]
        assert len(asked) == 2
        assert LinkState.BACKING_OFF not in taken.states


@reproduces("second subscription hangs")
@in_virtual_time
async def test_nobody_subscribes_twice() -> None:
    strap = heart_rate()
    async with running(Air(strap.device), strap.config) as (link, taken):
        for connection in range(1, 4):
            await live(link)
            await until(lambda n=connection: len(taken.frames(sig.SERIAL_NUMBER)) == n)  # type: ignore[misc]
            strap.device.drop()
            await until(lambda: link.state is not LinkState.LIVE)
        assert strap.device.operations("subscribe") == [HEART_RATE, sig.BATTERY_LEVEL] * 3
        assert "no answer" not in " ".join(event.reason for event in taken.events)


@reproduces("stale subscriptions")
@in_virtual_time
async def test_a_dead_link_is_left_without_unsubscribing() -> None:
    strap = heart_rate()
    async with running(Air(strap.device), strap.config) as (link, _):
        await live(link)
        strap.device.drop()
        await comes_back(link, strap.device)
        strap.talk()
    assert strap.device.operations("unsubscribe") == []
    assert strap.device.operations("subscribe").count(HEART_RATE) == 2


@reproduces("abort by local")
@in_virtual_time
async def test_an_aborted_connect_is_retried_at_once() -> None:
    strap = heart_rate()
    strap.device.on_connect = [ABORTED, ABORTED]
    async with running(Air(strap.device), strap.config) as (link, taken):
        await live(link)
        assert now_ns() < 2e9
        assert taken.states.count(LinkState.BACKING_OFF) == 2


@reproduces("several IMUs")
@in_virtual_time
async def test_imus_that_drop_one_another_all_come_back_and_the_others_lose_nothing() -> None:
    """More links at a higher rate drop more often: here one of six every two seconds, at random."""
    imus = [wit_imu(name=f"WT901BLE{n}") for n in range(6)]
    for n, imu in enumerate(imus):
        imu.device.address = f"C0:00:00:00:00:1{n}"
    configs = [
        DeviceConfig(device=f"imu-{n}", family="witmotion", address=imu.device.address)
        for n, imu in enumerate(imus)
    ]
    chance = Random(7)
    sent = dict.fromkeys(range(6), 0)
    drops = 0
    async with running_all(Air(*(imu.device for imu in imus)), configs) as (links, taken):
        for link in links:
            await live(link)
        taken.inputs.clear()
        for step in range(3000):
            await asyncio.sleep(0.02)
            standing = [imu for imu, link in zip(imus, links, strict=True) if link.state is LinkState.LIVE]
            if step % 100 == 0 and step < 2500 and standing:
                drops += 1
                chance.choice(standing).device.drop()
            for n, imu in enumerate(imus):
                if imu.device.client is not None and links[n].state is LinkState.LIVE:
                    sent[n] += 1
                    imu.talk()
        assert all(link.state is LinkState.LIVE for link in links)
        assert sum(link.health().reconnects for link in links) == drops
        assert drops == 25
        streamed = {n: taken.count(f"imu-{n}", imus[n].data) for n in sent}
        assert streamed == sent
        # A drop costs at most a pause of 2 s and the time to be seen, connected and set again.
        for n, link in enumerate(links):
            assert 3000 - sent[n] <= link.health().reconnects * 2.7 * 50


@reproduces("parallel scan and connect")
@in_virtual_time
async def test_one_adapter_does_one_thing_at_a_time() -> None:
    straps = [heart_rate(f"C0:00:00:00:00:2{n}", f"Strap {n}") for n in range(5)]
    air = Air(*(strap.device for strap in straps), latency_s=0.3)

    def busy(what: str, _: str) -> None:
        if what == "connect" and air.busy > 1:
            raise IN_PROGRESS

    for strap in straps:
        strap.device.rule = busy
    configs = [
        DeviceConfig(device=strap.device.name, family="heart_rate", address=strap.device.address)
        for strap in straps
    ]
    async with running_all(air, configs) as (links, taken):
        for link in links:
            await live(link)
        assert LinkState.BACKING_OFF not in taken.states
        assert air.most_busy == 1


@reproduces("parallel scan and connect")
@in_virtual_time
async def test_somebody_elses_scan_is_waited_for() -> None:
    strap = heart_rate()
    air = Air(strap.device)
    air.on_scan = [IN_PROGRESS]
    strap.device.on_connect = [IN_PROGRESS]
    async with running(air, strap.config) as (link, _):
        await live(link)
        assert now_ns() < 3e9


@reproduces("stale InProgress")
@in_virtual_time
async def test_an_InProgress_that_never_ends_is_cleared_by_forgetting_the_device() -> None:  # noqa: N802
    strap = heart_rate()
    host = ScriptedHostStack()

    def stuck(what: str, _: str) -> None:
        if what == "connect" and not host.forgotten:
            raise IN_PROGRESS

    strap.device.rule = stuck
    async with running(Air(strap.device), strap.config, host_stack=host) as (link, taken):
        await live(link)
        assert host.forgotten == [ADDRESS]
        assert taken.states.count(LinkState.BACKING_OFF) == 4


@reproduces("stale InProgress")
@in_virtual_time
async def test_a_bond_is_not_sacrificed_for_it() -> None:
    product = cuff("beurer", "BM64", sig.COMPANY_BEURER)
    host = ScriptedHostStack()
    product.device.on_connect = [IN_PROGRESS] * 10
    async with running(Air(product.device), product.config, host_stack=host) as (link, _):
        await live(link)
        assert host.forgotten == []
        assert len(host.released) > 1


@reproduces("still connected after a crash")
@in_virtual_time
async def test_a_connection_that_a_crash_left_open_is_ended_first() -> None:
    strap = heart_rate()
    strap.device.advertising = False
    host = ScriptedHostStack()
    host.on_release = lambda: setattr(strap.device, "advertising", True)
    async with running(Air(strap.device), strap.config, host_stack=host) as (link, _):
        await live(link)
        assert host.released == [ADDRESS]


@reproduces("still connected after a crash")
@in_virtual_time
async def test_a_connection_whose_end_failed_does_not_hide_its_device_for_ever() -> None:
    """The daemon never answered our disconnect: it holds the device still, which therefore is silent."""
    strap = heart_rate()
    host = ScriptedHostStack()
    host.on_release = lambda: setattr(strap.device, "advertising", True)
    async with running(Air(strap.device), strap.config, host_stack=host) as (link, _):
        await live(link)
        strap.device.on_disconnect_hang = True
        strap.device.advertising = False
        await until(lambda: link.state is LinkState.LOST)
        strap.device.drop()
        await live(link, within_s=60.0)
        assert len(host.released) == 2


@reproduces("forgotten by BlueZ")
@in_virtual_time
async def test_scanning_goes_on_until_the_connection_stands() -> None:
    strap = heart_rate()
    air = Air(strap.device)

    def gone_without_a_scan(what: str, _: str) -> None:
        if what == "connect" and not air.scanning:
            raise BleakDeviceNotFoundError(
                ADDRESS, "It may have been removed from BlueZ when scanning stopped."
            )

    strap.device.rule = gone_without_a_scan
    async with running(air, strap.config) as (link, taken):
        await live(link)
        assert LinkState.BACKING_OFF not in taken.states


@reproduces("forgotten by BlueZ")
@in_virtual_time
async def test_a_device_forgotten_after_hours_is_searched_again() -> None:
    strap = heart_rate()
    async with running(Air(strap.device), strap.config) as (link, taken), asyncio.TaskGroup() as group:
        beats = group.create_task(_talk(strap))
        await live(link)
        await asyncio.sleep(7200.0)
        strap.device.on_connect = [
            BleakDeviceNotFoundError(ADDRESS),
            BleakDBusError("org.freedesktop.DBus.Error.UnknownObject", ["no such object"]),
        ]
        strap.device.drop()
        await until(lambda: strap.device.connects == 4)
        await live(link)
        assert taken.events[-1].reconnects == 1
        beats.cancel()


async def _talk(product: Product) -> None:
    while True:
        await asyncio.sleep(1.0)
        product.talk()


@reproduces("dead end after a timeout")
@in_virtual_time
async def test_after_a_connect_timeout_nothing_half_made_is_left_and_the_client_is_not_used_again() -> None:
    strap = heart_rate()
    strap.device.on_connect = [HANG, HANG]
    half_made = 0

    def keep_books(what: str, _: str) -> None:
        nonlocal half_made
        half_made += {"connect": 1, "disconnect": -1}.get(what, 0)
        strap.device.advertising = half_made <= 0

    strap.device.rule = keep_books
    async with running(Air(strap.device), strap.config) as (link, taken):
        await live(link, within_s=90.0)
        assert [e.reason.partition(";")[0] for e in taken.events if e.state is LinkState.BACKING_OFF] == [
            "no answer to connect within 15 s"
        ] * 2
        assert len(strap.device.clients) == 1


@reproduces("drop during discovery")
@in_virtual_time
async def test_a_drop_while_services_are_discovered() -> None:
    strap = heart_rate()
    strap.device.on_connect = [DROP, BleakError("failed to discover services, device disconnected")]
    async with running(Air(strap.device), strap.config) as (link, taken):
        await live(link)
        assert taken.states.count(LinkState.BACKING_OFF) == 2


@reproduces("drop during discovery")
@in_virtual_time
async def test_a_drop_between_discovery_and_the_first_look() -> None:
    strap = heart_rate()
    strap.device.on_connect = [None, None]
    hit = iter([True, False])
    strap.device.on_connected = lambda: next(hit) and strap.device.drop()
    async with running(Air(strap.device), strap.config) as (link, taken):
        await live(link)
        assert "during service discovery" in "".join(event.reason for event in taken.events)


@reproduces("services announced too early")
@in_virtual_time
async def test_services_that_come_late_are_asked_for_again() -> None:
    strap = heart_rate()
    strap.device.hides_until = {HEART_RATE: 1}
    host = ScriptedHostStack()
    async with running(Air(strap.device), strap.config, host_stack=host) as (link, taken):
        await live(link)
        assert strap.device.connects == 2
        assert host.forgotten == []
        assert LinkState.GIVEN_UP not in taken.states


@reproduces("stale services")
@in_virtual_time
async def test_services_from_before_a_firmware_change_are_forgotten() -> None:
    strap = heart_rate()
    strap.device.hides_until = {HEART_RATE: 1_000}
    host = ScriptedHostStack()
    host.on_forget = strap.device.hides_until.clear
    async with running(Air(strap.device), strap.config, host_stack=host) as (link, _):
        await live(link)
        assert host.forgotten == [ADDRESS]
        assert strap.device.connects == 3


@reproduces("bonds")
@in_virtual_time
async def test_a_cuff_that_bonds_first_and_drops_is_met_again() -> None:
    product = cuff("beurer", "BM64", sig.COMPANY_BEURER)
    host = ScriptedHostStack()
    bonded = False

    def bond(what: str, detail: str) -> None:
        nonlocal bonded
        if what != "connect" or bonded:
            return
        if detail != "pair" or host.agent_for != ADDRESS:
            raise NO_AUTHENTICATION
        bonded = True
        raise BleakError("device disconnected after pairing")

    product.device.rule = bond
    async with running(Air(product.device), product.config, host_stack=host) as (link, taken):
        await live(link)
        product.talk()
        assert taken.payloads(product.stream) == [product.data]
        assert product.device.connects == 2
        assert host.agent_for is None


@reproduces("bonds")
@in_virtual_time
async def test_a_lost_key_asks_for_a_person_and_goes_on_when_they_have_acted() -> None:
    product = cuff("omron", "BLESmart_00000116AABB", sig.COMPANY_OMRON)
    reading = product.device.characteristics[sig.BLOOD_PRESSURE_MEASUREMENT]
    reading.on_subscribe = [BleakGATTProtocolError(0x05), BleakGATTProtocolError(0x0F)]
    async with running(Air(product.device), product.config) as (link, taken):
        await live(link)
        given_up = [event for event in taken.events if event.state is LinkState.GIVEN_UP]
        assert len(given_up) == 2
        assert all("hold the Bluetooth button for 3 to 5 s until a P blinks" in e.reason for e in given_up)
        first, second = (event.received_ns for event in given_up)
        assert second - first >= backoff.ATTENTION.first_s * 1e9
    assert product.device.operations("unsubscribe") == []


@reproduces("changing addresses")
@in_virtual_time
async def test_an_address_that_changes_with_pairing_is_known_afterwards() -> None:
    product = cuff("beurer", "BM64", sig.COMPANY_BEURER)
    product.device.identity_address = "D0:00:00:00:00:01"
    air = Air(product.device)
    async with running(air, product.config) as (link, _):
        await live(link)
        assert link.health().address == "D0:00:00:00:00:01"
        product.device.address = "D0:00:00:00:00:01"
        air.devices = {product.device.address: product.device}
        product.device.drop()
        await until(lambda: link.state is LinkState.SEARCHING)
        await live(link)


@reproduces("changing addresses")
@in_virtual_time
async def test_a_new_address_is_followed_by_serial_number_and_never_to_a_stranger() -> None:
    ours = heart_rate("C0:00:00:00:00:51", "Strap", serial="S-1")
    stranger = heart_rate("C0:00:00:00:00:52", "Strap", serial="S-2")
    config = DeviceConfig(
        device="strap", family="heart_rate", address="C0:00:00:00:00:50", options={"serial": "S-1"}
    )
    async with (
        running(Air(stranger.device, ours.device), config) as (link, taken),
        asyncio.TaskGroup() as group,
    ):
        await live(link)
        assert link.health().address == "C0:00:00:00:00:51"
        assert stranger.device.connects <= 1
        # Not one value of the stranger's stream: it was asked for its serial number, and left.
        assert stranger.device.operations("subscribe") == []
        beats = group.create_task(_talk(ours))
        await asyncio.sleep(60.0)
        assert len(taken.frames(HEART_RATE)) >= 59
        beats.cancel()


@reproduces("changing addresses")
@in_virtual_time
async def test_the_right_address_with_the_wrong_serial_number_is_given_up() -> None:
    stranger = heart_rate(serial="S-2")
    stranger.options["serial"] = "S-1"
    async with running(Air(stranger.device), stranger.config) as (_, taken):
        await until(lambda: LinkState.GIVEN_UP in taken.states)
        assert "expected serial number 'S-1', the device says 'S-2'" in taken.events[-1].reason
        assert stranger.device.operations("subscribe") == []


@reproduces("scan dies silently")
@in_virtual_time
async def test_a_scan_that_died_in_silence_is_replaced() -> None:
    strap = heart_rate()
    air = Air(strap.device)
    async with running(air, strap.config) as (link, _):
        await live(link)
        air.deaf_scans = 3
        strap.device.drop()
        await live_again(link, within_s=150.0)
        assert air.scans >= 4


async def live_again(link: object, *, within_s: float) -> None:
    await until(lambda: link.state is not LinkState.LIVE)  # type: ignore[attr-defined]
    await live(link, within_s=within_s)  # type: ignore[arg-type]


@reproduces("scan dies silently")
@in_virtual_time
async def test_a_wedged_adapter_or_a_restarting_daemon_is_outlived() -> None:
    strap = heart_rate()
    air = Air(strap.device)
    air.on_scan = [
        HANG,
        BleakDBusError("org.freedesktop.DBus.Error.NoReply", []),
        BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", []),
        IN_PROGRESS,
    ]
    async with running(air, strap.config) as (link, taken):
        await live(link, within_s=120.0)
        assert "BlueZ on D-Bus" in "".join(event.reason for event in taken.events)


@reproduces("D-Bus dies")
@pytest.mark.parametrize("error", [EOFError(), BrokenPipeError(32, "Broken pipe"), ConnectionResetError()])
@in_virtual_time
async def test_a_dead_bus_is_waited_for(error: Exception) -> None:
    strap = heart_rate()
    air = Air(strap.device)
    strap.device.on_connect = [error]
    strap.device.characteristics[HEART_RATE].on_subscribe = [error]
    air.on_scan = [error]
    async with running(air, strap.config) as (link, _):
        await live(link, within_s=60.0)


@reproduces("D-Bus dies")
@in_virtual_time
async def test_a_bus_that_dies_under_a_live_link_shows_in_its_silence() -> None:
    """Nobody is told; the flag stays up; only the data stop."""
    strap = heart_rate()
    async with running(Air(strap.device), strap.config) as (link, taken), asyncio.TaskGroup() as group:
        beats = group.create_task(_talk(strap))
        await live(link)
        await asyncio.sleep(5.0)
        beats.cancel()
        assert strap.device.client is not None
        await until(lambda: LinkState.LOST in taken.states, within_s=6.0)


@reproduces("out of slots")
@pytest.mark.parametrize(
    "error",
    [
        BleakError("No available connection slots"),
        TimeoutError("no backend with an available connection slot that can reach the device"),
    ],
)
@in_virtual_time
async def test_a_full_adapter_is_given_time(error: Exception) -> None:
    strap = heart_rate()
    strap.device.on_connect = [error, error]
    async with running(Air(strap.device), strap.config) as (link, taken):
        await live(link)
        waits = [
            e.reason.rpartition("next try in ")[2] for e in taken.events if e.state is LinkState.BACKING_OFF
        ]
        assert waits == ["4.0 s", "8.0 s"]


@reproduces("slow interval")
@in_virtual_time
async def test_frames_that_come_in_bursts_are_all_taken_in_order_and_are_no_silence() -> None:
    """A connection interval of 1.5 s: nothing for long, then much at once; some samples never come."""
    imu = wit_imu(mute=True)
    frames = [
        witmotion.encode_frame(witmotion.MotionFrame((n, 0, 2048), (0, 0, 0), (0, 0, 0)))
        for n in range(1200)
        if n % 100 != 50
    ]
    async with running(Air(imu.device), imu.config) as (link, taken):
        await live(link)
        taken.inputs.clear()
        for at in range(0, len(frames), 150):
            await asyncio.sleep(1.5)
            for frame in frames[at : at + 150]:
                imu.device.send(witmotion.NOTIFY, frame)
        assert taken.payloads(witmotion.NOTIFY) == frames
        assert taken.events == []
        stamps = [frame.received_ns for frame in taken.frames()]
        assert stamps == sorted(stamps)


def test_every_recorded_failure_is_reproduced() -> None:
    assert len(RECORDS) == 21
    assert REPRODUCED.keys() == RECORDS.keys()


def test_the_table_in_the_documentation_is_this_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "links.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    told = {row[0].removeprefix("| "): row[1] for row in rows if len(row) == 3}
    assert {mode: told.get(mode) for mode in RECORDS} == RECORDS
