"""Wellue O2Ring-S (T8520, "OxyII"): live values, clock, stored recordings.

Sources: `nglessner/o2ring-s-protocol`; captures; the vendor's parser as the tests of `tepna-capture` tell it.
Envelope in `lepu_frame`; little-endian. While it records the ring calls itself `T8520_...` (company 0x036F)
and does not speak this protocol; `S8-AW ...` (company 0xF34E) does. Its address changes with every reset:
know it by the serial number in its info.

Order that works: MTU 517 before anything else (else file commands wedge the ring), 0xFF authentication,
0x10, 0xC0 clock, then either live values or files. Send 0xF4 before 0xF1. Factory reset (0xEE) cannot be
built.
"""

from enum import IntEnum
from struct import Struct
from typing import Final

from protocols.ble.codec import assigned_numbers, lepu_frame
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    unknown_code,
    wrong_length_field,
)
from protocols.ble.codec.framing import Framer
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime, encode_date_time

NAME_PREFIXES: Final = ("S8-AW",)
NAME_PREFIX_RECORDING: Final = "T8520_"
COMPANY: Final = assigned_numbers.COMPANY_VIATOM
COMPANY_RECORDING: Final = assigned_numbers.COMPANY_VIATOM_RECORDING
SERVICE: Final = "e8fb0001-a14b-98f9-831b-4e2941d01248"
WRITE: Final = "e8fb0002-a14b-98f9-831b-4e2941d01248"
NOTIFY: Final = "e8fb0003-a14b-98f9-831b-4e2941d01248"

MTU: Final = 517
PPG_RATE_HZ: Final = 100

# MD5 of "lepucloud": the vendor's constant on both sides of the authentication.
_LEPUCLOUD_MD5 = bytes.fromhex("c2a7cf50dafed885a8f8f7eac44335f3")
_LIVE = Struct("<IBBBBHBBBB10sH")
_BATTERY = Struct("<BBH")
_MOST_SAMPLES = lepu_frame.LONGEST_CONTENT - _LIVE.size


class Opcode(IntEnum):
    """The commands that can be built."""

    FINGERPRINT = 0x00
    LIVE = 0x04
    SETUP = 0x10
    SET_TIME = 0xC0
    DEVICE_INFO = 0xE1
    BATTERY = 0xE4
    FILE_LIST = 0xF1
    FILE_OPEN = 0xF2
    FILE_READ = 0xF3
    FILE_CLOSE = 0xF4
    AUTHENTICATE = 0xFF


class State(IntEnum):
    """Byte 5 of the live values; other numbers occur and are kept as plain numbers."""

    IDLE = 1
    FILE_OPEN = 3


@value
class Command:
    """To the ring."""

    opcode: Opcode
    sequence: int = 0
    content: bytes = b""


@value
class Reply:
    """From the ring, with the opcode and sequence of the command."""

    opcode: Opcode
    sequence: int = 0
    content: bytes = b""


@value
class LiveValues:
    """Content of the reply to 0x04. Bytes of unknown meaning are kept as sent.

    `state` is a `State` when it is one. SpO2 and rate of 0 mean that there is no value. `duration_s` is how
    long the ring has been worn. PPG samples of 156 are invalid.

    That byte 7 is the perfusion index and byte 11 the motion is what the vendor's parser does, and a night's
    record agrees: byte 7 is hardly ever 0, byte 11 nearly always. Older notes take byte 7 for the motion.
    """

    state: int
    spo2_percent: int
    motion: int
    pulse_rate_per_min: int
    battery_percent: int
    perfusion_index_percent: float = 0.0
    duration_s: int = 0
    ppg: tuple[int, ...] = ()
    byte_4: int = 0
    byte_10: int = 0
    byte_12: int = 0
    bytes_14_to_23: bytes = bytes(10)


@value
class Battery:
    """Content of the reply to 0xE4; `last_word` is not explained."""

    status: int
    battery_percent: int
    last_word: int = 0


