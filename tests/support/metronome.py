"""A sensor that counts: what it sent can be compared with what arrived, to the last value."""

from collections.abc import Sequence
from typing import ClassVar

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from simulators.peripherals.peripheral import Peripheral
from simulators.radio.gatt import advertisement as air_advertisement
from simulators.radio.gatt.services import Characteristic, Service

SERVICE = "00000001-5e0f-4d3c-9a77-1f6d0c0ffee0"
COUNTS = "00000002-5e0f-4d3c-9a77-1f6d0c0ffee0"


class Metronome(Peripheral):
    """Notifies a running number in 20 bytes, `rate_hz` times a second, while somebody listens."""

    def __init__(self, *, name: str, address: str, rate_hz: float) -> None:
        super().__init__(name=name, address=address)
        self.rate_hz = rate_hz
        self.sent = 0
        self._counts = Characteristic(uuid=COUNTS, notify=True)

    @property
    def advertisement(self) -> air_advertisement.Advertisement:
        return air_advertisement.Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        return [Service(uuid=SERVICE, characteristics=[self._counts])]

    async def run(self) -> None:
        async for _ in self.ticks(1.0 / self.rate_hz):
            if self.is_subscribed(self._counts):
                self.notify(self._counts, self.sent.to_bytes(4, "little") + bytes(16))
                self.sent += 1


class MetronomeDriver(Driver):
    """Takes the counts."""

    family = "metronome"
    title = "a sensor that counts"
    required = (COUNTS,)
    subscriptions = (COUNTS,)
    data: ClassVar[frozenset[str]] = frozenset({COUNTS})
    stale_after_s = 2.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By its service."""
        return SERVICE in advertisement.service_uuids


def config_of(metronome: Metronome) -> DeviceConfig:
    """How a station would name it."""
    return DeviceConfig(device=metronome.name, family="metronome", address=metronome.address)
