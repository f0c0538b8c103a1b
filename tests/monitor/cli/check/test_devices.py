"""`kinewatch check` on virtual hardware with faults planted: each gives its finding and its sentence."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason

from devices.adapter.radio import Radio
from monitor.cli.check.devices import adapter_and_devices
from monitor.cli.check.finding import Finding
from monitor.config import Station
from simulators.faults import bluez_errors
from simulators.radio.air import VirtualRadio
from simulators.radio.fault_hooks import HookCall, HookPoint
from simulators.scenario.loader import Scenario
from simulators.scenario.world import World
from tests.support.virtual_time import in_virtual_time, now_ns

OXIMETER = {"name": "oximeter", "family": "pulse_oximeter", "role": "oximeter"}
STRAP = {"name": "strap", "family": "heart_rate", "role": "heart_rate_strap"}
IMUS = (
    {"name": "thigh", "family": "witmotion", "role": "imu_proximal"},
    {"name": "shank", "family": "witmotion", "role": "imu_distal"},
)
CUFF = {"name": "cuff", "family": "omron", "role": "cuff"}
EVERYTHING = (OXIMETER, STRAP, *IMUS, CUFF)
ABSENT = "C0:00:00:00:0A:0A"


class Gym:
    """Sensors on the virtual air, and a station whose settings name them."""

    def __init__(self, air: VirtualRadio, world: World) -> None:
        self.air = air
        self.world = world
        self.told: list[str] = []
        self.devices: list[dict[str, Any]] = [
            {"device": one.device, "family": one.family, "role": str(one.role), "address": one.address}
            for one in world.devices
        ]

    def address(self, device: str) -> str:
        return next(one.address for one in self.world.devices if one.device == device)

    def settings(self, device: str) -> dict[str, Any]:
        """One device's part of station.toml, to be changed."""
        return next(one for one in self.devices if one["device"] == device)

    def fail(self, stage: HookPoint, error: Any) -> None:
        """From now on this stage raises."""

        async def hook(passage: HookCall) -> None:
            if passage.stage is stage:
                raise error()

        self.air.fault_hooks.stages.append(hook)

    async def check(self, *, listen_s: float = 10.0, try_s: float = 20.0) -> dict[str, Finding]:
        """What the command would say."""
        station = Station.model_validate(
            {"station": {"clinic": "north", "station": "gym"}, "devices": self.devices}
        )
        radio = Radio(self.air.client_backend, self.air.scanner_backend)
        findings = adapter_and_devices(
            station, radio, listen_s=listen_s, try_s=try_s, progress=self.told.append
        )
        return {one.subject.removeprefix("device "): one async for one in findings}


@asynccontextmanager
async def gym(*sections: dict[str, Any], timeline: Sequence[dict[str, Any]] = ()) -> AsyncIterator[Gym]:
    scenario = Scenario.model_validate(
        {
            "name": "gym",
            "title": "gym",
            "seed": 5,
            "duration_s": 400,
            "devices": list(sections),
            "timeline": list(timeline),
        }
    )
    async with VirtualRadio(5) as air:
        world = World(scenario, air)
        playing = asyncio.create_task(world.run())
        try:
            # Everything is on before anybody looks.
            await asyncio.sleep(1.0)
            yield Gym(air, world)
        finally:
            playing.cancel()
            await asyncio.wait([playing])


@in_virtual_time
async def test_a_station_in_order_says_of_each_device_what_it_is_and_what_it_reads() -> None:
    measure = {"at_s": 2.0, "do": "measure", "device": "cuff"}
    async with gym(*EVERYTHING, timeline=[measure]) as here:
        await asyncio.sleep(60.0)
        found = await here.check()
        assert all(one.is_ok for one in found.values()), found
        assert found["adapter"].facts["heard"] == 5
        for device, words in (
            ("oximeter", ("driver pulse_oximeter", "battery", "SpO2", "pulse", "dBm")),
            ("strap", ("driver heart_rate", "battery", "heart rate")),
            ("thigh", ("driver witmotion", "motion at 100 Hz", "battery")),
            ("shank", ("driver witmotion", "motion at 100 Hz")),
            ("cuff", ("driver omron", "left for the session")),
        ):
            assert all(word in found[device].line for word in words), found[device].line
        facts = found["oximeter"].facts
        assert facts["connected"] is True
        assert isinstance(facts["reading"], dict)
        assert facts["reading"]["spo2_percent"] == pytest.approx(97, abs=3)
        assert here.told[0] == "listening for 10 s"
        assert any(line.startswith("strap: live") for line in here.told)


