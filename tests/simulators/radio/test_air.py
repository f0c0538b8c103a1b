"""The whole way: bleak's own client and scanner, through the radio, to a simulated sensor and back."""

import asyncio
import contextlib

import pytest
from bleak import BleakAdapter, BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.exc import (
    BleakCharacteristicNotFoundError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)
from bleak_retry_connector import establish_connection

from simulators.radio.air import VirtualRadio
from simulators.radio.errors import AddressTakenError, NotStartedError, UnknownPeripheralError
from simulators.radio.gatt.services import Security
from simulators.radio.link_layer.link import LinkBehaviour
from tests.simulators.battery_sensor import BatterySensor
from tests.simulators.radio.virtual_sensors import COMMANDS, RECORDS, VALUES, Recorder, Streamer

pytestmark = pytest.mark.clock("virtual")


def now_s() -> float:
    return asyncio.get_running_loop().time()


async def find(radio: VirtualRadio, name: str) -> BLEDevice:
    device = await BleakScanner.find_device_by_name(name, backend=radio.scanner_backend)
    assert device is not None
    return device


async def test_a_sensor_is_found_connected_read_and_heard() -> None:
    async with VirtualRadio(1) as radio:
        await radio.add(BatterySensor(name="Battery"))
        heard: list[int] = []
        gone: list[BleakClient] = []
        device = await find(radio, "Battery")
        async with BleakClient(device, gone.append, backend=radio.client_backend) as client:
            assert client.name == "Battery"
            assert client.mtu_size == 247
            assert client.backend_id == "VirtualClient"
            assert await client.read_gatt_char("2a19") == bytes([100])
            assert await client.read_gatt_char("2a29") == b"Nobody"
            await client.start_notify("2a19", lambda _, value: heard.append(value[0]))
            await asyncio.sleep(5.0)
            await client.stop_notify("2a19")
            await asyncio.sleep(5.0)
        assert heard == [99, 98, 97, 96, 95]
        assert gone == [client]
        assert not client.is_connected


async def test_establish_connection_of_bleak_retry_connector() -> None:
    async with VirtualRadio(2) as radio:
        await radio.add(BatterySensor(name="Battery"))
        device = await find(radio, "Battery")
        client = await establish_connection(BleakClient, device, "Battery", backend=radio.client_backend)
        assert await client.read_gatt_char("2a19") == bytes([100])
        await client.disconnect()


async def test_by_address_alone() -> None:
    async with VirtualRadio(3) as radio:
        sensor = BatterySensor(name="Battery")
        await radio.add(sensor)
        async with BleakClient(sensor.address, backend=radio.client_backend) as client:
            assert client.is_connected
            with pytest.raises(BleakError, match="already connected"):
                await client.connect()
        with pytest.raises(BleakDeviceNotFoundError) as caught:
            await BleakClient("C0:00:00:00:00:00", backend=radio.client_backend, timeout=5.0).connect()
        assert caught.value.identifier == "C0:00:00:00:00:00"
        assert BleakClient("C0:00:00:00:00:00", backend=radio.client_backend).name == "C0-00-00-00-00-00"


async def test_only_the_wanted_services() -> None:
    async with VirtualRadio(3) as radio:
        await radio.add(BatterySensor(name="Battery"))
        device = await find(radio, "Battery")
        async with BleakClient(device, services=["180f"], backend=radio.client_backend) as client:
            assert [service.uuid[4:8] for service in client.services] == ["180f"]
            with pytest.raises(BleakCharacteristicNotFoundError):
                await client.read_gatt_char("2a29")


async def test_reading_and_writing() -> None:
    async with VirtualRadio(4) as radio:
        recorder = Recorder()
        await radio.add(recorder)
        async with BleakClient(await find(radio, "Recorder"), backend=radio.client_backend) as client:
            await client.write_gatt_char(COMMANDS, b"with", response=True)
            assert recorder.commands == [b"with"]
            await client.write_gatt_char(COMMANDS, b"without", response=False)
            await asyncio.sleep(1.0)
            assert recorder.commands == [b"with", b"without"]
            long = b"x" * 400
            await client.write_gatt_char(COMMANDS, long, response=True)
            assert recorder.commands[-1] == long
            with pytest.raises(BleakError, match="do not fit"):
                await client.write_gatt_char(COMMANDS, long, response=False)
            assert await client.read_gatt_char("ffea") == bytes(range(256)) * 2
            with pytest.raises(BleakGATTProtocolError) as refused:
                await client.write_gatt_char("ffeb", b"?", response=True)
            assert refused.value.code == 0x80
            with pytest.raises(BleakGATTProtocolError) as unreadable:
                await client.read_gatt_char(COMMANDS)
            assert unreadable.value.code == 0x02


