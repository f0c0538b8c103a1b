"""Concept2 PM5: rowers, ski and bike ergometers."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import Driver
from devices.errors import SettingNotTakenError
from devices.link.connection import Connection
from protocols.ble import concept2_pm5 as pm5
from protocols.ble.concept2_pm5 import decode_sample_rate, encode_sample_rate

PERIOD_S = 1.0


class Concept2Pm5(Driver):
    """Speed, stroke rate and distance once a second, power at each stroke.

    The monitor speaks only while its Connect screen has let us in; its workouts are set on its own keys.
    """

    family = "concept2_pm5"
    title = "Concept2 PM5 (RowErg, SkiErg, BikeErg)"
    required = (pm5.GENERAL_STATUS, pm5.ADDITIONAL_STATUS)
    subscriptions = (pm5.GENERAL_STATUS, pm5.ADDITIONAL_STATUS, pm5.ADDITIONAL_STROKE)
    data = frozenset({pm5.GENERAL_STATUS, pm5.ADDITIONAL_STATUS})
    # Five reports.
    stale_after_s = 5.0

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name: newer firmware advertises the fitness machine service as well, and says less by it."""
        return advertisement.name.startswith(pm5.NAME_PREFIX)

    async def start(self, connection: Connection) -> None:
        """It remembers the rate that another application has set."""
        await self.subscribe(connection)
        if not connection.offers(pm5.SAMPLE_RATE, "write"):
            return
        await connection.write(pm5.SAMPLE_RATE, encode_sample_rate(PERIOD_S))
        taken = await connection.read(pm5.SAMPLE_RATE)
        if taken != encode_sample_rate(PERIOD_S):
            found = f"{decode_sample_rate(taken):g} s" if taken in (b"\1", b"\2", b"\3") else taken.hex()
            raise SettingNotTakenError("sample rate", expected=f"{PERIOD_S:g} s", found=found)