@in_virtual_time
async def test_no_cuff_is_connected_to() -> None:
    """It sends a reading once: taken here, no session would ever have it."""
    measure = {"at_s": 2.0, "do": "measure", "device": "cuff"}
    async with gym(CUFF, timeline=[measure]) as here:
        await asyncio.sleep(60.0)
        connects: list[HookCall] = []

        async def note(passage: HookCall) -> None:
            if passage.stage is HookPoint.CONNECT:
                connects.append(passage)

        here.air.fault_hooks.stages.append(note)
        found = await here.check()
        assert found["cuff"].is_ok
        assert connects == []


@in_virtual_time
async def test_a_cuff_that_sleeps_is_no_fault() -> None:
    async with gym(CUFF, STRAP) as here:
        found = await here.check()
        assert found["cuff"].is_ok
        assert "only after a reading" in found["cuff"].advice


@in_virtual_time
async def test_an_empty_battery() -> None:
    async with gym({**STRAP, "battery_percent": 4}) as here:
        finding = (await here.check())["strap"]
        assert not finding.is_ok
        assert "battery 4 %" in finding.found
        assert "charge it or change its battery" in finding.advice


@in_virtual_time
async def test_a_battery_that_will_not_last() -> None:
    async with gym({**STRAP, "battery_percent": 15}) as here:
        finding = (await here.check())["strap"]
        assert finding.is_ok
        assert finding.advice == "charge it soon"


@in_virtual_time
async def test_a_dead_battery() -> None:
    async with gym(OXIMETER, STRAP) as here:
        await here.air.remove(here.address("strap"))
        found = await here.check()
        assert found["oximeter"].is_ok
        assert not found["strap"].is_ok
        assert "switch it on, charge it, and bring it near" in found["strap"].advice


@in_virtual_time
async def test_out_of_range() -> None:
    async with gym(OXIMETER, STRAP) as here:
        here.air.set_in_range(here.address("oximeter"), False)
        found = await here.check()
        assert found["strap"].is_ok
        assert found["oximeter"].found == f"not heard at {here.address('oximeter')}"
        assert "bring it near" in found["oximeter"].advice


@in_virtual_time
async def test_a_weak_signal() -> None:
    async with gym(STRAP) as here:
        here.air.set_rssi(here.address("strap"), -92)
        finding = (await here.check())["strap"]
        assert not finding.is_ok
        assert finding.advice == "too weak: bring it nearer"


@in_virtual_time
async def test_connected_but_no_data() -> None:
    async with gym(OXIMETER) as here:
        here.air.fault_hooks.values.append(lambda _client, _handle, _value: [])
        finding = (await here.check())["oximeter"]
        assert not finding.is_ok
        assert "connected, but it sends nothing: put it on a finger" in finding.advice
        assert "no data for" in finding.found


@in_virtual_time
async def test_data_without_a_value() -> None:
    """Nobody has a finger in it: the sensor is well, and says so."""
    off = {"at_s": 0.0, "do": "fault", "device": "oximeter", "fault": "sensor_off", "for_s": 300.0}
    async with gym(OXIMETER, timeline=[off]) as here:
        finding = (await here.check())["oximeter"]
        assert finding.is_ok
        assert "SpO2 no value" in finding.found
        assert "put it on a finger" in finding.advice


@in_virtual_time
async def test_a_bond_that_was_lost() -> None:
    async with gym({"name": "chest", "family": "polar_pmd", "role": "imu_proximal"}, IMUS[1]) as here:
        here.fail(HookPoint.PAIR, bluez_errors.authentication_failed)
        began_ns = now_ns()
        finding = (await here.check())["chest"]
        assert not finding.is_ok
        assert finding.advice.startswith("not paired: ")
        assert f"bluetoothctl remove {here.address('chest')}" in finding.advice
        # A person has to act: nobody waits for the rest of the time.
        assert now_ns() - began_ns < 20e9


@in_virtual_time
async def test_a_scan_that_is_silent() -> None:
    async with gym(OXIMETER) as here:
        here.air.fault_hooks.heard.append(lambda _: False)
        found = await here.check()
        assert not found["adapter"].is_ok
        assert "heard nobody at all" in found["adapter"].found
        assert "hold a sensor that is on next to it" in found["adapter"].advice
        assert not found["oximeter"].is_ok


