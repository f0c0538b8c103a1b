"""FORA and other TaiDoc devices: stored blood pressures, oximetry on request.

Sources: `YentingChia-Ultron/Ultron-esp32BLE` foraBP.h and .c; `markchuang56/iOS-Demo` ForaD40.h;
`advmeds-service/advmeds-bluetooth-lib`; `andrew61/TransafeRx.iOS`; the notes of pico-vitals-gateway.
51, opcode, four bytes, A3 to the device or A5 from it, sum of all bytes before. The characteristic is that
of Nordic's button example, so go by the name. Cuffs want a bond (Just Works); nothing comes unasked:
RECORD_COUNT, then RECORD_TIME and RECORD_VALUES for each index, 0 being the newest. Only the kind of device
says whether the values are pressures or oximetry.

Opcode 0x43 starts a measurement and inflates the cuff, 0x52 deletes all records: neither can be built here,
in either direction.
"""

from enum import IntEnum
from struct import Struct
from typing import Final

from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    unknown_code,
    wrong_checksum,
    wrong_header,
)
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime

NAME_PREFIXES: Final = ("FORA", "TEST-N-GO BP", "TAIDOC")
# The cuffs among them (FORA IR40 is a thermometer, TAIDOC TD8255 an oximeter).
CUFF_NAMES: Final = ("FORA D", "FORA P", "TEST-N-GO BP", "TAIDOC TD3")
# What MODEL answers: TD-3128, TD-3129 (P30), TD-3140 (P80) measure pressures and nothing else.
CUFFS_ONLY: Final = frozenset({0x3128, 0x3129, 0x3140})
ANYBODY: Final = 0
MOST_USERS: Final = 4
# Two questions a record: more than these are readings of weeks ago, and the cuff waits a minute.
NEWEST_RECORDS: Final = 12
SERVICE: Final = "00001523-1212-efde-1523-785feabcd123"
DATA: Final = "00001524-1212-efde-1523-785feabcd123"

_START = 0x51
_TO_DEVICE = 0xA3
_FROM_DEVICE = 0xA5
_SIZE = 8
_CONTENT_SIZE = 4
_TIME = Struct("<HBB")
_OXIMETRY = Struct("<HBB")
_SPO2_BITS = 12


class Opcode(IntEnum):
    """What can be asked. OXIMETRY is for oximeters; one source reads a mean pressure with it."""

    READ_CLOCK = 0x23
    MODEL = 0x24
    RECORD_TIME = 0x25
    RECORD_VALUES = 0x26
    SERIAL_LATTER = 0x27
    SERIAL_FORMER = 0x28
    RECORD_COUNT = 0x2B
    SET_CLOCK = 0x33
    OXIMETRY = 0x49
    TURN_OFF = 0x50
    ENTER_COMMUNICATION = 0x54


class IrregularPulse(IntEnum):
    """Two bits of RECORD_TIME."""

    NONE = 0
    FAST_OR_SLOW = 1
    VARYING = 2
    ATRIAL_FIBRILLATION = 3


@value
class Command:
    """To the device; `content` has four bytes."""

    opcode: Opcode
    content: bytes = bytes(_CONTENT_SIZE)


@value
class Reply:
    """From the device, with the opcode of the command."""

    opcode: Opcode
    content: bytes = bytes(_CONTENT_SIZE)

    @property
    def number(self) -> int:
        """The first word: how many records there are (RECORD_COUNT), the model in hexadecimal (MODEL)."""
        return self.content[0] | self.content[1] << 8


@value
class RecordTime:
    """Content of RECORD_TIME, and of READ_CLOCK and SET_CLOCK: there are no seconds.

    A record of a device that also measures glucose holds pressures only if `is_blood_pressure`.
    """

    clock: DateTime
    is_blood_pressure: bool = False
    arrhythmia: bool = False
    irregular_pulse: IrregularPulse = IrregularPulse.NONE
    average: bool = False


@value
class BloodPressure:
    """Content of RECORD_VALUES of a cuff.

    That the second byte is the mean pressure is what three sources say; a fourth adds 256 times it to the
    systolic pressure, which cannot be.
    """

    systolic_mmhg: int
    mean_arterial_pressure_mmhg: int
    diastolic_mmhg: int
    pulse_rate_per_min: int


@value
class Oximetry:
    """Content of RECORD_VALUES and OXIMETRY of an oximeter; a saturation of 0 is "none yet"."""

    spo2_percent: int
    pulse_rate_per_min: int
    high_bits: int = 0
    byte_2: int = 0


def record_count(*, user: int = ANYBODY) -> Command:
    """Ask how many records there are."""
    return Command(opcode=Opcode.RECORD_COUNT, content=_place(0, user))


def record_time(index: int, *, user: int = 0) -> Command:
    """Ask for the time of a record; 0 is the newest, user 0 anybody."""
    return Command(opcode=Opcode.RECORD_TIME, content=_place(index, user))


def record_values(index: int, *, user: int = 0) -> Command:
    """Ask for the values of a record; 0 is the newest, user 0 anybody."""
    return Command(opcode=Opcode.RECORD_VALUES, content=_place(index, user))


def set_clock(clock: DateTime) -> Command:
    """Set the clock, to the minute."""
    return Command(opcode=Opcode.SET_CLOCK, content=encode_record_time(RecordTime(clock=clock)))


