"""The session on one screen, for a glance: vitals with quality and age, movement, alerts, devices.

On a large terminal in frames, on a small one in lines (`compact_view`). Whatever its size: alerts, the newest
line of the log and the keys are on it.
"""

from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from monitor.cli.demo.messages import PRIORITY_MARKS, clock_text
from monitor.cli.screens import compact_view
from monitor.cli.screens.session_view import AlertLine, SessionView
from monitor.cli.screens.wording import (
    ALARM_STYLE,
    PRIORITY_STYLES,
    STATE_WORDS,
    delivery_words,
    device_words,
    keys_rows,
    log_row,
    movement_rows,
    shown_codes,
    vital_cells,
)

# Four a second: a glance sees no lag, and drawing stays cheap.
REFRESH_PER_S = 4

# A smaller terminal cuts what stands in frames.
FRAMES_FROM_COLUMNS = 100
LOG_ROWS_WANTED = 5


class LiveView:
    """A context manager that owns the terminal; `draw` shows the board."""

    def __init__(self, board: SessionView, console: Console) -> None:
        self._board = board
        self._console = console
        # A screen of its own: what is written beside it does not stay between its lines.
        self._live = Live(
            console=console, auto_refresh=False, screen=True, redirect_stdout=False, redirect_stderr=False
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.draw()
        self._live.stop()

    def draw(self) -> None:
        """Show the board as it is now."""
        width, height = self._console.size
        self._live.update(render(self._board, width=width, height=height), refresh=True)


def render(board: SessionView, *, width: int = 120, height: int = 50) -> RenderableType:
    """The whole screen, no higher than it is."""
    keys = keys_rows(board.keys, board.prompt, width)
    top_rows = 3 + max(len(shown_codes(board)), len(movement_rows(board)) - 1)
    alert_rows = 2 + max(1, len(board.present_alerts()))
    log_rows = height - 1 - bool(board.local_alarm) - top_rows - alert_rows - 3 - len(keys)
    if width < FRAMES_FROM_COLUMNS or log_rows < LOG_ROWS_WANTED:
        return compact_view.render(board, width=width, height=height)
    parts: list[RenderableType] = [_headline(board), _top(board), _alerts(board), _devices(board)]
    if board.local_alarm:
        alarm = Text(f" {board.local_alarm} ", style=ALARM_STYLE, no_wrap=True, overflow="ellipsis")
        parts.insert(1, alarm)
    newest = list(board.lines)[-log_rows:]
    parts += [Text("") for _ in range(log_rows - len(newest))]
    parts += [log_row(line, is_newest=line is newest[-1]) for line in newest]
    return Group(*parts, *keys)


def _headline(board: SessionView) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True, overflow="ellipsis")
    line.add_column(justify="right", no_wrap=True, overflow="ellipsis")
    session = f"   session {board.session}" if board.session else ""
    line.add_row(
        Text.assemble((board.title, "bold"), f"{session}   phase: {board.phase}"),
        Text.assemble(f"{board.delivery}   ", (clock_text(board.now_ns, board.start_ns), "bold")),
    )
    return line


def _top(board: SessionView) -> RenderableType:
    top = Table.grid(expand=True, padding=(0, 1))
    top.add_column(ratio=3)
    top.add_column(ratio=2)
    top.add_row(_vitals(board), _movement(board))
    return top


def _vitals(board: SessionView) -> RenderableType:
    table = Table(box=None, expand=True, padding=(0, 1))
    for column in ("", "value", "", "quality", "age"):
        justify = "right" if column in {"value", "age"} else "left"
        table.add_column(column, justify="right" if justify == "right" else "left", no_wrap=True)
    for code in shown_codes(board):
        table.add_row(*vital_cells(board, code))
    return Panel(table, title="vital signs", border_style="dim")


def _movement(board: SessionView) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis")
    for name, value in movement_rows(board):
        table.add_row(name, value)
    return Panel(table, title="movement", border_style="dim")


def _alerts(board: SessionView) -> RenderableType:
    present = board.present_alerts()
    if not present:
        # No green "all clear": no alert is not the same as no trouble.
        return Panel(Text("no active alert", style="dim"), title="alerts", border_style="dim")
    table = Table.grid(padding=(0, 1), expand=True)
    for _ in range(6):
        table.add_column(no_wrap=True, overflow="ellipsis")
    for line in present:
        table.add_row(*_alert_row(board, line))
    return Panel(table, title="alerts", border_style="bold")


def _alert_row(board: SessionView, line: AlertLine) -> tuple[Text | str, ...]:
    transition = line.transition
    return (
        Text(f" {PRIORITY_MARKS[transition.priority]} ", style=PRIORITY_STYLES[transition.priority]),
        clock_text(transition.first_offending_ns, board.start_ns),
        Text(transition.message, style="bold"),
        transition.advice,
        STATE_WORDS.get(transition.to_state, str(transition.to_state)),
        delivery_words(line),
    )


def _devices(board: SessionView) -> RenderableType:
    return Panel(device_words(board), title="devices", border_style="dim")
