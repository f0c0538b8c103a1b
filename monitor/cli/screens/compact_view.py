"""The session on a small terminal, in lines. Alerts, the newest log line and the keys always fit."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.cli.demo.messages import PRIORITY_MARKS, clock_text
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
from monitor.samples import Code

# One vital sign with its unit, quality and age.
_VITAL_COLUMNS = 38
_LOG_ROWS_AT_LEAST = 2
_SHORT_NAMES = {"joint angle": "angle ", "exercise": "", "repetition": "rep ", "last range": "range "}


def render(board: SessionView, *, width: int, height: int) -> RenderableType:
    """Exactly `height` rows, none wider than `width`."""
    head = [_headline(board, width)]
    if board.local_alarm:
        head.append(Text(f" {board.local_alarm} ", style=ALARM_STYLE, no_wrap=True, overflow="ellipsis"))
    foot = keys_rows(board.keys, board.prompt, width)
    middle = [*_vitals(board, width), _movement(board), device_words(board)]
    free = height - len(head) - len(foot) - _LOG_ROWS_AT_LEAST
    alerts = _alerts(board, rows=max(1, free - len(middle)))
    middle = middle[: max(0, free - len(alerts))]
    log_rows = max(1, height - len(head) - len(alerts) - len(middle) - len(foot))
    return Group(*[*head, *alerts, *middle, *_log(board, log_rows), *foot][-height:])


def _headline(board: SessionView, width: int) -> Text:
    clock = clock_text(board.now_ns, board.start_ns)
    left = f"{board.title}  {board.phase}"
    room = max(0, width - len(clock) - len(left) - 3)
    delivery = board.delivery if len(board.delivery) <= room else board.delivery[: max(0, room - 1)] + "…"
    gap = " " * max(1, width - len(left) - len(clock) - len(delivery) - 1)
    return Text.assemble(
        (left, "bold"), gap, delivery, " ", (clock, "bold"), no_wrap=True, overflow="ellipsis"
    )


def _alerts(board: SessionView, *, rows: int) -> list[Text]:
    present = board.present_alerts()
    if not present:
        # No green "all clear": no alert is not the same as no trouble.
        return [Text("no active alert", style="dim")]
    shown = present if len(present) <= rows else present[: max(1, rows - 1)]
    lines = [_alert(board, line) for line in shown]
    if len(shown) < len(present):
        lines.append(Text(f"and {len(present) - len(shown)} more alerts", style="bold yellow"))
    if len(lines) < rows and present[0].transition.advice:
        lines.insert(1, Text(f"    {present[0].transition.advice}", no_wrap=True, overflow="ellipsis"))
    return lines


def _alert(board: SessionView, line: AlertLine) -> Text:
    transition = line.transition
    state = STATE_WORDS.get(transition.to_state, str(transition.to_state))
    words = Text(no_wrap=True, overflow="ellipsis")
    words.append(f" {PRIORITY_MARKS[transition.priority]} ", style=PRIORITY_STYLES[transition.priority])
    words.append(f" {clock_text(transition.first_offending_ns, board.start_ns)} ")
    words.append(transition.message, style="bold")
    words.append(f"  {state}  ")
    words.append_text(delivery_words(line))
    return words


def _vitals(board: SessionView, width: int) -> list[Text]:
    columns = max(1, width // _VITAL_COLUMNS)
    cells = [_vital(board, code) for code in shown_codes(board)]
    rows = []
    for first in range(0, len(cells), columns):
        row = Text(no_wrap=True, overflow="ellipsis")
        for cell in cells[first : first + columns]:
            cell.truncate(_VITAL_COLUMNS, pad=True)
            row.append_text(cell)
        rows.append(row)
    return rows


def _vital(board: SessionView, code: Code) -> Text:
    name, value, unit, quality, age = vital_cells(board, code)
    words = Text(f"{name} ")
    words.append_text(value)
    words.append(f" {unit} ")
    words.append_text(quality)
    words.append(f" {age}")
    return words


def _movement(board: SessionView) -> Text:
    words = Text(no_wrap=True, overflow="ellipsis")
    for name, value in movement_rows(board):
        # An exercise says by itself what it is; a number does not.
        words.append(_SHORT_NAMES.get(name, f"{name} "), style="dim")
        words.append_text(value)
        words.append("  ")
    return words


def _log(board: SessionView, rows: int) -> Sequence[Text]:
    newest = list(board.lines)[-rows:]
    filler = [Text("") for _ in range(rows - len(newest))]
    return [*filler, *(log_row(line, is_newest=line is newest[-1]) for line in newest)]
