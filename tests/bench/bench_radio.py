"""What the radio costs: CPU for an hour with an oximeter, a strap, a cuff and two IMUs at 100 Hz.

Every value goes through real GATT on both sides: peripheral, medium, bleak's client, callback. The sensors'
contents are constant here, so that nothing but the radio is measured.

Run: `python tests/bench/bench_radio.py [seconds]`; prints a table to stderr and JSON to stdout.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bleak import BleakClient, BleakScanner

from simulators.peripheral import Peripheral
from simulators.radio.advertisement import Advertisement
from simulators.radio.air import VirtualRadio
from simulators.radio.clock import run
from simulators.radio.gatt import Characteristic, Service
from simulators.radio.link import LinkBehaviour

HOUR_S = 3600.0
TARGET_S_PER_H = 100.0


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


def measure(duration_s: float, *, direct: bool) -> dict[str, float]:
    """CPU seconds for the session, scaled to an hour, and microseconds a value."""
    start_s = time.process_time()
    received = run(lambda: session(duration_s, direct=direct), clock="virtual")
    cpu_s = time.process_time() - start_s
    values = sum(received.values())
    return {
        "simulated_s": duration_s,
        "values": values,
        "cpu_s_per_h": cpu_s * HOUR_S / duration_s,
        "cpu_us_per_value": cpu_s * 1e6 / values,
    }


def main() -> None:
    """Measure both ways and print."""
    duration_s = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    figures = {
        "direct": measure(duration_s, direct=True),
        "hci": measure(duration_s / 4, direct=False),
        "target_cpu_s_per_h": TARGET_S_PER_H,
    }
    for way in ("direct", "hci"):
        row = figures[way]
        per_hour_s, per_value_us = row["cpu_s_per_h"], row["cpu_us_per_value"]
        sys.stderr.write(f"{way:>8}: {per_hour_s:7.1f} s of CPU per hour, {per_value_us:6.1f} us a value\n")
    sys.stdout.write(json.dumps({"radio": figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
