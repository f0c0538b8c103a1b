"""The therapist's screen: alerts first, with a number to acknowledge each, then every station's vitals.

On any terminal the alerts, the newest line and the keys are on it: what does not fit is counted, not cut off.
"""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.cli.screens.feed_view import MARKS, AlertRow, FeedView, StationView, state_of
from monitor.cli.screens.therapist_keys import KEY_HELP_ITEMS
from monitor.cli.screens.wording import ALARM_STYLE, keys_rows, log_row
from monitor.samples import DECIMALS, Code
from protocols.mqtt.messages import LatestValue

_STYLES = {"high": ALARM_STYLE, "medium": "bold black on yellow", "low": "black on cyan"}
_SHOWN = (
    ("spo2_percent", "SpO2", "%"),
    ("heart_rate_per_min", "heart rate", "/min"),
    ("pulse_rate_per_min", "pulse", "/min"),
    ("systolic_mmhg", "systolic", "mmHg"),
    ("diastolic_mmhg", "diastolic", "mmHg"),
)
# A thermometer's last reading, and what a machine counts, where there is one.
_SHOWN_IF_THERE = (
    ("body_temperature_cel", "temperature", "°C"),
    ("speed_km_h", "speed", "km/h"),
    ("incline_percent", "incline", "%"),
    ("cadence_per_min", "cadence", "/min"),
    ("power_w", "power", "W"),
    ("distance_m", "distance", "m"),
    ("resistance_level", "resistance", ""),
)
_STATE_WORDS = {"firing": "now", "latched": "over, not acknowledged"}

# Older than this a value carries its age: a cuff's reading of ten minutes ago must not look like one of now.
AGE_SHOWN_AFTER_S = 10.0

_LOG_ROWS_AT_LEAST = 2


def render(board: FeedView, *, width: int = 120, height: int = 40, now_ns: int = 0) -> RenderableType:
    """The whole screen: exactly `height` rows, none wider than `width`."""
    head: list[Text] = []
    if board.connection:
        head.append(_alarm(f" This screen hears nothing: {board.connection} "))
    silence = board.silence(now_ns=now_ns)
    if silence:
        head.append(_alarm(f" {silence} "))
    keys = keys_rows(KEY_HELP_ITEMS, board.prompt, width)
    free = height - len(head) - len(keys) - _LOG_ROWS_AT_LEAST
    stations = [row for name in sorted(board.stations) for row in _station(board.stations[name], width)]
    # Alerts have at least half of the screen before a station's vitals have a row.
    alerts = _alerts(board, width, rows=max(2, free - len(stations), free // 2))
    shown = _fitting(
        stations, max(0, free - len(alerts)), "more lines of stations: a larger terminal shows them"
    )
    log_rows = max(1, height - len(head) - len(alerts) - len(shown) - len(keys))
    newest = list(board.lines)[-log_rows:]
    log = [Text("") for _ in range(log_rows - len(newest))]
    log += [log_row(line, is_newest=line is newest[-1]) for line in newest]
    return Group(*[*head, *alerts, *shown, *log, *keys][-height:])


def _alarm(sentence: str) -> Text:
    return Text(sentence, style=ALARM_STYLE, no_wrap=True, overflow="ellipsis")


def _fitting(rows: list[Text], room: int, more: str) -> list[Text]:
    if len(rows) <= room:
        return rows
    if not room:
        return []
    return [*rows[: room - 1], Text(f"{len(rows) - room + 1} {more}", style="bold yellow", no_wrap=True)]


def _alerts(board: FeedView, width: int, *, rows: int) -> list[Text]:
    present = board.rows()
    if not present:
        # Nothing calm before a station has been heard: no alert is not the same as no trouble.
        words = "no active alert" if board.stations else "no station heard yet"
        return [Text(words, style="dim" if board.stations else "bold yellow")]
    lines = [line for row in present for line in _alert(row, width)]
    if len(lines) > rows:
        lines = [_alert(row, width)[0] for row in present]
    return _fitting(lines, rows, "more alerts")


def _alert(row: AlertRow, width: int) -> list[Text]:
    message = row.message
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{row.number or ' '} ", style="bold")
    line.append(f" {MARKS[message.priority]} ", style=_STYLES[message.priority])
    line.append(f" {message.message}", style="bold")
    state = state_of(message)
    line.append(f"  {_STATE_WORDS.get(state, state)}")
    earlier = "earlier session, " if row.is_earlier else ""
    whose = Text(
        f"        {row.session.station}, {earlier}{row.patient}, since {row.at}. {message.advice}",
        no_wrap=True,
        overflow="ellipsis",
    )
    if row.is_earlier:
        whose.stylize("yellow")
    if width >= 100:
        line.append(f"  {row.session.station}, {earlier}{row.patient}, {row.at}")
        return [line, Text(f"        {message.advice}", style="dim", no_wrap=True, overflow="ellipsis")]
    return [line, whose]


def _station(view: StationView, width: int) -> list[Text]:
    name = Text(f"{view.station}  {view.patient}  ", style="bold", no_wrap=True, overflow="ellipsis")
    if view.problem or view.latest is None:
        # Old numbers beside a warning would still be read: there are none.
        name.append(view.problem or "waiting for values", style="bold yellow")
        return [name]
    latest = view.latest
    name.append(f"phase: {latest.phase}", style="dim")
    if latest.set_number:
        name.append(
            f"   {latest.exercise or ''}: set {latest.set_number}, repetition {latest.repetitions or 0}",
            style="dim",
        )
    return [name, *_values(latest.values, latest.t, width)]


def _values(values: dict[str, LatestValue], now: str, width: int) -> list[Text]:
    rows = [Text("  ", no_wrap=True)]
    for code, name, unit in (*_SHOWN, *(one for one in _SHOWN_IF_THERE if one[0] in values)):
        cell = Text(f"{name} ")
        cell.append_text(_number(values.get(code), now, DECIMALS.get(Code(code), 0)))
        cell.append(f" {unit}{_age(values.get(code), now)}   ")
        if rows[-1].cell_len + cell.cell_len > width and rows[-1].cell_len > 2:
            rows.append(Text("  ", no_wrap=True))
        rows[-1].append_text(cell)
    return rows


def _number(value: LatestValue | None, now: str, decimals: int) -> Text:
    if value is None or value.value is None:
        return Text("--", style="yellow")
    is_current = value.q == "good" and not _age(value, now)
    return Text(f"{value.value:.{decimals}f}", style="bold" if is_current else "yellow")


def _age(value: LatestValue | None, now: str) -> str:
    """How old a value was when the station said it, once that matters. Both instants are the station's."""
    if value is None or value.value is None or value.t is None:
        return ""
    age_s = (datetime.fromisoformat(now) - datetime.fromisoformat(value.t)).total_seconds()
    if age_s <= AGE_SHOWN_AFTER_S:
        return ""
    return f" ({age_s:.0f} s ago)" if age_s < 120 else f" ({age_s / 60:.0f} min ago)"
