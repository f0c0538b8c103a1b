"""Omron cuffs that keep the Blood Pressure Profile, in their own way."""

from datetime import datetime, timedelta

from devices.adapter.advertisement import Advertisement
from devices.cuff_clock import CLOCK_TOLERATED_S
from devices.drivers.blood_pressure import BloodPressureCuff
from devices.errors import GattRefusedError, LinkTimeoutError
from devices.link.connection import Connection
from protocols.ble import omron_advertisement
from protocols.ble.codec.assigned_numbers import CURRENT_TIME
from protocols.ble.codec.errors import DecodeError
from protocols.ble.current_time import CurrentTime, decode_current_time, encode_current_time

# The cuff says its time as soon as that is subscribed to; only then, for a moment, does it let itself be set.
TIME_WINDOW_S = 1.5

# Setting a cuff's clock makes some models refuse their readings for that visit: not for a trifle, and not
# for what is believed of the readings' dates anyway.
TOLERATED_CLOCK_ERROR = timedelta(seconds=CLOCK_TOLERATED_S)


class Omron(BloodPressureCuff):
    """Serves one bonded host, and sends each new record exactly once.

    It is paired before its services are looked at. Nothing is ever unsubscribed: writing 0 to a client
    configuration deletes the subscription, and on some models the bond with it.
    """

    family = "omron"
    title = "Omron cuffs (BLESmart_...)"
    bonds = True
    advice = "hold the Bluetooth button for 3 to 5 s until a P blinks"
    silence_completes_s = 15.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name, or by service and company number."""
        omron = omron_advertisement.COMPANY in advertisement.manufacturer_data
        cuff = omron_advertisement.SERVICE in advertisement.service_uuids
        return advertisement.name.startswith(omron_advertisement.NAME_PREFIXES) or (omron and cuff)

    @classmethod
    def remark(cls, advertisement: Advertisement) -> str:
        """Omron's manufacturer data: how many readings wait, whether it can be paired now, its clock."""
        data = advertisement.manufacturer_data.get(omron_advertisement.COMPANY)
        if data is None:
            return ""
        try:
            said = omron_advertisement.decode_manufacturer_data(data)
        except DecodeError:
            return ""
        words = [
            f"user {user} has {counter.records} {'reading' if counter.records == 1 else 'readings'} waiting"
            for user, counter in enumerate(said.counters, 1)
            if counter.records
        ]
        status = omron_advertisement.Status
        words += ["in pairing mode"] if status.PAIRING_MODE in said.status else []
        words += ["its clock is not set"] if status.TIME_NOT_SET in said.status else []
        return ", ".join(words)

    async def start(self, connection: Connection) -> None:
        """The clock first, in the moment it allows; asking for records ends that moment."""
        if connection.offers(CURRENT_TIME, "notify"):
            await self._follow_clock(connection)
        await self.subscribe(connection)

    async def _follow_clock(self, connection: Connection) -> None:
        try:
            said = await connection.subscribe_and_await(CURRENT_TIME, bytes, timeout_s=TIME_WINDOW_S)
        except LinkTimeoutError:
            return
        if connection.local_time is None or not self.sets_clock:
            return
        now = connection.local_time()
        if _is_close(said, now):
            return
        try:
            frame = encode_current_time(CurrentTime.from_datetime(now))
            await connection.write(CURRENT_TIME, frame, response=True)
        except GattRefusedError:
            # Outside its moment (ATT error 0x80). Its readings are worth more than its clock.
            return


def _is_close(said: bytes, now: datetime) -> bool:
    try:
        clock = decode_current_time(said).date_time.to_datetime()
    except DecodeError:
        return False
    return clock is not None and abs(clock - now.replace(tzinfo=None)) <= TOLERATED_CLOCK_ERROR
