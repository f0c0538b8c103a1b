"""What holds for every framer: any cut gives the same, garbage costs one frame at most, memory is bounded."""

import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.ble import catalog
from protocols.ble.codec.errors import Damage, DecodeError
from protocols.ble.codec.framing import Framer
from tests.support.damaged_frames import damaged
from tests.support.samples import samples

FRAMERS = [framer for family in catalog.FAMILIES for framer in family.framer_classes]
SAMPLES = samples()

by_class = pytest.mark.parametrize("framer", FRAMERS, ids=lambda framer: framer.__name__)


def corpus(framer: type[Framer[Any]]) -> list[bytes]:
    """Frames of the family that this framer takes whole, and in which no other frame seems to begin."""
    family = next(family for family in catalog.FAMILIES if framer in family.framer_classes)
    frames = [message.encode(sample) for message in family.messages for sample in SAMPLES[message.name]]
    whole = [
        frame
        for frame in frames
        if frame and [*map(type, framer().feed(frame))] == [measurement(framer, frame)]
    ]
    return [
        frame for frame in whole if not any(framer().feed(frame[at:] + frame) for at in range(1, len(frame)))
    ] or whole


def measurement(framer: type[Framer[Any]], frame: bytes) -> type | None:
    items = framer().feed(frame)
    return type(items[0]) if items and not isinstance(items[0], DecodeError) else None


def told(items: list[Any]) -> list[str]:
    return [repr(item) if not isinstance(item, DecodeError) else str(item) for item in items]


def fed(framer: type[Framer[Any]], stream: bytes, cuts: list[int]) -> list[str]:
    one = framer()
    items: list[Any] = []
    for start, end in pairwise([0, *sorted(cuts), len(stream)]):
        items += one.feed(stream[start:end])
        assert one.pending < framer.longest
    return told(items)


@by_class
def test_there_are_frames_for_it(framer: type[Framer[Any]]) -> None:
    assert corpus(framer)


@by_class
def test_frames_that_come_together_are_told_apart(framer: type[Framer[Any]]) -> None:
    frames = corpus(framer)
    items = framer().feed(b"".join(frames))
    assert told(items) == [text for frame in frames for text in told(framer().feed(frame))]
    assert not any(isinstance(item, DecodeError) for item in items)


@by_class
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_cut_gives_the_same_result(framer: type[Framer[Any]], data: st.DataObject) -> None:
    piece = st.sampled_from(corpus(framer)) | st.binary(max_size=30)
    stream = b"".join(data.draw(st.lists(piece, max_size=6)))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    assert fed(framer, stream, cuts) == fed(framer, stream, [])


@by_class
def test_byte_by_byte_is_the_same_as_all_at_once(framer: type[Framer[Any]]) -> None:
    source = random.Random(framer.__name__)
    frames = corpus(framer)
    stream = b"".join(damaged(source, frames) for _ in range(40))
    assert fed(framer, stream, list(range(len(stream)))) == fed(framer, stream, [])


@by_class
@settings(max_examples=20, deadline=None)
@given(garbage=st.binary(min_size=1, max_size=200))
def test_after_garbage_no_more_than_one_frame_is_lost(framer: type[Framer[Any]], garbage: bytes) -> None:
    """A false beginning may claim up to the longest frame; what begins behind that is found."""
    frame = min(corpus(framer), key=len)
    following = framer.longest // len(frame) + 2
    items = framer().feed(garbage + frame * following)
    (expected,) = told(framer().feed(frame))
    assert told(items)[-1] == expected


@by_class
def test_garbage_is_reported_with_what_was_skipped(framer: type[Framer[Any]]) -> None:
    frame = corpus(framer)[0]
    garbage = b"\x00\x01\x02"
    error, found = framer().feed(garbage + frame)
    assert isinstance(error, DecodeError)
    assert error.damage is Damage.HEADER
    assert error.hex == garbage.hex()
    assert "skipped 3 bytes" in str(error)
    assert told([found]) == told(framer().feed(frame))


@by_class
def test_endless_garbage_is_reported_and_not_kept(framer: type[Framer[Any]]) -> None:
    one = framer()
    errors = [item for _ in range(40) for item in one.feed(b"\x00" * 1000)]
    assert len(errors) == 40_000 // framer.longest
    assert one.pending == 0


@by_class
def test_memory_is_bounded_whatever_comes(framer: type[Framer[Any]]) -> None:
    one = framer()
    source = random.Random(1)
    for _ in range(200):
        one.feed(source.randbytes(300))
        assert one.pending < framer.longest


@by_class
def test_reset_forgets_the_half_of_a_frame(framer: type[Framer[Any]]) -> None:
    frame = corpus(framer)[0]
    one = framer()
    assert one.feed(b"\x00" + frame[:-1]) == []
    one.reset()
    assert told(one.feed(frame)) == told(framer().feed(frame))


@by_class
def test_what_is_left_at_the_end_is_an_error(framer: type[Framer[Any]]) -> None:
    frame = corpus(framer)[0]
    one = framer()
    assert one.finish() == []
    one.feed(frame + frame[:-1])
    held = one.pending
    assert held
    (unfinished,) = one.finish()
    assert unfinished.damage is Damage.TOO_SHORT
    assert unfinished.offset == held
    assert one.finish() == []
