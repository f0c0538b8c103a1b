"""The smallest peripheral there is: a battery level that falls, and who made it."""

from collections.abc import Sequence

from simulators.peripherals.peripheral import Peripheral
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Service, battery_service, device_information_service


class BatterySensor(Peripheral):
    """Says its battery level once a second; loses one percent each time."""

    level_percent = 100

    @property
    def advertisement(self) -> Advertisement:
        return Advertisement(service_uuids=(0x180F,), manufacturer_data={0xFFFF: b"\x01\x02"})

    def services(self) -> Sequence[Service]:
        battery, self.level = battery_service(lambda: self.level_percent)
        return [battery, device_information_service(manufacturer="Nobody", model="B1")]

    async def run(self) -> None:
        async for _ in self.ticks(1.0):
            if self.is_subscribed(self.level):
                self.level_percent -= 1
                self.notify(self.level, bytes([self.level_percent]))
