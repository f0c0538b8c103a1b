"""A full memory is a ring: its slots turned so that the newest is last."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

Item = TypeVar("Item")

# A clock that fell back to its beginning leaves a hole of years behind its first record; between two readings
# of a person who uses the cuff lie days.
UNDATED = datetime(1, 1, 1)  # noqa: DTZ001 - local time without a zone, as devices keep it
CLOCK_RESET_GAP = timedelta(days=300)


def oldest_first(slots: Sequence[Item], *, taken: Callable[[Item], datetime | None]) -> list[Item]:
    """`slots` from the one behind the newest on.

    The newest is in front of the oldest: where dates fall. A clock that was reset makes them fall one slot
    too early: a single record, far older than the next, is then the newest.
    """
    count = len(slots)
    if count < 2:
        return list(slots)
    dates = [taken(slot) for slot in slots]

    def date(place: int) -> datetime:
        return dates[place % count] or UNDATED

    falls = [place for place in range(count) if date(place) > date(place + 1)]
    if not falls:
        return list(slots)
    newest = max(falls, key=lambda place: date(place) - date(place + 1))
    if date(newest + 2) - date(newest + 1) > CLOCK_RESET_GAP and count > 2:
        newest += 1
    first = (newest + 1) % count
    return [*slots[first:], *slots[:first]]