async def test_descriptors() -> None:
    async with VirtualRadio(4) as radio:
        await radio.add(Streamer())
        async with BleakClient(await find(radio, "Streamer"), backend=radio.client_backend) as client:
            characteristic = client.services.get_characteristic(VALUES)
            assert characteristic is not None
            assert characteristic.properties == ["notify"]
            assert characteristic.max_write_without_response_size == 244
            name, configuration = characteristic.descriptors
            assert await client.read_gatt_descriptor(name) == b"counter"
            assert await client.read_gatt_descriptor(configuration) == b"\0\0"
            await client.start_notify(VALUES, lambda _, __: None)
            assert await client.read_gatt_descriptor(configuration) == b"\x01\0"


async def test_indications_are_confirmed_one_by_one() -> None:
    async with VirtualRadio(5) as radio:
        recorder = Recorder(records=[b"1", b"2", b"3"])
        await radio.add(recorder)
        taken: list[tuple[bytes, int]] = []
        async with BleakClient(await find(radio, "Recorder"), backend=radio.client_backend) as client:
            await client.start_notify(RECORDS, lambda _, v: taken.append((bytes(v), len(recorder.records))))
            await asyncio.sleep(1.0)
        # Each record is still stored when it arrives, and gone before the next one comes.
        assert taken == [(b"1", 3), (b"2", 2), (b"3", 1)]
        assert recorder.records == []


async def test_an_unconfirmed_record_is_kept() -> None:
    async with VirtualRadio(5) as radio:
        recorder = Recorder(records=[b"1"])
        await radio.add(recorder)
        client = BleakClient(await find(radio, "Recorder"), backend=radio.client_backend)
        await client.connect()
        await client.start_notify(RECORDS, lambda _, __: radio.set_in_range(recorder.address, False))
        await asyncio.sleep(30.0)
        assert not client.is_connected
        assert recorder.records == [b"1"]


async def test_subscriptions() -> None:
    async with VirtualRadio(6) as radio:
        await radio.add(BatterySensor(name="Battery"))
        async with BleakClient(await find(radio, "Battery"), backend=radio.client_backend) as client:
            with pytest.raises(BleakError, match="no client configuration"):
                await client.start_notify("2a29", lambda _, __: None)
            await client.start_notify("2a19", lambda _, __: None)
            with pytest.raises(BleakError, match="already started"):
                await client.start_notify("2a19", lambda _, __: None)
            await client.stop_notify("2a19")
            with pytest.raises(BleakError, match="not started"):
                await client.stop_notify("2a19")


async def test_a_dropped_link_is_reported_and_leaves_nothing_behind() -> None:
    async with VirtualRadio(7) as radio:
        sensor = Streamer()
        await radio.add(sensor)
        gone: list[float] = []
        device = await find(radio, "Streamer")
        client = BleakClient(device, lambda _: gone.append(now_s()), backend=radio.client_backend)
        await client.connect()
        await client.start_notify(VALUES, lambda _, __: None)
        await asyncio.sleep(1.0)
        radio.drop_link(sensor.address.lower())
        await asyncio.sleep(0.001)
        assert len(gone) == 1
        assert not client.is_connected
        assert sensor.reasons == [0x08]
        with pytest.raises(BleakError, match="Service Discovery"):
            await client.read_gatt_char(VALUES)
        with pytest.raises(BleakError):
            await client.stop_notify(VALUES)
        with pytest.raises(BleakError, match="Not connected"):
            await client.start_notify(VALUES, lambda _, __: None)
        with pytest.raises(BleakError, match="Not connected"):
            await client.pair()
        await client.disconnect()
        # The same client can connect again, and hears again.
        heard: list[bytes] = []
        await client.connect()
        await client.start_notify(VALUES, lambda _, value: heard.append(bytes(value)))
        await asyncio.sleep(1.0)
        await client.disconnect()
        assert 90 <= len(heard) <= 110
        assert len(gone) == 2


