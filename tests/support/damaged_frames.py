"""Frames as a bad radio, a bad device or a bad person makes them: for the fuzz runs."""

from collections.abc import Callable, Sequence
from random import Random

from protocols.ble.codec.errors import Damage, DecodeError


def damaged(source: Random, corpus: Sequence[bytes]) -> bytes:
    """A frame of the corpus with one to three damages, or sometimes unharmed."""
    frame = bytearray(corpus[source.randrange(len(corpus))])
    for _ in range(source.randrange(4)):
        choice = source.randrange(8)
        at = source.randrange(len(frame) + 1)
        if choice == 0 and frame:
            frame[at % len(frame)] ^= 1 << source.randrange(8)
        elif choice == 1 and frame:
            frame[at % len(frame)] = source.randrange(256)
        elif choice == 2:
            del frame[at:]
        elif choice == 3:
            frame[at:at] = source.randbytes(source.randrange(1, 6))
        elif choice == 4:
            del frame[at : at + source.randrange(1, 4)]
        elif choice == 5:
            other = corpus[source.randrange(len(corpus))]
            frame[at:] = other[source.randrange(len(other) + 1) :]
        elif choice == 6:
            frame += source.randbytes(source.randrange(1, 24))
        elif frame:
            frame[at % len(frame)] = source.choice((0x00, 0x7F, 0x80, 0xFF))
    return bytes(frame)


def sealed(decode: Callable[[bytes], object], frame: bytes) -> bytes:
    """The frame with the checksum that its decoder asks for, so that what is under it is looked at."""
    try:
        decode(frame)
    except DecodeError as error:
        if error.damage is Damage.CHECKSUM:
            right = bytes.fromhex(error.expected.partition(",")[0])
            return frame[: error.offset] + right + frame[error.offset + len(right) :]
    return frame
