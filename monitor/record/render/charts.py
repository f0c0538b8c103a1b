"""The report's two drawings: trends over the session with alerts as bands, and every repetition's range."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.record.facts import AlertFacts, RepetitionFacts, Series, SessionFacts
from monitor.record.render import svg
from monitor.record.render.svg import Scale
from monitor.record.render.wording import minutes, number, plain

WIDTH = 1000.0
LEFT, RIGHT = 92.0, 118.0
PRIORITY_COLOURS = {"high": svg.VERMILION, "medium": svg.ORANGE, "low": svg.SKY}
PHASE_COLOURS = {
    "before": "#e9edf2",
    "calibration": "#d8dfe8",
    "exercise": "#b9d9ea",
    "rest": "#e4f1f7",
    "recovery": "#d5ecdf",
    "ended": "#e9edf2",
}


@dataclass(frozen=True, slots=True)
class _Line:
    code: str
    colour: str
    dash: str
    label: str


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    unit: str
    lines: tuple[_Line, ...]
    height: float
    # (limit's name, what it is called): drawn where the limit is set.
    limits: tuple[tuple[str, str], ...]
    # What the axis shows at least.
    at_least: tuple[float, float]


PANELS = (
    _Panel(
        "SpO₂",
        "%",
        (_Line("spo2_percent", svg.BLUE, "", "oximeter"),),
        96,
        (("spo2_low_percent", "low"),),
        (88, 100),
    ),
    _Panel(
        "Heart rate",
        "/min",
        (
            _Line("heart_rate_per_min", svg.VERMILION, "", "strap"),
            _Line("pulse_rate_per_min", svg.PURPLE, "4 3", "oximeter"),
        ),
        110,
        (("heart_rate_upper_per_min", "upper"),),
        (60, 110),
    ),
    _Panel("Joint angle", "°", (_Line("joint_angle_deg", svg.GREEN, "", "joint"),), 100, (), (0, 90)),
)
GAP, TOP, PRESSURE_HEIGHT, LANE = 26.0, 40.0, 84.0, 15.0


def trends(facts: SessionFacts) -> str:
    """Vital signs, pressures and the joint's angle over the session, with phases above and alerts below."""
    x = Scale(0.0, max(facts.duration_s, 1.0), LEFT, WIDTH - RIGHT)
    body, y = [], TOP
    panels = [panel for panel in PANELS if _curves(facts, panel)]
    for panel in panels:
        body += _panel(facts, panel, x, y)
        y += panel.height + GAP
    readings = [one for one in facts.pressures if one.systolic_mmhg and one.diastolic_mmhg]
    if readings:
        body += _pressures(facts, x, y)
        y += PRESSURE_HEIGHT + GAP
    lanes = _lanes(facts.alerts)
    alerts_top = y - 6
    for alert, lane in lanes:
        body += _band(facts, alert, x, alerts_top + lane * LANE)
    bottom = alerts_top + (max((lane for _, lane in lanes), default=-1) + 1) * LANE + 6
    if lanes:
        body.append(svg.text(6, alerts_top + 11, "Alerts", fill=svg.INK, weight=600, size=11.5))
        body.append(svg.text(6, alerts_top + 24, "| acknowledged", size=9.5))
    frame = _phases(facts, x, TOP - 8, bottom)
    axis = _time_axis(facts, x, bottom)
    return svg.drawing(
        WIDTH, bottom + 30, "Vital signs, joint angle and alerts over the session", [*frame, *body, *axis]
    )


def _curves(facts: SessionFacts, panel: _Panel) -> list[tuple[_Line, Series]]:
    return [
        (line, series)
        for line in panel.lines
        for series in facts.series
        if series.code == line.code and any(value is not None for value in series.values)
    ]


def _panel(facts: SessionFacts, panel: _Panel, x: Scale, top: float) -> list[str]:
    curves = _curves(facts, panel)
    values = [value for _, series in curves for value in series.values if value is not None]
    limits = {limit.name: limit.value for limit in facts.limits}
    low, high = min([*values, panel.at_least[0]]), max([*values, panel.at_least[1]])
    # A limit far outside what was measured would flatten the curve: it is then only written down.
    drawn = [
        (limits[name], words)
        for name, words in panel.limits
        if name in limits and low - 10 <= limits[name] <= high + 30
    ]
    low, high = min([low, *(limit for limit, _ in drawn)]), max([high, *(limit for limit, _ in drawn)])
    margin = (high - low) * 0.06
    y = Scale(low - margin, high + margin, top + panel.height, top)
    parts = _grid(y, svg.ticks(low, high, 4))
    parts += _title(panel.title, panel.unit, top)
    for limit, words in drawn:
        parts.append(svg.line(LEFT, y(limit), WIDTH - RIGHT, y(limit), svg.INK, dash="5 4"))
        label = f"limit {words} {number(limit)}"
        parts.append(svg.text(WIDTH - RIGHT + 8, y(limit) + 4, label, size=10.5, fill=svg.INK))
    for place, (line, series) in enumerate(curves):
        points = svg.decimated(list(zip(series.t_s, series.values, strict=True)))
        width = 1.2 if line.code == "joint_angle_deg" else 1.8
        parts.append(svg.path(svg.line_path(points, x, y), line.colour, width=width, dash=line.dash))
        label_y = top + 12 + place * 14
        parts.append(
            svg.line(
                WIDTH - RIGHT + 8,
                label_y - 4,
                WIDTH - RIGHT + 26,
                label_y - 4,
                line.colour,
                width=2,
                dash=line.dash,
            )
        )
        parts.append(svg.text(WIDTH - RIGHT + 31, label_y, plain(series.source)[:14], size=10.5))
    return parts


