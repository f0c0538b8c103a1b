"""One simulated product on a virtual radio, and a bleak client to try it with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bleak import BleakClient, BleakScanner

from simulators.patient.body import Body
from simulators.peripherals.catalog import build
from simulators.peripherals.device import VirtualDevice
from simulators.peripherals.peripheral import Peripheral
from simulators.radio.air import VirtualRadio
from simulators.scenario.loader import Scenario, parse


def scenario(
    family: str, role: str, timeline: str = "", *, section: str = "", duration_s: float = 600.0
) -> Scenario:
    """One device called `it`; `timeline` and `section` are lines of TOML."""
    text = f"""
name = "bench"
title = "One device on the bench"
seed = 3
duration_s = {duration_s}
timeline = [{timeline}]
[[devices]]
name = "it"
family = "{family}"
role = "{role}"
{section}
"""
    return parse(text, Path("bench.toml"))


def device(family: str, role: str, timeline: str = "", *, section: str = "") -> VirtualDevice:
    """The device of such a scenario."""
    return build(Body(scenario(family, role, timeline, section=section)))[0]


@dataclass
class Bench:
    """A product that is switched on, in a room with a station."""

    device: VirtualDevice
    peripheral: Peripheral
    air: VirtualRadio
    body: Body
    began_s: float
    heard: list[tuple[float, str, bytes]] = field(default_factory=list)

    def now_s(self) -> float:
        """Seconds since the scenario began."""
        return asyncio.get_running_loop().time() - self.began_s

    async def until(self, t_s: float) -> None:
        """Wait for an instant of the scenario."""
        await asyncio.sleep(max(0.0, t_s - self.now_s()))

    @asynccontextmanager
    async def client(self, *, timeout_s: float = 200.0, pair: bool = False) -> AsyncIterator[BleakClient]:
        """A client that has found the product and is connected to it."""
        found = await BleakScanner.find_device_by_address(
            self.device.address, timeout=timeout_s, backend=self.air.scanner_backend
        )
        assert found is not None, "it does not advertise"
        async with BleakClient(found, backend=self.air.client_backend, pair=pair) as client:
            yield client

    async def subscribe(self, client: BleakClient, uuid: str) -> None:
        """Collect what comes in `heard`: (instant, UUID, value)."""
        await client.start_notify(
            uuid, lambda _, value: self.heard.append((self.now_s(), uuid, bytes(value)))
        )

    def values(self, uuid: str) -> list[bytes]:
        """What has come of one characteristic."""
        return [value for _, one, value in self.heard if one == uuid]


@asynccontextmanager
async def bench(family: str, role: str, timeline: str = "", *, section: str = "") -> AsyncIterator[Bench]:
    """Switch a product on."""
    body = Body(scenario(family, role, timeline, section=section))
    (virtual,) = build(body)
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    peripheral = virtual.peripheral(lambda: loop.time() - began_s)
    async with VirtualRadio(7, passkey=lambda _: peripheral.passkey) as air:
        await air.add(peripheral)
        yield Bench(device=virtual, peripheral=peripheral, air=air, body=body, began_s=began_s)
