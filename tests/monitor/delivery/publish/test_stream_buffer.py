from hypothesis import given
from hypothesis import strategies as st

from monitor.delivery.publish.stream_buffer import DROP_AFTER_NS, MAX_WAITING, StreamBuffer, Waiting

S = 1_000_000_000


def message(key: str, at_ns: int = 0, payload: bytes = b"") -> Waiting:
    return Waiting(key=key, topic=f"vital/{key}", payload=payload, qos=0, retain=False, at_ns=at_ns)


def test_the_newest_wins_in_the_place_of_the_old() -> None:
    ring = StreamBuffer()
    ring.put(message("hr", payload=b"1"))
    ring.put(message("spo2"))
    ring.put(message("hr", payload=b"2"))
    first = ring.take(now_ns=0)
    assert first is not None
    assert (first.key, first.payload) == ("hr", b"2")
    assert ring.take(now_ns=0) == message("spo2")
    assert (ring.take(now_ns=0), ring.dropped, len(ring)) == (None, 1, 0)


def test_what_is_too_old_is_not_sent() -> None:
    ring = StreamBuffer()
    ring.put(message("old"))
    ring.put(message("young", at_ns=1))
    assert ring.take(now_ns=DROP_AFTER_NS + 1) == message("young", at_ns=1)
    assert ring.dropped == 1


def test_when_it_is_full_what_has_waited_longest_gives_way() -> None:
    ring = StreamBuffer()
    for number in range(MAX_WAITING + 2):
        ring.put(message(str(number)))
    assert (len(ring), ring.dropped) == (MAX_WAITING, 2)
    assert ring.take(now_ns=0) == message("2")


@given(st.lists(st.integers(0, 200), max_size=400))
def test_it_is_bounded_and_counts_what_it_drops(keys: list[int]) -> None:
    ring = StreamBuffer()
    for number, key in enumerate(keys):
        ring.put(message(str(key), payload=str(number).encode()))
        assert len(ring) <= MAX_WAITING
    left = []
    while (taken := ring.take(now_ns=0)) is not None:
        left.append(taken)
    assert ring.dropped + len(left) == len(keys)
    last = {str(key): str(number).encode() for number, key in enumerate(keys)}
    assert all(each.payload == last[each.key] for each in left)
