"""One test for each defect of bumble's controller that is cured; look here first when the pin moves."""

import asyncio
import itertools
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bumble.controller import Controller
from bumble.hci import (
    Address,
    HCI_Disconnect_Command,
    HCI_Error,
    HCI_LE_Create_Connection_Cancel_Command,
    HCI_LE_Rand_Command,
    HCI_Read_Remote_Version_Information_Command,
    HCI_Read_RSSI_Command,
)

from simulators.radio.air import VirtualRadio
from simulators.radio.errors import AdvertisementTooLongError, NotificationTooLongError
from simulators.radio.link_layer.link import LinkBehaviour
from tests.simulators.battery_sensor import BatterySensor
from tests.simulators.radio.event_log import record_a_session
from tests.simulators.radio.virtual_sensors import VALUES, Streamer

pytestmark = pytest.mark.clock("virtual")

ROOT = Path(__file__).parents[4]


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def find(radio: VirtualRadio, name: str) -> BLEDevice:
    device = await BleakScanner.find_device_by_name(name, backend=radio.scanner_backend)
    assert device is not None
    return device


def test_the_pin_that_the_cures_belong_to() -> None:
    assert version("bumble") == "0.0.236"


async def test_connecting_to_an_absent_device_times_out_and_the_next_attempt_works() -> None:
    async with VirtualRadio(1) as radio:
        sensor = Streamer()
        await radio.add(sensor)
        device = await find(radio, "Streamer")
        radio.set_in_range(sensor.address, False)
        client = BleakClient(device, backend=radio.client_backend, timeout=10.0)
        before = now_s()
        with pytest.raises(TimeoutError):
            await client.connect()
        assert now_s() - before == pytest.approx(10.0, abs=0.01)
        assert radio.adapter.pending_le_connection is None
        radio.set_in_range(sensor.address, True)
        await client.connect()
        assert client.is_connected


async def test_an_attempt_given_up_in_the_moment_of_success_leaves_no_link() -> None:
    """Whenever it is cancelled, either the link was never made or it is ended."""
    for delay_ms in range(0, 60, 2):
        async with VirtualRadio(delay_ms) as radio:
            sensor = Streamer()
            await radio.add(sensor)
            device = await find(radio, "Streamer")
            attempt = asyncio.create_task(radio.station.connect(device.details["address"]))
            await asyncio.sleep(delay_ms / 1000)
            if attempt.done():
                await radio.station.disconnect(await attempt)
            else:
                attempt.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await attempt
            await asyncio.sleep(0.2)
            assert not radio.station.device.connections
            assert not sensor.is_connected
            assert radio.adapter.pending_le_connection is None


async def test_an_attempt_cancelled_by_its_own_success_leaves_no_link() -> None:
    async with VirtualRadio(1) as radio:
        sensor = Streamer()
        await radio.add(sensor)
        device = await find(radio, "Streamer")
        connect = radio.medium.connect

        def connect_and_cancel(*arguments: Any) -> None:
            connect(*arguments)
            attempt.cancel()

        radio.medium.connect = connect_and_cancel  # type: ignore[method-assign]
        attempt = asyncio.create_task(radio.station.connect(device.details["address"]))
        with pytest.raises(asyncio.CancelledError):
            await attempt
        await asyncio.sleep(0.2)
        assert not radio.station.device.connections
        assert sensor.reasons == [0x13]


async def test_commands_that_nobody_knows_are_answered() -> None:
    async with VirtualRadio(1) as radio:
        send = radio.station.device
        with pytest.raises(HCI_Error) as asynchronous:
            await send.send_async_command(HCI_Read_Remote_Version_Information_Command(connection_handle=1))
        with pytest.raises(HCI_Error) as synchronous:
            await send.send_sync_command(HCI_Read_RSSI_Command(handle=1))
        assert asynchronous.value.error_code == synchronous.value.error_code == 0x01
        with pytest.raises(HCI_Error) as no_such_link:
            await send.send_async_command(HCI_Disconnect_Command(connection_handle=9, reason=0x13))
        assert no_such_link.value.error_code == 0x02
        with pytest.raises(HCI_Error) as nothing_pending:
            await send.send_sync_command(HCI_LE_Create_Connection_Cancel_Command())
        assert nothing_pending.value.error_code == 0x0C
        assert len((await send.send_sync_command(HCI_LE_Rand_Command())).random_number) == 8


