"""A motion sensor on the air: runs of samples at the rate that the host chooses, a few a notification."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Unpack

from simulators.peripherals.device import BuildContext, Elapsed, VirtualDevice
from simulators.peripherals.peripheral import Peripheral
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.radio.gatt.services import Characteristic
from simulators.sensors.battery import Battery
from simulators.sensors.imu import ImuModel

# Samples `first` .. `first + count - 1` in a product's words: (full UUID, value) of each notification.
Encode = Callable[[int, int], Iterable[tuple[str, bytes]]]
MakeModel = Callable[[float, float], ImuModel]
MakeEncode = Callable[[ImuModel], Encode]


class SampledSource:
    """What a motion sensor sends at one rate, `count` samples at a time, each time with the last of them."""

    def __init__(self, model: ImuModel, make_encode: MakeEncode, count: int) -> None:
        self.model = model
        self._encode = make_encode(model)
        self._count = count

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Notifications whose first sample is at or after `start_s`, for ever."""
        model, count = self.model, self._count
        first = model.first_after(start_s)
        while True:
            at_s = model.sample_s(first + count - 1)
            for uuid, payload in self._encode(first, count):
                yield TimedNotification(at_s=at_s, characteristic=uuid, payload=payload)
            first += count


class SampledPeripheral(Peripheral):
    """The sensor on the air. A subclass fills `streams`, and calls `begin` and `end` as the product does.

    Args:
        make_model: Gives the sensor running at a rate (Hz) from an instant (s) on.
        make_encode: The product's words for a run of samples.
        cell: Its battery.
        link: Its name, its address, its clock.
    """

    def __init__(
        self, make_model: MakeModel, make_encode: MakeEncode, cell: Battery, **link: Unpack[Link]
    ) -> None:
        super().__init__(name=link["name"], address=link["address"])
        self.elapsed_s = link["elapsed_s"]
        self.cell = cell
        self.streams: dict[str, Characteristic] = {}
        self.rate_hz: float | None = None
        self._make_model = make_model
        self._make_encode = make_encode
        self._changed = asyncio.Event()

    @abstractmethod
    def samples_per_notification(self) -> int:
        """How many samples go into one notification at the present rate and link."""

    def begin(self, rate_hz: float) -> None:
        """Measure at that rate from now on."""
        self.rate_hz = rate_hz
        self._changed.set()
        self._wake()

    def end(self) -> None:
        """Measure no more."""
        self.rate_hz = None
        self._changed.set()

    def _heard(self) -> bool:
        return any(self.is_subscribed(stream) for stream in self.streams.values())

    async def run(self) -> None:
        """Stream while told to and listened to; a new rate begins a new run of samples."""
        while True:
            await self.wait_for(lambda: self.rate_hz is not None and self._heard())
            await self._stream()

    async def _stream(self) -> None:
        self._changed.clear()
        if self.rate_hz is None:
            return
        model = self._make_model(self.rate_hz, self.elapsed_s())
        encode = self._make_encode(model)
        first, count = 0, self.samples_per_notification()
        while True:
            await self._until(model.sample_s(first + count - 1))
            if self._changed.is_set() or not self._heard():
                return
            for uuid, payload in encode(first, count):
                self.notify(self.streams[uuid], payload)
            first += count

    async def _until(self, t_s: float) -> None:
        """Wait, unless the settings change."""
        due_s = t_s - self.elapsed_s()
        if due_s <= 0:
            return
        try:
            async with asyncio.timeout(due_s):
                await self._changed.wait()
        except TimeoutError:
            pass


def build_sampled(
    around: BuildContext,
    *,
    name: str,
    make_encode: MakeEncode,
    rate_hz: float,
    count: int,
    peripheral: Callable[[Elapsed], Peripheral],
) -> VirtualDevice:
    """A motion sensor of a scenario, streaming at `rate_hz` where there is no radio to set it."""
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=SampledSource(around.imu(rate_hz, 0.0), make_encode, count),
        peripheral=peripheral,
    )
