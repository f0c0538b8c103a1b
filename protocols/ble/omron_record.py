"""Omron cuffs: the records and clocks in their memory, one layout for each group of models.

Sources: `userx14/omblepy` device files; `eigger/hass-omron` record parsers and their tests with captured
slots.

| layout | bytes | models |
|---|---|---|
| little-endian | 14 | HEM-7142T2, HEM-7143T1, HEM-7530T and relatives |
| little-endian | 16 | HEM-7361T, HEM-7155T |
| little-endian | 24 | HeartGuide: with an error code |
| big-endian | 14 | HEM-7322T, HEM-7600T, HEM-6232T |
| date first | 16 | HEM-6401T |

An empty slot is a value of its own. Seconds run up to 63 in what cuffs write; they are kept.
"""

from collections.abc import Callable
from functools import partial
from struct import Struct
from typing import Final

from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import EncodeError, Fitting, check_length, wrong_checksum
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime

_SYSTOLIC_OFFSET = 25
# 250 mmHg; a byte above it marks a slot that holds no reading.
_HIGHEST_SYSTOLIC = 0xE1
_LITTLE = Struct("<BBBBHH")
_BIG = Struct(">BBBBHH")
_LITTLE_SIZES: Final = (14, 16, 24)
_ERROR_AT = 17
_ID_AT = 10


@value
class EmptySlot:
    """A slot without a reading, as read."""

    content: bytes


@value
class Reading:
    """One slot of the little- or big-endian layouts.

    `improper_position` is a number of two bits; `cuff_flag` is set in ordinary readings.
    `reserved_year_bits` (2), `reserved_bit` and `tail` (all bytes from 8 on) are kept as read; bit 13 of
    the second word is named "battery" by some, but no memory map has it.
    """

    systolic_mmhg: int
    diastolic_mmhg: int
    pulse_rate_per_min: int
    timestamp: DateTime
    irregular_pulse: bool = False
    body_movement: bool = False
    cuff_flag: bool = False
    improper_position: int = 0
    reserved_year_bits: int = 0
    reserved_bit: bool = False
    tail: bytes = bytes(6)

    @property
    def record_id(self) -> int | None:
        """The running number at byte 10 (little-endian layouts only)."""
        part = self.tail[_ID_AT - 8 : _ID_AT - 6]
        return int.from_bytes(part, "little") if len(part) == 2 else None

    @property
    def error_code(self) -> int:
        """The cuff's error (byte 17 of the 24-byte layout); 0 is none, and the values are good only then."""
        return self.tail[_ERROR_AT - 8] if len(self.tail) > _ERROR_AT - 8 else 0


@value
class DateFirstReading:
    """One slot of the date-first layout; `flags` are byte 11, `other` the bytes 9, 10 and 12 to 15."""

    systolic_mmhg: int
    diastolic_mmhg: int
    pulse_rate_per_min: int
    timestamp: DateTime
    flags: int = 0
    other: bytes = bytes(6)

    @property
    def irregular_pulse(self) -> int:
        """Bits 0 and 1."""
        return self.flags & 0x03

    @property
    def body_movement(self) -> int:
        """Bits 2 and 3."""
        return self.flags >> 2 & 0x03


@value
class Clock:
    """The cuff's clock in its settings; what stands before it and beside the checksum, as read."""

    clock: DateTime
    before: bytes
    filler: int = 0


def decode_little_endian_14(data: bytes) -> Reading | EmptySlot:
    """A slot of 14 bytes. Raises DecodeError on any other length."""
    return _decode_little("omron_record.little_endian_14", data, 14)


def decode_little_endian_16(data: bytes) -> Reading | EmptySlot:
    """A slot of 16 bytes. Raises DecodeError on any other length."""
    return _decode_little("omron_record.little_endian_16", data, 16)


def decode_little_endian_24(data: bytes) -> Reading | EmptySlot:
    """A slot of 24 bytes. Raises DecodeError on any other length."""
    return _decode_little("omron_record.little_endian_24", data, 24)


def encode_little_endian_14(slot: Reading | EmptySlot) -> bytes:
    """A slot of 14 bytes. Raises EncodeError when a value does not fit."""
    return _encode_little("omron_record.little_endian_14", slot, 14)


def encode_little_endian_16(slot: Reading | EmptySlot) -> bytes:
    """A slot of 16 bytes. Raises EncodeError when a value does not fit."""
    return _encode_little("omron_record.little_endian_16", slot, 16)


def encode_little_endian_24(slot: Reading | EmptySlot) -> bytes:
    """A slot of 24 bytes. Raises EncodeError when a value does not fit."""
    return _encode_little("omron_record.little_endian_24", slot, 24)


