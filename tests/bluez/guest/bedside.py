"""The virtual hardware in the guest, and our links to it through bleak's own backend."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from devices.adapter.radio import Radio
from devices.drivers.driver import DeviceConfig
from devices.frames import Frame, LinkEvent, LinkState
from devices.link.group import StationLinks
from simulators.peripherals.peripheral import Peripheral
from simulators.radio.air import VirtualRadio
from simulators.radio.gatt.advertisement import full_uuid
from simulators.radio.gatt.services import Characteristic
from simulators.scenario import loader as scenario
from simulators.scenario.world import World
from tests.bluez.guest.cuff import BondingCuff
from tests.bluez.guest.waiting import Waiting, now_ns

SCENARIO = Path(__file__).with_name("bedside.toml")
CUFF_ADDRESS = "C4:0F:F0:00:00:05"


class Heard(Waiting):
    """What the links handed on, by device."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs: list[Frame | LinkEvent] = []

    def __call__(self, one: Frame | LinkEvent) -> None:
        """Take one."""
        self.inputs.append(one)
        self.touch()

    def story(self) -> str:
        """The last link events."""
        events = [one for one in self.inputs if isinstance(one, LinkEvent)][-12:]
        return "\n".join(f"  {one.device} {one.state}: {one.reason}" for one in events)

    def states(self, device: str) -> list[LinkState]:
        """The states that the device's link went through."""
        return [one.state for one in self.inputs if isinstance(one, LinkEvent) and one.device == device]

    def payloads(self, device: str, characteristic: str) -> list[bytes]:
        """What came from one characteristic of the device."""
        return [
            one.payload
            for one in self.inputs
            if isinstance(one, Frame) and (one.device, one.characteristic) == (device, characteristic)
        ]

    async def live(self, devices: Sequence[str], times: int = 1) -> None:
        """Wait until each of the devices' links has been LIVE so often."""
        await self.until(
            f"LIVE {times} times: {', '.join(devices)}",
            lambda: all(self.states(device).count(LinkState.LIVE) >= times for device in devices),
        )


@asynccontextmanager
async def linked(*configs: DeviceConfig) -> AsyncIterator[Heard]:
    """Links to these devices, with a radio of bleak's choice, until the block ends."""
    heard = Heard()
    links = StationLinks(configs, Radio(), heard, now_ns)
    running = asyncio.create_task(links.run(), name="links")
    try:
        yield heard
    finally:
        running.cancel()
        await asyncio.wait([running])


class Bedside:
    """The peripherals on the air, and what each of them has sent."""

    def __init__(self, radio: VirtualRadio, world: World) -> None:
        self.radio = radio
        self.world = world
        self.cuff = BondingCuff(name="Cuff 0005", address=CUFF_ADDRESS)
        self.sent: dict[str, list[tuple[str, bytes]]] = {}

    @property
    def configs(self) -> tuple[DeviceConfig, ...]:
        """What a station would say about the streaming devices."""
        return tuple(
            DeviceConfig(device=one.device, family=one.family, role=one.role, address=one.address)
            for one in self.world.devices
        )

    def sent_on(self, device: str, characteristic: str) -> list[bytes]:
        """What a streaming device has sent on one characteristic."""
        return [value for uuid, value in self.sent[device] if uuid == characteristic]

    def address(self, device: str) -> str:
        """The address of a streaming device."""
        return next(one.address for one in self.world.devices if one.device == device)

    def listen_at_the_source(self) -> None:
        """Note from now on what the streaming devices send to somebody."""
        for config in self.configs:
            assert config.address is not None
            self.sent[config.device] = _note_sent(self.radio.peripherals[config.address])


@asynccontextmanager
async def bedside(radio: VirtualRadio) -> AsyncIterator[Bedside]:
    """Everything switched on, until the block ends; the radio must have been entered."""
    here = Bedside(radio, World(scenario.load(SCENARIO), radio))
    living = asyncio.create_task(here.world.run(), name="world")
    while len(radio.peripherals) < len(here.world.devices):  # noqa: ASYNC110 -- the radio has no event for it
        await asyncio.sleep(0.05)
    await radio.add(here.cuff)
    here.listen_at_the_source()
    try:
        yield here
    finally:
        living.cancel()
        await asyncio.wait([living])
        for address in list(radio.peripherals):
            await radio.remove(address)


def _note_sent(peripheral: Peripheral) -> list[tuple[str, bytes]]:
    sent: list[tuple[str, bytes]] = []
    notify = peripheral.notify

    def noting(characteristic: Characteristic, value: bytes) -> int:
        reached = notify(characteristic, value)
        if reached:
            sent.append((full_uuid(characteristic.uuid), value))
        return reached

    peripheral.notify = noting  # type: ignore[method-assign]  # the way out of the sensor is what we watch
    return sent
