import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.clock import (
    UTC_STEP_NS,
    anchor_now,
    anchors,
    has_stepped,
    iso_utc,
    now_ns,
    utc_following,
    utc_ns_at,
    utc_text,
)
from monitor.inputs import ClockAnchor
from tests.support.virtual_time import in_virtual_time

S = 1_000_000_000
ANCHOR = ClockAnchor(received_ns=100 * S, utc_ns=1_795_316_400 * S)  # 2026-11-22T03:00:00Z


@pytest.mark.parametrize(
    ("t_ns", "text"),
    [
        (100 * S, "2026-11-22T03:00:00.000Z"),
        (100 * S + 123_999_999, "2026-11-22T03:00:00.123Z"),
        (99 * S + 1, "2026-11-22T02:59:59.000Z"),
        (40 * S, "2026-11-22T02:59:00.000Z"),
        (3700 * S, "2026-11-22T04:00:00.000Z"),
    ],
)
def test_an_instant_as_text(t_ns: int, text: str) -> None:
    assert utc_text(t_ns, ANCHOR) == text


def test_the_epoch_and_before() -> None:
    assert iso_utc(0) == "1970-01-01T00:00:00.000Z"
    assert iso_utc(-1) == "1969-12-31T23:59:59.999Z"


@given(st.integers(0, 10**15), st.integers(0, 10**15))
def test_texts_keep_the_order_of_instants(one: int, other: int) -> None:
    assert (one <= other) <= (utc_text(one, ANCHOR) <= utc_text(other, ANCHOR))


@given(st.integers(-(10**17), 10**17))
def test_mapping_is_exact(t_ns: int) -> None:
    assert utc_ns_at(t_ns, ANCHOR) - ANCHOR.utc_ns == t_ns - ANCHOR.received_ns


@in_virtual_time
async def test_now_is_the_loops_time() -> None:
    before = now_ns()
    await asyncio.sleep(1.5)
    assert now_ns() - before == pytest.approx(1.5 * S, abs=2)


def test_without_a_loop_there_is_no_now() -> None:
    with pytest.raises(RuntimeError):
        now_ns()


def test_the_closest_pair_of_readings_is_taken() -> None:
    monotonic = iter([0, 50, 100, 102, 200, 290, 300, 330, 400, 420])
    utc: Iterator[int] = iter([1000, 2000, 3000, 4000, 5000])
    anchor = anchor_now(monotonic_ns=lambda: next(monotonic), utc_ns=lambda: next(utc))
    assert anchor == ClockAnchor(received_ns=101, utc_ns=2000)


@pytest.mark.parametrize(
    ("moved_ns", "stepped"), [(0, False), (UTC_STEP_NS, False), (UTC_STEP_NS + 1, True), (-2 * S, True)]
)
def test_a_step_is_utc_moving_against_the_monotonic_clock(moved_ns: int, stepped: bool) -> None:
    later = ClockAnchor(received_ns=ANCHOR.received_ns + 7 * S, utc_ns=ANCHOR.utc_ns + 7 * S + moved_ns)
    assert has_stepped(ANCHOR, later) is stepped


@in_virtual_time
async def test_anchors_come_at_once_and_when_utc_steps() -> None:
    step_ns = 0
    following = utc_following(now_ns, start_utc_ns=ANCHOR.utc_ns)
    stream = anchors(utc_ns=lambda: following() + step_ns)
    first = await anext(stream)
    assert utc_ns_at(now_ns(), first) == ANCHOR.utc_ns
    started = now_ns()

    async def step_later() -> None:
        nonlocal step_ns
        await asyncio.sleep(9.5)
        step_ns = -3 * S

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(step_later())
        second = await anext(stream)
    assert 9.5 * S < now_ns() - started <= 10.6 * S
    assert utc_ns_at(now_ns(), second) - utc_ns_at(now_ns(), first) == -3 * S
    await stream.aclose()
