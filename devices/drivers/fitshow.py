"""Treadmills with a FitShow module that do not keep the Fitness Machine Profile."""

import asyncio

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.link.connection import Connection
from protocols.ble import fitness_machine, fitshow

POLL_PERIOD_S = 1.0


class FitShow(Driver):
    """What the belt does, asked for once a second. It is never told to move or to stop."""

    family = "fitshow"
    title = "FitShow treadmills (Sportstech F15, F31, VirtuFit and others, named FS-...)"
    own_options = frozenset({"miles"})
    required = (fitshow.WRITE, fitshow.NOTIFY)
    subscriptions = (fitshow.NOTIFY,)
    data = frozenset({fitshow.NOTIFY})
    # Five questions without an answer.
    stale_after_s = 5.0

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        config.flag("miles", default=False)

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name: FFF0 is many gadgets'. Newer modules advertise the profile, and are read by it."""
        speaks_ftms = fitness_machine.SERVICE in advertisement.service_uuids
        return advertisement.name.startswith(fitshow.NAME_PREFIX) and not speaks_ftms

    async def keep_alive(self, connection: Connection) -> None:
        """Ask, and ask again; the answers come as notifications."""
        question = fitshow.encode_command(fitshow.ASK_STATUS)
        while True:
            await connection.write(fitshow.WRITE, question)
            await asyncio.sleep(POLL_PERIOD_S)