@pytest.mark.parametrize(
    ("reason", "found", "advice"),
    [
        (BleakBluetoothNotAvailableReason.POWERED_OFF, "switched off", "bluetoothctl power on"),
        (BleakBluetoothNotAvailableReason.NO_BLUETOOTH, "no Bluetooth adapter", "plug one in"),
        (BleakBluetoothNotAvailableReason.DENIED_BY_USER, "may not use Bluetooth", "allow it"),
    ],
)
@in_virtual_time
async def test_no_adapter_to_work_with(
    reason: BleakBluetoothNotAvailableReason, found: str, advice: str
) -> None:
    async with gym(OXIMETER) as here:
        here.fail(HookPoint.SCAN, lambda: BleakBluetoothNotAvailableError("no", reason))
        findings = await here.check()
        assert list(findings) == ["adapter"]
        assert found in findings["adapter"].found
        assert advice in findings["adapter"].advice


@in_virtual_time
async def test_an_adapter_that_somebody_else_uses() -> None:
    async with gym(OXIMETER) as here:
        here.fail(HookPoint.SCAN, bluez_errors.in_progress)
        findings = await here.check()
        assert "another program scans or connects" in findings["adapter"].advice


@in_virtual_time
async def test_a_full_adapter() -> None:
    async with gym(OXIMETER) as here:
        here.fail(HookPoint.CONNECT, bluez_errors.out_of_slots)
        finding = (await here.check())["oximeter"]
        assert not finding.is_ok
        assert "no connection free" in finding.advice


@in_virtual_time
async def test_a_device_that_is_heard_and_does_not_answer() -> None:
    async with gym(OXIMETER) as here:
        here.fail(HookPoint.CONNECT, bluez_errors.abort_by_local)
        finding = (await here.check())["oximeter"]
        assert not finding.is_ok
        assert "bring it nearer, change its battery; if a phone or another program holds it" in finding.advice


@in_virtual_time
async def test_two_devices_for_one_role() -> None:
    twin = {**OXIMETER, "name": "another"}
    async with gym(OXIMETER, twin) as here:
        addresses = [here.address("oximeter"), here.address("another")]
        here.devices = [{"device": "oximeter", "family": "pulse_oximeter", "role": "oximeter"}]
        finding = (await here.check())["oximeter"]
        assert not finding.is_ok
        assert finding.found.startswith("2 devices fit: ")
        assert all(address in finding.found for address in addresses)
        assert "set `address`" in finding.advice


@in_virtual_time
async def test_a_device_that_is_known_by_its_name() -> None:
    twin = {**OXIMETER, "name": "another"}
    async with gym(OXIMETER, twin) as here:
        (name,) = [one.local_name for one in here.world.devices if one.device == "oximeter"]
        here.devices = [{"device": "oximeter", "family": "pulse_oximeter", "role": "oximeter", "name": name}]
        finding = (await here.check())["oximeter"]
        assert finding.is_ok
        assert finding.facts["address"] == here.address("oximeter")


@in_virtual_time
async def test_an_unknown_address_with_one_that_fits() -> None:
    async with gym(OXIMETER) as here:
        here.settings("oximeter")["address"] = ABSENT
        finding = (await here.check())["oximeter"]
        assert not finding.is_ok
        assert finding.found == f"not heard at {ABSENT}"
        assert f"this one fits: {here.address('oximeter')}" in finding.advice


@in_virtual_time
async def test_what_another_entry_claims_is_not_offered() -> None:
    async with gym(*IMUS) as here:
        here.settings("shank")["address"] = ABSENT
        here.air.set_in_range(here.address("shank"), False)
        found = await here.check()
        assert found["thigh"].is_ok
        assert here.address("thigh") not in found["shank"].advice


@in_virtual_time
async def test_settings_that_say_another_family() -> None:
    async with gym(OXIMETER) as here:
        here.settings("oximeter")["family"] = "nonin"
        finding = (await here.check(try_s=30.0))["oximeter"]
        assert not finding.is_ok
        assert "pulse_oximeter" in finding.line
        assert "the right device" in finding.advice or "another product" in finding.advice


@in_virtual_time
async def test_a_cuff_of_another_family() -> None:
    measure = {"at_s": 2.0, "do": "measure", "device": "cuff"}
    async with gym(CUFF, timeline=[measure]) as here:
        here.settings("cuff")["family"] = "microlife"
        await asyncio.sleep(60.0)
        finding = (await here.check())["cuff"]
        assert not finding.is_ok
        assert "the settings say microlife, it is omron" in finding.advice


@in_virtual_time
async def test_ctrl_c_in_the_middle_leaves_no_connection_behind() -> None:
    async with gym(*EVERYTHING) as here:
        checking = asyncio.create_task(here.check())
        while not any("live" in line for line in here.told):  # noqa: ASYNC110 -- there is no event for it
            await asyncio.sleep(0.1)
        checking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await checking
        assert not any(peripheral.is_connected for peripheral in here.air.peripherals.values())
