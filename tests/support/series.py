"""Time series in a line of text, after the notation of Prometheus rule tests.

    98x10        ten samples of 98
    88+0.5x4     88, 88.5, 89, 89.5        (88-1x3: 88, 87, 86)
    88?x3        questionable samples      (88!x3: poor ones)
    _x5          five periods without any sample
    stale        thirty seconds without any sample

Samples are a period apart (1 s unless told otherwise); a series ends where its last sample or gap ends.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.samples import Quality

NS_PER_S = 1_000_000_000
STALE_PERIODS_S = 30.0
PATTERN = re.compile(r"(?P<value>-?\d+(\.\d+)?)(?P<step>[+-]\d+(\.\d+)?)?(?P<mark>[?!])?(x(?P<count>\d+))?")
GAP = re.compile(r"_(x(?P<count>\d+))?")
QUALITIES = {None: Quality.GOOD, "?": Quality.QUESTIONABLE, "!": Quality.POOR}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One sample of the series."""

    t_ns: int
    value: float
    quality: Quality


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The points, and when the series is over."""

    points: tuple[Point, ...]
    end_ns: int

    def __iter__(self) -> Iterator[Point]:
        return iter(self.points)


def series(text: str, *, start_s: float = 0.0, period_s: float = 1.0) -> Series:
    """Read the notation; ValueError names the word that is none."""
    t_ns, period_ns = round(start_s * NS_PER_S), round(period_s * NS_PER_S)
    points: list[Point] = []
    for word in text.split():
        if word == "stale":
            t_ns += round(STALE_PERIODS_S * NS_PER_S)
        elif gap := GAP.fullmatch(word):
            t_ns += int(gap["count"] or 1) * period_ns
        elif match := PATTERN.fullmatch(word):
            value, step = float(match["value"]), float(match["step"] or 0)
            for _ in range(int(match["count"] or 1)):
                points.append(Point(t_ns=t_ns, value=value, quality=QUALITIES[match["mark"]]))
                value += step
                t_ns += period_ns
        else:
            raise ValueError(f"{word!r} is no word of a series")
    return Series(points=tuple(points), end_ns=t_ns)
