"""Viatom and Wellue BP2, BP2A, BP2W (and LP- variants): state, real-time values, stored readings.

Source: `chalimov/viatom_bp2_ha` LP-BP2W_PROTOCOL.md, which tried all 256 opcodes on a cuff. Envelope in
`lepu_frame`; little-endian; the UUIDs are those of the O2 rings, so tell them apart by name.

Polling REGISTERS is invisible to the patient and says when a result is ready; then read `bp2nibp.list`.
NEVER to be sent: 0x09, 0x0A, 0x24, 0x25 and 0x39 inflate the cuff (0x0A is called "echo" in the vendor's own
software), 0x04 and 0xE3 reset to the factory state, 0xE2 restarts. None of them can be built here, in either
direction, nor can 0x13, which hands out the patient's Wi-Fi password.
"""

from enum import IntEnum
from struct import Struct
from typing import Final

from protocols.ble.codec import assigned_numbers, lepu_frame
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    too_short,
    unknown_code,
)
from protocols.ble.codec.framing import Framer
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime, encode_date_time

NAME_PREFIXES: Final = ("BP2", "Checkme BP2", "LP-BP2")
COMPANY: Final = assigned_numbers.COMPANY_VIATOM
SERVICE: Final = "14839ac4-7d7e-415c-9a42-167340cf2339"
NOTIFY: Final = "0734594a-a8e7-4b1a-a6b1-cd5243059a57"
WRITE: Final = "8b00ace7-eb0b-49b0-bbe9-9aee0a26e1a3"

RECORD_FILE: Final = "bp2nibp.list"

_REGISTERS = Struct("<27sI8sB")
_CONFIGURATION_SIZE = 9
_REALTIME_HEAD = Struct("<BBB")
_REALTIME_SIZE = 32
_MEASURING = Struct("<H")
_RESULT = Struct("<HHHH")
_RECORD = Struct("<IIB4sHHHH16s")
_FILE_HEADER = 10
_MOST_RECORDS = 200
_BATTERY = Struct("<BBH")


class Opcode(IntEnum):
    """What may be asked of a cuff: nothing that moves air, erases or restarts."""

    REGISTERS = 0x00
    CONFIGURATION = 0x06
    REALTIME = 0x08
    BATTERY = 0x30
    DEVICE_INFO = 0xE1
    SET_TIME = 0xEC
    FILE_LIST = 0xF1
    FILE_OPEN = 0xF2
    FILE_READ = 0xF3
    FILE_CLOSE = 0xF4


class State(IntEnum):
    """What the cuff is doing; other numbers occur and are kept as plain numbers."""

    IDLE = 3
    MEASURING = 4
    RESULT = 5
    TRIPLE_MEASURING = 15
    TRIPLE_PAUSE = 16
    TRIPLE_RESULT = 17


class RealtimeKind(IntEnum):
    """Byte 0 of the real-time values."""

    MEASURING = 0
    RESULT = 1
    ECG_MEASURING = 2
    ECG_RESULT = 3


@value
class Command:
    """To the cuff."""

    opcode: Opcode
    sequence: int = 0
    content: bytes = b""


@value
class Reply:
    """From the cuff, with the opcode and sequence of the command."""

    opcode: Opcode
    sequence: int = 0
    content: bytes = b""


@value
class Registers:
    """Content of the reply to 0x00: `state` is a `State` when it is one; the rest as sent."""

    state: int
    active_user_id: int
    before_user: bytes = bytes(27)
    after_user: bytes = bytes(8)


@value
class Configuration:
    """Content of the reply to 0x06: the same `state` as in REGISTERS, the rest as sent."""

    state: int
    other: bytes = bytes(8)


@value
class Measuring:
    """Real-time values, kind 0: the cuff is inflated."""

    cuff_pressure_mmhg: int
    battery_status: int
    battery_percent: int
    other: bytes = bytes(27)


