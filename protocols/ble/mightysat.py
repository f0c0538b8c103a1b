"""Masimo MightySat Rx: device information, live parameters, waveforms.

Sources: public Swift and Python decoders with their captures. 77, length (of what follows it), content, CRC-8
over the content. Frames are split over notifications and follow one another inside one: use the framer.
Start: notifications on, GET_INFO, SET_CLOCK, then the streams that the information offers (0x1F, 3). A clock
that is sent again as it was recorded sets a wrong time: make a new one.

Each parameter has a status byte before its value. 00 and 10 came with good values, 04 with FF for "no value";
others are not explained, so they are kept and left to the reader. That the byte between PVI and PI is the
status of PI is an inference (0C with PI FFFF without a finger, 20 with a PI that is settling).
"""

from datetime import UTC, datetime, timedelta
from enum import IntEnum
from struct import Struct
from typing import Final, assert_never

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.checksums import crc8
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    too_short,
    unknown_code,
    wrong_checksum,
    wrong_header,
    wrong_length_field,
)
from protocols.ble.codec.framing import NO_FRAME, UNDECIDED, Framer
from protocols.ble.codec.sentinel import or_sentinel
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("MightySat", "MSat")
COMPANY: Final = assigned_numbers.COMPANY_MASIMO
SERVICE: Final = "54c21000-a720-4b4f-11e4-9fe20002a5d5"
WRITE: Final = "54c21001-a720-4b4f-11e4-9fe20002a5d5"
NOTIFY: Final = "54c21002-a720-4b4f-11e4-9fe20002a5d5"

_START = 0x77
_OVERHEAD = 3  # start, length, checksum
_LONGEST = 255 + 2
_MISSING = 0xFF
_MISSING_PI = 0xFFFF
_INFO = Struct("<HHBHHBII")
_PARAMETERS = Struct("<IBBBBBBBHBB")
_STREAMS = Struct("<HB")
_TICKS = Struct("<Q")
# .NET counts ticks of 100 ns from the beginning of the year 1.
_TICK_ORIGIN = datetime(1, 1, 1, tzinfo=UTC)
_TICKS_PER_US = 10


class Kind(IntEnum):
    """First byte of the content."""

    INFO = 0x01
    SET_CLOCK = 0x02
    STREAMS = 0x03
    WAVES = 0x04
    PARAMETERS = 0x05
    TREND = 0x06
    CLEAR_TRENDS = 0x07
    ACKNOWLEDGED = 0xFE
    REFUSED = 0xFF


@value
class GetInfo:
    """To the device: who are you?"""


