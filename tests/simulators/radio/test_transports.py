"""The radio beyond this process: over TCP to another one, and back."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from bleak import BleakClient, BleakScanner

from simulators.radio.air import VirtualRadio
from simulators.radio.errors import AddressTakenError, NotStartedError, TransportError
from simulators.radio.link_layer.link import LinkBehaviour
from simulators.radio.transports import OnAir, RemoteRadio, export_adapter
from tests.simulators.radio.virtual_sensors import VALUES, Streamer

ROOT = Path(__file__).parents[3]
PATIENCE_S = 20.0

ROOM = """
import asyncio
from simulators.radio.air import VirtualRadio
from simulators.radio.link_layer.link import LinkBehaviour
from simulators.radio.transports import export_adapter
from tests.simulators.radio.virtual_sensors import Streamer

async def main():
    async with VirtualRadio(1) as radio:
        await radio.add(Streamer(behaviour=LinkBehaviour(interval_s=0.0075)))
        async with export_adapter(radio, "tcp-server:127.0.0.1:0") as listening:
            print(listening, flush=True)
            await asyncio.Event().wait()

asyncio.run(main())
"""

SENSOR = """
import asyncio, sys
from simulators.radio.transports import OnAir
from tests.simulators.radio.virtual_sensors import Streamer

async def main():
    async with OnAir("tcp-client:" + sys.argv[1]) as air:
        await air.add(Streamer())
        print("on", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def another_process(code: str, *arguments: str) -> AsyncIterator[str]:
    """Run code elsewhere; gives the first line that it prints."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            line = await child.stdout.readline()
        assert line, "the other process said nothing"
        yield line.decode().strip()
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def numbers(client: BleakClient, count: int) -> list[int]:
    """The first so many values of a stream."""
    heard: list[int] = []
    enough = asyncio.Event()

    def on_value(_: object, value: bytearray) -> None:
        heard.append(int.from_bytes(value, "little"))
        if len(heard) >= count:
            enough.set()

    await client.start_notify(VALUES, on_value)
    async with asyncio.timeout(PATIENCE_S):
        await enough.wait()
    return heard[:count]


async def test_a_station_in_another_process_than_the_sensors() -> None:
    async with (
        another_process(ROOM) as listening,
        RemoteRadio(f"tcp-client:{listening}") as radio,
        asyncio.timeout(PATIENCE_S),
    ):
        device = await BleakScanner.find_device_by_name("Streamer", backend=radio.scanner_backend)
        assert device is not None
        async with BleakClient(device, backend=radio.client_backend) as client:
            assert await numbers(client, 50) == list(range(50))


async def test_a_sensor_in_another_process_than_the_station() -> None:
    async with (
        asyncio.timeout(PATIENCE_S),
        VirtualRadio(1) as radio,
        export_adapter(radio, "tcp-server:127.0.0.1:0") as listening,
        another_process(SENSOR, listening) as line,
    ):
        assert line == "on"
        device = await BleakScanner.find_device_by_name("Streamer", backend=radio.scanner_backend)
        assert device is not None
        async with BleakClient(device, backend=radio.client_backend) as client:
            assert await numbers(client, 50) == list(range(50))


@pytest.mark.slow
@pytest.mark.clock("virtual")
async def test_both_ends_in_one_process_with_time_held() -> None:
    async with VirtualRadio(2) as radio:
        await radio.add(Streamer(behaviour=LinkBehaviour(interval_s=0.0075)))
        loop = asyncio.get_running_loop()
        async with (
            export_adapter(radio, "tcp-server:127.0.0.1:0") as listening,
            RemoteRadio(f"tcp-client:{listening}") as remote,
        ):
            async with asyncio.timeout(PATIENCE_S):  # in virtual time, which passes as the wall's does
                device = await BleakScanner.find_device_by_name("Streamer", backend=remote.scanner_backend)
                assert device is not None
                async with BleakClient(device, backend=remote.client_backend) as client:
                    assert await numbers(client, 20) == list(range(20))
        before_s = loop.time()
        await asyncio.sleep(1000.0)
        assert loop.time() - before_s == pytest.approx(1000.0)


@pytest.mark.slow
async def test_one_controller_carries_several_peripherals_at_a_time() -> None:
    sensors = [Streamer(name) for name in ("One", "Two", "Three")]
    async with (
        asyncio.timeout(PATIENCE_S),
        VirtualRadio(3) as radio,
        export_adapter(radio, "tcp-server:127.0.0.1:0") as listening,
        OnAir(f"tcp-client:{listening}") as air,
        contextlib.AsyncExitStack() as links,
    ):
        for sensor in sensors:
            await air.add(sensor)
        with pytest.raises(NotStartedError):
            _ = sensors[0].controller  # it is at the other end
        with pytest.raises(AddressTakenError):
            await air.add(Streamer("One"))
        clients = []
        for sensor in sensors:
            device = await BleakScanner.find_device_by_name(sensor.name, backend=radio.scanner_backend)
            assert device is not None
            assert device.address == sensor.address
            clients.append(await links.enter_async_context(BleakClient(device, backend=radio.client_backend)))
        heard = await asyncio.gather(*(numbers(client, 30) for client in clients))
        assert heard == [list(range(30))] * 3
        # One goes and comes back; the others do not notice.
        await clients[1].disconnect()
        async with BleakClient(sensors[1].address, backend=radio.client_backend) as again:
            assert len(await numbers(again, 10)) == 10
        assert clients[0].is_connected
        assert clients[2].is_connected
    with pytest.raises(NotStartedError):
        _ = sensors[0].device


async def test_a_place_that_is_not_open() -> None:
    with pytest.raises(TransportError, match="not open"):
        await OnAir("tcp-client:127.0.0.1:1").add(Streamer())


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("nonsense:1", "unknown transport scheme"),
        ("tcp-client:127.0.0.1:1", "Connect call failed|Connection refused"),
        ("tcp-server:nonsense", "not enough values|invalid literal"),
        ("serial:/nowhere/at/all", "No such file"),
        ("vhci:/nowhere/vhci", "No such file"),
        ("usb", "."),
    ],
)
async def test_a_transport_that_cannot_be_opened_is_one_sentence(spec: str, why: str) -> None:
    with pytest.raises(TransportError, match=why) as caught:
        async with RemoteRadio(spec):
            pass
    assert caught.value.spec == spec
    assert "\n" not in str(caught.value)


async def test_a_controller_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulators.radio.transports.ANSWER_WITHIN_S", 0.05)

    closed = asyncio.Semaphore(0)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        closed.release()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        spec = f"tcp-client:{host}:{port}"
        with pytest.raises(TransportError, match="does not answer"):
            async with RemoteRadio(spec):
                pass
        async with OnAir(spec) as air:
            with pytest.raises(TransportError, match="does not answer"):
                await air.add(Streamer())
        async with asyncio.timeout(PATIENCE_S):
            await closed.acquire()
            await closed.acquire()
