"""What the radio costs: CPU for an hour with an oximeter, a strap, a cuff and two IMUs at 100 Hz.

Every value goes through real GATT on both sides: peripheral, medium, bleak's client, callback. `direct` and
`hci` send constants, so that nothing but the radio is measured, the short way and as HCI packets. `products`
and `coalesced` are the virtual products on a virtual patient, with one sample a notification and with twelve.
`drivers` is the whole stack: the same products as they send by themselves, found, set up and kept by the
station's drivers through bleak, each value with its time of receipt.

Run: `python -m tests.bench.bench_radio [seconds]`; prints a table to stderr and JSON to stdout, exit 1 when
an hour of products or drivers takes more than the budget.
"""

import asyncio
import copy
import json
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from bleak import BleakClient, BleakScanner

from devices.adapter.radio import Radio
from devices.drivers.driver import DeviceConfig
from devices.frames import Frame, LinkEvent
from devices.link.group import StationLinks
from protocols.ble.witmotion import WRITE, Rate, SetRate, Unlock, encode_command
from simulators.peripherals.peripheral import Peripheral
from simulators.radio.air import VirtualRadio
from simulators.radio.clock import run
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Service
from simulators.radio.link_layer.link import LinkBehaviour
from simulators.scenario.loader import Scenario
from simulators.scenario.world import World

HOUR_S = 3600.0
TARGET_S_PER_H = 100.0
# Connecting five devices takes that long, at most.
HEAD_START_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """A sensor's traffic: values of `length_bytes` at `rate_hz`, on links with that interval."""

    name: str
    rate_hz: float
    length_bytes: int
    interval_s: float


SENSORS = (
    Sensor(name="oximeter", rate_hz=1.0, length_bytes=7, interval_s=0.050),
    Sensor(name="strap", rate_hz=1.0, length_bytes=6, interval_s=0.050),
    Sensor(name="cuff", rate_hz=0.01, length_bytes=19, interval_s=0.050),
    Sensor(name="imu proximal", rate_hz=100.0, length_bytes=20, interval_s=0.030),
    Sensor(name="imu distal", rate_hz=100.0, length_bytes=20, interval_s=0.030),
)


class Streamer(Peripheral):
    """Notifies a constant value at its rate while somebody listens."""

    def __init__(self, sensor: Sensor) -> None:
        super().__init__(name=sensor.name)
        self.behaviour = LinkBehaviour(interval_s=sensor.interval_s)
        self.sensor = sensor
        self.values = Characteristic(uuid=0xFFE4, notify=True)

    @property
    def advertisement(self) -> Advertisement:
        return Advertisement(service_uuids=(0xFFE5,))

    def services(self) -> Sequence[Service]:
        return [Service(uuid=0xFFE5, characteristics=[self.values])]

    async def run(self) -> None:
        await self.wait_for(lambda: self.is_subscribed(self.values))
        value = bytes(self.sensor.length_bytes)
        async for _ in self.ticks(1.0 / self.sensor.rate_hz):
            self.notify(self.values, value)


async def session(duration_s: float, *, direct: bool) -> dict[str, int]:
    """Run all sensors for that long; gives the values received of each."""
    received = dict.fromkeys((sensor.name for sensor in SENSORS), 0)

    async with VirtualRadio(1, direct=direct) as radio:
        clients = []
        for sensor in SENSORS:
            await radio.add(Streamer(sensor))
            device = await BleakScanner.find_device_by_name(sensor.name, backend=radio.scanner_backend)
            if device is None:
                raise RuntimeError(f"{sensor.name} was not found")
            client = BleakClient(device, backend=radio.client_backend)
            await client.connect()
            clients.append(client)

            def count(_: object, value: bytearray, name: str = sensor.name) -> None:
                received[name] += 1

            await client.start_notify("ffe4", count)
        await asyncio.sleep(duration_s)
        for client in clients:
            await client.disconnect()
    return received


SCENARIO: dict[str, Any] = {
    "name": "bench",
    "title": "Ten repetitions and rest",
    "seed": 1,
    "devices": [
        {"name": "oximeter", "family": "pulse_oximeter", "role": "oximeter", "arm": "left"},
        {"name": "strap", "family": "heart_rate", "role": "heart_rate_strap"},
        {"name": "cuff", "family": "blood_pressure", "role": "cuff", "arm": "right"},
        {"name": "proximal", "family": "witmotion", "role": "imu_proximal"},
        {"name": "distal", "family": "witmotion", "role": "imu_distal"},
    ],
    "timeline": [{"at_s": 30.0, "do": "set", "exercise": "knee_extension", "repetitions": 10}],
}


