"""Polar's compression of samples: differences packed into blocks.

Source: `polarofficial/polar-ble-sdk` technical documentation and unit tests. A reference sample in full,
then blocks: bits of each difference, number of samples, the differences packed from the lowest bit on, and
bits that fill up the last byte.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from protocols.ble.codec.errors import EncodeError, impossible_value, too_short
from protocols.ble.codec.value import value

Samples = tuple[tuple[int, ...], ...]

# Differences of 0 bits let a short frame claim any number of samples; no real one comes near this.
MOST_SAMPLES: Final = 2048
_WIDEST_DIFFERENCE = 32


@value
class DeltaBlock:
    """How a run of differences is packed; `filling` are the bits left over in its last byte."""

    bits: int
    samples: int
    filling: int = 0


def delta_blocks(samples: Samples, *, wrap_bits: int | None = None) -> tuple[DeltaBlock, ...]:
    """Blocks of up to 255 samples that pack `samples` (the reference first), each as narrow as it can be.

    `wrap_bits` is 32 for streams of floats, whose differences are taken modulo 2**32.
    """
    steps = list(_steps(samples, wrap_bits))
    run_length = 255 * len(samples[0]) if samples else 1
    blocks = []
    for at in range(0, len(steps), run_length):
        run = steps[at : at + run_length]
        blocks.append(DeltaBlock(bits=max(map(_bits_needed, run)), samples=len(run) // len(samples[0])))
    return tuple(blocks)


def unpack(
    name: str, data: bytes, at: int, reference: tuple[int, ...], *, wrap_bits: int | None
) -> tuple[Samples, tuple[DeltaBlock, ...]]:
    """The samples, and how the blocks from `at` to the end of `data` had packed them.

    Raises:
        DecodeError: when a block is cut, too wide, or claims more samples than a frame can have.
    """
    channels = range(len(reference))
    current = list(reference)
    samples = [reference]
    blocks = []
    while at < len(data):
        if len(data) < at + 2:
            raise too_short(name, data, "block head", at, 2)
        bits, count = data[at], data[at + 1]
        if bits > _WIDEST_DIFFERENCE:
            raise impossible_value(name, data, at, "bits of a difference", f"0 to {_WIDEST_DIFFERENCE}")
        if len(samples) + count > MOST_SAMPLES:
            raise impossible_value(
                name, data, at + 1, "number of samples", f"at most {MOST_SAMPLES} in a frame"
            )
        at += 2
        size = (bits * count * len(reference) + 7) // 8
        if len(data) < at + size:
            raise too_short(name, data, "differences", at, size)
        packed = int.from_bytes(data[at : at + size], "little")
        at += size
        mask, sign = (1 << bits) - 1, (1 << bits) >> 1
        for _ in range(count):
            for channel in channels:
                step = packed & mask
                packed >>= bits
                current[channel] = _wrapped(current[channel] + step - ((step & sign) << 1), wrap_bits)
            samples.append(tuple(current))
        blocks.append(DeltaBlock(bits=bits, samples=count, filling=packed))
    return tuple(samples), tuple(blocks)


def pack(name: str, samples: Samples, blocks: tuple[DeltaBlock, ...], *, wrap_bits: int | None) -> bytes:
    """The blocks after the reference sample.

    Raises:
        EncodeError: when a difference is wider than its block, or the blocks hold another number of samples.
        ValueError, OverflowError: when a number does not fit into its byte.
    """
    if len(samples) != 1 + sum(block.samples for block in blocks):
        raise EncodeError(name, field="blocks", expected="as many samples as there are after the first")
    steps = _steps(samples, wrap_bits)
    data = b""
    for block in blocks:
        if not (0 <= block.bits <= _WIDEST_DIFFERENCE and 0 <= block.samples <= 255):
            raise EncodeError(name, field="blocks", expected="up to 32 bits and 255 samples")
        packed = used = 0
        for _ in range(block.samples * len(samples[0])):
            step = next(steps)
            if _bits_needed(step) > block.bits:
                raise EncodeError(
                    name, field="blocks", expected=f"differences of {block.bits} bits, not {step}"
                )
            packed |= (step & (1 << block.bits) - 1) << used
            used += block.bits
        packed |= block.filling << used
        data += bytes((block.bits, block.samples)) + packed.to_bytes((used + 7) // 8, "little")
    return data


def _steps(samples: Samples, wrap_bits: int | None) -> Iterator[int]:
    for before, after in pairwise(samples):
        for a, b in zip(before, after, strict=True):
            yield _wrapped(b - a, wrap_bits)


def _wrapped(value: int, wrap_bits: int | None) -> int:
    """`value` as a signed number of `wrap_bits`; None leaves it alone, since no real frame overflows."""
    if wrap_bits is None:
        return value
    value &= (1 << wrap_bits) - 1
    return value - ((value & 1 << wrap_bits - 1) << 1)


def _bits_needed(step: int) -> int:
    return (step if step >= 0 else ~step).bit_length() + 1 if step else 0