def authenticate(unix_time_s: int, *, serial_prefix: str = "0000", sequence: int = 0) -> Command:
    """Open the ring for file commands; it does not answer.

    The last four key bytes are the time shifted by 0, 1, 2 and 3 bits (not bytes): so the ring wants it.
    """
    prefix = serial_prefix.encode("ascii")
    if len(prefix) != 4:
        raise EncodeError("viatom_oxyii.command", field="serial_prefix", expected="4 ASCII characters")
    key = _LEPUCLOUD_MD5[::2] + prefix + bytes(unix_time_s >> shift & 0xFF for shift in range(4))
    content = bytes(a ^ b for a, b in zip(key, _LEPUCLOUD_MD5, strict=True))
    return Command(opcode=Opcode.AUTHENTICATE, sequence=sequence, content=content)


def set_time(clock: DateTime, *, sequence: int = 0) -> Command:
    """Set the ring's clock; it shows what it is given, whatever the zone. The last byte is not used."""
    return Command(opcode=Opcode.SET_TIME, sequence=sequence, content=encode_date_time(clock) + b"\0")


def open_file(file_name: str, *, file_type: int = 0, sequence: int = 0) -> Command:
    """Begin to read a recording, named as in the file list; type 0 is oximetry, 1 PPG."""
    with Fitting("viatom_oxyii.command", field="file_type", expected="32 bits"):
        content = file_name.encode("ascii")[:16].ljust(16, b"\0") + file_type.to_bytes(4, "little")
    return Command(opcode=Opcode.FILE_OPEN, sequence=sequence, content=content)


def read_file(offset: int, *, sequence: int = 0) -> Command:
    """Ask for the next piece of the open recording."""
    with Fitting("viatom_oxyii.command", field="offset", expected="32 bits"):
        return Command(opcode=Opcode.FILE_READ, sequence=sequence, content=offset.to_bytes(4, "little"))


def decode_command(data: bytes) -> Command:
    """A whole command. Raises DecodeError on damage, and for other opcodes."""
    opcode, sequence, content = lepu_frame.unseal("viatom_oxyii.command", data, is_reply=False)
    return Command(opcode=_opcode("viatom_oxyii.command", data, opcode), sequence=sequence, content=content)


def encode_command(command: Command) -> bytes:
    """A whole command. Raises EncodeError for anything that is not one of `Opcode`."""
    return _seal("viatom_oxyii.command", command, is_reply=False)


def decode_reply(data: bytes) -> Reply:
    """A whole reply. Raises DecodeError on damage, and for other opcodes."""
    opcode, sequence, content = lepu_frame.unseal("viatom_oxyii.reply", data, is_reply=True)
    return Reply(opcode=_opcode("viatom_oxyii.reply", data, opcode), sequence=sequence, content=content)


def encode_reply(reply: Reply) -> bytes:
    """A whole reply. Raises EncodeError for anything that is not one of `Opcode`."""
    return _seal("viatom_oxyii.reply", reply, is_reply=True)


def decode_live(data: bytes) -> LiveValues:
    """Content of the reply to 0x04: 26 bytes and the PPG.

    Raises DecodeError when the number of samples is wrong.
    """
    name = "viatom_oxyii.live"
    check_length(name, data, _LIVE.size, lepu_frame.LONGEST_CONTENT)
    duration, byte_4, state, spo2, perfusion, rate, byte_10, motion, byte_12, battery, tail, count = (
        _LIVE.unpack_from(data)
    )
    if count != len(data) - _LIVE.size:
        raise wrong_length_field(name, data, 24, len(data) - _LIVE.size)
    return LiveValues(
        state=_known_state(state),
        spo2_percent=spo2,
        motion=motion,
        pulse_rate_per_min=rate,
        battery_percent=battery,
        perfusion_index_percent=perfusion / 10,
        duration_s=duration,
        ppg=tuple(data[_LIVE.size :]),
        byte_4=byte_4,
        byte_10=byte_10,
        byte_12=byte_12,
        bytes_14_to_23=tail,
    )


