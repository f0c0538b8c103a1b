"""Is a run of repetitions a set that has begun, or a movement that happens to repeat?"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from monitor.exercise.repetitions import Repetition

# Repetitions of a set differ by less; what is handled or strapped on differs by more.
LEAST_SHARE, GREATEST_SHARE = 0.5, 1.6
LONGEST_PAUSE_NS = 5_000_000_000


def is_series(repetitions: Sequence[Repetition], *, least: int) -> bool:
    """Whether at least `least` whole repetitions of about the same range follow each other closely."""
    if len(repetitions) < least:
        return False
    usual_deg = median(one.rom_deg for one in repetitions)
    alike = all(
        one.full and not one.interrupted and LEAST_SHARE <= one.rom_deg / usual_deg <= GREATEST_SHARE
        for one in repetitions
    )
    pauses = (after.start_ns - before.end_ns for before, after in pairwise(repetitions))
    return alike and all(pause <= LONGEST_PAUSE_NS for pause in pauses)
