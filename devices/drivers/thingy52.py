"""Nordic Thingy:52."""

from dataclasses import replace

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import OptionError, SettingNotTakenError
from devices.link.connection import Connection
from protocols.ble import thingy52
from protocols.ble.thingy52 import decode_configuration, encode_configuration

# m_motion.c, motion frequency.
RATE_RANGE_HZ = (5, 200)


class Thingy52(Driver):
    """Raw acceleration and rate of turn at 100 Hz, or at the option `rate_hz`."""

    family = "thingy52"
    title = "Nordic Thingy:52"
    own_options = frozenset({"rate_hz"})
    required = (thingy52.RAW, thingy52.CONFIGURATION)
    subscriptions = (thingy52.RAW,)
    data = frozenset({thingy52.RAW})
    stale_after_s = 2.0
    first_data_within_s = 5.0

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        rate_hz = config.number("rate_hz", 100)
        least, most = RATE_RANGE_HZ
        if not least <= rate_hz <= most or rate_hz != int(rate_hz):
            expected = f"a whole number from {least} to {most}"
            raise OptionError(config.device, "rate_hz", expected=expected, found=rate_hz)
        self._rate_hz = int(rate_hz)

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name; its advertised service is the configuration's, which other Nordic demos have."""
        return advertisement.name.startswith(thingy52.NAME_PREFIXES)

    async def start(self, connection: Connection) -> None:
        """Set the rate while nothing runs; subscribing to the raw values starts them."""
        configuration = decode_configuration(await connection.read(thingy52.CONFIGURATION))
        if configuration.motion_rate_hz != self._rate_hz:
            wanted = replace(configuration, motion_rate_hz=self._rate_hz)
            await connection.write(thingy52.CONFIGURATION, encode_configuration(wanted))
            taken = decode_configuration(await connection.read(thingy52.CONFIGURATION))
            if taken.motion_rate_hz != self._rate_hz:
                found = str(taken.motion_rate_hz)
                raise SettingNotTakenError("motion rate", expected=str(self._rate_hz), found=found)
        await self.subscribe(connection)