@value
class Result:
    """Real-time values, kind 1: the reading."""

    systolic_mmhg: int
    diastolic_mmhg: int
    mean_arterial_pressure_mmhg: int
    heart_rate_per_min: int
    battery_status: int
    battery_percent: int
    other: bytes = bytes(21)


Realtime = Measuring | Result


@value
class StoredReading:
    """37 bytes of `bp2nibp.list`. The file is a ring, so sort by time; an empty slot is all zero pressures.

    `time_s` counts from 1970 in whatever zone the clock was set to.
    """

    time_s: int
    user_id: int
    irregular_pulse: int
    systolic_mmhg: int
    diastolic_mmhg: int
    mean_arterial_pressure_mmhg: int
    heart_rate_per_min: int
    reserved: bytes = bytes(4)
    padding: bytes = bytes(16)

    @property
    def is_empty(self) -> bool:
        """A slot that was never written."""
        return self.systolic_mmhg == 0 and self.diastolic_mmhg == 0


@value
class RecordFile:
    """The whole of `bp2nibp.list`."""

    readings: tuple[StoredReading, ...]
    header: bytes = bytes(_FILE_HEADER)


@value
class Battery:
    """Content of the reply to 0x30."""

    battery_v: float
    status: int
    other: int = 0


def set_time(clock: DateTime, *, sequence: int = 0) -> Command:
    """Set the cuff's clock."""
    return Command(opcode=Opcode.SET_TIME, sequence=sequence, content=encode_date_time(clock))


def open_file(file_name: str = RECORD_FILE, *, sequence: int = 0) -> Command:
    """Begin to read a file; the answer is its size. A cuff that is measuring does not answer."""
    return Command(
        opcode=Opcode.FILE_OPEN, sequence=sequence, content=file_name.encode("ascii").ljust(20, b"\0")
    )


def read_file(offset: int, *, sequence: int = 0) -> Command:
    """Ask for the next piece of the open file."""
    with Fitting("viatom_bp2.command", field="offset", expected="32 bits"):
        return Command(opcode=Opcode.FILE_READ, sequence=sequence, content=offset.to_bytes(4, "little"))


def decode_command(data: bytes) -> Command:
    """A whole command. Raises DecodeError on damage, and for every opcode that is not safe."""
    opcode, sequence, content = lepu_frame.unseal("viatom_bp2.command", data, is_reply=False)
    return Command(opcode=_opcode("viatom_bp2.command", data, opcode), sequence=sequence, content=content)


def encode_command(command: Command) -> bytes:
    """A whole command. Raises EncodeError for anything that is not one of `Opcode`."""
    return _seal("viatom_bp2.command", command, is_reply=False)


def decode_reply(data: bytes) -> Reply:
    """A whole reply. Raises DecodeError on damage, and for every opcode that is not safe."""
    opcode, sequence, content = lepu_frame.unseal("viatom_bp2.reply", data, is_reply=True)
    return Reply(opcode=_opcode("viatom_bp2.reply", data, opcode), sequence=sequence, content=content)


def encode_reply(reply: Reply) -> bytes:
    """A whole reply. Raises EncodeError for anything that is not one of `Opcode`."""
    return _seal("viatom_bp2.reply", reply, is_reply=True)


def decode_registers(data: bytes) -> Registers:
    """Content of the reply to 0x00, 40 bytes. Raises DecodeError on any other length."""
    check_length("viatom_bp2.registers", data, _REGISTERS.size)
    before, user, after, state = _REGISTERS.unpack(data)
    return Registers(state=_known_state(state), active_user_id=user, before_user=before, after_user=after)


def encode_registers(registers: Registers) -> bytes:
    """Content of the reply to 0x00, 40 bytes. Raises EncodeError when a value does not fit."""
    _sizes("viatom_bp2.registers", (registers.before_user, 27), (registers.after_user, 8))
    with Fitting("viatom_bp2.registers", field="value", expected="values that fit their bytes"):
        return _REGISTERS.pack(
            registers.before_user, registers.active_user_id, registers.after_user, registers.state
        )