async def test_scan_responses_carry_their_own_data_and_come_to_active_scans_only() -> None:
    async with VirtualRadio(2) as radio:
        await radio.add(Streamer())
        for mode, name in (("active", "Streamer"), ("passive", None)):
            found = await BleakScanner.discover(
                1.0, return_adv=True, scanning_mode=mode, backend=radio.scanner_backend
            )
            ((_, said),) = found.values()
            assert said.local_name == name
            assert said.service_uuids == ["0000ffe5-0000-1000-8000-00805f9b34fb"]
            assert said.tx_power == -4


async def test_a_peripheral_with_a_public_address_talks() -> None:
    async with VirtualRadio(3) as radio:
        await radio.add(Streamer(address="00:1C:05:01:02:03", public_address=True))
        heard: list[bytes] = []
        device = await find(radio, "Streamer")
        assert device.details["address"].address_type == Address.PUBLIC_DEVICE_ADDRESS
        async with BleakClient(device, backend=radio.client_backend) as client:
            await client.start_notify(VALUES, lambda _, value: heard.append(bytes(value)))
            await asyncio.sleep(1.0)
        assert len(heard) > 90


async def test_a_link_out_of_range_ends_at_both_ends_by_supervision_timeout() -> None:
    async with VirtualRadio(4) as radio:
        sensor = Streamer(behaviour=LinkBehaviour(supervision_timeout_s=2.0))
        await radio.add(sensor)
        gone: list[float] = []
        device = await find(radio, "Streamer")
        client = BleakClient(device, lambda _: gone.append(now_s()), backend=radio.client_backend)
        await client.connect()
        left_s = now_s()
        radio.set_in_range(sensor.address, False)
        await asyncio.sleep(5.0)
        assert gone == [pytest.approx(left_s + 2.0)]
        assert sensor.reasons == [0x08]


async def test_a_link_that_comes_back_in_time_loses_nothing() -> None:
    async with VirtualRadio(5) as radio:
        sensor = Streamer(behaviour=LinkBehaviour(transmit_buffer_packets=1000))
        await radio.add(sensor)
        heard: list[int] = []
        async with BleakClient(await find(radio, "Streamer"), backend=radio.client_backend) as client:
            await client.start_notify(VALUES, lambda _, v: heard.append(int.from_bytes(v, "little")))
            await asyncio.sleep(1.0)
            radio.set_in_range(sensor.address, False)
            before = len(heard)
            await asyncio.sleep(3.0)
            assert len(heard) == before
            radio.set_in_range(sensor.address, True)
            await asyncio.sleep(5.0)
        assert heard == list(range(len(heard)))
        assert len(heard) > 895


async def test_signal_strength_is_per_device() -> None:
    async with VirtualRadio(6) as radio:
        near, far = BatterySensor(name="Near"), BatterySensor(name="Far")
        await radio.add(near)
        await radio.add(far)
        radio.set_rssi(near.address, -45)
        radio.set_rssi(far.address, -92)
        strengths: dict[str | None, list[int]] = {"Near": [], "Far": []}

        def on_found(device: BLEDevice, said: AdvertisementData) -> None:
            strengths[device.name].append(said.rssi)

        async with BleakScanner(on_found, backend=radio.scanner_backend):
            await asyncio.sleep(30.0)
        assert statistics.mean(strengths["Near"]) == pytest.approx(-45, abs=1)
        assert statistics.mean(strengths["Far"]) == pytest.approx(-92, abs=1)
        assert 1.0 < statistics.stdev(strengths["Far"]) < 3.0


