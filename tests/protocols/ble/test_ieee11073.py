"""SFLOAT and FLOAT against the standard's words and against exact decimal arithmetic."""

import copy
import math
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ble.codec.errors import EncodeError
from protocols.ble.ieee11073 import (
    FLOAT_NAN,
    FLOAT_NEGATIVE_INFINITY,
    FLOAT_NRES,
    FLOAT_POSITIVE_INFINITY,
    FLOAT_RESERVED,
    NAN,
    NEGATIVE_INFINITY,
    NRES,
    POSITIVE_INFINITY,
    RESERVED,
    encode_float,
    encode_sfloat,
    float_from_word,
    medical_float,
    sfloat,
    sfloat_from_word,
    sfloat_word,
    special_name,
)

SPECIAL_WORDS = {0x07FF: "NaN", 0x0800: "NRes", 0x0801: "reserved", 0x07FE: "+INF", 0x0802: "-INF"}


def exact(word: int, mantissa_bits: int, exponent_bits: int) -> Decimal:
    """What a word is worth, by the definition: two two's complement numbers."""
    mantissa = word & (1 << mantissa_bits) - 1
    exponent = word >> mantissa_bits
    mantissa -= (mantissa >> mantissa_bits - 1) << mantissa_bits
    exponent -= (exponent >> exponent_bits - 1) << exponent_bits
    return Decimal(mantissa).scaleb(exponent)


def test_every_sfloat_word_is_the_nearest_float_to_its_decimal_and_keeps_its_word() -> None:
    for word in range(0x10000):
        number = sfloat_from_word(word)
        assert number.word == word
        if word in SPECIAL_WORDS:
            assert special_name(number) == repr(number) == SPECIAL_WORDS[word]
        else:
            assert special_name(number) is None
            assert number == float(exact(word, 12, 4))
            assert Decimal(repr(float(number))) == exact(word, 12, 4), "18.9, not 18.900000000000002"


@given(st.integers(0, 0xFFFF_FFFF))
def test_every_float_word_is_the_nearest_float_to_its_decimal(word: int) -> None:
    number = float_from_word(word)
    assert number.word == word
    assert encode_float(number) == word.to_bytes(4, "little")
    if special_name(number) is None:
        assert number == float(exact(word, 24, 8))


@pytest.mark.parametrize(
    ("word", "number"),
    [(0xF7FF, 204.7), (0xE7FE, 20.46), (0x1800, -20480.0), (0xF802, -204.6), (0x17FE, 20460.0)],
)
def test_a_special_is_the_whole_word_not_the_mantissa(word: int, number: float) -> None:
    assert sfloat_from_word(word) == number


def test_nan_and_nres_are_told_apart() -> None:
    assert math.isnan(NAN)
    assert math.isnan(NRES)
    assert NAN is sfloat_from_word(0x07FF)
    assert NAN is not NRES
    names = [special_name(n) for n in (NAN, NRES, RESERVED, POSITIVE_INFINITY, NEGATIVE_INFINITY)]
    assert names == ["NaN", "NRes", "reserved", "+INF", "-INF"]
    wide = (FLOAT_NAN, FLOAT_NRES, FLOAT_RESERVED, FLOAT_POSITIVE_INFINITY, FLOAT_NEGATIVE_INFINITY)
    assert [special_name(n) for n in wide] == names
    assert [n.word for n in wide] == [0x7FFFFF, 0x800000, 0x800001, 0x7FFFFE, 0x800002]


def test_plain_floats_have_special_names_too() -> None:
    assert [special_name(n) for n in (math.nan, math.inf, -math.inf, 1.0)] == ["NaN", "+INF", "-INF", None]


