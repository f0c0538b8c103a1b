"""Viatom PC-60FW, OxySmart, POD-1: values, pleth, battery over the Nordic UART.

Sources: `sza2/viatom_pc60fw` README; `viatomEcho/LepuBle`. AA 55, token, length, kind, content, CRC-8/MAXIM
over everything before it; the length counts kind, content and checksum. Streams as soon as notifications
are on. The UART's UUIDs are shared with countless gadgets: go by the name.
"""

from enum import IntFlag
from struct import Struct
from typing import Final, assert_never

from protocols.ble.codec.checksums import crc8_maxim
from protocols.ble.codec.errors import (
    DecodeError,
    EncodeError,
    Fitting,
    check_length,
    unknown_code,
    wrong_checksum,
    wrong_header,
    wrong_length_field,
)
from protocols.ble.codec.framing import NO_FRAME, UNDECIDED, Framer
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("PC-60F", "OxySmart", "POD")
SERVICE: Final = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
WRITE: Final = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"
NOTIFY: Final = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"

WAVE_SAMPLES: Final = 5

_START = bytes.fromhex("aa55")
_OVERHEAD = 5  # start, token, length and checksum
_LONGEST = 32
_VALUES = Struct("<BHBBB")
_BEAT = 0x80
_OXIMETRY, _DEVICE = 0x0F, 0xF0


class ValueFlags(IntFlag):
    """Flags of the values; the meaning of the other bits is not published."""

    PROBE_OFF = 0x02
    SEARCHING = 0x04


@value
class Values:
    """Token 0F, kind 01. Without a finger the device sends 0. `other` is the last byte, as sent."""

    spo2_percent: int
    pulse_rate_per_min: int
    perfusion_index_percent: float
    flags: ValueFlags = ValueFlags(0)  # an immutable value
    other: int = 0


@value
class Wave:
    """Token 0F, kind 02: five samples of the pleth, 0 to 127; `beats` marks those at a heart beat."""

    samples: tuple[int, ...]
    beats: tuple[bool, ...] = (False,) * WAVE_SAMPLES


@value
class WorkingStatus:
    """Token 0F, kind 21: four bytes, as sent."""

    content: bytes


@value
class Battery:
    """Token F0, kind 03: 0 (empty) to 3 (full)."""

    level: int


@value
class Enable:
    """To the device: stream values (kind 84) or pleth (kind 85)."""

    wave: bool = False
    on: bool = True


Content = Values | Wave | WorkingStatus | Battery | Enable

# (token, kind) -> number of bytes of the content
_SIZES: Final = {
    (_OXIMETRY, 0x01): 6,
    (_OXIMETRY, 0x02): WAVE_SAMPLES,
    (_OXIMETRY, 0x21): 4,
    (_OXIMETRY, 0x84): 1,
    (_OXIMETRY, 0x85): 1,
    (_DEVICE, 0x03): 1,
}


def decode_frame(data: bytes) -> Content:
    """A whole frame, either direction.

    Raises:
        DecodeError: on a wrong header, length field or checksum, and for unknown tokens and kinds.
    """
    name = "pc60fw.frame"
    check_length(name, data, _OVERHEAD + 1, _LONGEST)
    if not data.startswith(_START):
        raise wrong_header(name, data, 0, "aa 55")
    if data[3] != len(data) - 4:
        raise wrong_length_field(name, data, 3, len(data) - 4)
    if data[-1] != crc8_maxim(data[:-1]):
        raise wrong_checksum(name, data, len(data) - 1, crc8_maxim(data[:-1]))
    return _decode(name, data, 2, data[2:-1])


def encode_frame(content: Content) -> bytes:
    """A whole frame. Raises EncodeError when a value does not fit."""
    frame = _START + _encode("pc60fw.frame", content)
    return frame + bytes((crc8_maxim(frame),))


