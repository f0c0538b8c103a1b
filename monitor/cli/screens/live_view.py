"""The session on one screen, for a glance: vitals with quality and age, movement, alerts, devices."""

from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from devices.frames import LinkState
from monitor.alerts.transition import AlertState, Priority
from monitor.cli.demo.narration import PRIORITY_MARKS, VITAL_NAMES, clock_text
from monitor.cli.screens.board import SHOWN_IF_THERE, SHOWN_VITALS, AlertLine, Board
from monitor.outputs import DeviceStatus, VitalUpdate
from monitor.samples import DECIMALS, EPISODIC_ROLES, UNITS, Code, Quality

# Four a second: a glance sees no lag, and drawing stays cheap.
REFRESH_PER_S = 4

# A value that is older than this is shown grey with its age, however good it was. A cuff's reading is an
# event, not a stream: it says how old it is, and is never "stale".
STALE_AFTER_S = 5.0
_EVENTS = {Code.SYSTOLIC_MMHG, Code.DIASTOLIC_MMHG}

# A joint's angle comes ten times a second; one that has not come for this long stands still.
ANGLE_STALE_AFTER_S = 1.0

_PRIORITY_STYLES = {
    Priority.HIGH: "bold white on red",
    Priority.MEDIUM: "bold black on yellow",
    Priority.LOW: "black on cyan",
}
_QUALITY_STYLES = {
    Quality.GOOD: "bold",
    Quality.QUESTIONABLE: "yellow",
    Quality.POOR: "yellow",
    Quality.MISSING: "dim",
}
_CALM_LINKS = frozenset({"live", "awaits a reading"})
_STATE_WORDS = {
    AlertState.FIRING: "now",
    AlertState.ACKNOWLEDGED: "acknowledged",
    AlertState.PAUSED: "paused",
    AlertState.LATCHED: "over, not acknowledged",
}


class LiveView:
    """A context manager that owns the terminal; `draw` shows the board."""

    def __init__(self, board: Board, console: Console) -> None:
        self._board = board
        self._live = Live(
            console=console, auto_refresh=False, transient=False, redirect_stdout=False, redirect_stderr=False
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.draw()
        self._live.stop()

    def draw(self) -> None:
        """Show the board as it is now."""
        self._live.update(render(self._board), refresh=True)


def render(board: Board) -> RenderableType:
    """The whole screen."""
    top = Table.grid(expand=True, padding=(0, 1))
    top.add_column(ratio=3)
    top.add_column(ratio=2)
    top.add_row(_vitals(board), _movement(board))
    parts: list[RenderableType] = [_headline(board), top, _alerts(board), _devices(board), _log(board)]
    if board.local_alarm:
        parts.insert(1, Text(f" {board.local_alarm} ", style="bold white on red"))
    return Group(*parts)


def _headline(board: Board) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column()
    line.add_column(justify="right")
    line.add_row(
        Text.assemble((board.title, "bold"), f"   phase: {board.phase}"),
        Text.assemble(f"{board.delivery}   ", (clock_text(board.now_ns, board.start_ns), "bold")),
    )
    return line


def _vitals(board: Board) -> RenderableType:
    table = Table(box=None, expand=True, padding=(0, 1))
    for column, justify in (
        ("", "left"),
        ("value", "right"),
        ("", "left"),
        ("quality", "left"),
        ("age", "right"),
    ):
        table.add_column(column, justify="right" if justify == "right" else "left")
    for code in (*SHOWN_VITALS, *(code for code in SHOWN_IF_THERE if code in board.vitals)):
        table.add_row(*_vital_row(board, code, board.vitals.get(code)))
    return Panel(table, title="vital signs", border_style="dim")


def _vital_row(board: Board, code: Code, vital: VitalUpdate | None) -> tuple[Text | str, ...]:
    name, unit = VITAL_NAMES[code], UNITS[code]
    if vital is None:
        return name, Text("--", style="dim"), unit, Text("none yet", style="dim"), ""
    age_s = board.vital_age_s(vital)
    is_stale = code not in _EVENTS and age_s > STALE_AFTER_S
    if vital.value is None or is_stale:
        word = "stale" if is_stale else str(vital.quality)
        return name, Text("--", style="dim"), unit, Text(word, style="bold yellow"), f"{age_s:.0f} s"
    style = _QUALITY_STYLES[vital.quality]
    remarks = f" ({', '.join(vital.flags)})" if vital.flags else ""
    return (
        name,
        Text(f"{vital.value:.{DECIMALS.get(code, 0)}f}", style=style),
        unit,
        Text(f"{vital.quality}{remarks}"),
        f"{age_s:.0f} s",
    )


def _movement(board: Board) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    angle = board.angle
    if angle is None or angle.angle_deg is None:
        table.add_row("joint angle", Text("--", style="dim"))
    elif board.now_ns - angle.t_ns > ANGLE_STALE_AFTER_S * 1e9:
        table.add_row("joint angle", Text("-- stale", style="bold yellow"))
    else:
        table.add_row("joint angle", Text(f"{angle.angle_deg:.0f} deg", style=_QUALITY_STYLES[angle.quality]))
    if board.set_number:
        table.add_row("exercise", board.exercise.replace("_", " "))
        table.add_row("set", Text(str(board.set_number), style="bold"))
        table.add_row("repetition", Text(f"{board.repetition} of {board.repetition_target}", style="bold"))
    if board.last_range_deg is not None:
        table.add_row("last range", f"{board.last_range_deg:.0f} deg")
    elif board.calibration:
        table.add_row("calibration", board.calibration)
    return Panel(table, title="movement", border_style="dim")


def _alerts(board: Board) -> RenderableType:
    present = board.present_alerts()
    if not present:
        # No green "all clear": no alert is not the same as no trouble.
        return Panel(Text("no active alert", style="dim"), title="alerts", border_style="dim")
    table = Table.grid(padding=(0, 1), expand=True)
    for line in present:
        table.add_row(*_alert_row(line))
    return Panel(table, title="alerts", border_style="bold")


def _alert_row(line: AlertLine) -> tuple[Text | str, ...]:
    transition = line.transition
    mark = Text(f" {PRIORITY_MARKS[transition.priority]} ", style=_PRIORITY_STYLES[transition.priority])
    return (
        mark,
        Text(transition.message, style="bold"),
        transition.advice,
        _STATE_WORDS.get(transition.to_state, str(transition.to_state)),
        _delivery_words(line),
    )


def _delivery_words(line: AlertLine) -> Text:
    if line.confirmed_ms is not None:
        return Text("at the therapist")
    if line.published_ms is not None:
        return Text("sent, not confirmed", style="yellow")
    return Text("waiting", style="yellow")


def _devices(board: Board) -> RenderableType:
    words = Text()
    for status in board.devices.values():
        battery = "" if status.battery_percent is None else f" {status.battery_percent:.0f} %"
        link = _link_words(status)
        words.append(f"{status.device} ", style="bold")
        words.append(f"{link}{battery}   ", style="" if link in _CALM_LINKS else "yellow")
    return Panel(words, title="devices", border_style="dim")


def _link_words(status: DeviceStatus) -> str:
    # A cuff is only there while it has a reading: to wait for it is its normal state.
    if status.role in EPISODIC_ROLES and status.link is LinkState.SEARCHING:
        return "awaits a reading"
    return status.link.value.replace("_", " ") if status.link else "not seen yet"


def _log(board: Board) -> RenderableType:
    return Text("\n".join(list(board.lines)[-8:]), style="dim", no_wrap=True, overflow="ellipsis")
