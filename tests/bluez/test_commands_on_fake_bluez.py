"""The commands of the engineer who installs a station, as processes on bleak's own BlueZ backend."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from protocols.ble import heart_rate as hrs
from tests.bluez.fake_bluez import FakeBlueZ
from tests.bluez.gatt_devices import FakeDevice, beat, heart_rate_strap
from tests.bluez.private_bus import PrivateBus

PROJECT = Path(__file__).resolve().parents[2]
# A process that imports numpy and scipy on a busy machine.
PATIENCE_S = 30.0

STATION = """
[station]
clinic = "north"
station = "gym-1"
sessions_folder = "{folder}/sessions"

[[devices]]
device = "strap"
family = "heart_rate"
role = "heart_rate_strap"
address = "C0:00:00:00:00:01"
"""


async def command(*words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("kinewatch"),
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )


async def told(process: asyncio.subprocess.Process, words: str) -> None:
    """Wait for a line of progress."""
    assert process.stderr is not None
    async with asyncio.timeout(PATIENCE_S):
        while words not in (line := (await process.stderr.readline()).decode()):
            assert line, f"ended without saying {words!r}"


async def finished(process: asyncio.subprocess.Process) -> tuple[str, str]:
    async with asyncio.timeout(PATIENCE_S):
        printed, said = await process.communicate()
    return printed.decode(), said.decode()


async def beating(bluez: FakeBlueZ, strap: FakeDevice) -> None:
    while True:
        await asyncio.sleep(0.2)
        bluez.notify(strap, hrs.MEASUREMENT, beat(72))


@pytest.mark.slow
@pytest.mark.broker
async def test_check_finds_the_station_ready(bus: PrivateBus, tmp_path: Path) -> None:
    strap = heart_rate_strap()
    station = tmp_path / "station.toml"
    station.write_text(STATION.format(folder=tmp_path))
    async with FakeBlueZ(bus.address, strap) as bluez:
        playing = asyncio.create_task(beating(bluez, strap))
        process = await command("check", "--station", str(station), "--seconds", "0.5")
        printed, said = await finished(process)
        playing.cancel()
        assert process.returncode == 0, said + printed
        assert "device strap: heard at -58 dBm, driver heart_rate, " in printed
        assert "heart rate 72 /min" in printed
        assert printed.endswith("ready\n")
        assert not strap.connected


async def test_ctrl_c_ends_a_scan_at_once_and_cleanly(bus: PrivateBus) -> None:
    async with FakeBlueZ(bus.address, heart_rate_strap()) as bluez:
        process = await command("scan", "--seconds", "600")
        await told(process, "heart_rate")
        process.send_signal(signal.SIGINT)
        printed, said = await finished(process)
        assert process.returncode == 130, said
        assert "Ctrl-C" in said
        assert "Traceback" not in said + printed
        assert not bluez.is_discovering


@pytest.mark.slow
@pytest.mark.broker
async def test_ctrl_c_ends_a_check_and_its_connection(bus: PrivateBus, tmp_path: Path) -> None:
    strap = heart_rate_strap()
    station = tmp_path / "station.toml"
    station.write_text(STATION.format(folder=tmp_path))
    async with FakeBlueZ(bus.address, strap):
        process = await command(
            "check", "--station", str(station), "--seconds", "0.5", "--try-seconds", "600"
        )
        await told(process, "strap: live")
        process.send_signal(signal.SIGINT)
        printed, said = await finished(process)
        assert process.returncode == 130, said
        assert "Traceback" not in said + printed
        assert "ok   broker" in printed
        assert not strap.connected
