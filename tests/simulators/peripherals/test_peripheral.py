"""The base of all peripherals: what a family gets from it."""

import asyncio
from collections.abc import Sequence

import pytest
from bleak import BleakClient, BleakScanner

from simulators.peripherals.peripheral import Peripheral
from simulators.radio.air import VirtualRadio
from simulators.radio.errors import NotStartedError
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Service, battery_service, device_information_service
from tests.simulators.battery_sensor import BatterySensor
from tests.simulators.radio.virtual_sensors import RECORDS, VALUES, Recorder, Streamer

pytestmark = pytest.mark.clock("virtual")


def now_s() -> float:
    return asyncio.get_running_loop().time()


class Sleeper(BatterySensor):
    """Sleeps, advertises for 10 s whenever it is woken."""

    advertises_at_start = False

    def __init__(self) -> None:
        super().__init__(name="Sleeper")
        self.said = b"\x00"
        self.events: list[str] = []

    @property
    def advertisement(self) -> Advertisement:
        return Advertisement(manufacturer_data={0xFFFF: self.said})

    def on_connected(self) -> None:
        self.events.append("connected")

    def on_disconnected(self, reason: int) -> None:
        self.events.append(f"disconnected 0x{reason:02X}")

    async def run(self) -> None:
        pass


class TestAddress:
    def test_follows_from_the_name(self) -> None:
        assert BatterySensor(name="A").address == BatterySensor(name="A").address
        assert BatterySensor(name="A").address != BatterySensor(name="B").address
        assert int(BatterySensor(name="A").address[:2], 16) >= 0xC0

    def test_is_kept_in_upper_case(self) -> None:
        assert Streamer(address="c0:aa:bb:cc:dd:ee").address == "C0:AA:BB:CC:DD:EE"

    @pytest.mark.parametrize("address", ["", "C0:11:22:33:44", "C0:11:22:33:44:5", "40:11:22:33:44:55"])
    def test_a_wrong_one_is_refused(self, address: str) -> None:
        with pytest.raises(ValueError, match="expected"):
            Streamer(address=address or "x")

    def test_a_public_one_may_be_any(self) -> None:
        assert Streamer(address="00:11:22:33:44:55", public_address=True).public_address


async def test_nothing_works_before_it_is_switched_on() -> None:
    sensor = BatterySensor(name="Battery")
    for ask in (lambda: sensor.device, lambda: sensor.controller, lambda: sensor.clock):
        with pytest.raises(NotStartedError, match="Battery is not on a radio"):
            ask()
    assert not sensor.is_connected
    await sensor.stop()


async def test_a_sleeper_advertises_when_it_wakes(virtual_radio: VirtualRadio) -> None:
    sensor = Sleeper()
    await virtual_radio.add(sensor)

    async def heard() -> list[bytes]:
        found = await BleakScanner.discover(1.0, return_adv=True, backend=virtual_radio.scanner_backend)
        return [said.manufacturer_data[0xFFFF] for _, said in found.values()]

    assert await heard() == []
    await sensor.start_advertising()
    assert await heard() == [b"\x00"]
    sensor.said = b"\x01"
    assert await heard() == [b"\x00"]
    await sensor.start_advertising()
    assert await heard() == [b"\x01"]
    await sensor.stop_advertising()
    assert await heard() == []


async def test_it_advertises_again_after_a_connection(virtual_radio: VirtualRadio) -> None:
    sensor = Sleeper()
    await virtual_radio.add(sensor)
    await sensor.start_advertising()
    for _ in range(2):
        async with BleakClient(sensor.address, backend=virtual_radio.client_backend):
            assert sensor.is_connected
            found = await BleakScanner.discover(1.0, backend=virtual_radio.scanner_backend)
            assert found == []
        await sensor.wait_for(lambda: not sensor.is_connected)
    assert sensor.events == ["connected", "disconnected 0x13"] * 2


async def test_it_can_hang_up(virtual_radio: VirtualRadio) -> None:
    sensor = BatterySensor(name="Battery")
    await virtual_radio.add(sensor)
    gone = asyncio.Event()
    client = BleakClient(sensor.address, lambda _: gone.set(), backend=virtual_radio.client_backend)
    await client.connect()
    await sensor.disconnect()
    await gone.wait()
    await sensor.disconnect()  # nobody there any more


async def test_waiting_for_a_subscription(virtual_radio: VirtualRadio) -> None:
    class Waiter(BatterySensor):
        async def run(self) -> None:
            await self.wait_for(lambda: self.is_subscribed(self.level))
            self.subscribed_at_s = now_s()

    sensor = Waiter(name="Battery")
    await virtual_radio.add(sensor)
    async with BleakClient(sensor.address, backend=virtual_radio.client_backend) as client:
        await asyncio.sleep(10.0)
        before_s = now_s()
        await client.start_notify("2a19", lambda _, __: None)
        assert before_s < sensor.subscribed_at_s <= now_s()


async def test_nobody_is_told_what_he_did_not_ask_for(virtual_radio: VirtualRadio) -> None:
    sensor = BatterySensor(name="Battery")
    await virtual_radio.add(sensor)
    assert sensor.notify(sensor.level, b"\x01") == 0
    assert await sensor.indicate(sensor.level, b"\x01") == 0
    async with BleakClient(sensor.address, backend=virtual_radio.client_backend) as client:
        assert sensor.notify(sensor.level, b"\x01") == 0
        await client.start_notify("2a19", lambda _, __: None)
        assert sensor.notify(sensor.level, b"\x01") == 1
        assert await sensor.indicate(sensor.level, b"\x01") == 0
        await client.stop_notify("2a19")
        assert sensor.notify(sensor.level, b"\x01") == 0