def decode_big_endian_14(data: bytes) -> Reading | EmptySlot:
    """A slot of 14 bytes. Raises DecodeError on any other length."""
    check_length("omron_record.big_endian_14", data, 14)
    diastolic, systolic, year, pulse, word_1, word_2 = _BIG.unpack_from(data)
    if systolic > _HIGHEST_SYSTOLIC or not any((diastolic, year, pulse, word_1, word_2)):
        return EmptySlot(content=data)
    return _reading((systolic, diastolic, pulse, year, word_1, word_2), data[8:])


def encode_big_endian_14(slot: Reading | EmptySlot) -> bytes:
    """A slot of 14 bytes. Raises EncodeError when a value does not fit."""
    name = "omron_record.big_endian_14"
    if isinstance(slot, EmptySlot):
        return _empty(name, slot, 14, decode_big_endian_14)
    systolic, diastolic, pulse, year, word_1, word_2 = _values(name, slot, 14)
    return _BIG.pack(diastolic, systolic, year, pulse, word_1, word_2) + slot.tail


def decode_date_first_16(data: bytes) -> DateFirstReading | EmptySlot:
    """A slot of 16 bytes. Raises DecodeError on any other length."""
    check_length("omron_record.date_first_16", data, 16)
    if data[6] > _HIGHEST_SYSTOLIC or not any(data[:9]):
        return EmptySlot(content=data)
    return DateFirstReading(
        systolic_mmhg=data[6] + _SYSTOLIC_OFFSET,
        diastolic_mmhg=data[7],
        pulse_rate_per_min=data[8],
        timestamp=DateTime(2000 + data[0], *data[1:6]),
        flags=data[11],
        other=data[9:11] + data[12:],
    )


def encode_date_first_16(slot: DateFirstReading | EmptySlot) -> bytes:
    """A slot of 16 bytes. Raises EncodeError when a value does not fit."""
    name = "omron_record.date_first_16"
    if isinstance(slot, EmptySlot):
        return _empty(name, slot, 16, decode_date_first_16)
    if len(slot.other) != 6 or not 0 <= slot.systolic_mmhg - _SYSTOLIC_OFFSET <= _HIGHEST_SYSTOLIC:
        raise EncodeError(name, field="value", expected="systolic 25 to 250 mmHg, 6 other bytes")
    with Fitting(name, field="value", expected="values that fit their bytes, not all of them zero"):
        data = (
            _clock_bytes(slot.timestamp)
            + bytes((slot.systolic_mmhg - _SYSTOLIC_OFFSET, slot.diastolic_mmhg, slot.pulse_rate_per_min))
            + slot.other[:2]
            + bytes((slot.flags,))
            + slot.other[2:]
        )
        if not any(data[:9]):
            raise ValueError(data)
        return data


def decode_clock_at_8(data: bytes) -> Clock:
    """Settings block of 16 bytes, clock at byte 8 in order of time (HEM-7142T2, HEM-7382T1).

    Raises:
        DecodeError: on any other length, or a checksum that is not the sum of the bytes before it.
    """
    name = "omron_record.clock_at_8"
    check_length(name, data, 16)
    if data[14] != sum8(data[:14]):
        raise wrong_checksum(name, data, 14, sum8(data[:14]))
    return Clock(clock=DateTime(2000 + data[8], *data[9:14]), before=data[:8], filler=data[15])


def encode_clock_at_8(value: Clock) -> bytes:
    """Settings block of 16 bytes. Raises EncodeError when a value does not fit."""
    name = "omron_record.clock_at_8"
    _before(name, value, 8)
    with Fitting(name, field="clock", expected="a year from 2000 to 2255"):
        body = value.before + _clock_bytes(value.clock)
        return body + bytes((sum8(body), value.filler))


def decode_clock_at_8_swapped(data: bytes) -> Clock:
    """Settings block of 16 bytes, clock at byte 8 with the bytes of each word swapped (HEM-6232T).

    Raises:
        DecodeError: on any other length, or a wrong checksum.
    """
    return _decode_swapped("omron_record.clock_at_8_swapped", data, 8)


def encode_clock_at_8_swapped(value: Clock) -> bytes:
    """Settings block of 16 bytes. Raises EncodeError when a value does not fit."""
    return _encode_swapped("omron_record.clock_at_8_swapped", value, 8)


def decode_clock_at_2_swapped(data: bytes) -> Clock:
    """Settings block of 10 bytes, clock at byte 2 with the bytes of each word swapped (HEM-7322T, HEM-7600T).

    Raises:
        DecodeError: on any other length, or a wrong checksum.
    """
    return _decode_swapped("omron_record.clock_at_2_swapped", data, 2)


def encode_clock_at_2_swapped(value: Clock) -> bytes:
    """Settings block of 10 bytes. Raises EncodeError when a value does not fit."""
    return _encode_swapped("omron_record.clock_at_2_swapped", value, 2)


