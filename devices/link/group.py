"""All links of a station: one radio, one scanner, one supervised link a device."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from devices.adapter.radio import Radio
from devices.adapter.scanner import Scanner
from devices.drivers.catalog import driver_for
from devices.drivers.driver import DeviceConfig
from devices.frames import Frame, LinkEvent
from devices.link.backoff import SYSTEM_JITTER
from devices.link.health import LinkHealth
from devices.link.supervisor import SupervisedLink


class StationLinks:
    """The links to `configs` through `radio`; the arguments are those of `SupervisedLink`.

    Raises:
        ConfigurationError: a family or an option that no driver has.
    """

    def __init__(
        self,
        configs: Sequence[DeviceConfig],
        radio: Radio,
        on_input: Callable[[Frame | LinkEvent], None],
        now_ns: Callable[[], int],
        *,
        local_time: Callable[[], datetime] | None = None,
        unit_random: Callable[[], float] = SYSTEM_JITTER,
    ) -> None:
        self.discovery = Scanner(radio, now_ns=now_ns, unit_random=unit_random)
        self.links = tuple(
            SupervisedLink(
                config,
                driver_for(config),
                self.discovery,
                on_input,
                now_ns,
                local_time=local_time,
                unit_random=unit_random,
            )
            for config in configs
        )

    async def run(self) -> None:
        """Keep every device connected, for ever; cancellation disconnects them all.

        Raises:
            ExceptionGroup: with what `on_input` raised.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self.discovery.run(), name="discovery")
            for link in self.links:
                group.create_task(link.run(), name=f"link {link.config.device}")

    def health(self) -> tuple[LinkHealth, ...]:
        """Every link at this instant, in the order of the settings."""
        return tuple(link.health() for link in self.links)
