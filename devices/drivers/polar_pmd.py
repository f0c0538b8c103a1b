"""Polar H10, OH1 and Verity Sense, beyond the heart rate: acceleration, rate of turn, ECG, PPG."""

from collections.abc import Callable

from devices.adapter.advertisement import Advertisement
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import OptionError, SettingNotTakenError
from devices.link.connection import Connection
from protocols.ble import polar_pmd, polar_pmd_control
from protocols.ble.codec.assigned_numbers import HEART_RATE_MEASUREMENT
from protocols.ble.codec.errors import DecodeError
from protocols.ble.polar_pmd import Measurement
from protocols.ble.polar_pmd_control import (
    ErrorCode,
    Opcode,
    Request,
    Response,
    Setting,
    SettingKind,
    decode_features,
    decode_response,
    decode_settings,
    encode_request,
)

STREAMS = {
    "acc": Measurement.ACC,
    "gyr": Measurement.GYR,
    "mag": Measurement.MAG,
    "ecg": Measurement.ECG,
    "ppg": Measurement.PPG,
    "ppi": Measurement.PPI,
}

# PP intervals have no settings to choose.
WITHOUT_SETTINGS = frozenset({Measurement.PPI})

# The first samples of a stream can take half a minute (polar-ble-sdk #424, bleakheart #1).
FIRST_DATA_WITHIN_S = 45.0


class PolarPmd(Driver):
    """The streams named in the option `streams`, as far as the sensor has them, and its heart rate.

    `acc gyr` unless the option says otherwise. Of the rates that a sensor offers the highest up to the option
    `rate_hz` is taken, of ranges and resolutions the highest.
    """

    family = "polar_pmd"
    title = "Polar H10, OH1, Verity Sense (PMD streams)"
    own_options = frozenset({"rate_hz", "streams"})
    required = (polar_pmd.CONTROL_POINT, polar_pmd.DATA)
    # Indications of the control point come first: without them it never answers (polar-ble-sdk #281, #360).
    subscriptions = (polar_pmd.CONTROL_POINT, polar_pmd.DATA, HEART_RATE_MEASUREMENT)
    data = frozenset({polar_pmd.DATA})
    bonds = True
    advice = "wear it, so that it is awake, and remove it from other phones and watches"
    stale_after_s = 5.0
    first_data_within_s = FIRST_DATA_WITHIN_S

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        names = config.text("streams", "acc gyr").split()
        unknown = [name for name in names if name not in STREAMS]
        if unknown or not names:
            expected = f"some of {' '.join(STREAMS)}"
            raise OptionError(config.device, "streams", expected=expected, found=" ".join(unknown or names))
        self._wanted = tuple(STREAMS[name] for name in names)
        self._rate_hz = config.number("rate_hz", 104)
        self._started: list[Measurement] = []

    @classmethod
    def matches(cls, advertisement: Advertisement) -> bool:
        """By its PMD service; an H10 advertises the heart rate only and is then taken for a strap."""
        return polar_pmd.SERVICE in advertisement.service_uuids

    async def start(self, connection: Connection) -> None:
        """Ask what it has, choose, and start one stream after the other."""
        self._started = []
        await self.subscribe(connection)
        features = decode_features(await connection.read(polar_pmd.CONTROL_POINT))
        for measurement in self._wanted:
            if features.supports(measurement):
                await self._start(connection, measurement)
        if not self._started:
            raise SettingNotTakenError(
                "streams", expected=self.config.text("streams", "acc gyr"), found="none"
            )

    async def _start(self, connection: Connection, measurement: Measurement) -> None:
        settings: tuple[Setting, ...] = ()
        if measurement not in WITHOUT_SETTINGS:
            offered = await _ask(connection, Request(opcode=Opcode.GET_SETTINGS, measurement=measurement))
            settings = tuple(self._choose(one) for one in decode_settings(offered.parameters))
        # Factors are told, not asked for.
        chosen = tuple(one for one in settings if one.kind is not SettingKind.FACTOR)
        answer = await _ask(
            connection, Request(opcode=Opcode.START, measurement=measurement, settings=chosen)
        )
        # A stream that an earlier session left running is as good as a new one.
        if answer.error not in (ErrorCode.SUCCESS, ErrorCode.INVALID_STATE):
            raise SettingNotTakenError(measurement.name, expected="started", found=f"error {answer.error}")
        self._started.append(measurement)

    def _choose(self, offered: Setting) -> Setting:
        values = offered.values
        if offered.kind is SettingKind.RATE_HZ:
            values = tuple(value for value in values if value <= self._rate_hz) or (min(values),)
        return Setting(kind=offered.kind, values=(max(values),))

    async def farewell(self, connection: Connection) -> None:
        """An H10 whose stream is not stopped stays on until its battery is empty."""
        for measurement in self._started:
            await _ask(connection, Request(opcode=Opcode.STOP, measurement=measurement))


async def _ask(connection: Connection, request: Request) -> Response:
    return await connection.request(
        polar_pmd_control.CONTROL_POINT,
        encode_request(request),
        answer_on=polar_pmd_control.CONTROL_POINT,
        accept=_answer_to(request),
        response=True,
    )


def _answer_to(request: Request) -> Callable[[bytes], Response | None]:
    parameters = b""

    def accept(payload: bytes) -> Response | None:
        nonlocal parameters
        try:
            response = decode_response(payload)
        except DecodeError:
            return None
        if (response.opcode, response.measurement) != (request.opcode, request.measurement):
            return None
        parameters += response.parameters
        if response.more:
            return None
        return Response(
            opcode=response.opcode,
            measurement=response.measurement,
            error=response.error,
            more=False,
            parameters=parameters,
        )

    return accept
