"""What a scenario does to the station itself in a demo: its broker, its clock, its disk, its queue."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from monitor.delivery.broker.nats import NatsServer
from monitor.inputs import StationStatus
from simulators.scenario.loader import FaultEntry
from simulators.scenario.world import World


class StationFaults:
    """The station's faults of a world's scenario, at the world's time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._faults = [entry for entry in world.scenario.timeline if isinstance(entry, FaultEntry)]

    def _holding(self, fault: str) -> list[FaultEntry]:
        now_s = self._world.elapsed_s()
        return [
            one for one in self._faults if one.fault == fault and one.at_s <= now_s < one.at_s + one.for_s
        ]

    def wall_clock(self, utc_ns: Callable[[], int]) -> Callable[[], int]:
        """`utc_ns` as somebody sets it: a step is for good."""
        steps = [(one.at_s, round(one.numbers["step_s"] * 1e9)) for one in self._of("clock_set")]
        return lambda: utc_ns() + sum(step for at_s, step in steps if at_s <= self._world.elapsed_s())

    def status(self, status: StationStatus) -> StationStatus:
        """What the station notices about itself, with what the scenario wants to be wrong."""
        late_s = max((one.numbers["late_s"] for one in self._holding("queue_late")), default=0.0)
        return replace(
            status,
            disk_full=status.disk_full or bool(self._holding("disk_full")),
            queue_late_s=max(status.queue_late_s, late_s),
        )

    async def interrupt(self, power: "BrokerPower") -> None:
        """Switch the broker off and on, as planned."""
        for one in sorted(self._of("broker_down"), key=lambda entry: entry.at_s):
            await asyncio.sleep(max(0.0, one.at_s - self._world.elapsed_s()))
            await power.off()
            await asyncio.sleep(one.for_s)
            await power.on()

    def _of(self, fault: str) -> list[FaultEntry]:
        return [one for one in self._faults if one.fault == fault]


class BrokerPower:
    """The broker's switch: off really ends its process, and the ports answer nobody."""

    def __init__(self, broker: NatsServer, group: asyncio.TaskGroup) -> None:
        self._broker = broker
        self._group = group
        self._task: asyncio.Task[None] | None = None

    async def on(self) -> None:
        """Run the broker until it is switched off; returns when it answers."""
        self._task = self._group.create_task(self._broker.run(), name="broker")
        await self._broker.ready()

    async def off(self) -> None:
        """End it; its data stays where it is."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
