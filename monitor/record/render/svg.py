"""Enough SVG for charts that print: scales, lines with gaps, decimation. Pure text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

# Okabe and Ito: told apart by people who see colours differently, and in grey by lightness or dash.
BLUE, ORANGE, VERMILION, GREEN, SKY, PURPLE = (
    "#0072B2",
    "#E69F00",
    "#D55E00",
    "#009E73",
    "#56B4E9",
    "#CC79A7",
)
INK, SOFT, RULE, PALE = "#1b2430", "#5a6675", "#d5dbe3", "#f2f5f8"

_FONTS = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif"

# More points than this no printed width can show.
MOST_POINTS = 1200


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from values to positions."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The position of `value`."""
        span = self.high - self.low or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)


def ticks(low: float, high: float, at_most: int) -> list[float]:
    """Round numbers between the two, at most that many."""
    span = high - low
    if span <= 0:
        return [low]
    raw = span / max(1, at_most)
    power = 10.0 ** floor(log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    first = ceil(low / step - 1e-9)
    return [round(index * step, 6) for index in range(first, floor(high / step + 1e-9) + 1)]


def xy(value: float) -> str:
    """A coordinate: a tenth is finer than any printer's dot here."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def decimated(
    points: Sequence[tuple[float, float | None]], at_most: int = MOST_POINTS
) -> list[tuple[float, float | None]]:
    """Lowest and highest of each bucket, gaps kept: no extreme is lost."""
    if len(points) <= at_most:
        return list(points)
    size = ceil(len(points) / (at_most // 3))
    kept: list[tuple[float, float | None]] = []
    for begin in range(0, len(points), size):
        bucket = points[begin : begin + size]
        values = [point for point in bucket if point[1] is not None]
        if values:
            extremes = {min(values, key=_second), max(values, key=_second)}
            kept += sorted(extremes)
        if len(values) < len(bucket):
            kept.append(next(point for point in bucket if point[1] is None))
    return sorted(kept, key=lambda point: point[0])


def _second(point: tuple[float, float | None]) -> float:
    return point[1] or 0.0


def line_path(points: Iterable[tuple[float, float | None]], x: Scale, y: Scale) -> str:
    """The `d` of a path that breaks at gaps; a lone point becomes a dot (a line of no length, round cap)."""
    parts: list[str] = []
    run: list[str] = []
    for t, value in points:
        if value is None:
            parts += _run(run)
            run = []
        else:
            run.append(f"{xy(x(t))} {xy(y(value))}")
    return "".join(parts + _run(run))


def _run(run: list[str]) -> list[str]:
    if not run:
        return []
    return [f"M{run[0]}L{' '.join(run[1:] or run)}"]


def text(
    x: float,
    y: float,
    content: str,
    *,
    size: float = 11,
    fill: str = SOFT,
    anchor: str = "start",
    weight: int = 400,
) -> str:
    """One line of text, escaped."""
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    place = f' text-anchor="{anchor}"' if anchor != "start" else ""
    look = f'font-size="{size:g}" fill="{fill}"{place}{bold}'
    return f'<text x="{xy(x)}" y="{xy(y)}" {look}>{escape(content)}</text>'


def rect(
    x: float, y: float, width: float, height: float, fill: str, *, opacity: float = 1.0, rx: float = 0
) -> str:
    """A filled rectangle."""
    more = (f' fill-opacity="{opacity:g}"' if opacity != 1.0 else "") + (f' rx="{rx:g}"' if rx else "")
    size = f'width="{xy(max(0.5, width))}" height="{xy(height)}"'
    return f'<rect x="{xy(x)}" y="{xy(y)}" {size} fill="{fill}"{more}/>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, *, width: float = 1, dash: str = "") -> str:
    """A straight line."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{xy(x1)}" y1="{xy(y1)}" x2="{xy(x2)}" y2="{xy(y2)}" stroke="{stroke}" '
        f'stroke-width="{width:g}"{dashes}/>'
    )


def path(d: str, stroke: str, *, width: float = 1.6, dash: str = "") -> str:
    """A stroked path; nothing for an empty one."""
    if not d:
        return ""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<path d="{d}" fill="none" stroke="{stroke}" stroke-width="{width:g}" stroke-linejoin="round" '
        f'stroke-linecap="round"{dashes}/>'
    )


def circle(x: float, y: float, radius: float, fill: str, *, stroke: str = "none") -> str:
    """A dot, or a ring with `fill` white."""
    look = f'fill="{fill}" stroke="{stroke}" stroke-width="1.5"'
    return f'<circle cx="{xy(x)}" cy="{xy(y)}" r="{radius:g}" {look}/>'


def drawing(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    """A whole drawing that a screen reader can name."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(title, quote=True)}" font-family="{_FONTS}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
