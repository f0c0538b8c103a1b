"""SFLOAT-Type and FLOAT-Type: the decimal numbers of medical devices.

IEEE 11073-20601, section F.7, F.8 (medfloat16 and medfloat32 in the GATT Specification Supplement).
A word is a two's complement exponent above a two's complement mantissa; the value is mantissa * 10**exponent.
Five words are no numbers: NaN, NRes ("not at this resolution"), +INF, -INF and one reserved word.
They are whole words, exponent 0: 0x07FF is NaN, but 0xF7FF is 2047e-1 = 204.7.

A decoded number is a `float` that remembers its word, so that encoding gives the same bytes again:
98.0 may arrive as 98e0 or as 980e-1.
"""

import math
from struct import Struct
from typing import Final, Self

from protocols.ble.codec.errors import EncodeError, check_length

_U16 = Struct("<H")
_U32 = Struct("<I")


class _DecimalFloat(float):
    """A float that is a decimal word on the wire; NRes and the reserved word are NaN as floats."""

    __slots__ = ("word",)

    word: int

    @classmethod
    def _of(cls, value: float, word: int) -> Self:
        number = cls(value)
        number.word = word
        return number

    def __repr__(self) -> str:
        return special_name(self) or float.__repr__(self)


class SFloat(_DecimalFloat):
    """A 16-bit SFLOAT: `word` is the wire word, the float its value. Make one with `sfloat`."""

    __slots__ = ()

    def __reduce__(self) -> tuple[object, ...]:
        return (sfloat_from_word, (self.word,))


class Float(_DecimalFloat):
    """A 32-bit FLOAT: `word` is the wire word, the float its value. Make one with `medical_float`."""

    __slots__ = ()

    def __reduce__(self) -> tuple[object, ...]:
        return (float_from_word, (self.word,))


def _scaled(mantissa: int, exponent: int) -> float:
    """Mantissa * 10**exponent, correctly rounded: 189e-1 is 18.9, never 18.900000000000002."""
    return float(mantissa * 10**exponent) if exponent >= 0 else mantissa / 10**-exponent


class _SFloatTable(dict[int, SFloat]):
    """Every SFLOAT that has been seen, by its word; at most 65,536 of them.

    One instance a word makes decoding a look-up, and lets two decoded NaN be equal inside dataclasses.
    """

    def __missing__(self, word: int) -> SFloat:
        mantissa = (word & 0x0FFF) - ((word & 0x0800) << 1)
        exponent = (word >> 12) - ((word & 0x8000) >> 11)
        value = _SFLOAT_SPECIAL_VALUES.get(word)
        number = SFloat._of(_scaled(mantissa, exponent) if value is None else value, word)
        self[word] = number
        return number


_SFLOAT_SPECIAL_VALUES: Final = {
    0x07FF: math.nan,
    0x0800: math.nan,
    0x0801: math.nan,
    0x07FE: math.inf,
    0x0802: -math.inf,
}
_FLOAT_SPECIAL_VALUES: Final = {
    0x007F_FFFF: math.nan,
    0x0080_0000: math.nan,
    0x0080_0001: math.nan,
    0x007F_FFFE: math.inf,
    0x0080_0002: -math.inf,
}
SFLOATS: Final = _SFloatTable()
_FLOAT_SPECIALS: Final = {word: Float._of(value, word) for word, value in _FLOAT_SPECIAL_VALUES.items()}

NAN: Final = SFLOATS[0x07FF]
NRES: Final = SFLOATS[0x0800]
RESERVED: Final = SFLOATS[0x0801]
POSITIVE_INFINITY: Final = SFLOATS[0x07FE]
NEGATIVE_INFINITY: Final = SFLOATS[0x0802]

FLOAT_NAN: Final = _FLOAT_SPECIALS[0x007F_FFFF]
FLOAT_NRES: Final = _FLOAT_SPECIALS[0x0080_0000]
FLOAT_RESERVED: Final = _FLOAT_SPECIALS[0x0080_0001]
FLOAT_POSITIVE_INFINITY: Final = _FLOAT_SPECIALS[0x007F_FFFE]
FLOAT_NEGATIVE_INFINITY: Final = _FLOAT_SPECIALS[0x0080_0002]

_NAMES: Final = {
    0x07FF: "NaN",
    0x0800: "NRes",
    0x0801: "reserved",
    0x07FE: "+INF",
    0x0802: "-INF",
    0x007F_FFFF: "NaN",
    0x0080_0000: "NRes",
    0x0080_0001: "reserved",
    0x007F_FFFE: "+INF",
    0x0080_0002: "-INF",
}
# The mantissas 2046, 2047 and -2046..-2048 are numbers only with an exponent other than 0, and decoders
# that look at the mantissa alone take them for specials; an encoder stays clear of them.
_LARGEST_MANTISSA: Final = {4: 2045, 8: 8_388_605}
# The numbers of every day need no search for digits: up to 2045 with no, one or two decimals. Their words are
# remembered as they come up; there are 12,000 of them at most.
_SHORTCUTS: Final = ((0x0000, 1), (0xF000, 10), (0xE000, 100))
_EVERYDAY_WORDS: Final[dict[float, int]] = {}


