"""How the session's screens, large and small, show one value, one alert, one device."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from devices.frames import LinkState
from monitor.alerts.transition import AlertState, Priority
from monitor.cli.demo.messages import VITAL_NAMES
from monitor.cli.screens.session_view import SHOWN_IF_THERE, SHOWN_VITALS, AlertLine, SessionView
from monitor.outputs import DeviceStatus, VitalUpdate
from monitor.samples import DECIMALS, UNITS, Code, Quality
from monitor.sensors import EPISODIC_ROLES

# A value that is older than this is shown grey with its age, however good it was. A cuff's reading is an
# event, not a stream: it says how old it is, and is never "stale".
STALE_AFTER_S = 5.0
_EVENTS = {Code.SYSTOLIC_MMHG, Code.DIASTOLIC_MMHG}

# A joint's angle comes ten times a second; one that has not come for this long stands still.
ANGLE_STALE_AFTER_S = 1.0

ALARM_STYLE = "bold white on red"
PRIORITY_STYLES = {
    Priority.HIGH: ALARM_STYLE,
    Priority.MEDIUM: "bold black on yellow",
    Priority.LOW: "black on cyan",
}
QUALITY_STYLES = {
    Quality.GOOD: "bold",
    Quality.QUESTIONABLE: "yellow",
    Quality.POOR: "yellow",
    Quality.MISSING: "dim",
}
CALM_LINKS = frozenset({"live", "awaits a reading"})
STATE_WORDS = {
    AlertState.FIRING: "now",
    AlertState.ACKNOWLEDGED: "acknowledged",
    AlertState.PAUSED: "paused",
    AlertState.LATCHED: "over, not acknowledged",
}


def shown_codes(board: SessionView) -> list[Code]:
    """The vital signs that are shown: the usual ones always, the others once there is a value."""
    return [*SHOWN_VITALS, *(code for code in SHOWN_IF_THERE if code in board.vitals)]


def vital_cells(board: SessionView, code: Code) -> tuple[str, Text, str, Text, str]:
    """Name, value, unit, quality and age. A value that must not be acted on is no number."""
    name, unit = VITAL_NAMES[code], UNITS[code]
    vital: VitalUpdate | None = board.vitals.get(code)
    if vital is None:
        return name, Text("--", style="dim"), unit, Text("none yet", style="dim"), ""
    age_s = board.vital_age_s(vital)
    is_stale = code not in _EVENTS and age_s > STALE_AFTER_S
    if vital.value is None or is_stale:
        word = "stale" if is_stale else str(vital.quality)
        return name, Text("--", style="dim"), unit, Text(word, style="bold yellow"), f"{age_s:.0f} s"
    remarks = f" ({', '.join(vital.flags)})" if vital.flags else ""
    return (
        name,
        Text(f"{vital.value:.{DECIMALS.get(code, 0)}f}", style=QUALITY_STYLES[vital.quality]),
        unit,
        Text(f"{vital.quality}{remarks}"),
        f"{age_s:.0f} s",
    )


def movement_rows(board: SessionView) -> list[tuple[str, Text]]:
    """What the joint does: name and value of each row."""
    angle = board.angle
    if angle is None or angle.angle_deg is None:
        rows = [("joint angle", Text("--", style="dim"))]
    elif board.now_ns - angle.t_ns > ANGLE_STALE_AFTER_S * 1e9:
        rows = [("joint angle", Text("-- stale", style="bold yellow"))]
    else:
        rows = [("joint angle", Text(f"{angle.angle_deg:.0f} deg", style=QUALITY_STYLES[angle.quality]))]
    if board.set_number:
        rows.append(("exercise", Text(board.exercise.replace("_", " "))))
        rows.append(("set", Text(str(board.set_number), style="bold")))
        rows.append(("repetition", Text(f"{board.repetition} of {board.repetition_target}", style="bold")))
    rest_s = board.rest_left_s
    if rest_s is not None:
        rows.append(("rest", Text(f"{rest_s:.0f} s left", style="bold")))
    elif board.last_range_deg is not None:
        rows.append(("last range", Text(f"{board.last_range_deg:.0f} deg")))
    elif board.calibration:
        rows.append(("calibration", Text(board.calibration)))
    return rows


def delivery_words(line: AlertLine) -> Text:
    """How far an alert's message has come."""
    if line.confirmed_ms is not None:
        return Text("at the therapist")
    if line.published_ms is not None:
        return Text("sent, not confirmed", style="yellow")
    return Text("waiting", style="yellow")


def link_words(status: DeviceStatus) -> str:
    """The state of a device's link; a cuff is only there while it has a reading, and normally waits."""
    if status.role in EPISODIC_ROLES and status.link is LinkState.SEARCHING:
        return "awaits a reading"
    return status.link.value.replace("_", " ") if status.link else "not seen yet"


def device_words(board: SessionView) -> Text:
    """All devices in one line, first those that need a hand: the rest of a long line is cut."""
    words = Text(no_wrap=True, overflow="ellipsis")
    for status in sorted(board.devices.values(), key=lambda one: link_words(one) in CALM_LINKS):
        battery = "" if status.battery_percent is None else f" {status.battery_percent:.0f} %"
        link = link_words(status)
        words.append(f"{status.device} ", style="bold")
        words.append(f"{link}{battery}   ", style="" if link in CALM_LINKS else "yellow")
    return words


def keys_rows(items: Sequence[str], prompt: str, width: int) -> list[Text]:
    """The keys in as many lines as they need, or what is being typed; never cut inside one key's words."""
    if prompt:
        # The end of a long text is what is being typed.
        return [Text(prompt[-max(1, width - 1) :], style="bold", no_wrap=True)]
    rows: list[str] = []
    for item in items:
        if rows and cell_len(rows[-1]) + 3 + cell_len(item) <= width:
            rows[-1] += f" | {item}"
        else:
            rows.append(item)
    return [Text(row, style="dim", no_wrap=True, overflow="ellipsis") for row in rows]


def log_row(line: str, *, is_newest: bool) -> Text:
    """One line of the log."""
    return Text(line, style="" if is_newest else "dim", no_wrap=True, overflow="ellipsis")
