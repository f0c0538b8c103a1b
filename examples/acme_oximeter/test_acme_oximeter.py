"""The family end to end: the virtual device on the virtual radio, found by its driver, read by its reader.

Run it where the distribution is installed: `python test_acme_oximeter.py` prints what was seen as JSON.
"""

import asyncio
import json

from devices.adapter.radio import Radio
from devices.adapter.scanner import family_of
from devices.drivers.catalog import DRIVERS
from devices.drivers.driver import DeviceConfig
from devices.frames import Frame, LinkEvent, LinkState
from devices.link.group import StationLinks
from monitor.ingest.ingest import Ingest
from monitor.samples import Code, Sample
from monitor.sensors import SensorConfig, SensorRole
from simulators.radio.air import VirtualRadio
from simulators.radio.clock import run
from simulators.scenario.loader import Scenario
from simulators.scenario.world import World

FAMILY = "acme_oximeter"
SCENARIO = Scenario.model_validate(
    {
        "name": "one-device",
        "title": "one oximeter",
        "seed": 11,
        "duration_s": 45,
        "devices": [{"name": "sensor", "family": FAMILY, "role": "oximeter"}],
    }
)


async def seen() -> dict[str, object]:
    """What came of 45 seconds."""
    taken: list[Frame | LinkEvent] = []
    families: set[str | None] = set()

    def take(item: Frame | LinkEvent) -> None:
        taken.append(item)
        if isinstance(item, LinkEvent) and item.state is LinkState.FOUND:
            families.update(family_of(match.advertisement, DRIVERS) for match in station.discovery.in_range())

    async with VirtualRadio(11) as air:
        world = World(SCENARIO, air)
        station = StationLinks(
            [DeviceConfig(device="sensor", family=FAMILY)],
            Radio(air.client_backend, air.scanner_backend),
            take,
            lambda: int(asyncio.get_running_loop().time() * 1e9),
        )
        async with asyncio.TaskGroup() as group:
            links = group.create_task(station.run())
            await world.run()
            links.cancel()
    ingest = Ingest([SensorConfig(device="sensor", family=FAMILY, role=SensorRole.OXIMETER)])
    frames = [item for item in taken if isinstance(item, Frame)]
    samples = [item for frame in frames for item in ingest.feed(frame) if isinstance(item, Sample)]
    spo2 = [sample.value for sample in samples if sample.code is Code.SPO2_PERCENT]
    return {
        "families": sorted(map(str, families)),
        "frames": len(frames),
        "lost": sum(isinstance(item, LinkEvent) and item.state is LinkState.LOST for item in taken),
        "codes": sorted({sample.code.value for sample in samples} - {Code.BATTERY_PERCENT}),
        "spo2_percent": spo2[:10],
    }


def test_a_session_with_it() -> None:
    """For pytest."""
    assert run(seen, clock="virtual")["families"] == [FAMILY]


if __name__ == "__main__":
    print(json.dumps(run(seen, clock="virtual")))
