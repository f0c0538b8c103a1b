"""A cuff that speaks to bonded hosts only, and tells what it hears."""

import asyncio
from collections.abc import Sequence

from protocols.ble.blood_pressure import MEASUREMENT, SERVICE
from simulators.peripherals.peripheral import Peripheral
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Security, Service

# Connected but not asked, it hangs up: a pairing takes some seconds in an emulated machine.
PATIENCE_S = 40.0
LINGERS_S = 1.0


class BondingCuff(Peripheral):
    """Sleeps until it has records; then advertises, bonds, indicates them oldest first, and hangs up.

    A record is delivered when its indication is confirmed, and never sent again.
    """

    advertises_at_start = False

    def __init__(self, *, name: str, address: str) -> None:
        super().__init__(name=name, address=address)
        self.stored: list[bytes] = []
        self.delivered: list[bytes] = []
        self.visits = 0
        self._pressed = asyncio.Event()
        self._measurement = Characteristic(uuid=MEASUREMENT, indicate=True, security=Security.ENCRYPTED)

    @property
    def advertisement(self) -> Advertisement:
        """The profile's service."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """The measurement, for bonded hosts."""
        return [Service(uuid=SERVICE, characteristics=[self._measurement])]

    def measure(self, *records: bytes) -> None:
        """Somebody has measured: the records are stored, and the cuff offers them."""
        self.stored += records
        self._pressed.set()

    async def run(self) -> None:
        """Offer the records, one visit after another, until all are taken."""
        while True:
            await self._pressed.wait()
            self._pressed.clear()
            while self.stored:
                await self.start_advertising()
                await self.wait_for(lambda: self.is_connected)
                self.visits += 1
                await self._hand_over()
                await self.stop_advertising()
                await self.disconnect()
                await self.wait_for(lambda: not self.is_connected)

    async def _hand_over(self) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self.wait_for(lambda: self.is_subscribed(self._measurement) or not self.is_connected)
        except TimeoutError:
            return
        while self.stored and await self.indicate(self._measurement, self.stored[0]):
            self.delivered.append(self.stored.pop(0))
        await asyncio.sleep(LINGERS_S)
