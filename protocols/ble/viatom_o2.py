"""Viatom and Wellue O2 family: O2Ring, Checkme O2, SleepU, SleepO2, WearO2, KidsO2, Oxylink.

Sources: `MackeyStingray/o2r`, `ecostech/viatom-ble`, `viatomEcho/LepuBle`. Commands AA, replies 55;
little-endian; CRC-8 over all bytes before it. The reply does not repeat the command: it belongs to the last
one written. Values are polled every 1 to 2 s. The same UUIDs carry another envelope on the BP2 cuffs
(`viatom_bp2`).

There is no way to build command 0x18, which resets the device to its factory state.
"""

import json
from datetime import datetime
from enum import IntEnum, IntFlag
from struct import Struct
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.checksums import crc8
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    impossible_value,
    too_short,
    unknown_code,
    wrong_checksum,
    wrong_header,
    wrong_length_field,
)
from protocols.ble.codec.framing import NO_FRAME, UNDECIDED, Framer
from protocols.ble.codec.sentinel import or_sentinel
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = (
    "O2Ring",
    "Checkme O2",
    "SleepU",
    "SleepO2",
    "WearO2",
    "KidsO2",
    "Oxylink",
    "O2M",
    "O2 ",
)
COMPANY: Final = assigned_numbers.COMPANY_VIATOM
SERVICE: Final = "14839ac4-7d7e-415c-9a42-167340cf2339"
NOTIFY: Final = "0734594a-a8e7-4b1a-a6b1-cd5243059a57"
WRITE: Final = "8b00ace7-eb0b-49b0-bbe9-9aee0a26e1a3"

# The device takes at most this much in one write.
WRITE_SIZE: Final = 20
WAVE_RATE_HZ: Final = 125
# Samples of these values are glitches of the device; replace them by the mean of their neighbours.
WAVE_GLITCHES: Final = frozenset({156, 246})

_COMMAND_START, _REPLY_START = 0xAA, 0x55
_HEAD = Struct("<BBBHH")
_OVERHEAD = _HEAD.size + 1
# Blocks of a stored recording are the longest replies; a length field beyond this is a false beginning.
_LONGEST_DATA = 2048
_MISSING_SPO2 = 0xFF
_MISSING_PULSE = 0xFFFF
_REALTIME = Struct("<BHIBBBBBB")
_WAVEFORM = Struct("<BHBBBB3sH")


class Opcode(IntEnum):
    """The commands that can be built."""

    FILE_OPEN = 0x03
    FILE_READ = 0x04
    FILE_CLOSE = 0x05
    INFO = 0x14
    PING = 0x15
    CONFIGURE = 0x16
    REALTIME = 0x17
    WAVEFORM = 0x1B
    PPG = 0x1C


class Worn(IntFlag):
    """Byte 11 of the real-time values: bit 0, and a countdown in bits 4 to 7."""

    FINGER = 0x01


@value
class Command:
    """To the ring. `block` numbers the blocks of a file."""

    opcode: Opcode
    block: int = 0
    content: bytes = b""


@value
class Reply:
    """From the ring; `status` 0 is success."""

    status: int
    block: int = 0
    content: bytes = b""


@value
class RealtimeValues:
    """Content of the reply to 0x17.

    None: not worn. While worn, SpO2 and rate of 0 mean that the device is still calibrating. The meaning of
    the device's alarm bits is not published.
    """

    spo2_percent: int | None
    pulse_rate_per_min: int | None
    steps: int
    battery_percent: int
    charging: int
    motion: int
    perfusion_index_percent: float
    worn: Worn
    alarm_bits: int

    @property
    def finger_on(self) -> bool:
        """Whether the ring is on a finger."""
        return Worn.FINGER in self.worn

    @property
    def calibrating(self) -> bool:
        """On a finger, but without values yet."""
        return self.finger_on and not self.spo2_percent and not self.pulse_rate_per_min


@value
class Waveform:
    """Content of the reply to 0x1B: values, and the pleth samples since the last reply.

    `state` 1 means worn; `other` are the bytes 7 to 9, whose meaning is not published.
    """

    spo2_percent: int | None
    pulse_rate_per_min: int | None
    battery_percent: int
    charging: int
    perfusion_index_percent: float
    state: int
    samples: tuple[int, ...]
    other: bytes = bytes(3)


