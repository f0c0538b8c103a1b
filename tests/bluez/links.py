"""A supervised link on whatever backend bleak chooses, and what came out of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from devices.adapter.radio import Radio
from devices.adapter.scanner import Scanner
from devices.drivers.driver import DeviceConfig, Driver
from devices.drivers.heart_rate import HeartRateStrap
from devices.frames import Frame, LinkEvent, LinkState
from devices.link.supervisor import SupervisedLink
from simulators.radio import clock
from tests.bluez.private_bus import close_bleak

PATIENCE_S = 8.0


class QuickStrap(HeartRateStrap):
    """A strap whose silence is noticed within the patience of a test."""

    stale_after_s = 2.0
    first_data_within_s = 2.0


def now_ns() -> int:
    return int(asyncio.get_running_loop().time() * 1e9)


@dataclass
class Taken:
    """What a link handed on, and waiting for it."""

    patience_s: float = PATIENCE_S
    inputs: list[Frame | LinkEvent] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __call__(self, one: Frame | LinkEvent) -> None:
        self.inputs.append(one)
        self._changed.set()

    @property
    def states(self) -> list[LinkState]:
        return [one.state for one in self.inputs if isinstance(one, LinkEvent)]

    @property
    def reasons(self) -> str:
        return "\n".join(one.reason for one in self.inputs if isinstance(one, LinkEvent))

    @property
    def payloads(self) -> list[bytes]:
        return [one.payload for one in self.inputs if isinstance(one, Frame)]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition on what was taken."""
        async with asyncio.timeout(self.patience_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def live(self, times: int = 1) -> None:
        """Wait until the link has been LIVE so often."""
        await self.until(lambda: self.states.count(LinkState.LIVE) >= times)


@asynccontextmanager
async def linked(
    config: DeviceConfig, driver: type[Driver] = HeartRateStrap, *, patience_s: float = PATIENCE_S
) -> AsyncIterator[tuple[Taken, SupervisedLink]]:
    """A supervised link with its discovery, on whatever backend bleak chooses."""
    taken = Taken(patience_s)
    discovery = Scanner(Radio(), now_ns=now_ns, unit_random=lambda: 0.0, silent_after_s=0.5)
    link = SupervisedLink(config, driver(config), discovery, taken, now_ns, unit_random=lambda: 0.0)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(discovery.run()), group.create_task(link.run())]
        try:
            yield taken, link
        finally:
            for task in tasks:
                task.cancel()


def hurried(session: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a session in which our own pauses (seconds, when a person must act) pass ten times faster."""

    async def main() -> None:
        try:
            await session()
        finally:
            await close_bleak()

    clock.run(main, clock=10.0)
