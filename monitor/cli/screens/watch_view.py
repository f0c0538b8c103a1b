"""The therapist's screen: alerts first, with a number to acknowledge each, then every station's vitals."""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from monitor.cli.screens.watch_board import MARKS, AlertRow, StationView, WatchBoard, state_of
from protocols.mqtt.messages import LatestValue

_STYLES = {"high": "bold white on red", "medium": "bold black on yellow", "low": "black on cyan"}
_SHOWN = (
    ("spo2_percent", "SpO2", "%"),
    ("heart_rate_per_min", "heart rate", "/min"),
    ("pulse_rate_per_min", "pulse", "/min"),
    ("systolic_mmhg", "systolic", "mmHg"),
    ("diastolic_mmhg", "diastolic", "mmHg"),
)

# Older than this a value carries its age: a cuff's reading of ten minutes ago must not look like one of now.
AGE_SHOWN_AFTER_S = 10.0


def render(board: WatchBoard, *, hint: str) -> RenderableType:
    """The whole screen."""
    parts: list[RenderableType] = []
    if board.connection:
        words = f" This screen hears nothing: {board.connection} "
        parts.append(Text(words, style="bold white on red"))
    parts.append(_alerts(board.rows()))
    parts += [_station(board.stations[name]) for name in sorted(board.stations)]
    parts.append(Text(hint, style="dim"))
    return Group(*parts)


def _alerts(rows: list[AlertRow]) -> RenderableType:
    if not rows:
        return Panel(Text("no active alert", style="dim"), title="alerts", border_style="dim")
    table = Table.grid(padding=(0, 1), expand=True)
    for row in rows:
        message = row.message
        table.add_row(
            Text("" if row.number is None else str(row.number), style="bold"),
            Text(f" {MARKS[message.priority]} ", style=_STYLES[message.priority]),
            row.session.station,
            Text(message.message, style="bold"),
            message.advice,
            state_of(message),
        )
    return Panel(table, title="alerts", border_style="bold")


def _station(view: StationView) -> RenderableType:
    if view.problem or view.latest is None:
        # Old numbers beside a warning would still be read: there are none.
        text = Text(view.problem or "waiting for values", style="bold yellow")
        return Panel(text, title=view.station, border_style="yellow")
    line = Text()
    for code, name, unit in _SHOWN:
        line.append(f"{name} ")
        line.append_text(_number(view.latest.values.get(code), view.latest.t))
        line.append(f" {unit}{_age(view.latest.values.get(code), view.latest.t)}   ")
    latest = view.latest
    where = f"phase: {latest.phase}"
    if latest.set_number:
        where += f"   {latest.exercise or ''}: set {latest.set_number}, repetition {latest.repetitions or 0}"
    return Panel(Group(line, Text(where, style="dim")), title=view.station, border_style="dim")


def _number(value: LatestValue | None, now: str) -> Text:
    if value is None or value.value is None:
        return Text("--", style="yellow")
    is_current = value.q == "good" and not _age(value, now)
    return Text(f"{value.value:.0f}", style="bold" if is_current else "yellow")


def _age(value: LatestValue | None, now: str) -> str:
    """How old a value was when the station said it, once that matters. Both instants are the station's."""
    if value is None or value.value is None or value.t is None:
        return ""
    age_s = (datetime.fromisoformat(now) - datetime.fromisoformat(value.t)).total_seconds()
    if age_s <= AGE_SHOWN_AFTER_S:
        return ""
    return f" ({age_s:.0f} s ago)" if age_s < 120 else f" ({age_s / 60:.0f} min ago)"