def _decode_little(name: str, data: bytes, size: int) -> Reading | EmptySlot:
    check_length(name, data, size)
    systolic, diastolic, pulse, year, word_1, word_2 = _LITTLE.unpack_from(data)
    if systolic > _HIGHEST_SYSTOLIC or not any((diastolic, pulse, year, word_1, word_2)):
        return EmptySlot(content=data)
    return _reading((systolic, diastolic, pulse, year, word_1, word_2), data[8:])


def _encode_little(name: str, slot: Reading | EmptySlot, size: int) -> bytes:
    if isinstance(slot, EmptySlot):
        return _empty(name, slot, size, partial(_decode_little, name, size=size))
    return _LITTLE.pack(*_values(name, slot, size)) + slot.tail


def _reading(values: tuple[int, int, int, int, int, int], tail: bytes) -> Reading:
    systolic, diastolic, pulse, year, word_1, word_2 = values
    return Reading(
        systolic_mmhg=systolic + _SYSTOLIC_OFFSET,
        diastolic_mmhg=diastolic,
        pulse_rate_per_min=pulse,
        timestamp=DateTime(
            2000 + (year & 0x3F),
            word_1 >> 10 & 0x0F,
            word_1 >> 5 & 0x1F,
            word_1 & 0x1F,
            word_2 >> 6 & 0x3F,
            word_2 & 0x3F,
        ),
        irregular_pulse=bool(word_1 & 0x4000),
        body_movement=bool(word_1 & 0x8000),
        cuff_flag=bool(word_2 & 0x1000),
        improper_position=word_2 >> 14,
        reserved_year_bits=year >> 6,
        reserved_bit=bool(word_2 & 0x2000),
        tail=tail,
    )


def _values(name: str, reading: Reading, size: int) -> tuple[int, int, int, int, int, int]:
    """Systolic, diastolic, pulse, year byte and the two packed words, all checked."""
    time = reading.timestamp
    year = time.year - 2000
    systolic = reading.systolic_mmhg - _SYSTOLIC_OFFSET
    limits = (
        (systolic, _HIGHEST_SYSTOLIC),
        (reading.diastolic_mmhg, 0xFF),
        (reading.pulse_rate_per_min, 0xFF),
        (year, 63),
        (time.month, 15),
        (time.day, 31),
        (time.hour, 31),
        (time.minute, 63),
        (time.second, 63),
        (reading.improper_position, 3),
        (reading.reserved_year_bits, 3),
    )
    if any(not 0 <= value <= limit for value, limit in limits) or len(reading.tail) != size - 8:
        raise EncodeError(
            name,
            field="value",
            expected=f"systolic 25 to 250 mmHg, years 2000 to 2063, a tail of {size - 8} bytes",
        )
    word_1 = time.hour | time.day << 5 | time.month << 10
    word_1 |= reading.irregular_pulse << 14 | reading.body_movement << 15
    word_2 = time.second | time.minute << 6
    word_2 |= reading.cuff_flag << 12 | reading.reserved_bit << 13 | reading.improper_position << 14
    year_byte = year | reading.reserved_year_bits << 6
    if not any((reading.diastolic_mmhg, reading.pulse_rate_per_min, year_byte, word_1, word_2)):
        raise EncodeError(name, field="value", expected="something but zeros, which mean an empty slot")
    return systolic, reading.diastolic_mmhg, reading.pulse_rate_per_min, year_byte, word_1, word_2


def _empty(name: str, slot: EmptySlot, size: int, decode: Callable[[bytes], object]) -> bytes:
    if len(slot.content) != size or not isinstance(decode(slot.content), EmptySlot):
        raise EncodeError(name, field="content", expected=f"{size} bytes of a slot that is empty")
    return slot.content


def _decode_swapped(name: str, data: bytes, at: int) -> Clock:
    check_length(name, data, at + 8)
    if data[-1] != sum8(data[:-2]):
        raise wrong_checksum(name, data, len(data) - 1, sum8(data[:-2]))
    month, year, hour, day, second, minute = data[at : at + 6]
    clock = DateTime(2000 + year, month, day, hour, minute, second)
    return Clock(clock=clock, before=data[:at], filler=data[-2])


def _encode_swapped(name: str, value: Clock, at: int) -> bytes:
    _before(name, value, at)
    with Fitting(name, field="clock", expected="a year from 2000 to 2255"):
        year, month, day, hour, minute, second = _clock_bytes(value.clock)
        body = value.before + bytes((month, year, hour, day, second, minute))
        return body + bytes((value.filler, sum8(body)))


def _before(name: str, value: Clock, size: int) -> None:
    if len(value.before) != size:
        raise EncodeError(name, field="before", expected=f"{size} bytes")


def _clock_bytes(clock: DateTime) -> bytes:
    return bytes((clock.year - 2000, clock.month, clock.day, clock.hour, clock.minute, clock.second))