def decode_configuration(data: bytes) -> Configuration:
    """Content of the reply to 0x06, 9 bytes. Raises DecodeError on any other length."""
    check_length("viatom_bp2.configuration", data, _CONFIGURATION_SIZE)
    return Configuration(state=_known_state(data[0]), other=data[1:])


def encode_configuration(configuration: Configuration) -> bytes:
    """Content of the reply to 0x06, 9 bytes. Raises EncodeError when a value does not fit."""
    _sizes("viatom_bp2.configuration", (configuration.other, _CONFIGURATION_SIZE - 1))
    with Fitting("viatom_bp2.configuration", field="state", expected="0 to 255"):
        return bytes((configuration.state,)) + configuration.other


def decode_realtime(data: bytes) -> Realtime:
    """Content of 0x08, 32 bytes. Raises DecodeError on any other length, and for the ECG kinds."""
    name = "viatom_bp2.realtime"
    check_length(name, data, _REALTIME_SIZE)
    kind, status, percent = _REALTIME_HEAD.unpack_from(data)
    if kind == RealtimeKind.MEASURING:
        return Measuring(
            cuff_pressure_mmhg=_MEASURING.unpack_from(data, 3)[0],
            battery_status=status,
            battery_percent=percent,
            other=data[5:],
        )
    if kind == RealtimeKind.RESULT:
        systolic, diastolic, mean, rate = _RESULT.unpack_from(data, 3)
        return Result(
            systolic_mmhg=systolic,
            diastolic_mmhg=diastolic,
            mean_arterial_pressure_mmhg=mean,
            heart_rate_per_min=rate,
            battery_status=status,
            battery_percent=percent,
            other=data[11:],
        )
    raise unknown_code(name, data, 0, "kind", "0 (measuring) or 1 (result)")


def encode_realtime(values: Realtime) -> bytes:
    """Content of 0x08, 32 bytes. Raises EncodeError when a value does not fit."""
    name = "viatom_bp2.realtime"
    _sizes(name, (values.other, 27 if isinstance(values, Measuring) else 21))
    with Fitting(name, field="value", expected="values that fit their bytes"):
        if isinstance(values, Measuring):
            head = _REALTIME_HEAD.pack(RealtimeKind.MEASURING, values.battery_status, values.battery_percent)
            return head + _MEASURING.pack(values.cuff_pressure_mmhg) + values.other
        head = _REALTIME_HEAD.pack(RealtimeKind.RESULT, values.battery_status, values.battery_percent)
        numbers = _RESULT.pack(
            values.systolic_mmhg,
            values.diastolic_mmhg,
            values.mean_arterial_pressure_mmhg,
            values.heart_rate_per_min,
        )
        return head + numbers + values.other


def decode_record(data: bytes) -> StoredReading:
    """One stored reading, 37 bytes. Raises DecodeError on any other length."""
    check_length("viatom_bp2.record", data, _RECORD.size)
    time_s, user, irregular, reserved, systolic, diastolic, mean, rate, padding = _RECORD.unpack(data)
    return StoredReading(
        time_s=time_s,
        user_id=user,
        irregular_pulse=irregular,
        systolic_mmhg=systolic,
        diastolic_mmhg=diastolic,
        mean_arterial_pressure_mmhg=mean,
        heart_rate_per_min=rate,
        reserved=reserved,
        padding=padding,
    )


def encode_record(reading: StoredReading) -> bytes:
    """One stored reading, 37 bytes. Raises EncodeError when a value does not fit."""
    _sizes("viatom_bp2.record", (reading.reserved, 4), (reading.padding, 16))
    with Fitting("viatom_bp2.record", field="value", expected="values that fit their bytes"):
        return _RECORD.pack(
            reading.time_s,
            reading.user_id,
            reading.irregular_pulse,
            reading.reserved,
            reading.systolic_mmhg,
            reading.diastolic_mmhg,
            reading.mean_arterial_pressure_mmhg,
            reading.heart_rate_per_min,
            reading.padding,
        )


