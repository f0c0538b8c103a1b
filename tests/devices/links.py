"""What the link tests share: a radio on scripted air, a running link, and what came out of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from devices.adapter.host_stack import HostStack
from devices.adapter.radio import Radio
from devices.adapter.scanner import Scanner
from devices.drivers.catalog import driver_for
from devices.drivers.driver import DeviceConfig, Driver
from devices.frames import Frame, LinkEvent, LinkState
from devices.link.supervisor import SupervisedLink
from tests.support.scripted_link import Air
from tests.support.virtual_time import now_ns

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)


@dataclass
class Taken:
    """Everything that a link handed on, in order."""

    inputs: list[Frame | LinkEvent] = field(default_factory=list)

    def __call__(self, one: Frame | LinkEvent) -> None:
        self.inputs.append(one)

    @property
    def events(self) -> list[LinkEvent]:
        return [one for one in self.inputs if isinstance(one, LinkEvent)]

    @property
    def states(self) -> list[LinkState]:
        return [event.state for event in self.events]

    def frames(self, characteristic: str | None = None) -> list[Frame]:
        return [
            one
            for one in self.inputs
            if isinstance(one, Frame) and characteristic in (None, one.characteristic)
        ]

    def count(self, device: str, payload: bytes) -> int:
        return sum(frame.device == device and frame.payload == payload for frame in self.frames())

    def payloads(self, characteristic: str) -> list[bytes]:
        return [frame.payload for frame in self.frames(characteristic)]


@asynccontextmanager
async def running(
    air: Air,
    config: DeviceConfig,
    *,
    driver: Driver | None = None,
    taken: Taken | None = None,
    host_stack: HostStack | None = None,
    local_time: Callable[[], datetime] | None = lambda: NOON,
) -> AsyncIterator[tuple[SupervisedLink, Taken]]:
    """One link on scripted air, until the block ends."""
    async with running_all(
        air,
        [config],
        drivers=[driver],
        taken=taken,
        host_stack=host_stack,
        local_time=local_time,
    ) as (
        links,
        out,
    ):
        yield links[0], out


@asynccontextmanager
async def running_all(
    air: Air,
    configs: Sequence[DeviceConfig],
    *,
    drivers: Sequence[Driver | None] | None = None,
    taken: Taken | None = None,
    host_stack: HostStack | None = None,
    local_time: Callable[[], datetime] | None = lambda: NOON,
) -> AsyncIterator[tuple[list[SupervisedLink], Taken]]:
    """Several links that share a radio, without jitter."""
    out = taken or Taken()
    radio = Radio(air.client_backend, air.scanner_backend, host_stack=host_stack)
    discovery = Scanner(radio, now_ns=now_ns, unit_random=lambda: 0.0)
    links = [
        SupervisedLink(
            config,
            driver or driver_for(config),
            discovery,
            out,
            now_ns,
            local_time=local_time,
            unit_random=lambda: 0.0,
        )
        for config, driver in zip(configs, drivers or [None] * len(configs), strict=True)
    ]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(discovery.run(), name="discovery")]
        tasks += [group.create_task(link.run(), name=link.config.device) for link in links]
        try:
            yield links, out
        finally:
            for task in tasks:
                task.cancel()
