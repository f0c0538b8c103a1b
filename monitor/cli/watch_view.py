"""The therapist's screen: alerts first, with a number to acknowledge each, then every station's vitals."""

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from monitor.cli.watch_board import MARKS, AlertRow, StationView, WatchBoard, state_of

_STYLES = {"high": "bold white on red", "medium": "bold black on yellow", "low": "black on cyan"}
_SHOWN = (
    ("spo2_percent", "SpO2", "%"),
    ("heart_rate_per_min", "heart rate", "/min"),
    ("pulse_rate_per_min", "pulse", "/min"),
    ("systolic_mmhg", "systolic", "mmHg"),
    ("diastolic_mmhg", "diastolic", "mmHg"),
)


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
        value = view.latest.values.get(code)
        number = "--" if value is None or value.value is None else f"{value.value:.0f}"
        style = "bold" if value is not None and value.q == "good" else "yellow"
        line.append(f"{name} ")
        line.append(number, style=style)
        line.append(f" {unit}   ")
    latest = view.latest
    where = f"phase: {latest.phase}"
    if latest.set_number:
        where += f"   {latest.exercise or ''}: set {latest.set_number}, repetition {latest.repetitions or 0}"
    return Panel(Group(line, Text(where, style="dim")), title=view.station, border_style="dim")
