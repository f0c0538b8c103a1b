"""Every recorded failure can be shown: what a plain bleak client sees while each fault holds.

One test a row of `FAILURE_MODES`, found by its name; a row without a test fails.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.exc import BleakDBusError, BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError

from simulators.faults import bluez_errors
from simulators.faults.adapter import SilentScan
from simulators.faults.connecting import ConnectFails, OutOfSlots
from simulators.faults.failure_modes import FAILURE_MODES, FailureMode
from simulators.faults.links import LinkLoss, NoisyAir, OutOfRange, PowerLoss
from simulators.faults.schedule import Fault, inject
from simulators.faults.stages import SlowStage, StageHangs, no_pairing_agent
from simulators.radio.air import VirtualRadio
from simulators.radio.fault_hooks import HookPoint
from simulators.radio.gatt.advertisement import full_uuid
from simulators.radio.gatt.services import Characteristic, Security, Service
from tests.simulators.radio.virtual_sensors import COMMANDS, RECORDS, VALUES, Recorder, Streamer

pytestmark = pytest.mark.clock("virtual")

SERVICE = full_uuid(0xFFE5)


def now_s() -> float:
    return asyncio.get_running_loop().time()


class TwoStreams(Streamer):
    """A streamer with a second characteristic, which counts too."""

    def __init__(self, name: str = "Streamer") -> None:
        super().__init__(name)
        self.second = Characteristic(uuid=0xFFE6, notify=True)

    def services(self) -> list[Service]:
        return [Service(uuid=0xFFE5, characteristics=[self.values, self.second])]


@dataclass
class Bench:
    """A radio, a sensor on it, and a client that counts."""

    radio: VirtualRadio
    sensor: TwoStreams
    device: BLEDevice
    heard: list[int] = field(default_factory=list)
    gone: list[float] = field(default_factory=list)

    def client(self, *, timeout_s: float = 10.0) -> BleakClient:
        return BleakClient(
            self.device,
            lambda _: self.gone.append(now_s()),
            timeout=timeout_s,
            backend=self.radio.client_backend,
        )

    async def subscribe(self, client: BleakClient, characteristic: str = VALUES) -> None:
        await client.start_notify(
            characteristic, lambda _, value: self.heard.append(int.from_bytes(value, "little"))
        )


@dataclass(frozen=True)
class Case:
    """What is done to show a failure mode."""

    show: Callable[[Bench], Awaitable[None]]


async def callback_doubled(bench: Bench) -> None:
    for expected in ([0, 1, 2], None):
        async with bench.client() as client:
            await bench.subscribe(client)
            await asyncio.sleep(1.0)
        if expected is not None:
            assert bench.heard[:3] == expected
        else:
            assert bench.heard[0] == bench.heard[1] != bench.heard[2]
        bench.heard.clear()


async def drop_after_subscribe(bench: Bench) -> None:
    client = bench.client()
    await client.connect()
    await bench.subscribe(client)
    await asyncio.sleep(0.02)
    assert not client.is_connected
    await client.connect()
    await bench.subscribe(client)
    await asyncio.sleep(1.0)
    assert client.is_connected


async def first_values_lost(bench: Bench) -> None:
    async with bench.client() as client:
        for _ in range(2):
            before = bench.sensor.sent
            await bench.subscribe(client)
            await asyncio.sleep(1.0)
            await client.stop_notify(VALUES)
            assert bench.heard[0] == before + 3
            bench.heard.clear()


async def second_subscribe_hangs(bench: Bench) -> None:
    async with bench.client() as client:
        await bench.subscribe(client)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60.0):
                await bench.subscribe(client, "ffe6")
        await bench.subscribe(client, "ffe6")


async def stale_subscriptions(bench: Bench) -> None:
    client = bench.client()
    await client.connect()
    await bench.subscribe(client)
    await asyncio.sleep(1.0)
    bench.radio.drop_link(bench.sensor.address)
    await asyncio.sleep(0.5)
    with pytest.raises(BleakError):
        await client.stop_notify(VALUES)
    sent = bench.sensor.sent
    await client.connect()
    await asyncio.sleep(1.0)
    assert bench.sensor.sent > sent + 90  # it talks, though nobody has subscribed on this link
    heard = len(bench.heard)
    await bench.subscribe(client)
    await asyncio.sleep(0.5)
    assert bench.heard[heard] > sent + 90
    await client.disconnect()


async def abort_by_local(bench: Bench) -> None:
    client = bench.client()
    with pytest.raises(BleakDBusError, match="le-connection-abort-by-local"):
        await client.connect()
    await client.connect()
    await client.disconnect()


async def crowded_air(bench: Bench) -> None:
    other = TwoStreams("Other")
    await bench.radio.add(other)
    async with bench.client() as client:
        await bench.subscribe(client)
        await asyncio.sleep(10.0)
        assert len(bench.heard) > 980  # one sensor at 100 Hz fits
        device = await BleakScanner.find_device_by_name("Other", backend=bench.radio.scanner_backend)
        assert device is not None
        async with BleakClient(device, backend=bench.radio.client_backend) as second:
            await bench.subscribe(second)
            bench.heard.clear()
            await asyncio.sleep(20.0)
    assert len(bench.heard) == pytest.approx(20 * 150, rel=0.1)
    assert bench.sensor.notifications_lost + other.notifications_lost > 700


async def in_progress(bench: Bench) -> None:
    first = asyncio.create_task(bench.client().connect())
    await asyncio.sleep(0.001)
    with pytest.raises(BleakDBusError, match=r"org\.bluez\.Error\.InProgress"):
        await bench.client().connect()
    with pytest.raises(BleakDBusError, match=r"org\.bluez\.Error\.InProgress"):
        await BleakScanner.discover(1.0, backend=bench.radio.scanner_backend)
    await first
    await BleakScanner.discover(1.0, backend=bench.radio.scanner_backend)


async def stale_in_progress(bench: Bench) -> None:
    client = bench.client()
    for _ in range(3):
        with pytest.raises(BleakDBusError, match="InProgress"):
            await client.connect()
        await asyncio.sleep(60.0)
    with pytest.raises(BleakDeviceNotFoundError):
        await client.unpair()
    await client.connect()
    await client.disconnect()


async def still_connected(bench: Bench) -> None:
    radio = bench.radio
    assert await BleakScanner.find_device_by_name("Streamer", 5.0, backend=radio.scanner_backend) is None
    adapter = await BleakAdapter.get(backend=radio.adapter_backend)
    assert [device.address for device in await adapter.get_connected_devices()] == [bench.sensor.address]
    async with bench.client() as client:
        await bench.subscribe(client)


async def device_forgotten(bench: Bench) -> None:
    client = bench.client()
    with pytest.raises(BleakDeviceNotFoundError):
        await client.connect()
    await BleakScanner.discover(1.0, backend=bench.radio.scanner_backend)
    await client.connect()
    await client.disconnect()
    await asyncio.sleep(31.0)
    with pytest.raises(BleakDeviceNotFoundError) as caught:
        await client.connect()
    assert caught.value.identifier == bench.sensor.address


async def dead_end_after_timeout(bench: Bench) -> None:
    bench.radio.set_in_range(bench.sensor.address, False)
    client = bench.client()
    with pytest.raises(TimeoutError):
        await client.connect()
    bench.radio.set_in_range(bench.sensor.address, True)
    for _ in range(2):
        with pytest.raises(BleakDBusError):
            await client.connect()
    other = bench.client()
    for _ in range(2):
        await other.connect()
        await other.disconnect()


async def drop_during_discovery(bench: Bench) -> None:
    client = bench.client()
    with pytest.raises(BleakError, match="disconnected"):
        await client.connect()
    assert len(bench.gone) == 1
    await client.connect()
    await client.disconnect()


async def services_late(bench: Bench) -> None:
    client = bench.client()
    await client.connect()
    assert client.services.get_service(SERVICE) is None
    assert client.services.get_characteristic(VALUES) is None
    assert client.services.get_service(full_uuid(0x1800)) is not None
    assert client.services.get_characteristic(full_uuid(0x2A00)) is not None
    await client.disconnect()
    await client.connect()
    await bench.subscribe(client)
    await client.disconnect()


async def stale_services(bench: Bench) -> None:
    async with bench.client() as client:
        handle = client.services.get_characteristic(VALUES).handle  # type: ignore[union-attr]
    # A firmware update puts a service in front: every handle behind it moves.
    sensor = bench.sensor
    await bench.radio.remove(sensor.address)
    before = sensor.services
    new = Characteristic(uuid=0xFFF1, read=b"new")
    sensor.services = lambda: [Service(uuid=0xFFF0, characteristics=[new]), *before()]  # type: ignore[method-assign]
    await bench.radio.add(sensor)
    await asyncio.sleep(5.0)
    async with bench.client() as client:
        assert client.services.get_characteristic(VALUES).handle == handle  # type: ignore[union-attr]
        assert client.services.get_characteristic("fff1") is None
        with pytest.raises(BleakGATTProtocolError, match="Write Not Permitted"):
            await bench.subscribe(client)  # what was a descriptor's handle is a declaration's now
        with pytest.raises(BleakDeviceNotFoundError):
            await client.unpair()
    async with bench.client() as client:
        assert await client.read_gatt_char("fff1") == b"new"
        await bench.subscribe(client)
        await asyncio.sleep(1.0)
        assert len(bench.heard) > 90


async def lost_bonds(bench: Bench) -> None:
    async with bench.client() as client:
        await client.pair()
        await asyncio.sleep(1.0)
    async with bench.client():
        pass
    await FAULT["lost_bonds"](bench).begin(bench.radio)
    client = bench.client()
    with pytest.raises(BleakError, match="PIN_OR_KEY_MISSING"):
        await client.connect()
    await client.unpair()
    async with bench.client() as client:
        await client.pair()


async def address_changes(bench: Bench) -> None:
    addresses = set()
    for _ in range(3):
        device = await BleakScanner.find_device_by_name("Streamer", backend=bench.radio.scanner_backend)
        assert device is not None
        addresses.add(device.address)
        async with BleakClient(device, backend=bench.radio.client_backend) as client:
            await bench.subscribe(client)
            await asyncio.sleep(61.0)
            assert client.is_connected
    assert len(addresses) == 3
    assert bench.sensor.address not in addresses
    with pytest.raises(TimeoutError):
        await bench.client().connect()


async def adapter_reset(bench: Bench) -> None:
    radio = bench.radio
    adverts: list[float] = []
    scanner = BleakScanner(lambda _, __: adverts.append(now_s()), backend=radio.scanner_backend)
    client = bench.client()
    await client.connect()
    await scanner.start()
    before_s = now_s()
    end = await FAULT["adapter_reset"](bench).begin(radio)
    await asyncio.sleep(0.001)
    assert not client.is_connected
    assert bench.sensor.is_connected  # it has not noticed
    with pytest.raises(BleakDBusError, match="ServiceUnknown"):
        await client.connect()
    with pytest.raises(BleakDBusError, match="ServiceUnknown"):
        await BleakScanner.discover(1.0, backend=radio.scanner_backend)
    await asyncio.sleep(10.0)
    await end()
    assert bench.sensor.reasons == [0x08]
    await asyncio.sleep(10.0)
    assert [at for at in adverts if at > before_s] == []  # the old scan is silent for ever
    await scanner.stop()
    await scanner.start()
    await asyncio.sleep(1.0)
    assert [at for at in adverts if at > before_s] != []
    await scanner.stop()
    await client.connect()
    await client.disconnect()


async def bus_dies(bench: Bench) -> None:
    with pytest.raises(EOFError):
        await bench.client().connect()
    with pytest.raises(EOFError):
        await BleakScanner.discover(1.0, backend=bench.radio.scanner_backend)


async def out_of_slots(bench: Bench) -> None:
    other = TwoStreams("Other")
    await bench.radio.add(other)
    async with BleakClient(other.address, backend=bench.radio.client_backend):
        with pytest.raises(BleakError, match="available connection slot"):
            await bench.client().connect()
    async with bench.client() as client:
        assert client.is_connected


async def slow_interval(bench: Bench) -> None:
    async with bench.client() as client:
        await bench.subscribe(client)
        await asyncio.sleep(20.0)
    # Six packets each 0.2 s: 30 of 100 values a second arrive, the rest is lost in the sensor.
    assert len(bench.heard) == pytest.approx(600, rel=0.1)
    assert bench.sensor.notifications_lost > 1300


SHOWN: dict[str, Callable[[Bench], Awaitable[None]]] = {
    show.__name__: show
    for show in (
        callback_doubled,
        drop_after_subscribe,
        first_values_lost,
        second_subscribe_hangs,
        stale_subscriptions,
        abort_by_local,
        crowded_air,
        in_progress,
        stale_in_progress,
        still_connected,
        device_forgotten,
        dead_end_after_timeout,
        drop_during_discovery,
        services_late,
        stale_services,
        lost_bonds,
        address_changes,
        adapter_reset,
        bus_dies,
        out_of_slots,
        slow_interval,
    )
}
# These begin their fault themselves, in the middle.
BEGIN_THEMSELVES = {"lost_bonds", "adapter_reset"}
FAULT: dict[str, Callable[[Bench], Fault]] = {
    mode.name: lambda bench, mode=mode: mode.fault(bench.sensor.address, frozenset({SERVICE}))  # type: ignore[misc]
    for mode in FAILURE_MODES
}


def test_every_failure_mode_is_shown() -> None:
    assert [mode.name for mode in FAILURE_MODES] == list(SHOWN)
    assert len(FAILURE_MODES) == 21


@pytest.mark.parametrize("mode", FAILURE_MODES, ids=lambda mode: mode.name)
async def test_failure_mode(mode: FailureMode) -> None:
    async with VirtualRadio(7) as radio:
        sensor = TwoStreams()
        await radio.add(sensor)
        device = await BleakScanner.find_device_by_name("Streamer", backend=radio.scanner_backend)
        assert device is not None
        bench = Bench(radio, sensor, device)
        if mode.name in BEGIN_THEMSELVES:
            await SHOWN[mode.name](bench)
            return
        async with inject(radio, FAULT[mode.name](bench)):
            await SHOWN[mode.name](bench)
        assert radio.fault_hooks.stages == radio.fault_hooks.heard == []
        assert radio.fault_hooks.services == radio.fault_hooks.values == []
        assert radio.medium.airtime is None


class TestOtherFaults:
    async def test_link_loss_and_return(self) -> None:
        async with VirtualRadio(1) as radio:
            sensor = Streamer()
            await radio.add(sensor)
            client = BleakClient(sensor.address, backend=radio.client_backend)
            await client.connect()
            async with inject(radio, LinkLoss(address=sensor.address, reason=0x13)):
                await asyncio.sleep(0.001)
                assert not client.is_connected
                assert sensor.reasons == [0x13]
            await client.connect()

    async def test_out_of_range_and_back(self) -> None:
        async with VirtualRadio(2) as radio:
            sensor = Streamer()
            await radio.add(sensor)
            client = BleakClient(sensor.address, backend=radio.client_backend)
            await client.connect()
            async with inject(radio, OutOfRange(address=sensor.address)):
                await asyncio.sleep(10.0)
                assert not client.is_connected
            await client.connect()
            assert client.is_connected

    async def test_power_loss(self) -> None:
        async with VirtualRadio(3) as radio:
            sensor = Streamer()
            await radio.add(sensor)
            client = BleakClient(sensor.address, backend=radio.client_backend)
            await client.connect()
            async with inject(radio, PowerLoss(address=sensor.address)):
                await asyncio.sleep(10.0)
                assert not client.is_connected
                assert radio.peripherals == {}
            await client.connect()
            assert client.is_connected

    async def test_noisy_air_delays(self) -> None:
        async with VirtualRadio(4) as radio:
            sensor = Streamer()
            await radio.add(sensor)
            heard: list[tuple[int, float]] = []
            noise = NoisyAir(address=sensor.address, event_loss_rate=0.3)
            async with (
                BleakClient(sensor.address, backend=radio.client_backend) as client,
                inject(radio, noise),
            ):
                await client.start_notify(
                    VALUES, lambda _, v: heard.append((int.from_bytes(v, "little"), now_s()))
                )
                await asyncio.sleep(20.0)
            delays = [at - sensor.sent_at_s[number] for number, at in heard]
            assert max(delays) > 0.1
            assert [number for number, _ in heard] == list(range(len(heard)))

    async def test_without_an_agent_nobody_pairs(self) -> None:
        async with VirtualRadio(5) as radio:
            recorder = Recorder(security=Security.ENCRYPTED)
            await radio.add(recorder)
            async with BleakClient(recorder.address, backend=radio.client_backend) as client:
                async with inject(radio, no_pairing_agent()):
                    with pytest.raises(BleakDBusError, match="AuthenticationFailed"):
                        await client.pair()
                with pytest.raises(BleakGATTProtocolError):
                    await client.start_notify(RECORDS, lambda _, __: None)

    async def test_slow_discovery_counts_against_the_clients_timeout(self) -> None:
        async with VirtualRadio(6) as radio:
            sensor = Streamer()
            await radio.add(sensor)
            client = BleakClient(sensor.address, timeout=10.0, backend=radio.client_backend)
            async with inject(radio, SlowStage(stage=HookPoint.DISCOVER, delay_s=5.0)):
                before_s = now_s()
                await client.connect()
                assert now_s() - before_s > 5.0
                await client.disconnect()
            async with inject(
                radio, SlowStage(stage=HookPoint.DISCOVER, delay_s=15.0, address=sensor.address)
            ):
                with pytest.raises(TimeoutError):
                    await client.connect()
            await client.connect()

    async def test_what_hangs_goes_on_when_the_fault_ends(self) -> None:
        async with VirtualRadio(7) as radio:
            recorder = Recorder()
            await radio.add(recorder)
            async with BleakClient(recorder.address, backend=radio.client_backend) as client:
                end = await StageHangs(stage=HookPoint.WRITE, address=recorder.address).begin(radio)
                writing = asyncio.create_task(client.write_gatt_char(COMMANDS, b"1", response=True))
                await asyncio.sleep(100.0)
                assert not writing.done()
                await end()
                await writing
                assert recorder.commands == [b"1"]

    async def test_a_script_of_errors(self) -> None:
        async with VirtualRadio(8) as radio:
            sensor = Streamer()
            await radio.add(sensor)
            script = (bluez_errors.in_progress, None, bluez_errors.out_of_slots, bluez_errors.not_ready)
            outcomes = []
            async with inject(radio, ConnectFails(script=script)):
                for _ in range(5):
                    client = BleakClient(sensor.address, backend=radio.client_backend)
                    try:
                        await client.connect()
                        outcomes.append("connected")
                        await client.disconnect()
                    except BleakError as error:
                        outcomes.append(str(error))
            assert [outcome[:24] for outcome in outcomes] == [
                "[org.bluez.Error.InProgr",
                "connected",
                "failed to connect: no ba",
                "[org.bluez.Error.NotRead",
                "connected",
            ]

    async def test_a_silent_scan_that_ends_by_itself(self) -> None:
        async with VirtualRadio(9) as radio:
            await radio.add(Streamer())
            found: list[float] = []
            async with BleakScanner(lambda _, __: found.append(now_s()), backend=radio.scanner_backend):
                await asyncio.sleep(1.0)
                async with inject(radio, SilentScan()):
                    await asyncio.sleep(5.0)
                await asyncio.sleep(1.0)
            assert [at for at in found if 1.01 < at < 5.99] == []
            assert any(at > 6.0 for at in found)

    async def test_slots_are_counted(self) -> None:
        async with VirtualRadio(10) as radio:
            sensor = Streamer()
            await radio.add(sensor)
            async with inject(radio, OutOfSlots(slots=0)):
                with pytest.raises(BleakError):
                    await BleakClient(sensor.address, backend=radio.client_backend).connect()