REQUEST_INFO: Final = Command(opcode=Opcode.INFO)
REQUEST_REALTIME: Final = Command(opcode=Opcode.REALTIME)
REQUEST_WAVEFORM: Final = Command(opcode=Opcode.WAVEFORM, content=b"\x00")


def set_time(instant: datetime) -> Command:
    """Set the clock to `instant`, in its own time zone."""
    return configure(SetTIME=f"{instant:%Y-%m-%d,%H:%M:%S}")


def configure(**settings: str) -> Command:
    """Change settings such as `SetOxiThr="88"`; the device wants strings for numbers, too."""
    return Command(opcode=Opcode.CONFIGURE, content=json.dumps(settings, separators=(",", ":")).encode())


def decode_command(data: bytes) -> Command:
    """A whole command, 8 bytes and more.

    Raises:
        DecodeError: on a wrong header, complement, length field or checksum, and for other opcodes.
    """
    name = "viatom_o2.command"
    opcode, block, content = _open(name, data, _COMMAND_START)
    try:
        return Command(opcode=Opcode(opcode), block=block, content=content)
    except ValueError:
        raise unknown_code(name, data, 1, "opcode", "03, 04, 05, 14 to 17, 1b or 1c") from None


def encode_command(command: Command) -> bytes:
    """A whole command; write it in pieces of at most 20 bytes. Raises EncodeError when it is too long."""
    if not isinstance(command.opcode, Opcode):
        raise EncodeError("viatom_o2.command", field="opcode", expected="one of the opcodes that are safe")
    return _seal("viatom_o2.command", _COMMAND_START, command.opcode, command.block, command.content)


def decode_reply(data: bytes) -> Reply:
    """A whole reply, 8 bytes and more.

    Raises:
        DecodeError: on a wrong header, complement, length field or checksum.
    """
    status, block, content = _open("viatom_o2.reply", data, _REPLY_START)
    return Reply(status=status, block=block, content=content)


def encode_reply(reply: Reply) -> bytes:
    """A whole reply. Raises EncodeError when a value does not fit."""
    return _seal("viatom_o2.reply", _REPLY_START, reply.status, reply.block, reply.content)


def decode_realtime(data: bytes) -> RealtimeValues:
    """Content of the reply to 0x17, 13 bytes. Raises DecodeError on any other length."""
    check_length("viatom_o2.realtime", data, _REALTIME.size)
    spo2, pulse, steps, battery, charging, motion, perfusion, worn, alarm = _REALTIME.unpack(data)
    return RealtimeValues(
        spo2_percent=None if spo2 == _MISSING_SPO2 else spo2,
        pulse_rate_per_min=None if pulse == _MISSING_PULSE else pulse,
        steps=steps,
        battery_percent=battery,
        charging=charging,
        motion=motion,
        perfusion_index_percent=perfusion / 10,
        worn=Worn(worn),
        alarm_bits=alarm,
    )


def encode_realtime(values: RealtimeValues) -> bytes:
    """Content of the reply to 0x17, 13 bytes. Raises EncodeError when a value does not fit."""
    with Fitting("viatom_o2.realtime", field="value", expected="values that fit their bytes"):
        return _REALTIME.pack(
            or_sentinel(values.spo2_percent, _MISSING_SPO2),
            or_sentinel(values.pulse_rate_per_min, _MISSING_PULSE),
            values.steps,
            values.battery_percent,
            values.charging,
            values.motion,
            round(values.perfusion_index_percent * 10),
            values.worn,
            values.alarm_bits,
        )


def decode_waveform(data: bytes) -> Waveform:
    """Content of the reply to 0x1B, 12 bytes and the samples.

    Raises DecodeError when their number is wrong.
    """
    name = "viatom_o2.waveform"
    check_length(name, data, _WAVEFORM.size, _LONGEST_DATA)
    spo2, pulse, battery, charging, perfusion, state, other, count = _WAVEFORM.unpack_from(data)
    if count != len(data) - _WAVEFORM.size:
        raise wrong_length_field(name, data, 10, len(data) - _WAVEFORM.size)
    return Waveform(
        spo2_percent=None if spo2 == _MISSING_SPO2 else spo2,
        pulse_rate_per_min=None if pulse == _MISSING_PULSE else pulse,
        battery_percent=battery,
        charging=charging,
        perfusion_index_percent=perfusion / 10,
        state=state,
        samples=tuple(data[_WAVEFORM.size :]),
        other=other,
    )