@pytest.mark.parametrize("interval_s", [0.02, 0.1, 1.0])
async def test_advertising_comes_at_its_interval_and_the_random_delay(interval_s: float) -> None:
    async with VirtualRadio(7) as radio:
        sensor = BatterySensor(name="Battery")
        sensor.advertising_interval_s = interval_s
        await radio.add(sensor)
        instants: list[float] = []
        async with BleakScanner(lambda _, __: instants.append(now_s()), backend=radio.scanner_backend):
            await asyncio.sleep(200 * interval_s)
        gaps = [b - a for a, b in itertools.pairwise(instants)]
        assert all(interval_s - 1e-9 <= gap <= interval_s + 0.010001 for gap in gaps)
        assert statistics.mean(gaps) == pytest.approx(interval_s + 0.005, abs=0.001)


async def test_values_come_in_bursts_one_per_connection_event() -> None:
    async with VirtualRadio(8) as radio:
        sensor = Streamer(behaviour=LinkBehaviour(interval_s=0.030, jitter_s=0.0))
        await radio.add(sensor)
        heard: list[tuple[float, int]] = []
        async with BleakClient(await find(radio, "Streamer"), backend=radio.client_backend) as client:
            await client.start_notify(
                VALUES, lambda _, v: heard.append((now_s(), int.from_bytes(v, "little")))
            )
            await asyncio.sleep(30.0)
        assert [number for _, number in heard] == list(range(len(heard)))
        instants = sorted({at for at, _ in heard})
        sizes = [sum(1 for at, _ in heard if at == instant) for instant in instants]
        assert statistics.mean(sizes) == pytest.approx(3.0, abs=0.05)
        gaps = [b - a for a, b in itertools.pairwise(instants)]
        assert all(gap == pytest.approx(0.030, abs=1e-6) for gap in gaps)
        delays = [at - sensor.sent_at_s[number] for at, number in heard]
        assert min(delays) > 0.0
        assert max(delays) < 0.031


async def test_jitter_delays_but_never_reorders() -> None:
    async with VirtualRadio(9) as radio:
        sensor = Streamer(behaviour=LinkBehaviour(jitter_s=0.02, event_loss_rate=0.2))
        await radio.add(sensor)
        heard: list[tuple[float, int]] = []
        async with BleakClient(await find(radio, "Streamer"), backend=radio.client_backend) as client:
            await client.start_notify(
                VALUES, lambda _, v: heard.append((now_s(), int.from_bytes(v, "little")))
            )
            await asyncio.sleep(30.0)
        assert [number for _, number in heard] == list(range(len(heard)))
        assert heard == sorted(heard)
        delays = [at - sensor.sent_at_s[number] for at, number in heard]
        assert max(delays) > 0.06


async def test_connects_queue_up() -> None:
    async with VirtualRadio(10) as radio:
        names = [f"Sensor {i}" for i in range(4)]
        for name in names:
            await radio.add(Streamer(name))
        devices = [await find(radio, name) for name in names]
        clients = [BleakClient(device, backend=radio.client_backend) for device in devices]
        await asyncio.gather(*(client.connect() for client in clients))
        assert all(client.is_connected for client in clients)


async def test_a_value_longer_than_the_mtu_is_refused_loudly() -> None:
    class Chatty(Streamer):
        max_mtu = 23

        async def run(self) -> None:
            await self.wait_for(lambda: self.is_subscribed(self.values))
            assert self.notify(self.values, bytes(20)) == 1
            with pytest.raises(NotificationTooLongError) as caught:
                self.notify(self.values, bytes(21))
            self.error = caught.value

    async with VirtualRadio(11) as radio:
        sensor = Chatty()
        await radio.add(sensor)
        heard: list[bytes] = []
        async with BleakClient(await find(radio, "Streamer"), backend=radio.client_backend) as client:
            assert client.mtu_size == 23
            await client.start_notify(VALUES, lambda _, value: heard.append(bytes(value)))
            await asyncio.sleep(1.0)
        assert heard == [bytes(20)]
        assert (sensor.error.length, sensor.error.limit) == (21, 20)


async def test_an_advertisement_that_does_not_fit_is_refused() -> None:
    async with VirtualRadio(12) as radio:
        with pytest.raises(AdvertisementTooLongError, match="scan response is 42 bytes long"):
            await radio.add(BatterySensor(name="x" * 40))
        assert radio.peripherals == {}


