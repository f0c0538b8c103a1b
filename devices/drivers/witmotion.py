"""WitMotion's Bluetooth 5 IMUs: WT901BLECL, BWT901BLE5.0, WT9011DCL."""

import asyncio
import logging
from collections.abc import Callable

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import LinkTimeoutError, OptionError, SettingNotTakenError
from devices.link.connection import Connection
from protocols.ble import witmotion
from protocols.ble.witmotion import (
    Rate,
    ReadRegister,
    Register,
    RegisterFrame,
    SetRate,
    Unlock,
    WitMotionFramer,
)

log = logging.getLogger(__name__)

# The register that holds the output rate (WT901BLECL manual, RRATE).
RATE_REGISTER = 0x03

# The sensor's UART side takes a command at a time; the vendor's own software waits this long between them.
COMMAND_PAUSE_S = 0.1

# An answer comes between two motion frames; at the slowest rate we set (10 Hz) that is 0.1 s.
ANSWER_TIMEOUT_S = 1.0
ATTEMPTS = 3

# The voltage falls from full to empty in about ten hours.
BATTERY_PERIOD_S = 60.0


class WitMotion(Driver):
    """Acceleration and rate of turn at 100 Hz, or at the option `rate_hz`.

    The rate is read back: a locked sensor ignores the setting without a word.
    """

    family = "witmotion"
    title = "WitMotion IMU (WT901BLE, BWT901BLE5.0, WT9011DCL)"
    own_options = frozenset({"rate_hz"})
    required = (witmotion.NOTIFY, witmotion.WRITE)
    subscriptions = (witmotion.NOTIFY,)
    data = frozenset({witmotion.NOTIFY})
    # A hundred frames a second: half a second of nothing is fifty of them, but one interfered connection
    # event after another can take that long. Two seconds cannot be explained by anything that heals.
    stale_after_s = 2.0
    first_data_within_s = 5.0

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        rate_hz = config.number("rate_hz", 100.0)
        rates = {rate.hz: rate for rate in Rate}
        if rate_hz not in rates:
            expected = ", ".join(f"{hz:g}" for hz in rates)
            raise OptionError(config.device, "rate_hz", expected=f"one of {expected}", found=rate_hz)
        self._rate = rates[rate_hz]

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By its service on the vendor's own base, or by name where the service is not advertised."""
        return witmotion.SERVICE in advertisement.service_uuids or advertisement.name.startswith("WT901BLE")

    async def start(self, connection: Connection) -> None:
        """Enable the stream, then set the rate and see that it was taken."""
        await self.subscribe(connection)
        rate = self._rate
        taken: int | None = None
        for _ in range(ATTEMPTS):
            for command in (Unlock(), SetRate(rate=rate)):
                await connection.write(witmotion.WRITE, witmotion.encode_command(command))
                await asyncio.sleep(COMMAND_PAUSE_S)
            taken = await _register(connection, RATE_REGISTER)
            if taken == rate:
                return
        if taken is not None:
            raise SettingNotTakenError("output rate", expected=str(rate.value), found=str(taken))
        # Some firmwares do not answer for this register. The stream itself will show its rate.
        log.debug("%s: the rate could not be read back", connection.device)

    async def keep_alive(self, connection: Connection) -> None:
        """Ask for the battery's voltage; the answer comes in the stream."""
        while True:
            await connection.write(
                witmotion.WRITE, witmotion.encode_command(ReadRegister(register=Register.BATTERY))
            )
            await asyncio.sleep(BATTERY_PERIOD_S)


async def _register(connection: Connection, register: int) -> int | None:
    """The word in `register`; None if the sensor does not say."""
    try:
        return await connection.request(
            witmotion.WRITE,
            witmotion.encode_command(ReadRegister(register=register)),
            answer_on=witmotion.NOTIFY,
            accept=_first_word_of(register),
            timeout_s=ANSWER_TIMEOUT_S,
        )
    except LinkTimeoutError:
        return None


def _first_word_of(register: int) -> Callable[[bytes], int | None]:
    framer = WitMotionFramer()

    def accept(payload: bytes) -> int | None:
        for frame in framer.feed(payload):
            if isinstance(frame, RegisterFrame) and frame.register == register:
                return frame.values[0]
        return None

    return accept
