"""JKS50F ("OXIMETER", Guangdong Health): values in frames of 69 bytes.

Source: `Boerni89/ha_bt_oximeter`. FF 44 01, values, unexplained bytes, checksum (the sum of all bytes
before it, plus one). FFE0 and FFE1 are shared with countless gadgets: go by the name. A rate of 127 means
"none", so that a true 127 per minute is lost: that is the device, not the decoder.
"""

from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import EncodeError, Fitting, check_length, wrong_checksum, wrong_header
from protocols.ble.codec.framing import NO_FRAME, UNDECIDED, Framer
from protocols.ble.codec.sentinel import or_sentinel
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("OXIMETER",)
SERVICE: Final = assigned_numbers.uuid16(0xFFE0)
NOTIFY: Final = assigned_numbers.uuid16(0xFFE1)

FRAME_SIZE: Final = 69

_START = bytes.fromhex("ff4401")
_MISSING = 127
_MISSING_PERFUSION = 8191  # all 13 bits: 81.91 %
_REST = FRAME_SIZE - 9


@value
class Values:
    """One frame. None: the device has no value. `finger_flag` 0 means that a finger is in.

    `perfusion_flags` are the upper bits of bytes 6 and 7, `other` the bytes 8 to 67, as sent.
    """

    finger_flag: int
    spo2_percent: int | None
    pulse_rate_per_min: int | None
    perfusion_index_percent: float | None
    perfusion_flags: int = 0
    other: bytes = bytes(_REST)


def decode_frame(data: bytes) -> Values:
    """A frame, 69 bytes. Raises DecodeError on any other length, header or checksum."""
    name = "jks50f.frame"
    check_length(name, data, FRAME_SIZE)
    if not data.startswith(_START):
        raise wrong_header(name, data, 0, "ff 44 01")
    checksum = _checksum(data[:-1])
    if data[-1] != checksum:
        raise wrong_checksum(name, data, FRAME_SIZE - 1, checksum)
    perfusion = data[6] & 0x7F | (data[7] & 0x3F) << 7
    return Values(
        finger_flag=data[3],
        spo2_percent=None if data[4] == _MISSING else data[4],
        pulse_rate_per_min=None if data[5] == _MISSING else data[5],
        perfusion_index_percent=None if perfusion == _MISSING_PERFUSION else perfusion / 100,
        perfusion_flags=data[6] >> 7 | data[7] >> 6 << 1,
        other=data[8:-1],
    )


def encode_frame(values: Values) -> bytes:
    """A frame, 69 bytes. Raises EncodeError when a value does not fit."""
    name = "jks50f.frame"
    index = values.perfusion_index_percent
    with Fitting(name, field="perfusion", expected="0 to 81.9 %, flags of 3 bits"):
        perfusion = or_sentinel(None if index is None else round(index * 100), _MISSING_PERFUSION)
        if not (0 <= perfusion <= _MISSING_PERFUSION and 0 <= values.perfusion_flags < 8):
            raise ValueError(perfusion)
    if len(values.other) != _REST:
        raise EncodeError(name, field="other", expected=f"{_REST} bytes")
    with Fitting(name, field="value", expected="0 to 255"):
        numbers = bytes(
            (
                values.finger_flag,
                or_sentinel(values.spo2_percent, _MISSING),
                or_sentinel(values.pulse_rate_per_min, _MISSING),
                perfusion & 0x7F | (values.perfusion_flags & 1) << 7,
                perfusion >> 7 | values.perfusion_flags >> 1 << 6,
            )
        )
    body = _START + numbers + values.other
    return body + bytes((_checksum(body),))


class Jks50fFramer(Framer[Values]):
    """Frames out of the notifications of one oximeter."""

    format_name = "jks50f.frame"
    longest = FRAME_SIZE
    header = "ff 44 01"

    def _size(self, buffer: bytearray, at: int) -> int:
        head = buffer[at : at + len(_START)]
        if not _START.startswith(head):
            return NO_FRAME
        return FRAME_SIZE if len(head) == len(_START) else UNDECIDED

    def _decode(self, frame: bytes) -> Values:
        return decode_frame(frame)


def _checksum(body: bytes) -> int:
    return (sum8(body) + 1) & 0xFF