async def test_handles_are_not_used_again_at_once() -> None:
    async with VirtualRadio(13) as radio:
        await radio.add(Streamer())
        device = await find(radio, "Streamer")
        handles = []
        for _ in range(3):
            connection = await radio.station.connect(device.details["address"])
            handles.append(connection.handle)
            await radio.station.disconnect(connection)
            await asyncio.sleep(0.5)
        assert len(set(handles)) == 3


async def test_what_was_queued_before_hanging_up_arrives_first() -> None:
    class Hasty(Streamer):
        async def run(self) -> None:
            await self.wait_for(lambda: self.is_subscribed(self.values))
            self.notify(self.values, b"last words")
            await self.disconnect()

    async with VirtualRadio(14) as radio:
        sensor = Hasty()
        await radio.add(sensor)
        heard: list[bytes] = []
        gone = asyncio.Event()
        device = await find(radio, "Streamer")
        client = BleakClient(device, lambda _: gone.set(), backend=radio.client_backend)
        await client.connect()
        await client.start_notify(VALUES, lambda _, value: heard.append(bytes(value)))
        await gone.wait()
        assert heard == [b"last words"]
        assert sensor.reasons == [0x16]  # terminated by itself


async def test_hanging_up_out_of_range_ends_by_supervision_timeout() -> None:
    async with VirtualRadio(15) as radio:
        sensor = Streamer()
        await radio.add(sensor)
        client = BleakClient(await find(radio, "Streamer"), backend=radio.client_backend)
        await client.connect()
        radio.set_in_range(sensor.address, False)
        before = now_s()
        await client.disconnect()
        assert now_s() - before == pytest.approx(4.0)
        assert sensor.reasons == [0x08]


async def test_a_peripheral_can_ask_for_other_connection_parameters() -> None:
    async with VirtualRadio(16) as radio:
        sensor = Streamer(behaviour=LinkBehaviour(jitter_s=0.0))
        await radio.add(sensor)
        instants: set[float] = set()
        async with BleakClient(await find(radio, "Streamer"), backend=radio.client_backend) as client:
            await client.start_notify(VALUES, lambda _, __: instants.add(now_s()))
            await asyncio.sleep(1.0)
            (connection,) = radio.station.device.connections.values()
            await connection.update_parameters(100.0, 100.0, 0, 6000.0)
            await asyncio.sleep(1.0)
            instants.clear()
            await asyncio.sleep(5.0)
            gaps = [b - a for a, b in itertools.pairwise(sorted(instants))]
            assert all(gap == pytest.approx(0.1, abs=1e-6) for gap in gaps)
            (other,) = sensor.connections
            assert other.parameters.connection_interval == 100.0


async def test_data_the_short_way_and_as_hci_packets_are_the_same() -> None:
    assert await record_a_session(seed=5, direct=True) == await record_a_session(seed=5, direct=False)


async def test_seeds_differ() -> None:
    assert await record_a_session(seed=5) != await record_a_session(seed=6)


async def test_one_sensor_more_changes_nothing_for_the_others() -> None:
    alone = await record_a_session(seed=5)
    together = await record_a_session(seed=5, more=BatterySensor(name="Bystander"))
    assert [event for event in together if "Bystander" not in json.dumps(event)] == alone


def digests() -> Iterator[str]:
    code = (
        "import hashlib, json\n"
        "from simulators.radio.clock import run\n"
        "from tests.simulators.radio.event_log import record_a_session\n"
        "events = run(lambda: record_a_session(seed=11), clock='virtual')\n"
        "print(len(events), hashlib.sha256(json.dumps(events).encode()).hexdigest())\n"
    )
    for salt in ("0", "1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": salt}
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        yield done.stdout


def test_two_processes_with_one_seed_agree_to_the_bit() -> None:
    first, *others = digests()
    assert int(first.split()[0]) > 1000
    assert others == [first, first]


def test_bumbles_own_controller_cannot_be_on_this_air() -> None:
    async def main() -> None:
        async with VirtualRadio() as radio:
            with pytest.raises(TypeError, match="AirController"):
                Controller("stranger", link=radio.medium)

    asyncio.run(main())