def encode_waveform(value: Waveform) -> bytes:
    """Content of the reply to 0x1B. Raises EncodeError when a value does not fit."""
    name = "viatom_o2.waveform"
    if len(value.other) != 3 or len(value.samples) > _LONGEST_DATA - _WAVEFORM.size:
        raise EncodeError(name, field="samples or other", expected="2036 samples at most, 3 other bytes")
    with Fitting(name, field="value", expected="values that fit their bytes"):
        return _WAVEFORM.pack(
            or_sentinel(value.spo2_percent, _MISSING_SPO2),
            or_sentinel(value.pulse_rate_per_min, _MISSING_PULSE),
            value.battery_percent,
            value.charging,
            round(value.perfusion_index_percent * 10),
            value.state,
            value.other,
            len(value.samples),
        ) + bytes(value.samples)


def decode_info(data: bytes) -> dict[str, str]:
    """Content of the reply to 0x14: a JSON object of strings, padded with NUL.

    Raises:
        DecodeError: when it is not such an object.
    """
    name = "viatom_o2.info"
    check_length(name, data, 2, _LONGEST_DATA)
    try:
        info = json.loads(data.rstrip(b"\0 \t\r\n").decode("ascii"))
    except (ValueError, RecursionError):
        raise impossible_value(name, data, 0, "info", "JSON in ASCII") from None
    if not isinstance(info, dict) or not all(isinstance(value, str) for value in info.values()):
        raise impossible_value(name, data, 0, "info", "a JSON object of strings")
    return info


def encode_info(info: dict[str, str]) -> bytes:
    """Content of the reply to 0x14, without padding. Raises EncodeError when it is too long."""
    data = json.dumps(info, separators=(",", ":")).encode("ascii")
    if len(data) > _LONGEST_DATA:
        raise EncodeError("viatom_o2.info", field="info", expected=f"at most {_LONGEST_DATA} bytes")
    return data


class ViatomO2Framer(Framer[Reply]):
    """Replies out of the notifications of one ring."""

    format_name = "viatom_o2.reply"
    longest = _LONGEST_DATA + _OVERHEAD
    header = "55, status, its complement, and a length up to 2048"

    def _size(self, buffer: bytearray, at: int) -> int:
        if buffer[at] != _REPLY_START:
            return NO_FRAME
        if len(buffer) < at + 3:
            return UNDECIDED
        if buffer[at + 1] ^ buffer[at + 2] != 0xFF:
            return NO_FRAME
        if len(buffer) < at + _HEAD.size:
            return UNDECIDED
        return (buffer[at + 5] | buffer[at + 6] << 8) + _OVERHEAD

    def _decode(self, frame: bytes) -> Reply:
        return decode_reply(frame)


def _open(name: str, data: bytes, start: int) -> tuple[int, int, bytes]:
    check_length(name, data, _OVERHEAD, _LONGEST_DATA + _OVERHEAD)
    first, code, complement, block, length = _HEAD.unpack_from(data)
    if first != start:
        raise wrong_header(name, data, 0, f"{start:02x}")
    if code ^ complement != 0xFF:
        raise impossible_value(name, data, 2, "complement", f"{code ^ 0xFF:02x}")
    if length > len(data) - _OVERHEAD:
        raise too_short(name, data, "content", _HEAD.size, length + 1)
    if length != len(data) - _OVERHEAD:
        raise wrong_length_field(name, data, 5, len(data) - _OVERHEAD)
    if data[-1] != crc8(data[:-1]):
        raise wrong_checksum(name, data, len(data) - 1, crc8(data[:-1]))
    return code, block, data[_HEAD.size : -1]


def _seal(name: str, start: int, code: int, block: int, content: bytes) -> bytes:
    if len(content) > _LONGEST_DATA:
        raise EncodeError(name, field="content", expected=f"at most {_LONGEST_DATA} bytes")
    with Fitting(name, field="code or block", expected="8 and 16 bits"):
        body = _HEAD.pack(start, code, code ^ 0xFF, block, len(content)) + content
    return body + bytes((crc8(body),))
