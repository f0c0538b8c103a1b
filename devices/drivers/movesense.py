"""Movesense sensors with the GATT SensorData Protocol firmware."""

from collections.abc import Callable

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import OptionError, SettingNotTakenError
from devices.link.connection import Connection
from protocols.ble import movesense
from protocols.ble.codec.errors import DecodeError
from protocols.ble.movesense import (
    IMU_RATES_HZ,
    Command,
    Opcode,
    Response,
    decode_notification,
    encode_command,
)

# The reference number of our subscription; any will do.
REFERENCE = 99


class Movesense(Driver):
    """Acceleration and rate of turn at 104 Hz, or at the option `rate_hz`."""

    family = "movesense"
    title = "Movesense (GATT SensorData Protocol)"
    own_options = frozenset({"rate_hz"})
    required = (movesense.WRITE, movesense.NOTIFY)
    subscriptions = (movesense.NOTIFY,)
    data = frozenset({movesense.NOTIFY})
    stale_after_s = 2.0
    first_data_within_s = 5.0

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        rate_hz = config.number("rate_hz", 104)
        if rate_hz not in IMU_RATES_HZ:
            expected = f"one of {', '.join(map(str, IMU_RATES_HZ))}"
            raise OptionError(config.device, "rate_hz", expected=expected, found=rate_hz)
        self._rate_hz = int(rate_hz)

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By service or name."""
        named = advertisement.name.startswith(movesense.NAME_PREFIXES)
        return named or movesense.SERVICE in advertisement.service_uuids

    async def start(self, connection: Connection) -> None:
        """One subscription to both sensors, so that their samples share a timestamp."""
        await self.subscribe(connection)
        resource = f"/Meas/IMU6/{self._rate_hz}"
        status = await connection.request(
            movesense.WRITE,
            encode_command(Command(opcode=Opcode.SUBSCRIBE, reference=REFERENCE, resource=resource)),
            answer_on=movesense.NOTIFY,
            accept=_status_of(REFERENCE),
        )
        if status >= 300:
            raise SettingNotTakenError(resource, expected="200", found=str(status))

    async def farewell(self, connection: Connection) -> None:
        """Its sensors would stay on."""
        await connection.write(
            movesense.WRITE, encode_command(Command(opcode=Opcode.UNSUBSCRIBE, reference=REFERENCE))
        )


def _status_of(reference: int) -> Callable[[bytes], int | None]:
    def accept(payload: bytes) -> int | None:
        try:
            message = decode_notification(payload)
        except DecodeError:
            return None
        if isinstance(message, Response) and message.reference == reference:
            return message.status
        return None

    return accept
