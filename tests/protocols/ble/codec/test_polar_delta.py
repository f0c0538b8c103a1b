"""Polar's compression: any samples survive it, blocks are as narrow as they can be, and it stays bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ble.codec.errors import Damage, DecodeError, EncodeError
from protocols.ble.codec.polar_delta import MOST_SAMPLES, DeltaBlock, Samples, delta_blocks, pack, unpack

SMALL = st.integers(-(2**15), 2**15 - 1)
FLOAT_BITS = st.integers(-(2**31), 2**31 - 1)


def samples_of(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Samples]:
    sample = st.tuples(numbers, numbers, numbers)
    return st.lists(sample, min_size=1, max_size=300).map(tuple)


def there_and_back(samples: Samples, wrap_bits: int | None) -> tuple[Samples, tuple[DeltaBlock, ...]]:
    packed = pack("test", samples, delta_blocks(samples, wrap_bits=wrap_bits), wrap_bits=wrap_bits)
    return unpack("test", packed, 0, samples[0], wrap_bits=wrap_bits)


@given(samples_of(SMALL))
def test_samples_survive(samples: Samples) -> None:
    assert there_and_back(samples, None) == (samples, delta_blocks(samples))


@given(samples_of(FLOAT_BITS))
def test_the_bits_of_floats_survive_their_wrap(samples: Samples) -> None:
    assert there_and_back(samples, 32) == (samples, delta_blocks(samples, wrap_bits=32))


@pytest.mark.parametrize(
    ("steps", "bits"),
    [((0, 0), 0), ((0, 1), 2), ((0, -1), 1), ((0, 127), 8), ((0, -128), 8), ((0, 128), 9)],
)
def test_blocks_are_as_narrow_as_they_can_be(steps: tuple[int, int], bits: int) -> None:
    samples = tuple((step,) for step in steps)
    assert delta_blocks(samples) == (DeltaBlock(bits=bits, samples=1),)


def test_a_block_takes_255_samples() -> None:
    samples = tuple((number, -number) for number in range(300))
    assert [block.samples for block in delta_blocks(samples)] == [255, 44]
    assert delta_blocks(()) == ()


@pytest.mark.parametrize(
    ("data", "damage", "offset"),
    [
        ("08", Damage.TOO_SHORT, 1),
        ("2101", Damage.VALUE, 0),
        ("0802ff", Damage.TOO_SHORT, 3),
        ("00ff" * 9, Damage.VALUE, 17),
    ],
)
def test_each_damage_is_named_and_placed(data: str, damage: Damage, offset: int) -> None:
    with pytest.raises(DecodeError) as caught:
        unpack("test", bytes.fromhex(data), 0, (0,), wrap_bits=None)
    assert (caught.value.damage, caught.value.offset) == (damage, offset)


def test_a_frame_of_no_differences_is_bounded() -> None:
    samples, _ = unpack("test", b"\x00\xff" * 8, 0, (5, 6), wrap_bits=None)
    assert len(samples) == 8 * 255 + 1 <= MOST_SAMPLES


@pytest.mark.parametrize(
    "blocks",
    [
        (),
        (DeltaBlock(bits=8, samples=2),),
        (DeltaBlock(bits=33, samples=1),),
        (DeltaBlock(bits=8, samples=-1), DeltaBlock(bits=8, samples=2)),
        (DeltaBlock(bits=3, samples=1),),
    ],
)
def test_blocks_that_do_not_hold_the_samples_are_refused(blocks: tuple[DeltaBlock, ...]) -> None:
    with pytest.raises(EncodeError, match="blocks"):
        pack("test", ((0,), (4,)), blocks, wrap_bits=None)


def test_filling_of_the_last_byte_is_kept() -> None:
    data = bytes.fromhex("0301fa")
    samples, blocks = unpack("test", data, 0, (0,), wrap_bits=None)
    assert (samples, blocks) == (((0,), (2,)), (DeltaBlock(bits=3, samples=1, filling=31),))
    assert pack("test", samples, blocks, wrap_bits=None) == data
