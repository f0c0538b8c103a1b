import re

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from monitor.delivery.publish.message_id import ulid
from protocols.mqtt.fields import Id

times = st.integers(0, 2**48 - 1)


def test_the_time_is_coded_as_ulids_are() -> None:
    # The example of the ULID specification: 01ARZ3NDEKTSV4RRFFQ69G5FAV is 1469922850259 ms.
    assert ulid(1469922850259, "x").startswith("01ARZ3NDEK")
    assert ulid(2**48 - 1, "x").startswith("7ZZZZZZZZZ")
    assert ulid(-5, "x").startswith("0000000000")


@given(times, times, st.text(), st.integers())
def test_it_is_an_id_of_the_wire_and_sorts_by_time(one: int, other: int, session: str, seq: int) -> None:
    first, second = ulid(one, session, seq), ulid(other, session, seq)
    assert TypeAdapter(Id).validate_python(first) == first
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", first)
    assert (one < other) <= (first < second)
    assert ulid(one, session, seq) == first


def test_the_same_is_the_same_and_another_is_another() -> None:
    assert (
        len({ulid(1, "s", boot, kind, seq) for boot in (1, 2) for kind in "ab" for seq in range(50)}) == 200
    )
    assert ulid(1, "ab", "c") != ulid(1, "a", "bc")
