"""What a session came to, for the one who ends it: sets, vital signs, alerts, what nobody has confirmed."""

from typing import TextIO

from rich.console import Console
from rich.table import Table

from monitor.cli.demo.messages import PRIORITY_MARKS, clock_text
from monitor.session.summary import Summary, VitalStatistics

PERIODS = ("before", "during", "after")


def print_session(summary: Summary, to: TextIO, *, start_ns: int, unconfirmed: int) -> None:
    """Tables on a terminal and in a file alike; `unconfirmed` messages are still on their way."""
    console = Console(file=to, width=None if to.isatty() else 110, highlight=False)
    console.print(f"session {summary.session_id}: phase {summary.phase}", style="bold")
    if summary.sets:
        console.print(_sets(summary))
    else:
        console.print("no set was done")
    if summary.vitals:
        console.print(_vitals(summary))
    else:
        console.print("no vital sign was measured")
    if summary.alerts:
        console.print(_alerts(summary, start_ns))
    else:
        console.print("no alert")
    if summary.open_alerts:
        console.print(f"{summary.open_alerts} alerts are not over", style="bold")
    if unconfirmed:
        console.print(
            f"{unconfirmed} messages are confirmed by no therapist; the next session sends them", style="bold"
        )


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column)
    return table


def _sets(summary: Summary) -> Table:
    table = _table("sets", "exercise", "set", "repetitions", "range of motion", "")
    for one in summary.sets:
        rom = one.range_of_motion_deg
        remarks = [
            text
            for number, text in (
                (one.partial, f"{one.partial} too short"),
                (one.too_fast, f"{one.too_fast} too fast"),
                (round(one.unseen_s), f"not seen for {one.unseen_s:.0f} s"),
            )
            if number
        ]
        table.add_row(
            one.exercise.replace("_", " "),
            str(one.set_number),
            f"{one.repetitions} of {one.repetition_target}",
            "--" if rom is None else f"{rom:.0f} deg",
            ", ".join(remarks),
        )
    return table


def _vitals(summary: Summary) -> Table:
    table = _table("vital signs (lowest, mean, highest)", "", *PERIODS)
    codes = sorted({code for values in summary.vitals.values() for code in values})
    for code in codes:
        cells = [_range(summary.vitals.get(period, {}).get(code)) for period in PERIODS]
        table.add_row(code.value.replace("_", " "), *cells)
    return table


def _range(values: VitalStatistics | None) -> str:
    if values is None:
        return "--"
    return f"{values.minimum:.0f}  {values.mean:.0f}  {values.maximum:.0f}"


def _alerts(summary: Summary, start_ns: int) -> Table:
    table = _table("alerts", "", "at", "alert", "", "acknowledged", "now")
    for one in summary.alerts:
        seen = one.acknowledged_ns
        table.add_row(
            PRIORITY_MARKS[one.priority],
            clock_text(one.fired_ns, start_ns),
            one.alert_id,
            one.message,
            "nobody" if seen is None else clock_text(seen, start_ns),
            str(one.state),
        )
    return table
