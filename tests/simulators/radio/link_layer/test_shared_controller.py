"""Several hosts on one controller: over a real one in another room, and packet by packet."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from bleak import BleakClient, BleakScanner
from bumble.transport.common import BaseSource

from simulators.radio.air import VirtualRadio
from simulators.radio.gatt.services import Security
from simulators.radio.link_layer.shared_controller import TURN_S, Port, SharedController
from simulators.radio.transports import OnAir, export_adapter
from tests.simulators.radio.virtual_sensors import RECORDS, Recorder, Streamer

PATIENCE_S = 20.0
PASSKEY = 123_456


@pytest.mark.slow
async def test_each_sensor_on_a_shared_controller_pairs_for_itself() -> None:
    async with (
        asyncio.timeout(PATIENCE_S),
        VirtualRadio(4, passkey=lambda _: PASSKEY) as radio,
        export_adapter(radio, "tcp-server:127.0.0.1:0") as listening,
        OnAir(f"tcp-client:{listening}") as air,
        contextlib.AsyncExitStack() as links,
    ):
        shows_digits = Recorder("Digits", security=Security.AUTHENTICATED, passkey=PASSKEY)
        just_works = Recorder("Plain", security=Security.ENCRYPTED)
        streamer = Streamer()
        clients = []
        for sensor in (streamer, shows_digits, just_works):
            await air.add(sensor)
            device = await BleakScanner.find_device_by_address(sensor.address, backend=radio.scanner_backend)
            assert device is not None
            client = BleakClient(device, backend=radio.client_backend)
            clients.append(await links.enter_async_context(client))
        for client in clients[1:]:
            await client.pair()
            assert bytes(await client.read_gatt_char("ffec")) == b"secret"
        assert clients[0].is_connected
        # What one indicates, the other has not sent.
        heard: list[bytes] = []
        await clients[2].start_notify(RECORDS, lambda _, value: heard.append(bytes(value)))
        assert await just_works.indicate(just_works.record, b"kept") == 1
        assert await shows_digits.indicate(shows_digits.record, b"not asked for") == 0
        assert heard[-1] == b"kept"


class Controller(BaseSource):
    """A controller that answers what it is told to; notes the opcodes and the data that it was given."""

    def __init__(self, answers: dict[int, bytes] | None = None) -> None:
        super().__init__()
        self.answers = answers or {}
        self.opcodes: list[int] = []
        self.commands: list[bytes] = []
        self.data: list[int] = []
        self.is_silent = False

    def on_packet(self, packet: bytes) -> None:
        if packet[0] == 2:
            self.data.append(packet[-1])
            return
        (opcode,) = struct.unpack_from("<H", packet, 1)
        self.opcodes.append(opcode)
        self.commands.append(packet)
        if not self.is_silent:
            answer = self.answers.get(opcode, b"\x00")
            head = struct.pack("<BBBBH", 4, 0x0E, 3 + len(answer), 1, opcode)
            asyncio.get_running_loop().call_soon(self.say, head + answer)

    def say(self, packet: bytes) -> None:
        assert self.sink is not None
        self.sink.on_packet(packet)

    def connected(self, handle: int, *, status: int = 0) -> None:
        self.say(struct.pack("<BBBBBHB", 4, 0x3E, 19, 1, status, handle, 1) + bytes(15))


class Hearing:
    """A host: what it was told."""

    def __init__(self, port: Port) -> None:
        self.port = port
        self.heard: list[bytes] = []
        port.set_packet_sink(self)

    def on_packet(self, packet: bytes) -> None:
        self.heard.append(packet)

    def ask(self, opcode: int, parameters: bytes = b"") -> None:
        self.port.on_packet(struct.pack("<BHB", 1, opcode, len(parameters)) + parameters)

    def send(self, handle: int, number: int) -> None:
        self.port.on_packet(struct.pack("<BHHB", 2, handle, 1, number))

    def advertise(self, address: bytes) -> None:
        self.ask(0x2005, address * 6)
        self.ask(0x2008, address)
        self.ask(0x200A, b"\x01")


Bench = Callable[[dict[int, bytes]], Awaitable[tuple[Controller, SharedController]]]


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    tasks: list[asyncio.Task[None]] = []

    async def make(answers: dict[int, bytes]) -> tuple[Controller, SharedController]:
        controller = Controller(answers)
        shared = SharedController(controller, controller)
        tasks.append(asyncio.create_task(shared.take_turns()))
        return controller, shared

    yield make
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


pytestmark = pytest.mark.clock("virtual")


async def test_the_controller_is_reset_once_and_each_answer_goes_to_who_asked(bench: Bench) -> None:
    controller, shared = await bench({0x1001: b"\x00version"})
    one, two = Hearing(shared.port()), Hearing(shared.port())
    one.ask(0x0C03)
    two.ask(0x0C03)
    two.ask(0x1001)
    await asyncio.sleep(0.01)
    assert controller.opcodes == [0x0C03, 0x1001]
    assert len(one.heard) == 1
    assert [packet[4:6] for packet in two.heard] == [b"\x03\x0c", b"\x01\x10"]
    assert two.heard[1].endswith(b"version")


async def test_hosts_are_told_that_there_are_no_advertising_sets(bench: Bench) -> None:
    everything = b"\x00" + b"\xff" * 8
    controller, shared = await bench({0x2003: everything, 0x2087: b"\x00\x0a" + b"\xff" * 8})
    host = Hearing(shared.port())
    host.ask(0x2003)
    host.ask(0x2087)
    await asyncio.sleep(0.01)
    assert host.heard[0][7:] == b"\xff\xef" + b"\xff" * 6
    assert host.heard[1][8:] == b"\xff\xef" + b"\xff" * 6
    controller.answers[0x2003] = b"\x12"  # refused: there are no features in it
    host.ask(0x2003)
    await asyncio.sleep(0.01)
    assert host.heard[2][6:] == b"\x12"


async def test_ports_advertise_by_turns_and_a_link_belongs_to_whose_turn_it_is(bench: Bench) -> None:
    controller, shared = await bench({})
    one, two = Hearing(shared.port()), Hearing(shared.port())
    one.advertise(b"\x01")
    two.advertise(b"\x02")
    await asyncio.sleep(4 * TURN_S - 0.01)
    addresses = [command[4:5] for command in controller.commands if command[1:3] == b"\x05\x20"]
    assert len(addresses) in (4, 5)
    assert {*addresses[-2:]} == {b"\x01", b"\x02"}
    turn = one if addresses[-1] == b"\x01" else two
    other = two if turn is one else one
    before = len(turn.heard), len(other.heard)
    controller.connected(0x40, status=0x3C)
    controller.connected(0x41)
    controller.say(struct.pack("<BHHB", 2, 0x2041, 1, 9))
    assert (len(turn.heard) - before[0], len(other.heard) - before[1]) == (3, 0)
    # Only the other one advertises now, for as long as it is alone.
    await asyncio.sleep(0.01)
    controller.commands.clear()
    await asyncio.sleep(10 * TURN_S)
    assert controller.commands == []
    controller.say(struct.pack("<BBBBHB", 4, 0x05, 4, 0, 0x41, 0x13))
    controller.say(struct.pack("<BHHB", 2, 0x2041, 1, 9))
    assert turn.heard[-1][1] == 0x05
    # Stop, and nobody is on the air.
    other.ask(0x200A, b"\x00")
    await asyncio.sleep(0.01)
    assert controller.commands[-1][4:] == b"\x00"


async def test_data_wait_until_the_controller_has_room(bench: Bench) -> None:
    controller, shared = await bench({0x2002: struct.pack("<BHB", 0, 251, 2)})
    host = Hearing(shared.port())
    host.ask(0x2002)
    host.advertise(b"\x01")
    await asyncio.sleep(0.01)
    controller.connected(0x41)
    for number in range(4):
        host.send(0x41, number)
    assert controller.data == [0, 1]
    controller.say(struct.pack("<BBBBHH", 4, 0x13, 5, 1, 0x41, 1))
    assert controller.data == [0, 1, 2]
    assert host.heard[-1][1] == 0x13
    # The link goes with two packets in the controller; those that still wait here go nowhere.
    controller.say(struct.pack("<BBBBHB", 4, 0x05, 4, 0, 0x41, 0x08))
    assert controller.data == [0, 1, 2]
    host.advertise(b"\x01")
    await asyncio.sleep(0.01)
    controller.connected(0x42)
    host.send(0x42, 10)
    host.send(0x42, 11)
    assert controller.data == [0, 1, 2, 10, 11]


async def test_what_concerns_nobody_goes_nowhere(bench: Bench) -> None:
    controller, shared = await bench({})
    host = Hearing(shared.port())
    controller.connected(0x41)  # nobody advertises
    controller.say(bytes.fromhex("040e0301 0000"))  # room for a command, no answer
    controller.say(bytes.fromhex("041001 07"))  # a hardware error
    controller.say(bytes.fromhex("043e0514 0000 0000"))  # a subevent of central's
    controller.say(struct.pack("<BHHB", 2, 0x2041, 1, 9))
    assert host.heard == []