def decode_record_file(data: bytes) -> RecordFile:
    """The whole file, 10 bytes and 37 for each reading.

    Raises DecodeError when it is cut inside a reading.
    """
    name = "viatom_bp2.record_file"
    check_length(name, data, _FILE_HEADER, _FILE_HEADER + _MOST_RECORDS * _RECORD.size)
    rest = (len(data) - _FILE_HEADER) % _RECORD.size
    if rest:
        raise too_short(name, data, "reading", len(data) - rest, _RECORD.size)
    return RecordFile(
        header=data[:_FILE_HEADER],
        readings=tuple(
            decode_record(data[at : at + _RECORD.size]) for at in range(_FILE_HEADER, len(data), _RECORD.size)
        ),
    )


def encode_record_file(file: RecordFile) -> bytes:
    """The whole file. Raises EncodeError when a value does not fit."""
    _sizes("viatom_bp2.record_file", (file.header, _FILE_HEADER))
    if len(file.readings) > _MOST_RECORDS:
        raise EncodeError("viatom_bp2.record_file", field="readings", expected=f"at most {_MOST_RECORDS}")
    return file.header + b"".join(encode_record(reading) for reading in file.readings)


def decode_battery(data: bytes) -> Battery:
    """Content of the reply to 0x30, 4 bytes. Raises DecodeError on any other length."""
    check_length("viatom_bp2.battery", data, _BATTERY.size)
    status, other, millivolt = _BATTERY.unpack(data)
    return Battery(battery_v=millivolt / 1000, status=status, other=other)


def encode_battery(battery: Battery) -> bytes:
    """Content of the reply to 0x30, 4 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("viatom_bp2.battery", field="value", expected="values that fit their bytes"):
        return _BATTERY.pack(battery.status, battery.other, round(battery.battery_v * 1000))


def decode_info(data: bytes) -> lepu_frame.DeviceInfo:
    """Content of the reply to 0xE1, 60 bytes. Raises DecodeError on any other length."""
    return lepu_frame.decode_device_info("viatom_bp2.info", data)


def encode_info(info: lepu_frame.DeviceInfo) -> bytes:
    """Content of the reply to 0xE1, 60 bytes. Raises EncodeError on any other length."""
    return lepu_frame.encode_device_info("viatom_bp2.info", info)


class ViatomBp2Framer(Framer[Reply]):
    """Replies out of the notifications of one cuff."""

    format_name = "viatom_bp2.reply"
    longest = lepu_frame.LONGEST_CONTENT + lepu_frame.OVERHEAD
    header = "a5, an opcode, its complement, and a length up to 2048"

    def _size(self, buffer: bytearray, at: int) -> int:
        return lepu_frame.frame_size(buffer, at)

    def _decode(self, frame: bytes) -> Reply:
        return decode_reply(frame)


def _opcode(name: str, data: bytes, opcode: int) -> Opcode:
    try:
        return Opcode(opcode)
    except ValueError:
        raise unknown_code(
            name, data, 1, "opcode", "one that is safe: 00, 06, 08, 30, e1, ec, f1 to f4"
        ) from None


def _seal(name: str, frame: Command | Reply, *, is_reply: bool) -> bytes:
    if not isinstance(frame.opcode, Opcode):
        raise EncodeError(name, field="opcode", expected=f"one that is safe, not {frame.opcode!r}")
    return lepu_frame.seal(
        name, frame.opcode, is_reply=is_reply, sequence=frame.sequence, content=frame.content
    )


def _known_state(state: int) -> int:
    try:
        return State(state)
    except ValueError:
        return state


def _sizes(name: str, *parts: tuple[bytes, int]) -> None:
    for part, size in parts:
        if len(part) != size:
            raise EncodeError(name, field="bytes kept as sent", expected=f"{size}, not {len(part)}")