@value
class SetClock:
    """To the device: UTC as .NET counts it, ticks of 100 ns since the beginning of the year 1."""

    ticks: int

    @property
    def instant(self) -> datetime | None:
        """As a time in UTC, to the microsecond; None beyond the year 9999."""
        try:
            return _TICK_ORIGIN + timedelta(microseconds=self.ticks // _TICKS_PER_US)
        except OverflowError:
            return None


@value
class SetStreams:
    """To the device: stream these parameters and waves (masks)."""

    parameters: int
    waves: int


@value
class GetTrend:
    """To the device: one stored session."""

    session: int


@value
class ClearTrends:
    """To the device: forget the stored sessions."""


Command = GetInfo | SetClock | SetStreams | GetTrend | ClearTrends


@value
class Info:
    """From the device: versions, what it can stream and store, and which sessions it has."""

    software_version: int
    parameters: int
    waves: int
    trend_version: int
    trended_parameters: int
    sessions: int
    oldest_session: int
    current_session: int


@value
class Parameters:
    """From the device, once a second. None: no value (FF). See the module about the statuses."""

    system_exceptions: int
    spo2_status: int
    spo2_percent: int | None
    pulse_rate_status: int
    pulse_rate_per_min: int | None
    pleth_variability_status: int
    pleth_variability_percent: int | None
    perfusion_index_status: int
    perfusion_index_percent: float | None
    respiration_rate_status: int
    respiration_rate_per_min: int | None


@value
class Waves:
    """From the device: `ordinal` counts the frames; the samples as sent."""

    ordinal: int
    samples: bytes


@value
class Trend:
    """From the device: a stored session, as sent."""

    content: bytes


@value
class Acknowledgement:
    """From the device: the command of that kind was taken or refused."""

    accepted: bool
    kind: int


Report = Info | Parameters | Waves | Trend | Acknowledgement

ENABLE_EVERYTHING: Final = SetStreams(parameters=0x1F, waves=0x03)


def set_clock(instant: datetime) -> SetClock:
    """Set the device's clock to `instant`, which has a time zone."""
    elapsed = instant.astimezone(UTC) - _TICK_ORIGIN
    return SetClock(ticks=elapsed // timedelta(microseconds=1) * _TICKS_PER_US)


def decode_command(data: bytes) -> Command:
    """A whole frame to the device. Raises DecodeError on damage, and for other kinds."""
    name = "mightysat.command"
    content = _open(name, data)
    match content[0]:
        case Kind.INFO:
            _sized(name, data, content, 0)
            return GetInfo()
        case Kind.SET_CLOCK:
            _sized(name, data, content, _TICKS.size)
            return SetClock(ticks=_TICKS.unpack_from(content, 1)[0])
        case Kind.STREAMS:
            _sized(name, data, content, _STREAMS.size)
            parameters, waves = _STREAMS.unpack_from(content, 1)
            return SetStreams(parameters=parameters, waves=waves)
        case Kind.TREND:
            _sized(name, data, content, 4)
            return GetTrend(session=int.from_bytes(content[1:], "little"))
        case Kind.CLEAR_TRENDS:
            _sized(name, data, content, 0)
            return ClearTrends()
    raise unknown_code(name, data, 2, "kind", "01, 02, 03, 06 or 07")


def encode_command(command: Command) -> bytes:
    """A whole frame to the device. Raises EncodeError when a value does not fit."""
    name = "mightysat.command"
    with Fitting(name, field="ticks, mask or session", expected="64, 16, 8 and 32 bits"):
        match command:
            case GetInfo():
                return _seal(name, bytes((Kind.INFO,)))
            case SetClock():
                return _seal(name, bytes((Kind.SET_CLOCK,)) + _TICKS.pack(command.ticks))
            case SetStreams():
                return _seal(name, bytes((Kind.STREAMS,)) + _STREAMS.pack(command.parameters, command.waves))
            case GetTrend():
                return _seal(name, bytes((Kind.TREND,)) + command.session.to_bytes(4, "little"))
            case ClearTrends():
                return _seal(name, bytes((Kind.CLEAR_TRENDS,)))
            case _:
                assert_never(command)


def decode_report(data: bytes) -> Report:
    """A whole frame from the device. Raises DecodeError on damage, and for other kinds."""
    name = "mightysat.report"
    content = _open(name, data)
    match content[0]:
        case Kind.PARAMETERS:
            _sized(name, data, content, _PARAMETERS.size)
            return _parameters(content)
        case Kind.WAVES:
            if len(content) < 2:
                raise too_short(name, data, "ordinal", 3, 1)
            return Waves(ordinal=content[1], samples=content[2:])
        case Kind.INFO:
            _sized(name, data, content, _INFO.size)
            version, parameters, waves, trend, trended, count, oldest, current = _INFO.unpack_from(content, 1)
            return Info(
                software_version=version,
                parameters=parameters,
                waves=waves,
                trend_version=trend,
                trended_parameters=trended,
                sessions=count,
                oldest_session=oldest,
                current_session=current,
            )
        case Kind.TREND:
            return Trend(content=content[1:])
        case Kind.ACKNOWLEDGED | Kind.REFUSED:
            _sized(name, data, content, 1)
            return Acknowledgement(accepted=content[0] == Kind.ACKNOWLEDGED, kind=content[1])
    raise unknown_code(name, data, 2, "kind", "01, 04, 05, 06, fe or ff")


def encode_report(report: Report) -> bytes:
    """A whole frame from the device. Raises EncodeError when a value does not fit."""
    name = "mightysat.report"
    with Fitting(name, field="value", expected="values that fit their bytes"):
        match report:
            case Parameters():
                return _seal(name, bytes((Kind.PARAMETERS,)) + _parameter_bytes(report))
            case Waves():
                return _seal(name, bytes((Kind.WAVES, report.ordinal)) + report.samples)
            case Info():
                return _seal(
                    name,
                    bytes((Kind.INFO,))
                    + _INFO.pack(
                        report.software_version,
                        report.parameters,
                        report.waves,
                        report.trend_version,
                        report.trended_parameters,
                        report.sessions,
                        report.oldest_session,
                        report.current_session,
                    ),
                )
            case Trend():
                return _seal(name, bytes((Kind.TREND,)) + report.content)
            case Acknowledgement():
                return _seal(
                    name, bytes((Kind.ACKNOWLEDGED if report.accepted else Kind.REFUSED, report.kind))
                )
            case _:
                assert_never(report)


class MightySatFramer(Framer[Report]):
    """Reports out of the notifications of one oximeter."""

    format_name = "mightysat.report"
    longest = _LONGEST
    header = "77 and a length of 2 or more"

    def _size(self, buffer: bytearray, at: int) -> int:
        if buffer[at] != _START:
            return NO_FRAME
        if len(buffer) < at + 2:
            return UNDECIDED
        return buffer[at + 1] + 2 if buffer[at + 1] >= 2 else NO_FRAME

    def _decode(self, frame: bytes) -> Report:
        return decode_report(frame)


def _open(name: str, data: bytes) -> bytes:
    check_length(name, data, _OVERHEAD + 1, _LONGEST)
    if data[0] != _START:
        raise wrong_header(name, data, 0, "77")
    if data[1] != len(data) - 2:
        raise wrong_length_field(name, data, 1, len(data) - 2)
    content = data[2:-1]
    if data[-1] != crc8(content):
        raise wrong_checksum(name, data, len(data) - 1, crc8(content))
    return content


def _seal(name: str, content: bytes) -> bytes:
    if len(content) > 254:
        raise EncodeError(name, field="content", expected="at most 254 bytes")
    return bytes((_START, len(content) + 1)) + content + bytes((crc8(content),))


def _sized(name: str, data: bytes, content: bytes, size: int) -> None:
    """Refuse a frame whose kind has `size` bytes behind it, but which has another number."""
    if len(content) != size + 1:
        raise wrong_length_field(name, data, 1, size + 2)


def _parameters(content: bytes) -> Parameters:
    (
        exceptions,
        spo2_status,
        spo2,
        pulse_status,
        pulse,
        variability_status,
        variability,
        perfusion_status,
        perfusion,
        respiration_status,
        respiration,
    ) = _PARAMETERS.unpack_from(content, 1)
    return Parameters(
        system_exceptions=exceptions,
        spo2_status=spo2_status,
        spo2_percent=None if spo2 == _MISSING else spo2,
        pulse_rate_status=pulse_status,
        pulse_rate_per_min=None if pulse == _MISSING else pulse,
        pleth_variability_status=variability_status,
        pleth_variability_percent=None if variability == _MISSING else variability,
        perfusion_index_status=perfusion_status,
        perfusion_index_percent=None if perfusion == _MISSING_PI else perfusion / 100,
        respiration_rate_status=respiration_status,
        respiration_rate_per_min=None if respiration == _MISSING else respiration,
    )


def _parameter_bytes(value: Parameters) -> bytes:
    perfusion = value.perfusion_index_percent
    return _PARAMETERS.pack(
        value.system_exceptions,
        value.spo2_status,
        or_sentinel(value.spo2_percent, _MISSING),
        value.pulse_rate_status,
        or_sentinel(value.pulse_rate_per_min, _MISSING),
        value.pleth_variability_status,
        or_sentinel(value.pleth_variability_percent, _MISSING),
        value.perfusion_index_status,
        or_sentinel(None if perfusion is None else round(perfusion * 100), _MISSING_PI),
        value.respiration_rate_status,
        or_sentinel(value.respiration_rate_per_min, _MISSING),
    )