async def test_two_indications_at_once_queue_up_and_fail_together(virtual_radio: VirtualRadio) -> None:
    recorder = Recorder(records=[])
    await virtual_radio.add(recorder)
    taken: list[bytes] = []
    async with BleakClient(recorder.address, backend=virtual_radio.client_backend) as client:
        await client.start_notify(RECORDS, lambda _, value: taken.append(bytes(value)))
        outcomes = await asyncio.gather(
            recorder.indicate(recorder.record, b"1"), recorder.indicate(recorder.record, b"2")
        )
        assert (outcomes, taken) == ([1, 1], [b"1", b"2"])
        virtual_radio.set_in_range(recorder.address, False)
        before_s = now_s()
        outcomes = await asyncio.gather(
            recorder.indicate(recorder.record, b"3"), recorder.indicate(recorder.record, b"4")
        )
        assert outcomes == [0, 0]
        assert now_s() - before_s < 5.0  # by the supervision timeout, not 30 s each


async def test_ticks_do_not_drift(virtual_radio: VirtualRadio) -> None:
    class Ticker(BatterySensor):
        def __init__(self) -> None:
            super().__init__(name="Ticker")
            self.instants: list[float] = []

        async def run(self) -> None:
            async for count in self.ticks(0.01):
                self.instants.append(now_s())
                if count % 7 == 0:
                    await asyncio.sleep(0.004)  # work that takes its time
                if count == 1000:
                    return

    sensor = Ticker()
    start_s = now_s()
    await virtual_radio.add(sensor)
    await asyncio.sleep(11.0)
    assert sensor.instants == [pytest.approx(start_s + 0.01 * count, abs=1e-6) for count in range(1001)]


async def test_a_bonded_centrals_subscriptions_can_be_kept(virtual_radio: VirtualRadio) -> None:
    sensor = Streamer()
    sensor.keeps_subscriptions = True
    await virtual_radio.add(sensor)
    async with BleakClient(sensor.address, backend=virtual_radio.client_backend) as client:
        await client.start_notify(VALUES, lambda _, __: None)
    await sensor.wait_for(lambda: not sensor.is_connected)
    assert not sensor.is_subscribed(sensor.values)
    async with BleakClient(sensor.address, backend=virtual_radio.client_backend):
        assert sensor.is_subscribed(sensor.values)


async def test_it_can_ask_for_pairing(virtual_radio: VirtualRadio) -> None:
    sensor = BatterySensor(name="Battery")
    await virtual_radio.add(sensor)
    async with BleakClient(sensor.address, backend=virtual_radio.client_backend):
        assert not sensor.connections[0].is_encrypted
        sensor.request_pairing()
        await asyncio.sleep(2.0)
        assert sensor.connections[0].is_encrypted
        assert list(sensor.bonds.all_keys) != []
    async with BleakClient(sensor.address, backend=virtual_radio.client_backend):
        assert sensor.connections[0].is_encrypted
        sensor.request_pairing()
        await asyncio.sleep(2.0)
        assert sensor.connections[0].is_encrypted


async def test_its_chance_follows_from_seed_and_address() -> None:
    async def drawn(seed: int, name: str) -> float:
        async with VirtualRadio(seed) as radio:
            sensor = BatterySensor(name=name)
            await radio.add(sensor)
            return sensor.rng.random()

    assert await drawn(1, "A") == await drawn(1, "A")
    assert len({await drawn(1, "A"), await drawn(2, "A"), await drawn(1, "B")}) == 3


async def test_services_that_every_sensor_has(virtual_radio: VirtualRadio) -> None:
    class Documented(Peripheral):
        @property
        def advertisement(self) -> Advertisement:
            return Advertisement(flags=0x04)

        def services(self) -> Sequence[Service]:
            battery, _ = battery_service(lambda: 77)
            about = device_information_service(
                manufacturer="M",
                model="N",
                serial_number="S",
                hardware_revision="H",
                firmware_revision="F",
                software_revision="W",
            )
            return [battery, about, device_information_service()]

        async def run(self) -> None:
            pass

    sensor = Documented(name="Documented")
    await virtual_radio.add(sensor)
    async with BleakClient(sensor.address, backend=virtual_radio.client_backend) as client:
        strings = {
            uuid: await client.read_gatt_char(uuid)
            for uuid in ("2a29", "2a24", "2a25", "2a27", "2a26", "2a28")
        }
        assert b"".join(strings.values()) == b"MNSHFW"
        assert await client.read_gatt_char("2a19") == bytes([77])
        assert await client.read_gatt_char("2a00") == b"Documented"


def test_a_passkey_is_six_digits() -> None:
    for passkey in (0, -1, 1_000_000):
        recorder = Recorder(passkey=passkey)

        async def switch_on(recorder: Recorder = recorder) -> None:
            async with VirtualRadio() as radio:
                await radio.add(recorder)

        with pytest.raises(ValueError, match="expected 1 to 999999"):
            asyncio.run(switch_on())