async def test_what_was_under_way_when_the_link_dropped_fails() -> None:
    async with VirtualRadio(8) as radio:
        sensor = BatterySensor(name="Battery")
        await radio.add(sensor)
        client = BleakClient(await find(radio, "Battery"), backend=radio.client_backend)
        await client.connect()
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(raises_disconnected(client))
            second = tasks.create_task(raises_disconnected(client))
            await asyncio.sleep(0.001)
            radio.drop_link(sensor.address)
        assert first.result() == second.result() == "disconnected"


async def raises_disconnected(client: BleakClient) -> str:
    with pytest.raises(BleakError) as caught:
        await client.read_gatt_char("2a19")
    return str(caught.value)


async def test_a_request_left_unanswered_ends_the_link_after_30_s() -> None:
    async with VirtualRadio(8) as radio:
        recorder = Recorder()
        recorder.command.write = lambda _: asyncio.sleep(1e6)
        await radio.add(recorder)
        async with BleakClient(await find(radio, "Recorder"), backend=radio.client_backend) as client:
            before = now_s()
            with pytest.raises(BleakError, match="unanswered"):
                await client.write_gatt_char(COMMANDS, b"?", response=True)
            assert 30.0 <= now_s() - before < 31.0
            assert not client.is_connected


async def test_a_service_discovery_cut_off_fails_the_connect() -> None:
    async with VirtualRadio(9) as radio:
        sensor = BatterySensor(name="Battery")
        await radio.add(sensor)
        device = await find(radio, "Battery")
        client = BleakClient(device, backend=radio.client_backend)
        connecting = asyncio.create_task(client.connect())
        await sensor.wait_for(lambda: sensor.is_connected)
        await asyncio.sleep(0.2)
        radio.drop_link(sensor.address)
        with pytest.raises(BleakError, match="disconnected"):
            await connecting
        await client.connect()
        assert client.is_connected