def decode_body(data: bytes) -> Content:
    """A frame without AA 55 and checksum, as public documents print it.

    Raises DecodeError as `decode_frame`.
    """
    name = "pc60fw.body"
    check_length(name, data, 3, _LONGEST - 3)
    if data[1] != len(data) - 1:
        raise wrong_length_field(name, data, 1, len(data) - 1)
    return _decode(name, data, 0, data)


def encode_body(content: Content) -> bytes:
    """A frame without AA 55 and checksum. Raises EncodeError when a value does not fit."""
    return _encode("pc60fw.body", content)


class Pc60FwFramer(Framer[Content]):
    """Frames out of the notifications of one oximeter."""

    format_name = "pc60fw.frame"
    longest = _LONGEST
    header = "aa 55, 0f or f0, and a length up to 28"

    def _size(self, buffer: bytearray, at: int) -> int:
        head = buffer[at : at + 4]
        if not _START.startswith(head[:2]):
            return NO_FRAME
        if len(head) > 2 and head[2] not in (_OXIMETRY, _DEVICE):
            return NO_FRAME
        if len(head) < 4:
            return UNDECIDED
        return head[3] + 4 if head[3] >= 2 else NO_FRAME

    def _decode(self, frame: bytes) -> Content:
        return decode_frame(frame)


def _decode(name: str, data: bytes, at: int, body: bytes) -> Content:
    """`body` is token, length, kind, content; it lies at `at` in `data`."""
    token, kind, content = body[0], body[2], body[3:]
    size = _SIZES.get((token, kind))
    if size is None:
        raise _unknown(name, data, at)
    if len(content) != size:
        raise wrong_length_field(name, data, at + 1, size + 2)
    if token == _DEVICE:
        return Battery(level=content[0])
    if kind == 0x01:
        spo2, pulse, perfusion, flags, other = _VALUES.unpack(content)
        return Values(
            spo2_percent=spo2,
            pulse_rate_per_min=pulse,
            perfusion_index_percent=perfusion / 10,
            flags=ValueFlags(flags),
            other=other,
        )
    if kind == 0x02:
        return Wave(
            samples=tuple(byte & ~_BEAT for byte in content),
            beats=tuple(bool(byte & _BEAT) for byte in content),
        )
    if kind == 0x21:
        return WorkingStatus(content=content)
    if content[0] > 1:
        raise unknown_code(name, data, at + 3, "enable", "0 or 1")
    return Enable(wave=kind == 0x85, on=bool(content[0]))


def _encode(name: str, content: Content) -> bytes:
    with Fitting(name, field="value", expected="values that fit their bytes"):
        match content:
            case Values():
                values = _VALUES.pack(
                    content.spo2_percent,
                    content.pulse_rate_per_min,
                    round(content.perfusion_index_percent * 10),
                    content.flags,
                    content.other,
                )
                return bytes((_OXIMETRY, 8, 0x01)) + values
            case Wave():
                if len(content.samples) != WAVE_SAMPLES or max(content.samples) >= _BEAT:
                    raise EncodeError(name, field="samples", expected="five of 7 bits")
                marked = zip(content.samples, content.beats, strict=True)
                return bytes((_OXIMETRY, 7, 0x02)) + bytes(s | _BEAT * beat for s, beat in marked)
            case WorkingStatus():
                if len(content.content) != 4:
                    raise EncodeError(name, field="content", expected="4 bytes")
                return bytes((_OXIMETRY, 6, 0x21)) + content.content
            case Battery():
                return bytes((_DEVICE, 3, 0x03, content.level))
            case Enable():
                return bytes((_OXIMETRY, 3, 0x85 if content.wave else 0x84, content.on))
            case _:
                assert_never(content)


def _unknown(name: str, data: bytes, at: int) -> DecodeError:
    expected = "0f with kind 01, 02, 21, 84 or 85, or f0 with kind 03"
    return unknown_code(name, data, at, "token and kind", expected)