def decode_command(data: bytes) -> Command:
    """A command, 8 bytes. Raises DecodeError on damage, and for other opcodes."""
    opcode, content = _open("fora.command", data, _TO_DEVICE)
    return Command(opcode=opcode, content=content)


def encode_command(command: Command) -> bytes:
    """A command, 8 bytes. Raises EncodeError for other opcodes, and unless the content has four bytes."""
    return _seal("fora.command", command.opcode, command.content, _TO_DEVICE)


def decode_reply(data: bytes) -> Reply:
    """A reply, 8 bytes. Raises DecodeError on damage, and for other opcodes."""
    opcode, content = _open("fora.reply", data, _FROM_DEVICE)
    return Reply(opcode=opcode, content=content)


def encode_reply(reply: Reply) -> bytes:
    """A reply, 8 bytes. Raises EncodeError for other opcodes, and unless the content has four bytes."""
    return _seal("fora.reply", reply.opcode, reply.content, _FROM_DEVICE)


def decode_record_time(data: bytes) -> RecordTime:
    """Four bytes. Raises DecodeError on any other length."""
    check_length("fora.record_time", data, _CONTENT_SIZE)
    date, minute, hour = _TIME.unpack(data)
    return RecordTime(
        clock=DateTime(2000 + (date >> 9), date >> 5 & 0x0F, date & 0x1F, hour & 0x1F, minute & 0x3F, 0),
        is_blood_pressure=bool(minute & 0x80),
        arrhythmia=bool(minute & 0x40),
        irregular_pulse=IrregularPulse(hour >> 5 & 0x03),
        average=bool(hour & 0x80),
    )


def encode_record_time(value: RecordTime) -> bytes:
    """Four bytes. Raises EncodeError for years outside 2000 to 2127, and numbers that do not fit."""
    clock = value.clock
    limits = (
        (clock.year - 2000, 127),
        (clock.month, 15),
        (clock.day, 31),
        (clock.hour, 31),
        (clock.minute, 63),
    )
    if clock.second or any(not 0 <= part <= limit for part, limit in limits):
        raise EncodeError("fora.record_time", field="clock", expected="2000 to 2127, to the minute")
    return _TIME.pack(
        clock.year - 2000 << 9 | clock.month << 5 | clock.day,
        clock.minute | value.arrhythmia << 6 | value.is_blood_pressure << 7,
        clock.hour | value.irregular_pulse << 5 | value.average << 7,
    )


def decode_blood_pressure(data: bytes) -> BloodPressure:
    """Four bytes. Raises DecodeError on any other length."""
    check_length("fora.blood_pressure", data, _CONTENT_SIZE)
    return BloodPressure(
        systolic_mmhg=data[0],
        mean_arterial_pressure_mmhg=data[1],
        diastolic_mmhg=data[2],
        pulse_rate_per_min=data[3],
    )


def encode_blood_pressure(value: BloodPressure) -> bytes:
    """Four bytes. Raises EncodeError when a value does not fit."""
    with Fitting("fora.blood_pressure", field="value", expected="0 to 255"):
        return bytes(
            (
                value.systolic_mmhg,
                value.mean_arterial_pressure_mmhg,
                value.diastolic_mmhg,
                value.pulse_rate_per_min,
            )
        )


def decode_oximetry(data: bytes) -> Oximetry:
    """Four bytes. Raises DecodeError on any other length."""
    check_length("fora.oximetry", data, _CONTENT_SIZE)
    word, byte_2, pulse = _OXIMETRY.unpack(data)
    return Oximetry(
        spo2_percent=word & (1 << _SPO2_BITS) - 1,
        pulse_rate_per_min=pulse,
        high_bits=word >> _SPO2_BITS,
        byte_2=byte_2,
    )


def encode_oximetry(value: Oximetry) -> bytes:
    """Four bytes. Raises EncodeError when a value does not fit."""
    with Fitting("fora.oximetry", field="value", expected="12, 4, 8 and 8 bits"):
        if not 0 <= value.spo2_percent < 1 << _SPO2_BITS:
            raise ValueError(value.spo2_percent)
        word = value.spo2_percent | value.high_bits << _SPO2_BITS
        return _OXIMETRY.pack(word, value.byte_2, value.pulse_rate_per_min)


def _place(index: int, user: int) -> bytes:
    with Fitting("fora.command", field="index or user", expected="16 and 8 bits"):
        return index.to_bytes(2, "little") + bytes((0, user))


def _open(name: str, data: bytes, end: int) -> tuple[Opcode, bytes]:
    check_length(name, data, _SIZE)
    if data[0] != _START:
        raise wrong_header(name, data, 0, "51")
    if data[6] != end:
        raise wrong_header(name, data, 6, f"{end:02x}")
    if data[7] != sum8(data[:7]):
        raise wrong_checksum(name, data, 7, sum8(data[:7]))
    try:
        return Opcode(data[1]), data[2:6]
    except ValueError:
        known = ", ".join(f"{opcode:02x}" for opcode in Opcode)
        raise unknown_code(name, data, 1, "opcode", f"one that is safe: {known}") from None


def _seal(name: str, opcode: Opcode, content: bytes, end: int) -> bytes:
    if opcode not in tuple(Opcode):
        raise EncodeError(name, field="opcode", expected="one that is safe")
    if len(content) != _CONTENT_SIZE:
        raise EncodeError(name, field="content", expected=f"{_CONTENT_SIZE} bytes")
    body = bytes((_START, opcode)) + content + bytes((end,))
    return body + bytes((sum8(body),))
