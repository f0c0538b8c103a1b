"""Any treadmill, cross trainer, climber, rower or bike that keeps the Fitness Machine Profile (0x1826)."""

import asyncio

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.link.connection import Connection
from protocols.ble import fitness_machine as ftms

RECORDS = (
    ftms.TREADMILL,
    ftms.CROSS_TRAINER,
    ftms.STEP_CLIMBER,
    ftms.STAIR_CLIMBER,
    ftms.ROWER,
    ftms.INDOOR_BIKE,
)
# KingSmith's firmware drops a second subscription that comes within 30 ms of the first; their own application
# waits 100 to 300 ms (mcdax/walkingpad-controller, protocol reference 2.2).
BETWEEN_SUBSCRIPTIONS_S = 0.3


class FitnessMachine(Driver):
    """Listens, and never asks for control: a machine is driven by whoever stands beside it."""

    family = "fitness_machine"
    title = "exercise machine (Bluetooth FTMS profile)"
    subscriptions = (*RECORDS, ftms.STATUS)
    data = frozenset(RECORDS)
    # FTMS 1.0, 4.4: once a second; an idle belt may be slower.
    stale_after_s = 8.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """The profile makes the service part of the advertisement."""
        return ftms.SERVICE in advertisement.service_uuids

    def missing(self, connection: Connection) -> str | None:
        """One kind of record must be there."""
        return None if any(connection.has(uuid) for uuid in RECORDS) else ftms.TREADMILL

    async def subscribe(self, connection: Connection) -> None:
        """One after another, with a pause."""
        first = True
        for characteristic in self.subscriptions:
            if not connection.has(characteristic):
                continue
            if not first:
                await asyncio.sleep(BETWEEN_SUBSCRIPTIONS_S)
            await connection.subscribe(characteristic)
            first = False
