"""`kinewatch simulate` as another process meets it: an adapter over TCP, and devices on our controller."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bleak import BleakClient, BleakScanner

from monitor.cli.main import main
from monitor.cli.radio_access import radio_at
from monitor.cli.scan.command import listened
from protocols.ble import heart_rate, pulse_oximeter
from simulators.radio.air import VirtualRadio
from simulators.radio.transports import RemoteRadio, export_adapter
from simulators.scenario.loader import load
from simulators.scenario.world import World

PATIENCE_S = 30.0
STRAP_AND_OXIMETER = """
name = "two"
title = "Two"
seed = 5
duration_s = 60
devices = [
  { name = "oximeter", family = "pulse_oximeter", role = "oximeter" },
  { name = "strap", family = "heart_rate", role = "heart_rate_strap" },
]
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "two.toml"
    path.write_text(STRAP_AND_OXIMETER, encoding="utf-8")
    return path


@contextlib.asynccontextmanager
async def simulating(scenario: Path, transport: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor.cli.main", "simulate", str(scenario), "--json"),
        *("--transport", transport),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def said(process: asyncio.subprocess.Process, words: str) -> str:
    """The next line of its messages with these words."""
    assert process.stderr is not None
    while words not in (line := (await process.stderr.readline()).decode()):
        assert line, f"it ended without saying {words!r}"
    return line


async def shown(process: asyncio.subprocess.Process, device: str, payload: bytes) -> None:
    """Wait until it shows that the device has sent this."""
    assert process.stdout is not None
    while True:
        line = await process.stdout.readline()
        assert line, "it ended without showing that"
        one = json.loads(line)
        if (one["device"], one.get("payload")) == (device, payload.hex()):
            return


async def first_value(client: BleakClient, characteristic: str) -> bytes:
    value: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def take(_: object, data: bytearray) -> None:
        if not value.done():
            value.set_result(bytes(data))

    await client.start_notify(characteristic, take)
    return await value


async def test_over_tcp_another_process_finds_the_devices_and_each_value_is_shown(scenario: Path) -> None:
    async with (
        asyncio.timeout(PATIENCE_S),
        simulating(scenario, "tcp-server:127.0.0.1:0") as process,
    ):
        where = (await said(process, "an adapter is at")).split("an adapter is at ")[1].split(";")[0]
        async with RemoteRadio(f"tcp-client:{where}") as radio:
            strap = await BleakScanner.find_device_by_filter(
                lambda _, said: "0000180d-0000-1000-8000-00805f9b34fb" in said.service_uuids,
                backend=radio.scanner_backend,
            )
            assert strap is not None
            async with BleakClient(strap, backend=radio.client_backend) as client:
                value = await first_value(client, heart_rate.MEASUREMENT)
                await shown(process, "strap", value)


@pytest.mark.parametrize("transport", [(), ("--transport", "tcp-server:127.0.0.1:0")])
async def test_ctrl_c_ends_it_without_a_word_of_python(transport: tuple[str, ...], scenario: Path) -> None:
    async with asyncio.timeout(PATIENCE_S):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "monitor.cli.main", "simulate", str(scenario), *transport),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        await (process.stderr if transport else process.stdout).readline()
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in errors


async def test_on_a_controller_elsewhere_all_devices_are_on_the_air(scenario: Path) -> None:
    async with (
        asyncio.timeout(PATIENCE_S),
        VirtualRadio(1) as radio,
        export_adapter(radio, "tcp-server:127.0.0.1:0") as listening,
        simulating(scenario, f"tcp-client:{listening}") as process,
        contextlib.AsyncExitStack() as links,
    ):
        for name, characteristic in (
            ("oximeter", pulse_oximeter.CONTINUOUS),
            ("strap", heart_rate.MEASUREMENT),
        ):
            address = (await said(process, name)).split(" at ")[1].split(";")[0]
            device = await BleakScanner.find_device_by_address(address, backend=radio.scanner_backend)
            assert device is not None
            client = await links.enter_async_context(BleakClient(device, backend=radio.client_backend))
            await shown(process, name, await first_value(client, characteristic))


def test_device_alone_is_simulated_and_an_unknown_one_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "brief-freeze", "--device", "nope"]) == 2
    assert "no such device; it has oximeter" in capsys.readouterr().err
    assert main(["simulate", "brief-freeze", "--device", "strap", "--speed", "max", "--json"]) == 0
    devices = {json.loads(line)["device"] for line in capsys.readouterr().out.splitlines()}
    assert devices == {"strap"}


async def test_the_radio_of_another_process_is_scanned(capsys: pytest.CaptureFixture[str]) -> None:
    async with VirtualRadio(1) as radio, export_adapter(radio, "tcp-server:127.0.0.1:0") as listening:
        world = World(load("brief-freeze"), radio)
        playing = asyncio.create_task(world.run())
        async with radio_at(f"tcp-client:{listening}") as station:
            rows = await listened(station, seconds=1.5, try_s=None, progress=lambda _: None)
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)
    assert {row.found.family for row in rows} >= {"pulse_oximeter", "heart_rate"}


@pytest.mark.parametrize("command", ["run", "check", "scan"])
def test_a_radio_that_does_not_answer_is_one_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "brief-freeze", "--write", str(tmp_path)]) == 0
    files = ["--station", str(tmp_path / "station.toml")] if command != "scan" else []
    files += ["--plan", str(tmp_path / "plan.toml")] if command == "run" else []
    code = main([command, *files, "--radio", "tcp-client:127.0.0.1:9"])
    assert code == 1
    output = capsys.readouterr()
    assert "--radio" in output.out + output.err
    assert "Traceback" not in output.err
