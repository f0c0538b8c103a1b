"""The service's two clocks: the loop's monotonic one, and UTC anchored to it.

Every instant inside kinewatch is `now_ns()`: the running loop's time, so that a virtual or scaled loop
carries the whole service. UTC appears only where people or other machines read it, through a `ClockAnchor`.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

from monitor.inputs import ClockAnchor

# UTC that moved this much against the monotonic clock has stepped, or has been slewed for so long that
# timestamps would be visibly wrong. An NTP client slews at up to 500 ppm: at worst one anchor in 100 s.
UTC_STEP_NS = 50_000_000

# A preempted process reads its two clocks far apart; of five tries the closest pair is taken.
ANCHOR_TRIES = 5

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_ns() -> int:
    """The running loop's time in nanoseconds, never backwards.

    The loop's time is a float of seconds: exact to better than 2 ns for an uptime below 194 days,
    to 8 ns below 2 years; a radio's stamps are good to about a millisecond.

    Raises:
        RuntimeError: no loop is running.
    """
    return int(asyncio.get_running_loop().time() * 1e9)


def anchor_now(*, monotonic_ns: Callable[[], int], utc_ns: Callable[[], int]) -> ClockAnchor:
    """Read both clocks as close together as this process can."""
    best_gap_ns: int | None = None
    best = ClockAnchor(received_ns=0, utc_ns=0)
    for _ in range(ANCHOR_TRIES):
        before_ns = monotonic_ns()
        utc = utc_ns()
        gap_ns = monotonic_ns() - before_ns
        if best_gap_ns is None or gap_ns < best_gap_ns:
            best_gap_ns = gap_ns
            best = ClockAnchor(received_ns=before_ns + gap_ns // 2, utc_ns=utc)
    return best


def has_stepped(last: ClockAnchor, new: ClockAnchor, *, step_ns: int = UTC_STEP_NS) -> bool:
    """Whether UTC moved against the monotonic clock by more than `step_ns` since `last`."""
    return abs((new.utc_ns - last.utc_ns) - (new.received_ns - last.received_ns)) > step_ns


async def anchors(
    *,
    monotonic_ns: Callable[[], int] = now_ns,
    utc_ns: Callable[[], int] = time.time_ns,
    check_every_s: float = 1.0,
    step_ns: int = UTC_STEP_NS,
) -> AsyncIterator[ClockAnchor]:
    """Yield an anchor at once, and another each time UTC has stepped; for ever.

    A loop that does not run at the wall's pace needs a `utc_ns` that follows it (`utc_following`).
    """
    last = anchor_now(monotonic_ns=monotonic_ns, utc_ns=utc_ns)
    yield last
    while True:
        await asyncio.sleep(check_every_s)
        new = anchor_now(monotonic_ns=monotonic_ns, utc_ns=utc_ns)
        if has_stepped(last, new, step_ns=step_ns):
            last = new
            yield last


def utc_following(monotonic_ns: Callable[[], int], *, start_utc_ns: int) -> Callable[[], int]:
    """A UTC that starts at `start_utc_ns` now and runs with `monotonic_ns`: for accelerated sessions."""
    offset_ns = start_utc_ns - monotonic_ns()
    return lambda: monotonic_ns() + offset_ns


def utc_ns_at(t_ns: int, anchor: ClockAnchor) -> int:
    """The UTC instant (ns since 1970) of the monotonic instant `t_ns`."""
    return anchor.utc_ns + (t_ns - anchor.received_ns)


def utc_text(t_ns: int, anchor: ClockAnchor) -> str:
    """ISO 8601 in UTC with milliseconds (`2026-11-22T03:00:00.123Z`) of the monotonic instant `t_ns`.

    Milliseconds are cut, not rounded: two instants never change their order.
    """
    return iso_utc(utc_ns_at(t_ns, anchor))


def iso_utc(utc_ns: int) -> str:
    """ISO 8601 in UTC with milliseconds of an instant given in ns since 1970."""
    instant = _EPOCH + timedelta(milliseconds=utc_ns // 1_000_000)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"