def _title(title: str, unit: str, top: float) -> list[str]:
    return [
        svg.text(6, top + 12, title, fill=svg.INK, weight=600, size=11.5),
        svg.text(6, top + 26, unit, size=10.5),
    ]


def _grid(y: Scale, values: Sequence[float]) -> list[str]:
    parts = []
    for value in values:
        parts.append(svg.line(LEFT, y(value), WIDTH - RIGHT, y(value), svg.RULE, width=0.7))
        parts.append(svg.text(LEFT - 6, y(value) + 4, number(value), anchor="end", size=10.5))
    return parts


def _pressures(facts: SessionFacts, x: Scale, top: float) -> list[str]:
    values = [
        value
        for one in facts.pressures
        for value in (one.systolic_mmhg, one.diastolic_mmhg)
        if value is not None
    ]
    low, high = min([*values, 60.0]), max([*values, 160.0])
    y = Scale(low - 8, high + 8, top + PRESSURE_HEIGHT, top)
    parts = _grid(y, svg.ticks(low, high, 4)) + _title("Cuff", "mmHg", top)
    for one in facts.pressures:
        if one.systolic_mmhg is None or one.diastolic_mmhg is None:
            continue
        at = x(one.t_s)
        parts.append(svg.line(at, y(one.systolic_mmhg), at, y(one.diastolic_mmhg), svg.INK, width=2))
        for value in (one.systolic_mmhg, one.diastolic_mmhg):
            parts.append(svg.line(at - 6, y(value), at + 6, y(value), svg.INK, width=2))
        doubt = "" if one.quality == "good" else " ?"
        words = f"{number(one.systolic_mmhg)}/{number(one.diastolic_mmhg)}{doubt}"
        before = at > WIDTH - RIGHT - 70
        parts.append(
            svg.text(
                at - 10 if before else at + 10,
                y((one.systolic_mmhg + one.diastolic_mmhg) / 2) + 4,
                words,
                fill=svg.INK,
                size=11,
                anchor="end" if before else "start",
            )
        )
    return parts


def _lanes(alerts: Sequence[AlertFacts]) -> list[tuple[AlertFacts, int]]:
    """Each alert's lane: its rule's first free one, so that bands of one time do not cover each other."""
    free_from: list[float] = []
    placed = []
    for alert in sorted(alerts, key=lambda one: one.fired_s):
        end = float("inf") if alert.resolved_s is None else alert.resolved_s
        lane = next((place for place, free in enumerate(free_from) if free < alert.fired_s - 1), None)
        if lane is None:
            if len(free_from) >= 12:
                lane = len(free_from) - 1
            else:
                lane = len(free_from)
                free_from.append(0.0)
        # The label needs room behind the band as well.
        free_from[lane] = max(end, alert.fired_s) + 45.0
        placed.append((alert, lane))
    return placed


def _band(facts: SessionFacts, alert: AlertFacts, x: Scale, top: float) -> list[str]:
    end_s = facts.duration_s if alert.resolved_s is None else min(alert.resolved_s, facts.duration_s)
    begin, end = x(min(alert.fired_s, facts.duration_s)), x(end_s)
    colour = PRIORITY_COLOURS[alert.priority]
    parts = [svg.rect(begin, top + 2, max(3.0, end - begin), LANE - 5, colour, rx=2)]
    words = f"{alert.fact_id} {plain(alert.condition)}"
    if alert.acknowledged_s is not None:
        at = x(min(alert.acknowledged_s, facts.duration_s))
        parts.append(svg.line(at, top, at, top + LANE - 1, svg.INK, width=1.5))
    room_behind = WIDTH - end > 6.1 * len(words) + 14
    if room_behind:
        parts.append(svg.text(end + 6, top + 10.5, words, size=10, fill=svg.INK))
    else:
        parts.append(svg.text(begin - 6, top + 10.5, words, size=10, fill=svg.INK, anchor="end"))
    return parts


def _phases(facts: SessionFacts, x: Scale, top: float, bottom: float) -> list[str]:
    parts = []
    for phase in facts.phases:
        if phase.from_s >= facts.duration_s:
            continue
        begin, end = x(phase.from_s), x(min(phase.to_s, facts.duration_s))
        colour = PHASE_COLOURS.get(phase.phase, svg.PALE)
        parts.append(svg.rect(begin, top - 18, end - begin, 17, colour))
        if phase.phase == "exercise":
            parts.append(svg.rect(begin, top, end - begin, bottom - top, colour, opacity=0.22))
        if end - begin > 7.0 * len(phase.phase):
            parts.append(
                svg.text((begin + end) / 2, top - 6, phase.phase, size=10, anchor="middle", fill=svg.INK)
            )
    return parts