def encode_live(values: LiveValues) -> bytes:
    """Content of the reply to 0x04. Raises EncodeError when a value does not fit."""
    name = "viatom_oxyii.live"
    if len(values.bytes_14_to_23) != 10:
        raise EncodeError(name, field="bytes kept as sent", expected=f"10, not {len(values.bytes_14_to_23)}")
    if len(values.ppg) > _MOST_SAMPLES:
        raise EncodeError(name, field="ppg", expected=f"at most {_MOST_SAMPLES} samples")
    with Fitting(name, field="value", expected="values that fit their bytes"):
        return _LIVE.pack(
            values.duration_s,
            values.byte_4,
            values.state,
            values.spo2_percent,
            round(values.perfusion_index_percent * 10),
            values.pulse_rate_per_min,
            values.byte_10,
            values.motion,
            values.byte_12,
            values.battery_percent,
            values.bytes_14_to_23,
            len(values.ppg),
        ) + bytes(values.ppg)


def decode_battery(data: bytes) -> Battery:
    """Content of the reply to 0xE4, 4 bytes. Raises DecodeError on any other length."""
    check_length("viatom_oxyii.battery", data, _BATTERY.size)
    status, percent, last_word = _BATTERY.unpack(data)
    return Battery(status=status, battery_percent=percent, last_word=last_word)


def encode_battery(battery: Battery) -> bytes:
    """Content of the reply to 0xE4, 4 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("viatom_oxyii.battery", field="value", expected="values that fit their bytes"):
        return _BATTERY.pack(battery.status, battery.battery_percent, battery.last_word)


def decode_info(data: bytes) -> lepu_frame.DeviceInfo:
    """Content of the reply to 0xE1, 60 bytes. Raises DecodeError on any other length."""
    return lepu_frame.decode_device_info("viatom_oxyii.info", data)


def encode_info(info: lepu_frame.DeviceInfo) -> bytes:
    """Content of the reply to 0xE1, 60 bytes. Raises EncodeError on any other length."""
    return lepu_frame.encode_device_info("viatom_oxyii.info", info)


def decode_file_list(data: bytes) -> tuple[str, ...]:
    """Content of the reply to 0xF1: the names of the recordings, `YYYYMMDDhhmmss`.

    Raises:
        DecodeError: when the count does not fit, and for names that are not ASCII.
    """
    name = "viatom_oxyii.file_list"
    check_length(name, data, 1, 1 + 255 * 16)
    if data[0] * 16 != len(data) - 1:
        raise wrong_length_field(name, data, 0, (len(data) - 1) // 16)
    slots = [data[at : at + 16].rstrip(b"\0") for at in range(1, len(data), 16)]
    if not all(slot.isascii() and b"\0" not in slot for slot in slots):
        raise unknown_code(name, data, 1, "file_name", "ASCII, padded with NUL")
    return tuple(slot.decode("ascii") for slot in slots)


def encode_file_list(names: tuple[str, ...]) -> bytes:
    """Content of the reply to 0xF1. Raises EncodeError for more than 255 names or 16 characters."""
    with Fitting("viatom_oxyii.file_list", field="names", expected="255 at most, of 16 ASCII characters"):
        slots = [name.encode("ascii").ljust(16, b"\0") for name in names]
        if any(len(slot) != 16 for slot in slots):
            raise ValueError(names)
        return bytes((len(slots),)) + b"".join(slots)


class ViatomOxyIIFramer(Framer[Reply]):
    """Replies out of the notifications of one ring."""

    format_name = "viatom_oxyii.reply"
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
        raise unknown_code(name, data, 1, "opcode", "00, 04, 10, c0, e1, e4, f1 to f4 or ff") from None


def _seal(name: str, frame: Command | Reply, *, is_reply: bool) -> bytes:
    if not isinstance(frame.opcode, Opcode):
        raise EncodeError(name, field="opcode", expected=f"one of the ring's opcodes, not {frame.opcode!r}")
    return lepu_frame.seal(
        name, frame.opcode, is_reply=is_reply, sequence=frame.sequence, content=frame.content
    )


def _known_state(state: int) -> int:
    try:
        return State(state)
    except ValueError:
        return state
