"""A peripheral that streams: it sends what its source gives, to whoever has subscribed."""

import asyncio
from collections.abc import Callable
from typing import TypedDict, Unpack

from simulators.peripherals.peripheral import Peripheral
from simulators.peripherals.signal_source import SignalSource, TimedNotification
from simulators.radio.gatt.services import Characteristic


class Link(TypedDict):
    """Who a device is on the air, and the clock of its scenario (seconds since it began)."""

    name: str
    address: str
    elapsed_s: Callable[[], float]


class StreamingPeripheral(Peripheral):
    """A device that talks from the subscription on.

    A subclass fills `streams`: full UUID of an emission -> the characteristic that notifies it.

    Args:
        source: What the device would send.
        link: Its name, its address, its clock.
    """

    def __init__(self, source: SignalSource, **link: Unpack[Link]) -> None:
        super().__init__(name=link["name"], address=link["address"])
        self.source = source
        self.elapsed_s = link["elapsed_s"]
        self.streams: dict[str, Characteristic] = {}

    def _heard(self) -> bool:
        return any(self.is_subscribed(stream) for stream in self.streams.values())

    def speaks(self, emission: TimedNotification) -> bool:
        """Whether the device sends this now; for devices that have to be told to."""
        del emission
        return True

    async def run(self) -> None:
        """Stream whenever somebody listens; what nobody listens to is not kept."""
        while True:
            await self.wait_for(self._heard)
            for emission in self.source.emissions(self.elapsed_s()):
                await asyncio.sleep(max(0.0, emission.at_s - self.elapsed_s()))
                if not self._heard():
                    break
                if self.speaks(emission):
                    self.notify(self.streams[emission.characteristic], emission.payload)