@pytest.mark.parametrize(
    ("number", "wire"),
    [
        (120, "7800"),
        (98.0, "6200"),
        (36.4, "6cf1"),
        (-16.2, "5eff"),
        (3640, "6c11"),
        (2045, "fd07"),
        (2046, "cd10"),  # 205e1: not one of the mantissas that decoders take for specials
        (20460, "cd20"),
        (0, "0000"),
        (-0.0, "0000"),
        (0.5, "05f0"),
        (0.001, "01d0"),
        (0.30000000000000004, "03f0"),
        (1 / 3, "4dd1"),
        (2.045e10, "fd77"),
        (1e-12, "0000"),
        (math.nan, "ff07"),
        (math.inf, "fe07"),
        (-math.inf, "0208"),
    ],
)
def test_a_plain_number_gets_the_canonical_word(number: float, wire: str) -> None:
    assert encode_sfloat(number).hex() == wire


@pytest.mark.parametrize("number", [2.05e10, -3e10, 1e300])
def test_a_number_beyond_the_range_is_refused(number: float) -> None:
    with pytest.raises(EncodeError) as caught:
        sfloat(number)
    assert caught.value.field == "value"


@given(st.integers(-2045, 2045), st.integers(-8, 7))
def test_a_canonical_word_is_worth_the_same_and_has_the_fewest_zeros(mantissa: int, exponent: int) -> None:
    number = float(Decimal(mantissa).scaleb(exponent))
    word = sfloat(number)
    assert float(word) == number
    assert sfloat_word(word) == word.word == sfloat_word(number)
    assert sfloat(word) is word


@given(st.floats(-2e10, 2e10))
def test_a_number_that_does_not_fit_is_rounded_to_the_nearest_that_does(number: float) -> None:
    step = Decimal(10) ** (-8)
    while abs(Decimal(number)) > 2045 * step:
        step *= 10
    assert abs(Decimal(float(sfloat(number))) - Decimal(number)) <= step / 2 * (1 + Decimal("1e-9"))


@pytest.mark.parametrize(
    ("number", "wire"),
    [
        (3.64, "6c0100fe"),
        (364, "6c010000"),
        (-364, "94feff00"),
        (math.nan, "ffff7f00"),
        (math.inf, "feff7f00"),
        (-math.inf, "02008000"),
        (8_388_605, "fdff7f00"),
        (8_388_606, "cdcc0c01"),
        (1e130, "40420f7c"),
    ],
)
def test_a_plain_number_gets_the_canonical_float_word(number: float, wire: str) -> None:
    assert encode_float(number).hex() == wire


def test_a_float_beyond_the_range_is_refused() -> None:
    with pytest.raises(EncodeError):
        medical_float(1e140)


@given(st.integers(-2045, 2045), st.sampled_from((0, -1, -2)))
def test_a_number_met_again_gets_the_same_word(mantissa: int, exponent: int) -> None:
    plain = float(Decimal(mantissa).scaleb(exponent))
    first, again = sfloat_word(plain), sfloat_word(plain)
    assert first == again == sfloat(plain).word
    assert sfloat_from_word(first) == plain


def test_a_number_keeps_the_word_it_came_with_whatever_was_met_before() -> None:
    assert sfloat_word(98.0) == 0x0062
    assert sfloat_word(sfloat_from_word(0xF3D4)) == 0xF3D4
    assert sfloat_word(98.0) == 0x0062


def test_copies_keep_the_word() -> None:
    for number in (sfloat_from_word(0xF3D4), float_from_word(0xFF0003D4), NRES):
        copied = pickle.loads(pickle.dumps(copy.deepcopy(number)))  # noqa: S301
        assert copied.word == number.word
        assert type(copied) is type(number)
    assert copy.copy(NAN) is NAN


def test_a_number_prints_as_a_number() -> None:
    assert repr(sfloat_from_word(0xF3D4)) == "98.0"
    assert medical_float(medical_float(1.5)) == 1.5


@pytest.mark.parametrize(("value", "kept"), [(1000.5, 1000), (1001.5, 1002), (-1000.5, -1000)])
def test_a_tie_is_rounded_to_the_even_mantissa(value: float, kept: float) -> None:
    assert float(sfloat_from_word(sfloat_word(sfloat(value)))) == pytest.approx(kept, abs=1e-9)
