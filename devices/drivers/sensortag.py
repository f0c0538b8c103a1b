"""TI SensorTag CC2650."""

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import OptionError, SettingNotTakenError
from devices.link.connection import Connection
from protocols.ble import sensortag
from protocols.ble.sensortag import AccRange, Axes, Configuration, decode_period, encode_configuration

# TI's user guide: 100 ms to 2.55 s, in steps of 10 ms.
SHORTEST_PERIOD_MS, LONGEST_PERIOD_MS = 100, 2550

# The reader scales by this range: 8 g is what a limb needs, and TI's own example.
ACC_RANGE = AccRange.G_8
_AXES = Axes.GYR_X | Axes.GYR_Y | Axes.GYR_Z | Axes.ACC_X | Axes.ACC_Y | Axes.ACC_Z
_RUNNING = encode_configuration(Configuration(axes=_AXES, acc_range=ACC_RANGE))
_RESTING = encode_configuration(Configuration(axes=Axes(0), acc_range=ACC_RANGE))


class SensorTag(Driver):
    """Acceleration and rate of turn at 10 Hz, which is all it can: enough for slow exercises.

    The option `rate_hz` asks for less.
    """

    family = "sensortag"
    title = "TI SensorTag CC2650"
    own_options = frozenset({"rate_hz"})
    required = (sensortag.DATA, sensortag.CONFIGURATION, sensortag.PERIOD)
    subscriptions = (sensortag.DATA,)
    data = frozenset({sensortag.DATA})
    # Several of the slowest reports.
    stale_after_s = 6.0
    first_data_within_s = 8.0

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        rate_hz = config.number("rate_hz", 1000 / SHORTEST_PERIOD_MS)
        self._period_ms = round(100 / rate_hz) * 10 if rate_hz > 0 else 0
        if not SHORTEST_PERIOD_MS <= self._period_ms <= LONGEST_PERIOD_MS:
            raise OptionError(config.device, "rate_hz", expected="0.4 to 10", found=rate_hz)

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By name: the movement service is not advertised."""
        return advertisement.name.startswith(sensortag.NAME_PREFIXES)

    async def start(self, connection: Connection) -> None:
        """Set the rate, switch the sensors on, and believe what is read back."""
        await connection.write(sensortag.PERIOD, sensortag.encode_period(self._period_ms))
        period_ms = decode_period(await connection.read(sensortag.PERIOD))
        if period_ms != self._period_ms:
            raise SettingNotTakenError("period", expected=f"{self._period_ms} ms", found=f"{period_ms} ms")
        await connection.write(sensortag.CONFIGURATION, _RUNNING)
        taken = await connection.read(sensortag.CONFIGURATION)
        if taken != _RUNNING:
            raise SettingNotTakenError("configuration", expected=_RUNNING.hex(), found=taken.hex())
        await self.subscribe(connection)

    async def farewell(self, connection: Connection) -> None:
        """A coin cell does not last a day with its gyroscope on."""
        await connection.write(sensortag.CONFIGURATION, _RESTING)