async def products(duration_s: float, *, samples_per_notification: int) -> dict[str, int]:
    """Run the virtual products that long, the IMUs at 100 Hz; gives the values received of each."""
    scenario = copy.deepcopy(SCENARIO) | {"duration_s": duration_s + HEAD_START_S}
    for device in scenario["devices"]:
        if device["family"] == "witmotion":
            device["samples_per_notification"] = samples_per_notification
    received: dict[str, int] = {}
    async with VirtualRadio(1) as radio:
        world = World(Scenario.model_validate(scenario), radio)
        radio.spawn(world.run(), "scenario")
        for facts in world.devices:
            if facts.family == "blood_pressure":
                continue  # it sleeps until it has measured
            client = BleakClient(facts.address, backend=radio.client_backend)
            await client.connect()
            if facts.family == "witmotion":
                for command in (Unlock(), SetRate(rate=Rate.HZ_100)):
                    await client.write_gatt_char(WRITE, encode_command(command), response=False)

            def count(_: object, __: object, name: str = facts.device) -> None:
                received[name] = received.get(name, 0) + 1

            for characteristic in client.services.characteristics.values():
                if "notify" in characteristic.properties:
                    await client.start_notify(characteristic, count)
        await asyncio.sleep(duration_s)
    return received


async def drivers(duration_s: float) -> dict[str, int]:
    """Let the station's drivers look after the virtual products that long; gives the frames of each."""
    received: dict[str, int] = {}

    def take(one: Frame | LinkEvent) -> None:
        if isinstance(one, Frame):
            received[one.device] = received.get(one.device, 0) + 1

    measurements = [
        {"at_s": at_s, "do": "measure", "device": "cuff"} for at_s in range(60, round(duration_s), 300)
    ]
    scenario = copy.deepcopy(SCENARIO) | {
        "duration_s": duration_s + HEAD_START_S,
        "timeline": [*SCENARIO["timeline"], *measurements],
    }
    loop = asyncio.get_running_loop()
    async with VirtualRadio(1) as air:
        world = World(Scenario.model_validate(scenario), air)
        air.spawn(world.run(), "scenario")
        configs = [
            DeviceConfig(device=one.device, family=one.family, role=one.role, address=one.address)
            for one in world.devices
        ]
        radio = Radio(air.client_backend, air.scanner_backend)
        links = StationLinks(configs, radio, take, lambda: int(loop.time() * 1e9))
        running = asyncio.create_task(links.run())
        await asyncio.sleep(duration_s)
        running.cancel()
        await asyncio.wait([running])
    return received


def measure(work: Callable[[], Coroutine[Any, Any, dict[str, int]]], duration_s: float) -> dict[str, float]:
    """CPU seconds for the work, scaled to an hour, and microseconds a value."""
    start_s = time.process_time()
    received = run(work, clock="virtual")
    cpu_s = time.process_time() - start_s
    values = sum(received.values())
    return {
        "simulated_s": duration_s,
        "values": values,
        "cpu_s_per_h": cpu_s * HOUR_S / duration_s,
        "cpu_us_per_value": cpu_s * 1e6 / values,
    }


def main() -> None:
    """Measure all ways and print."""
    duration_s = float(sys.argv[1]) if len(sys.argv) > 1 else 300.0
    figures = {
        "direct": measure(lambda: session(duration_s, direct=True), duration_s),
        "hci": measure(lambda: session(duration_s / 4, direct=False), duration_s / 4),
        "products": measure(lambda: products(duration_s, samples_per_notification=1), duration_s),
        "coalesced": measure(lambda: products(duration_s, samples_per_notification=12), duration_s),
        "drivers": measure(lambda: drivers(duration_s), duration_s),
    }
    for way, row in figures.items():
        per_hour_s, per_value_us = row["cpu_s_per_h"], row["cpu_us_per_value"]
        sys.stderr.write(f"{way:>10}: {per_hour_s:7.1f} s of CPU per hour, {per_value_us:6.1f} us a value\n")
    sys.stderr.write(f"    target: {TARGET_S_PER_H:7.1f} s of CPU per hour for products and drivers\n")
    result = {"radio": figures, "target_cpu_s_per_h": TARGET_S_PER_H}
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    slowest_s = max(figures[way]["cpu_s_per_h"] for way in ("products", "drivers"))
    sys.exit(0 if slowest_s <= TARGET_S_PER_H else 1)


if __name__ == "__main__":
    main()
