"""The envelope A5 of newer Viatom (Lepu) devices: `viatom_oxyii` (O2Ring-S) and `viatom_bp2` (cuffs).

Sources: `viatomEcho/LepuBle`; `nglessner/o2ring-s-protocol`; `chalimov/viatom_bp2_ha` LP-BP2W_PROTOCOL.md.
A5, opcode, its complement, 0 to the device or 1 from it, sequence, length u16, content, CRC-8 over all
before. Each device has its own closed set of opcodes; nothing here makes a frame from a plain number.
"""

from enum import IntEnum
from struct import Struct
from typing import Final

from protocols.ble.codec.checksums import crc8
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    impossible_value,
    too_short,
    wrong_checksum,
    wrong_header,
    wrong_length_field,
)
from protocols.ble.codec.framing import NO_FRAME, UNDECIDED
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime, decode_date_time

START: Final = 0xA5
# The devices' own apps take a longer length field for a false beginning.
LONGEST_CONTENT: Final = 2048
_HEAD = Struct("<BBBBBH")
OVERHEAD: Final = _HEAD.size + 1
INFO_SIZE: Final = 60


@value
class DeviceInfo:
    """Content of the reply to 0xE1, 60 bytes as sent; what is known of it by name."""

    content: bytes

    @property
    def hardware_version(self) -> int:
        """Byte 0."""
        return self.content[0]

    @property
    def model(self) -> str:
        """Bytes 9 to 16: firmware or model string, `2D010002`."""
        return self.content[9:17].rstrip(b"\0").decode("ascii", "replace")

    @property
    def clock(self) -> DateTime:
        """Bytes 24 to 30: the device's clock, not a build date."""
        return decode_date_time(self.content[24:31])

    @property
    def serial_number(self) -> str:
        """As many characters from byte 38 on as byte 37 says."""
        return self.content[38 : 38 + self.content[37]].rstrip(b"\0").decode("ascii", "replace")


def decode_device_info(name: str, data: bytes) -> DeviceInfo:
    """Content of the reply to 0xE1, 60 bytes.

    Raises DecodeError on any other length or a serial beyond the end.
    """
    check_length(name, data, INFO_SIZE)
    if data[37] > INFO_SIZE - 38:
        raise impossible_value(name, data, 37, "serial_number_length", "0 to 22")
    return DeviceInfo(content=data)


def encode_device_info(name: str, info: DeviceInfo) -> bytes:
    """Content of the reply to 0xE1. Raises EncodeError unless it is 60 bytes."""
    if len(info.content) != INFO_SIZE or info.content[37] > INFO_SIZE - 38:
        raise EncodeError(name, field="content", expected="60 bytes with the serial number inside")
    return info.content


def seal(name: str, opcode: IntEnum, *, is_reply: bool, sequence: int, content: bytes) -> bytes:
    """A whole frame.

    Raises:
        EncodeError: when a value does not fit, and when `opcode` is not a member of the device's enumeration.
    """
    if not isinstance(opcode, IntEnum):
        raise EncodeError(name, field="opcode", expected=f"one of the opcodes that are safe, not {opcode!r}")
    if len(content) > LONGEST_CONTENT:
        raise EncodeError(name, field="content", expected=f"at most {LONGEST_CONTENT} bytes")
    with Fitting(name, field="sequence", expected="0 to 255"):
        body = _HEAD.pack(START, opcode, opcode ^ 0xFF, is_reply, sequence, len(content)) + content
    return body + bytes((crc8(body),))


def unseal(name: str, data: bytes, *, is_reply: bool) -> tuple[int, int, bytes]:
    """Opcode, sequence and content of a whole frame.

    Raises:
        DecodeError: on a wrong header, complement, direction, length field or checksum.
    """
    check_length(name, data, OVERHEAD, LONGEST_CONTENT + OVERHEAD)
    start, opcode, complement, direction, sequence, length = _HEAD.unpack_from(data)
    if start != START:
        raise wrong_header(name, data, 0, "a5")
    if opcode ^ complement != 0xFF:
        raise impossible_value(name, data, 2, "complement", f"{opcode ^ 0xFF:02x}")
    if direction != is_reply:
        raise impossible_value(name, data, 3, "direction", f"{is_reply:02x}")
    if length > len(data) - OVERHEAD:
        raise too_short(name, data, "content", _HEAD.size, length + 1)
    if length != len(data) - OVERHEAD:
        raise wrong_length_field(name, data, 5, len(data) - OVERHEAD)
    if data[-1] != crc8(data[:-1]):
        raise wrong_checksum(name, data, len(data) - 1, crc8(data[:-1]))
    return opcode, sequence, data[_HEAD.size : -1]


def frame_size(buffer: bytearray, at: int) -> int:
    """The size of the frame that begins at `at`, for framers."""
    if buffer[at] != START:
        return NO_FRAME
    if len(buffer) < at + 3:
        return UNDECIDED
    if buffer[at + 1] ^ buffer[at + 2] != 0xFF:
        return NO_FRAME
    if len(buffer) < at + _HEAD.size:
        return UNDECIDED
    return (buffer[at + 5] | buffer[at + 6] << 8) + OVERHEAD
