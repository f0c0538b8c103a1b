"""Quality over stations and months: completion, adherence, alarms and their precision, data. Pure.

No line is about a person: stations, months and rules only.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.record.render.wording import MISSING, number


@dataclass(frozen=True, slots=True, kw_only=True)
class StationMonth:
    """One station in one month (UTC).

    `completed` sessions had an end and a whole recording. Adherence is repetitions done of prescribed;
    `all_sets` the share of sessions with every prescribed set. Completeness is the worst sensor's share
    of a session's seconds with usable data: the mean and the worst session.
    """

    month: str
    station: str
    sessions: int
    completed: int
    hours: float
    adherence_percent: float | None
    all_sets_percent: float
    completeness_mean_percent: float | None
    completeness_worst_percent: float | None
    messages_unconfirmed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAlarms:
    """One rule's alarms over all sessions.

    Precision is what people judged at acknowledgement: acted on, of all judged; None without a verdict.
    """

    rule: str
    kind: str
    alarms: int
    per_hour: float
    high: int
    medium: int
    low: int
    repeats: int
    self_cleared_percent: float
    acknowledged_percent: float
    confirmed_median_ms: float | None
    confirmed_p95_ms: float | None
    unconfirmed: int
    acknowledged_median_s: float | None
    acknowledged_p95_s: float | None
    by_artefact_percent: float
    judged: int
    precision_percent: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The whole report."""

    months: tuple[StationMonth, ...]
    rules: tuple[RuleAlarms, ...]
    sessions: int
    hours: float
    alarms: int


def quality(totals: Iterable[Sequence[Any]], alarms: Iterable[Sequence[Any]]) -> Quality:
    """From `Records.totals` and `Records.alarms`."""
    months = tuple(_month(row) for row in totals)
    hours = sum(month.hours for month in months)
    by_rule: dict[tuple[str, str], list[Sequence[Any]]] = {}
    for row in alarms:
        by_rule.setdefault((row[0], row[2]), []).append(row)
    rules = tuple(_rule(*key, rows, hours) for key, rows in sorted(by_rule.items()))
    return Quality(
        months=months,
        rules=rules,
        sessions=sum(month.sessions for month in months),
        hours=round(hours, 1),
        alarms=sum(rule.alarms for rule in rules),
    )


def _month(row: Sequence[Any]) -> StationMonth:
    month, station, sessions, completed, seconds, done, asked, all_sets, mean, worst, unconfirmed = row
    return StationMonth(
        month=month,
        station=station,
        sessions=sessions,
        completed=completed,
        hours=round(seconds / 3600, 2),
        adherence_percent=_percent(done, asked) if asked else None,
        all_sets_percent=_percent(all_sets, sessions),
        completeness_mean_percent=None if mean is None else round(mean, 1),
        completeness_worst_percent=None if worst is None else round(worst, 1),
        messages_unconfirmed=unconfirmed,
    )


def _rule(rule: str, kind: str, rows: Sequence[Sequence[Any]], hours: float) -> RuleAlarms:
    _, priorities, _, firings, confirmed, acknowledged, resolved, artefact, verdicts = zip(*rows, strict=True)
    told = sorted(value for value in confirmed if value is not None)
    answered = sorted(value for value in acknowledged if value is not None)
    cleared = sum(
        over is not None and answer is None for over, answer in zip(resolved, acknowledged, strict=True)
    )
    judged = [verdict for verdict in verdicts if verdict is not None]
    count = len(rows)
    return RuleAlarms(
        rule=rule,
        kind=kind,
        alarms=count,
        per_hour=round(count / hours, 2) if hours else 0.0,
        high=priorities.count("high"),
        medium=priorities.count("medium"),
        low=priorities.count("low"),
        repeats=sum(firings) - count,
        self_cleared_percent=_percent(cleared, count),
        acknowledged_percent=_percent(len(answered), count),
        confirmed_median_ms=_at(told, 0.5),
        confirmed_p95_ms=_at(told, 0.95),
        unconfirmed=count - len(told),
        acknowledged_median_s=_at(answered, 0.5),
        acknowledged_p95_s=_at(answered, 0.95),
        by_artefact_percent=_percent(sum(artefact), count),
        judged=len(judged),
        precision_percent=_percent(judged.count("acted"), len(judged)) if judged else None,
    )


def _percent(part: float, whole: float) -> float:
    return round(100.0 * part / whole, 1) if whole else 0.0


def _at(ordered: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile of sorted values."""
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


def as_text(found: Quality) -> Iterator[str]:
    """Lines for people."""
    yield f"{found.sessions} sessions, {number(found.hours)} hours, {found.alarms} alarms"
    yield ""
    yield "month    station            sessions  completed  adherence  all sets  data mean/worst  unconfirmed"
    for one in found.months:
        share = f"{_words(one.completeness_mean_percent)}/{_words(one.completeness_worst_percent)} %"
        yield (
            f"{one.month}  {one.station:18.18} {one.sessions:8}  {one.completed:9}  "
            f"{_words(one.adherence_percent):>7} %  {one.all_sets_percent:6g} %  {share:>15}  "
            f"{one.messages_unconfirmed:11}"
        )
    yield ""
    yield (
        "rule  alarms  per hour  high/med/low  self-cleared  acknowledged  confirmed p50/p95 ms  "
        "answered p50/p95 s  artefact  precision"
    )
    for rule in found.rules:
        confirmed = f"{_words(rule.confirmed_median_ms)}/{_words(rule.confirmed_p95_ms)}"
        answered = f"{_words(rule.acknowledged_median_s)}/{_words(rule.acknowledged_p95_s)}"
        priorities = f"{rule.high}/{rule.medium}/{rule.low}"
        precision = "not judged"
        if rule.precision_percent is not None:
            precision = f"{number(rule.precision_percent)} % of {rule.judged}"
        yield (
            f"{rule.rule:4}  {rule.alarms:6}  {rule.per_hour:8g}  {priorities:>12}  "
            f"{rule.self_cleared_percent:10g} %  {rule.acknowledged_percent:10g} %  {confirmed:>20}  "
            f"{answered:>18}  {rule.by_artefact_percent:6g} %  {precision}"
        )


def _words(value: float | None) -> str:
    return MISSING if value is None else number(value)