def _time_axis(facts: SessionFacts, x: Scale, y: float) -> list[str]:
    parts = [svg.line(LEFT, y, WIDTH - RIGHT, y, svg.SOFT)]
    total_min = facts.duration_s / 60.0
    for minute in svg.ticks(0.0, total_min, 12):
        at = x(minute * 60.0)
        parts.append(svg.line(at, y, at, y + 4, svg.SOFT))
        parts.append(svg.text(at, y + 16, minutes(minute * 60.0), anchor="middle", size=10.5))
    parts.append(svg.text(WIDTH - RIGHT + 8, y + 16, "min:s", size=10.5))
    return parts


def repetitions(facts: SessionFacts) -> str:
    """Every repetition's range with its error, set by set, and the plan's band behind them."""
    height, top, bottom = 210.0, 22.0, 168.0
    done = facts.repetitions
    if not done:
        return ""
    highest = max(one.range_deg + (one.range_error_deg or 0.0) for one in done)
    bands = [one.range_goal_deg for one in facts.exercises if one.range_goal_deg]
    high = max([highest, *(band[1] for band in bands)])
    lowest = min([one.range_deg - (one.range_error_deg or 0.0) for one in done] + [band[0] for band in bands])
    low = 0.0 if lowest < high * 0.45 else max(0.0, lowest - (high - lowest) * 0.3)
    y = Scale(low, high * 1.03, bottom, top)
    groups = _groups(facts)
    slots = len(done) + len(groups)
    step = (WIDTH - LEFT - 16) / max(slots, 1)

    parts = [svg.text(6, top + 8, "Range", fill=svg.INK, weight=600, size=11.5)]
    parts += [svg.text(6, top + 22, "°", size=10.5)]
    for value in svg.ticks(low, high, 5):
        parts.append(svg.line(LEFT, y(value), WIDTH - 8, y(value), svg.RULE, width=0.7))
        parts.append(svg.text(LEFT - 6, y(value) + 4, number(value), anchor="end", size=10.5))
    slot = 0.5
    for (exercise, number_of_set), group in groups:
        begin = LEFT + slot * step
        width = len(group) * step
        prescribed = facts.exercise(exercise)
        if prescribed is not None and prescribed.range_goal_deg is not None:
            band_low, band_high = prescribed.range_goal_deg
            parts.append(
                svg.rect(
                    begin - step * 0.4,
                    y(band_high),
                    width + step * 0.3,
                    y(band_low) - y(band_high),
                    svg.GREEN,
                    opacity=0.1,
                )
            )
        for place, one in enumerate(group):
            at = begin + (place + 0.35) * step
            if one.range_error_deg is not None:
                upper, lower = (
                    y(one.range_deg + one.range_error_deg),
                    y(max(low, one.range_deg - one.range_error_deg)),
                )
                parts.append(svg.line(at, upper, at, lower, svg.SOFT, width=1.3))
                tick = min(3.0, step * 0.25)
                parts.append(svg.line(at - tick, upper, at + tick, upper, svg.SOFT, width=1.3))
                parts.append(svg.line(at - tick, lower, at + tick, lower, svg.SOFT, width=1.3))
            is_whole = not {"partial", "interrupted"} & set(one.flags)
            parts.append(
                svg.circle(
                    at,
                    y(one.range_deg),
                    min(3.6, step * 0.4),
                    svg.BLUE if is_whole else "#ffffff",
                    stroke=svg.BLUE,
                )
            )
        words = f"{plain(exercise)}, set {number_of_set}" if width > 130 else f"set {number_of_set}"
        parts.append(
            svg.text(begin + width / 2 - step * 0.2, bottom + 16, words, anchor="middle", fill=svg.INK)
        )
        slot += len(group) + 1
    parts.append(svg.circle(LEFT + 6, bottom + 33, 3.6, svg.BLUE, stroke=svg.BLUE))
    parts.append(svg.text(LEFT + 15, bottom + 37, "whole repetition, ± 1 SD", size=10.5))
    parts.append(svg.circle(LEFT + 180, bottom + 33, 3.6, "#ffffff", stroke=svg.BLUE))
    parts.append(svg.text(LEFT + 189, bottom + 37, "partial, or not seen whole", size=10.5))
    if bands:
        parts.append(svg.rect(LEFT + 352, bottom + 28, 14, 10, svg.GREEN, opacity=0.2))
        parts.append(svg.text(LEFT + 371, bottom + 37, "the plan's range", size=10.5))
    return svg.drawing(WIDTH, height, "Range of motion of every repetition with its error", parts)


def _groups(facts: SessionFacts) -> list[tuple[tuple[str, int], list[RepetitionFacts]]]:
    groups: dict[tuple[str, int], list[RepetitionFacts]] = {}
    for one in facts.repetitions:
        groups.setdefault((one.exercise, one.set_number), []).append(one)
    return list(groups.items())