def special_name(number: float) -> str | None:
    """`"NaN"`, `"NRes"`, `"+INF"`, `"-INF"` or `"reserved"`; None for a number."""
    if math.isfinite(number):
        return None
    if isinstance(number, _DecimalFloat):
        return _NAMES[number.word]
    if math.isnan(number):
        return "NaN"
    return "+INF" if number > 0 else "-INF"


def sfloat_from_word(word: int) -> SFloat:
    """The SFLOAT with this wire word; the same instance every time."""
    return SFLOATS[word & 0xFFFF]


def float_from_word(word: int) -> Float:
    """The FLOAT with this wire word."""
    word &= 0xFFFF_FFFF
    special = _FLOAT_SPECIALS.get(word)
    if special is not None:
        return special
    mantissa = (word & 0x00FF_FFFF) - ((word & 0x0080_0000) << 1)
    exponent = (word >> 24) - ((word & 0x8000_0000) >> 23)
    return Float._of(_scaled(mantissa, exponent), word)


def _canonical(value: float, *, exponent_bits: int, format_name: str) -> tuple[int, int]:
    """Mantissa and exponent of a finite number: whole ones with exponent 0, others with all their decimals.

    Decimals beyond the format's resolution are rounded half to even.
    """
    largest = _LARGEST_MANTISSA[exponent_bits]
    lowest, highest = -(1 << (exponent_bits - 1)), (1 << (exponent_bits - 1)) - 1
    digits, finest = _decimal(value)
    exponent = max(lowest, min(finest, 0))
    while abs(mantissa := _rescaled(digits, finest - exponent)) > largest:
        exponent += 1
    if exponent > highest:
        raise EncodeError(
            format_name, field="value", expected=f"a number up to {largest}e{highest}, not {value}"
        )
    while exponent < 0 and mantissa % 10 == 0:
        mantissa, exponent = mantissa // 10, exponent + 1
    return mantissa, exponent


def _decimal(value: float) -> tuple[int, int]:
    """The shortest decimal that is this float, as Python prints it: digits and exponent."""
    mantissa, _, exponent = repr(float(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    return int(whole + fraction), int(exponent or 0) - len(fraction)


def _rescaled(digits: int, shift: int) -> int:
    """`digits` * 10**`shift` as a whole number, rounded half to even."""
    if shift >= 0:
        return digits * int(10**shift)
    scale = int(10**-shift)
    quotient, rest = divmod(digits, scale)
    return quotient + (rest * 2 > scale or (rest * 2 == scale and quotient % 2))


def _special_word(value: float, bits: int) -> int | None:
    if math.isfinite(value):
        return None
    if math.isnan(value):
        return 0x07FF if bits == 16 else 0x007F_FFFF
    if value > 0:
        return 0x07FE if bits == 16 else 0x007F_FFFE
    return 0x0802 if bits == 16 else 0x0080_0002


def sfloat(value: float) -> SFloat:
    """The SFLOAT of a number; a number that is one already is given back.

    120 becomes 120e0, 36.4 becomes 364e-1; more decimals than fit are rounded.

    Raises:
        EncodeError: beyond 2045e7.
    """
    if isinstance(value, SFloat):
        return value
    if -2045 <= value <= 2045:
        for exponent, scale in _SHORTCUTS:
            mantissa = round(value * scale)
            if -2045 <= mantissa <= 2045 and mantissa / scale == value:
                number = SFLOATS[exponent | (mantissa & 0xFFF)]
                _EVERYDAY_WORDS[float(value)] = number.word
                return number
    word = _special_word(value, 16)
    if word is None:
        mantissa, exponent = _canonical(value, exponent_bits=4, format_name="ieee11073.sfloat")
        word = (exponent & 0xF) << 12 | (mantissa & 0xFFF)
    return SFLOATS[word]


def medical_float(value: float) -> Float:
    """The FLOAT of a number; a number that is one already is given back.

    Raises:
        EncodeError: beyond 8388605e127.
    """
    if isinstance(value, Float):
        return value
    word = _special_word(value, 32)
    if word is None:
        mantissa, exponent = _canonical(value, exponent_bits=8, format_name="ieee11073.float")
        word = (exponent & 0xFF) << 24 | (mantissa & 0xFF_FFFF)
    return float_from_word(word)


def sfloat_word(value: float) -> int:
    """The wire word of a number: its own when it is an `SFloat`, else the canonical one.

    Raises:
        EncodeError: beyond 2045e7.
    """
    if type(value) is SFloat:
        return value.word
    word = _EVERYDAY_WORDS.get(value)
    return sfloat(value).word if word is None else word


def decode_sfloat(data: bytes) -> SFloat:
    """Two bytes, little-endian.

    Raises:
        DecodeError: on any other length.
    """
    check_length("ieee11073.sfloat", data, 2)
    return SFLOATS[_U16.unpack(data)[0]]


def encode_sfloat(value: float) -> bytes:
    """Two bytes, little-endian. Raises EncodeError beyond 2045e7."""
    return _U16.pack(sfloat_word(value))


def decode_float(data: bytes) -> Float:
    """Four bytes, little-endian.

    Raises:
        DecodeError: on any other length.
    """
    check_length("ieee11073.float", data, 4)
    return float_from_word(_U32.unpack(data)[0])


def encode_float(value: float) -> bytes:
    """Four bytes, little-endian. Raises EncodeError beyond 8388605e127."""
    return _U32.pack(medical_float(value).word)
