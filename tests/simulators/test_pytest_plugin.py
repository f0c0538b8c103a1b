"""The plugin as a test sees it, and as a project that has installed it runs it."""

import asyncio
import importlib.util
import subprocess
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from bleak import BleakAdapter, BleakClient, BleakScanner

from simulators.faults.values import Loss
from simulators.radio.air import VirtualRadio
from simulators.radio.clock import ScaledClockLoop, VirtualClockLoop
from simulators.scenario.world import World
from tests.simulators.battery_sensor import BatterySensor
from tests.simulators.radio.virtual_sensors import VALUES, Recorder, Streamer

ROOT = Path(__file__).parents[2]
HAS_ENTRY_POINT = any(point.name == "kinewatch" for point in entry_points(group="pytest11"))


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    plugin = [] if HAS_ENTRY_POINT else ["-p", "simulators.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


class TestClock:
    @pytest.mark.clock("virtual")
    async def test_virtual(self) -> None:
        assert isinstance(asyncio.get_running_loop(), VirtualClockLoop)
        await asyncio.sleep(3600.0)

    @pytest.mark.clock(100.0)
    async def test_scaled(self) -> None:
        assert isinstance(asyncio.get_running_loop(), ScaledClockLoop)

    @pytest.mark.clock("wall")
    async def test_wall(self) -> None:
        assert not isinstance(asyncio.get_running_loop(), VirtualClockLoop | ScaledClockLoop)

    async def test_without_the_marker(self) -> None:
        assert not isinstance(asyncio.get_running_loop(), VirtualClockLoop | ScaledClockLoop)


@pytest.mark.clock("virtual")
class TestFixtures:
    @pytest.mark.radio(seed=7, direct=False)
    async def test_a_radio(self, virtual_radio: VirtualRadio) -> None:
        assert (virtual_radio.seed, virtual_radio.direct) == (7, False)
        await virtual_radio.add(BatterySensor(name="Battery"))
        found = await BleakScanner.discover(1.0, backend=virtual_radio.scanner_backend)
        assert [device.name for device in found] == ["Battery"]

    @pytest.mark.radio(passkey=lambda _: 4711)
    async def test_a_radio_with_an_agent(self, bleak_on_radio: VirtualRadio) -> None:
        recorder = Recorder(passkey=4711)
        await bleak_on_radio.add(recorder)
        async with BleakClient(recorder.address) as client:
            await client.pair()

    async def test_bleak_without_a_word_about_backends(self, bleak_on_radio: VirtualRadio) -> None:
        sensor = BatterySensor(name="Battery")
        await bleak_on_radio.add(sensor)
        device = await BleakScanner.find_device_by_name("Battery")
        assert device is not None
        async with BleakClient(device) as client:
            assert await client.read_gatt_char("2a19") == bytes([100])
            adapter = await BleakAdapter.get()
            assert [one.address for one in await adapter.get_connected_devices()] == [sensor.address]

    async def test_a_scenario(
        self, bleak_on_radio: VirtualRadio, play_scenario: Callable[[str], World]
    ) -> None:
        world = play_scenario("calm-session")
        found = await BleakScanner.discover(5.0, return_adv=True)
        names = {said.local_name for _, said in found.values()}
        assert names >= {facts.local_name for facts in world.devices if facts.family == "pulse_oximeter"}

    async def test_one_device(
        self, bleak_on_radio: VirtualRadio, virtual_device: Callable[..., World]
    ) -> None:
        world = virtual_device("heart_rate", role="heart_rate_strap", battery_percent=33.0)
        device = await BleakScanner.find_device_by_name(world.devices[0].local_name)
        assert device is not None
        async with BleakClient(device) as client:
            assert await client.read_gatt_char("2a19") == bytes([33])

    async def test_faults(
        self, bleak_on_radio: VirtualRadio, inflict_faults: Callable[..., Awaitable[None]]
    ) -> None:
        sensor = Streamer()
        await bleak_on_radio.add(sensor)
        heard: list[bytes] = []
        async with BleakClient(sensor.address) as client:
            await inflict_faults(Loss(address=sensor.address, share=1.0))
            await client.start_notify(VALUES, lambda _, value: heard.append(bytes(value)))
            await asyncio.sleep(1.0)
        assert heard == []


class TestInAnotherProject:
    @pytest.mark.parametrize(
        ("marker", "complaint"),
        [
            ('"sundial"', "expected 'virtual', 'wall' or a positive number"),
            ("", "clock takes one argument"),
            ('"virtual", 1', "clock takes one argument"),
        ],
    )
    def test_a_wrong_marker_is_a_usage_error(self, tmp_path: Path, marker: str, complaint: str) -> None:
        (tmp_path / "test_it.py").write_text(
            "import pytest\n\n"
            "@pytest.mark.asyncio\n"
            f"@pytest.mark.clock({marker})\n"
            "async def test_it(): pass\n"
        )
        done = run_pytest(tmp_path)
        assert done.returncode != 0
        assert complaint in done.stdout + done.stderr

    def test_strict_mode_and_strict_markers(self, tmp_path: Path) -> None:
        (tmp_path / "test_it.py").write_text(
            "import asyncio, pytest\n\n"
            "@pytest.mark.asyncio\n"
            '@pytest.mark.clock("virtual")\n'
            "async def test_it(virtual_radio):\n"
            "    await asyncio.sleep(86400)\n"
            "    assert virtual_radio.peripherals == {}\n\n"
            "def test_plain(): pass\n"
        )
        done = run_pytest(
            tmp_path, "--strict-markers", "-W", "error", "-o", "asyncio_default_fixture_loop_scope=function"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "2 passed" in done.stdout

    def test_it_loads_without_the_radio(self, tmp_path: Path) -> None:
        (tmp_path / "test_it.py").write_text(
            "import sys\n\n"
            "def test_it():\n"
            "    assert not {'bumble', 'numpy', 'pydantic'} & set(sys.modules)\n"
        )
        done = run_pytest(tmp_path)
        assert "1 passed" in done.stdout, done.stdout + done.stderr

    @pytest.mark.skipif(importlib.util.find_spec("bleakheart") is None, reason="bleakheart is not installed")
    def test_the_example_on_a_driver_that_others_wrote(self) -> None:
        done = run_pytest(ROOT, "-o", "addopts=", "examples/test_a_program_of_others.py")
        assert "1 passed" in done.stdout, done.stdout + done.stderr
