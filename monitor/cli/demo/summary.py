"""What a demo came to, against the simulator's truth: one JSON object, and tables for people. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table

from monitor.alerts.transition import AlertKind, AlertState
from monitor.delivery.health import DeliveryTimes
from monitor.samples import DECIMALS, Code
from monitor.session.summary import AlertResult, SetResult, Summary
from simulators.scenario.ground_truth import AlertTruth, SetTruth, Truth

PERIODS = ("before", "during", "after")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """Everything a demo's summary is made of.

    `received` are the ids of the messages that the therapist's application has shown.
    """

    scenario: str
    truth: Truth
    summary: Summary
    times: Sequence[DeliveryTimes]
    received: frozenset[str]
    replay_identical: bool
    session_s: float
    wall_s: float
    recording: str | None
    report: str | None


def summarise(facts: DemoResult) -> dict[str, Any]:
    """The run as JSON values; `ok` is what the exit code says."""
    alerts = [_alert(one, facts.times) for one in facts.summary.alerts]
    sets = [
        one | {"right": _is_right(facts.truth, one)} for one in _sets(facts.summary.sets, facts.truth.sets)
    ]
    unconfirmed = [one.message_id for one in facts.times if one.confirmed_ms is None]
    lost = [one.message_id for one in facts.times if one.message_id not in facts.received]
    missed = [one.event for one in facts.truth.alerts if not _is_answered(one, facts.summary.alerts)]
    unplanned = _unplanned(facts)
    return {
        "ok": not (unconfirmed or lost or missed or unplanned)
        and facts.replay_identical
        and all(one["right"] for one in sets),
        "scenario": facts.scenario,
        "sets": sets,
        "alerts": alerts,
        "vitals": _vitals(facts.summary),
        "messages": len(facts.times),
        "unconfirmed": unconfirmed,
        "lost": lost,
        "events_missed": missed,
        "alerts_unplanned": unplanned,
        "replay_identical": facts.replay_identical,
        "session_s": round(facts.session_s, 1),
        "wall_s": round(facts.wall_s, 1),
        "recording": facts.recording,
        "report": facts.report,
    }


def _sets(found: Sequence[SetResult], true: Sequence[SetTruth]) -> list[dict[str, Any]]:
    """One row for each set that was counted or done, in the order of their beginning."""
    pairs = [(_counted_as(truth, found), truth) for truth in true]
    counted = [done for done, _ in pairs]
    rows = [(truth.start_ns, _set(done, truth)) for done, truth in pairs]
    rows += [(done.t_start_ns, _set(done, None)) for done in found if done not in counted]
    return [row for _, row in sorted(rows, key=lambda one: one[0])]


def _counted_as(truth: SetTruth, found: Sequence[SetResult]) -> SetResult | None:
    """The set that was counted while this one was done; the longest, if it was taken for several."""
    overlaps = [(min(one.t_end_ns, truth.end_ns) - max(one.t_start_ns, truth.start_ns), one) for one in found]
    overlap_ns, best = max(overlaps, key=lambda one: one[0], default=(0, None))
    return best if overlap_ns > 0 else None


def _set(done: SetResult | None, truth: SetTruth | None) -> dict[str, Any]:
    return {
        "reps": done.repetitions if done else 0,
        "reps_true": sum(not one.partial for one in truth.repetitions) if truth else 0,
        "rom_deg": _rounded(done.range_of_motion_deg if done else None, 1),
        "rom_true_deg": _rounded(truth.mean_rom_deg if truth else None, 1),
        # Nobody can count what no sensor saw.
        "seen": truth is None or truth.is_seen,
    }


def _is_right(truth: Truth, one: dict[str, Any]) -> bool:
    """Whether a set came out as it was done, as closely as the scenario asks for."""
    within = truth.repetitions_within
    if within is None and not one["seen"]:
        return True
    return (
        one["rom_deg"] is not None
        and one["rom_true_deg"] is not None
        and abs(one["reps"] - one["reps_true"]) <= (within or 0)
        and abs(one["rom_deg"] - one["rom_true_deg"]) <= truth.rom_within_deg
    )


def _alert(one: AlertResult, times: Sequence[DeliveryTimes]) -> dict[str, Any]:
    way = next(
        (t for t in times if t.alert_id == one.alert_id and t.to_state == AlertState.FIRING.value), None
    )
    return {
        "id": one.alert_id,
        "rule": one.rule_id,
        "condition": one.condition,
        "kind": one.kind.value,
        "priority": one.priority.value,
        "message": one.message,
        "fired_after_s": _rounded(one.fired_after_s, 3),
        "published_after_ms": _rounded(way.published_ms if way else None, 2),
        "confirmed_after_ms": _rounded(way.confirmed_ms if way else None, 2),
        "acknowledged": one.acknowledged_ns is not None,
        "state": one.state.value,
    }


def _vitals(summary: Summary) -> dict[str, Any]:
    codes = sorted({code for values in summary.vitals.values() for code in values})
    return {
        code.value: {
            period: {
                "min": round(statistics.minimum, 1),
                "mean": round(statistics.mean, 1),
                "max": round(statistics.maximum, 1),
            }
            for period in PERIODS
            if (statistics := summary.vitals.get(period, {}).get(code)) is not None
        }
        for code in codes
    }


def _is_answered(truth: AlertTruth, alerts: Sequence[AlertResult]) -> bool:
    return any(
        truth.after_ns <= firing.at_ns <= truth.before_ns
        and truth.priority in (None, firing.priority.value)
        and (truth.device is None or truth.device in firing.sources)
        for one in alerts
        if one.rule_id == truth.rule
        for firing in one.firings
    )


def _unplanned(facts: DemoResult) -> list[str]:
    """Physiological alerts that answer no planted event: false alarms."""
    planned = {one.rule for one in facts.truth.alerts} | set(facts.truth.allowed)
    return [
        one.alert_id
        for one in facts.summary.alerts
        if one.kind is AlertKind.PHYSIOLOGICAL and one.rule_id not in planned
    ]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def print_summary(summary: dict[str, Any], to: TextIO) -> None:
    """The summary for people."""
    console = Console(file=to, width=110 if not to.isatty() else None)
    console.print(_sets_table(summary["sets"]))
    console.print(_vitals_table(summary["vitals"]))
    console.print(_alerts_table(summary["alerts"]))
    confirmed = summary["messages"] - len(summary["unconfirmed"])
    console.print(f"messages confirmed by the therapist's application: {confirmed} of {summary['messages']}")
    console.print(f"replay of the recording identical: {'yes' if summary['replay_identical'] else 'NO'}")
    for number, one in enumerate(summary["sets"], start=1):
        if not one["right"]:
            console.print(f"set {number} is not what was done", style="bold red")
    for key, words in (
        ("lost", "messages that never reached the therapist"),
        ("events_missed", "planted events without their alert"),
        ("alerts_unplanned", "alerts that answer no planted event"),
    ):
        if summary[key]:
            console.print(f"{words}: {', '.join(summary[key])}", style="bold red")
    if summary["recording"]:
        console.print(f"recording: {summary['recording']}")
    if summary["report"]:
        console.print(f"report: {summary['report']}")
    console.print(f"{summary['session_s']:.0f} s of session in {summary['wall_s']:.0f} s")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column)
    return table


def _sets_table(sets: Sequence[dict[str, Any]]) -> Table:
    table = _table("sets", "set", "repetitions", "truth", "range of motion", "truth")
    for number, one in enumerate(sets, start=1):
        table.add_row(
            str(number),
            str(one["reps"]) if one["reps"] or one["seen"] else "not seen",
            str(one["reps_true"]),
            _degrees(one["rom_deg"]),
            _degrees(one["rom_true_deg"]),
        )
    return table


def _degrees(value: float | None) -> str:
    return "--" if value is None else f"{value:.1f} deg"


def _vitals_table(vitals: dict[str, Any]) -> Table:
    table = _table("vital signs (lowest, mean, highest)", "", *PERIODS)
    for code, periods in vitals.items():
        table.add_row(code.replace("_", " "), *(_range(code, periods.get(period)) for period in PERIODS))
    return table


def _range(code: str, values: dict[str, float] | None) -> str:
    digits = DECIMALS.get(Code(code), 0)
    return (
        "--" if values is None else "  ".join(f"{values[one]:.{digits}f}" for one in ("min", "mean", "max"))
    )


def _alerts_table(alerts: Sequence[dict[str, Any]]) -> Table:
    table = _table("alerts", "alert", "priority", "", "fired after", "published", "confirmed", "state")
    for one in alerts:
        table.add_row(
            one["id"],
            one["priority"],
            one["message"],
            f"{one['fired_after_s']:.1f} s",
            _milliseconds(one["published_after_ms"]),
            _milliseconds(one["confirmed_after_ms"]),
            _state(one),
        )
    return table


def _state(alert: dict[str, Any]) -> str:
    was = alert["acknowledged"] and alert["state"] != AlertState.ACKNOWLEDGED
    return f"{alert['state']}, acknowledged" if was else str(alert["state"])


def _milliseconds(value: float | None) -> str:
    return "--" if value is None else f"{value:.0f} ms"
