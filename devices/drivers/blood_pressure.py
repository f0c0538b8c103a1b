"""Cuffs that keep the Bluetooth Blood Pressure Profile (service 0x1810)."""

import asyncio
from typing import ClassVar

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import GattRefusedError, OptionError
from devices.link.connection import Connection
from protocols.ble import blood_pressure as blp
from protocols.ble.codec.assigned_numbers import CURRENT_TIME, DATE_TIME
from protocols.ble.current_time import CurrentTime, encode_current_time
from protocols.ble.date_time import DateTime, encode_date_time

# 255 means "unknown user" (Blood Pressure Service 1.1.1, table 3.2).
LAST_USER = 254


class BloodPressureCuff(Driver):
    """Waits for the cuff to come, takes every record it has, and lets it go.

    Stored and live readings arrive alike, oldest first; which is which is judged by the reading's own time,
    after it has been recorded. The visit is over when the cuff hangs up or has been silent for
    `silence_completes_s`. Subscriptions are never taken back: some cuffs delete their bond then.
    """

    family = "blood_pressure"
    title = "blood-pressure cuff (Bluetooth BLP profile)"
    required: ClassVar[tuple[str, ...]] = (blp.MEASUREMENT,)
    subscriptions: ClassVar[tuple[str, ...]] = (blp.MEASUREMENT, blp.INTERMEDIATE_CUFF_PRESSURE)
    data = frozenset({blp.MEASUREMENT})
    episodic = True
    # Whose readings are the patient's, on a cuff that several people use: the others are left out.
    own_options: ClassVar[frozenset[str]] = frozenset({"user"})
    # The generic profile says nothing about the end. Cuffs hang up within a few seconds of their last
    # record; those that measure while connected report the cuff's pressure meanwhile. A minute of nothing
    # at all is the end even for a slow one.
    silence_completes_s: ClassVar[float] = 60.0

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        user = config.options.get("user")
        if user is not None and not (isinstance(user, int) and 0 <= user <= LAST_USER):
            raise OptionError(config.device, "user", expected=f"a number from 0 to {LAST_USER}", found=user)

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """The profile makes the service part of the advertisement."""
        return blp.SERVICE in advertisement.service_uuids

    async def start(self, connection: Connection) -> None:
        """Indications first: the cuff may send its oldest record at once, and waits about 5 s for us."""
        await self.subscribe(connection)
        await self.set_time(connection)

    async def set_time(self, connection: Connection) -> None:
        """Set the cuff's clock by whichever characteristic it lets us write.

        What it was before is read first, where the cuff tells it: the dates of its readings are as far off.
        """
        if connection.local_time is None or not self.sets_clock:
            return
        clock = next((one for one in (CURRENT_TIME, DATE_TIME) if connection.offers(one, "write")), None)
        try:
            if clock is not None and connection.offers(clock, "read"):
                await connection.read(clock)
        except GattRefusedError:
            pass
        try:
            if connection.offers(CURRENT_TIME, "write"):
                now = CurrentTime.from_datetime(connection.local_time())
                await connection.write(CURRENT_TIME, encode_current_time(now), response=True)
            elif connection.offers(DATE_TIME, "write"):
                now_date_time = DateTime.from_datetime(connection.local_time())
                await connection.write(DATE_TIME, encode_date_time(now_date_time), response=True)
        except GattRefusedError:
            # Outside a cuff's own window for it (Omron: ATT error 0x80). Its readings are worth more than
            # its clock.
            return

    async def keep_alive(self, connection: Connection) -> None:
        """Stay until the cuff has been silent for long enough."""
        since_ns = connection.now_ns()
        while True:
            heard_ns = max(since_ns, connection.last_frame_ns or since_ns)
            rest_s = self.silence_completes_s - (connection.now_ns() - heard_ns) / 1e9
            if rest_s <= 0:
                return
            await asyncio.sleep(max(rest_s, 0.001))