async def test_a_client_that_is_cancelled_while_it_waits_frees_the_adapter() -> None:
    async with VirtualRadio(10) as radio:
        absent, present = BatterySensor(name="Absent"), BatterySensor(name="Present")
        await radio.add(absent)
        await radio.add(present)
        gone = await find(radio, "Absent")
        here = await find(radio, "Present")
        radio.set_in_range(absent.address, False)
        waiting = asyncio.create_task(BleakClient(gone, backend=radio.client_backend).connect())
        await asyncio.sleep(1.0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        async with BleakClient(here, backend=radio.client_backend) as client:
            assert client.is_connected


async def test_peripherals_come_and_go() -> None:
    async with VirtualRadio(11) as radio:
        sensor = BatterySensor(name="Battery")
        await radio.add(sensor)
        with pytest.raises(AddressTakenError):
            await radio.add(BatterySensor(name="Battery"))
        client = BleakClient(await find(radio, "Battery"), backend=radio.client_backend)
        await client.connect()
        await radio.remove(sensor.address)
        assert client.is_connected  # nobody has said goodbye
        await asyncio.sleep(sensor.behaviour.supervision_timeout_s + 0.1)
        assert not client.is_connected
        with pytest.raises(UnknownPeripheralError) as caught:
            radio.drop_link(sensor.address)
        assert caught.value.known == ()
        with pytest.raises(NotStartedError):
            sensor.notify(sensor.level, b"\0")
        await radio.add(sensor)
        await client.connect()
        assert client.is_connected


async def test_a_peripheral_that_fails_ends_the_radio_with_its_error() -> None:
    class Broken(BatterySensor):
        async def run(self) -> None:
            await asyncio.sleep(1.0)
            raise ZeroDivisionError

    async def session() -> None:
        async with VirtualRadio(12) as radio:
            await radio.add(Broken(name="Broken"))
            await asyncio.sleep(10.0)

    with pytest.raises(ExceptionGroup) as caught:
        await session()
    assert caught.group_contains(ZeroDivisionError)


async def test_a_link_that_a_dead_client_left_is_known_and_taken_over() -> None:
    async with VirtualRadio(13) as radio:
        sensor = BatterySensor(name="Battery")
        await radio.add(sensor)
        device = await find(radio, "Battery")
        await radio.station.connect(device.details["address"])
        assert await BleakScanner.find_device_by_name("Battery", 5.0, backend=radio.scanner_backend) is None
        adapter = await BleakAdapter.get(backend=radio.adapter_backend)
        (known,) = await adapter.get_connected_devices()
        assert known.address == sensor.address
        async with BleakClient(known, backend=radio.client_backend) as client:
            assert await client.read_gatt_char("2a19") == bytes([100])
            assert [d.address for d in await adapter.get_connected_devices(["180f"])] == [sensor.address]
            assert await adapter.get_connected_devices(["180d"]) == []
            with pytest.raises(BleakError, match="another client"):
                await BleakClient(known, backend=radio.client_backend).connect()


async def test_an_error_of_the_block_itself_is_not_wrapped() -> None:
    async def session() -> None:
        async with VirtualRadio(12) as radio:
            await radio.add(BatterySensor(name="Battery"))
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await session()


class TestPairing:
    async def test_a_secret_needs_encryption(self) -> None:
        async with VirtualRadio(20) as radio:
            recorder = Recorder(security=Security.ENCRYPTED)
            await radio.add(recorder)
            device = await find(radio, "Recorder")
            async with BleakClient(device, backend=radio.client_backend) as client:
                with pytest.raises(BleakGATTProtocolError) as caught:
                    await client.read_gatt_char("ffec")
                assert caught.value.code.name == "INSUFFICIENT_ENCRYPTION"
                with pytest.raises(BleakGATTProtocolError):
                    await client.start_notify(RECORDS, lambda _, __: None)
                await client.pair()
                assert await client.read_gatt_char("ffec") == b"secret"
                await client.start_notify(RECORDS, lambda _, __: None)

    async def test_a_bond_encrypts_the_next_link(self) -> None:
        async with VirtualRadio(21) as radio:
            recorder = Recorder(security=Security.ENCRYPTED)
            await radio.add(recorder)
            device = await find(radio, "Recorder")
            async with BleakClient(device, pair=True, backend=radio.client_backend) as client:
                assert await client.read_gatt_char("ffec") == b"secret"
            async with BleakClient(device, backend=radio.client_backend) as client:
                assert await client.read_gatt_char("ffec") == b"secret"
                await client.unpair()
                assert not client.is_connected
            async with BleakClient(device, backend=radio.client_backend) as client:
                with pytest.raises(BleakGATTProtocolError):
                    await client.read_gatt_char("ffec")
            with pytest.raises(BleakDeviceNotFoundError):
                await client.unpair()

    async def test_a_bond_outlives_a_change_of_battery(self) -> None:
        async with VirtualRadio(22) as radio:
            recorder = Recorder(security=Security.ENCRYPTED)
            await radio.add(recorder)
            device = await find(radio, "Recorder")
            async with BleakClient(device, pair=True, backend=radio.client_backend):
                pass
            await radio.remove(recorder.address)
            await radio.add(recorder)
            async with BleakClient(device, backend=radio.client_backend) as client:
                assert await client.read_gatt_char("ffec") == b"secret"

    async def test_lost_keys_fail_the_connection(self) -> None:
        async with VirtualRadio(23) as radio:
            recorder = Recorder(security=Security.ENCRYPTED)
            await radio.add(recorder)
            device = await find(radio, "Recorder")
            async with BleakClient(device, pair=True, backend=radio.client_backend):
                pass
            recorder.bonds.all_keys.clear()
            client = BleakClient(device, backend=radio.client_backend)
            with pytest.raises(BleakError, match="PIN_OR_KEY_MISSING"):
                await client.connect()
            await client.unpair()
            async with BleakClient(device, pair=True, backend=radio.client_backend) as client:
                assert await client.read_gatt_char("ffec") == b"secret"

    @pytest.mark.parametrize("typed", [123456, 1])
    async def test_a_displayed_passkey(self, typed: int) -> None:
        asked: list[str] = []

        def agent(address: str) -> int:
            asked.append(address)
            return typed

        async with VirtualRadio(24, passkey=agent) as radio:
            recorder = Recorder(security=Security.AUTHENTICATED, passkey=typed)
            await radio.add(recorder)
            async with BleakClient(await find(radio, "Recorder"), backend=radio.client_backend) as client:
                await client.pair()
                assert await client.read_gatt_char("ffec") == b"secret"
            assert asked == [recorder.address]

    @pytest.mark.parametrize("typed", [654321, None])
    async def test_a_wrong_or_unknown_passkey_fails(self, typed: int | None) -> None:
        async with VirtualRadio(25, passkey=lambda _: typed) as radio:
            recorder = Recorder(security=Security.AUTHENTICATED, passkey=123456)
            await radio.add(recorder)
            async with BleakClient(await find(radio, "Recorder"), backend=radio.client_backend) as client:
                with pytest.raises(BleakError):
                    await client.pair()

    @pytest.mark.parametrize("after_s", [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3])
    async def test_a_link_lost_while_pairing_or_encrypting_is_an_error_not_a_cancellation(
        self, after_s: float
    ) -> None:
        async with VirtualRadio(27) as radio:
            recorder = Recorder(security=Security.ENCRYPTED)
            await radio.add(recorder)
            device = await find(radio, "Recorder")
            client = BleakClient(device, backend=radio.client_backend)
            await client.connect()
            asyncio.get_running_loop().call_later(after_s, radio.drop_link, recorder.address)
            with contextlib.suppress(BleakError):  # it may be quicker than the loss
                await client.pair()
            await asyncio.sleep(1.0)
            await radio.station.forget(device.details["address"])
            async with BleakClient(device, pair=True, backend=radio.client_backend):
                await asyncio.sleep(1.0)
            connecting = asyncio.create_task(client.connect())
            await recorder.wait_for(lambda: recorder.is_connected)
            await asyncio.sleep(after_s / 10)
            radio.drop_link(recorder.address)
            with pytest.raises(BleakError, match="disconnected"):
                await connecting

    async def test_pairing_can_be_given_up(self) -> None:
        async with VirtualRadio(28) as radio:
            recorder = Recorder(security=Security.ENCRYPTED)
            await radio.add(recorder)
            async with BleakClient(await find(radio, "Recorder"), backend=radio.client_backend) as client:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await client.pair()
                assert client.is_connected
            recorder.request_pairing()  # nobody is there
            async with BleakClient(recorder.address, backend=radio.client_backend):
                recorder.request_pairing()
                await asyncio.sleep(0.05)  # and the radio ends while it is under way

    async def test_a_cuff_that_is_not_in_pairing_mode_refuses(self) -> None:
        async with VirtualRadio(26) as radio:
            recorder = Recorder(security=Security.ENCRYPTED)
            recorder.in_pairing_mode = False
            await radio.add(recorder)
            async with BleakClient(await find(radio, "Recorder"), backend=radio.client_backend) as client:
                with pytest.raises(BleakError):
                    await client.pair()


async def test_links_of_one_seed_and_different_behaviour() -> None:
    async with VirtualRadio(30) as radio:
        quick = Streamer("Quick", behaviour=LinkBehaviour(interval_s=0.0075))
        slow = Streamer("Slow", behaviour=LinkBehaviour(interval_s=0.5))
        counts = {"Quick": 0, "Slow": 0}
        for sensor in (quick, slow):
            await radio.add(sensor)
            client = BleakClient(await find(radio, sensor.name), backend=radio.client_backend)
            await client.connect()

            def count(_: object, __: object, name: str = sensor.name) -> None:
                counts[name] += 1

            await client.start_notify(VALUES, count)
        await asyncio.sleep(10.0)
    # 6 packets each 0.5 s are 12 a second: a slow link cannot carry 100, the sensor loses what does not fit.
    assert counts["Quick"] > 990
    assert counts["Slow"] == pytest.approx(120, abs=14)
    assert slow.notifications_lost > 800
