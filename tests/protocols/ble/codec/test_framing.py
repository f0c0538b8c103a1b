"""The framer's shape, on a format small enough to see through: 0xA5, a size, content, the sum."""

from hypothesis import given
from hypothesis import strategies as st

from protocols.ble.codec.errors import Damage, DecodeError, wrong_checksum
from protocols.ble.codec.framing import NO_FRAME, UNDECIDED, Framer

LONGEST = 12


class TinyFramer(Framer[bytes]):
    format_name = "tiny"
    longest = LONGEST
    header = "a5"

    def _size(self, buffer: bytearray, at: int) -> int:
        if buffer[at] != 0xA5:
            return NO_FRAME
        return buffer[at + 1] + 3 if at + 1 < len(buffer) else UNDECIDED

    def _decode(self, frame: bytes) -> bytes:
        if frame[-1] != sum(frame[:-1]) & 0xFF:
            raise wrong_checksum("tiny", frame, len(frame) - 1, sum(frame[:-1]) & 0xFF)
        return frame[2:-1]


def tiny(content: bytes) -> bytes:
    body = bytes((0xA5, len(content))) + content
    return body + bytes((sum(body) & 0xFF,))


def damages(items: list[bytes | DecodeError]) -> list[bytes | Damage]:
    return [item.damage if isinstance(item, DecodeError) else item for item in items]


def test_frames_in_one_piece_and_byte_by_byte() -> None:
    stream = tiny(b"one") + tiny(b"") + tiny(b"three")
    assert TinyFramer().feed(stream) == [b"one", b"", b"three"]
    framer = TinyFramer()
    assert [item for byte in stream for item in framer.feed(bytes((byte,)))] == [b"one", b"", b"three"]


def test_garbage_is_one_error_before_the_frame_behind_it() -> None:
    framer = TinyFramer()
    assert framer.feed(b"\x01\x02\x03") == []
    error, frame = framer.feed(tiny(b"x"))
    assert isinstance(error, DecodeError)
    assert (error.hex, error.damage, frame) == ("010203", Damage.HEADER, b"x")
    assert "skipped 3 bytes" in str(error)


def test_long_garbage_is_reported_without_waiting_for_its_end() -> None:
    framer = TinyFramer()
    assert damages(framer.feed(bytes(3 * LONGEST + 1))) == [Damage.HEADER] * 3
    assert framer.pending == 0


def test_a_false_beginning_does_not_swallow_the_frame_behind_it() -> None:
    frame = tiny(b"true")
    assert damages(TinyFramer().feed(b"\xa5\x04" + frame)) == [Damage.CHECKSUM, Damage.HEADER, b"true"]


def test_a_size_beyond_the_longest_is_garbage() -> None:
    assert damages(TinyFramer().feed(b"\xa5\x0a" + tiny(b"x"))) == [Damage.HEADER, b"x"]


def test_between_frames_it_is_idle_while_nothing_is_held_back_or_untold() -> None:
    framer = TinyFramer()
    assert framer.is_idle
    framer.feed(tiny(b"one") + tiny(b"two")[:3])
    assert not framer.is_idle
    framer.feed(tiny(b"two")[3:])
    assert framer.is_idle
    framer.feed(b"\x00")
    assert not framer.is_idle
    framer.feed(tiny(b"three"))
    assert framer.is_idle


def test_a_reset_forgets_the_unfinished_frame_and_the_garbage() -> None:
    framer = TinyFramer()
    framer.feed(b"\x00" + tiny(b"lost")[:4])
    assert framer.pending == 4
    framer.reset()
    assert framer.pending == 0
    assert framer.feed(tiny(b"new")) == [b"new"]


@given(st.lists(st.binary(max_size=9).map(tiny) | st.binary(max_size=6)), st.lists(st.integers(1, 7)))
def test_any_cut_gives_the_same_and_holds_less_than_one_frame(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    whole = TinyFramer().feed(stream)
    framer = TinyFramer()
    found: list[bytes | DecodeError] = []
    at = 0
    for size in [*cuts, len(stream)]:
        found += framer.feed(stream[at : at + size])
        assert framer.pending < LONGEST
        at += size
    assert list(map(str, found)) == list(map(str, whole))


def test_the_end_of_a_stream_leaves_nothing_unsaid() -> None:
    framer = TinyFramer()
    assert framer.feed(b"\x00\x01") == []
    assert damages([*framer.finish()]) == [Damage.HEADER]
    framer.feed(tiny(b"one")[:-1])
    (unfinished,) = framer.finish()
    assert "expected 6 bytes" in str(unfinished)
    framer.feed(b"\xa5")
    (unfinished,) = framer.finish()
    assert "expected 2 bytes" in str(unfinished)
    assert framer.feed(tiny(b"two")) == [b"two"]
