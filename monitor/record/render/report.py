"""The report: one HTML file that needs nothing else, and prints on two pages."""

from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path

from monitor.errors import RunFailedError
from monitor.record.facts import NotRecorded, SessionFacts, iso_utc, without_free_text
from monitor.record.render import charts, flowsheet
from monitor.record.render.flowsheet import COLUMNS, Cell
from monitor.record.render.wording import (
    ADJUNCT,
    MISSING,
    SCALE_WORDS,
    clock,
    day,
    minutes,
    number,
    plain,
    quantity,
    with_error,
)

REPORT_NAME = "report.html"
# A report that came by mail loads nothing and runs nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_WORDS = frozenset({"time", "what", "alerts"})


def write_report(facts: SessionFacts, folder: Path, *, free_text: bool = False) -> Path:
    """Write the report into `folder`, readable for its owner only; returns its path.

    Raises:
        RunFailedError: it cannot be written.
    """
    path = folder / REPORT_NAME
    try:
        path.touch(mode=0o600)
        path.write_text(html(facts if free_text else without_free_text(facts)), encoding="utf-8")
    except OSError as exc:
        raise RunFailedError(f"{path}: the report cannot be written ({exc.strerror or exc})") from exc
    return path


def html(facts: SessionFacts) -> str:
    """The whole file."""
    title = f"{facts.patient_id}, {day(facts)}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{escape(title)}</title><style>{_style()}</style></head>\n<body>\n"
        + "\n".join(
            [
                _header(facts),
                _warnings(facts),
                _tiles(facts),
                _flowsheet(facts),
                _section("Over the session", charts.trends(facts) if facts.series else _no_curves()),
                '<div class="page2"></div>',
                _section("Repetitions", charts.repetitions(facts) or _none("no repetition was counted")),
                _alerts(facts),
                '<div class="columns"><div>',
                _readings(facts),
                _said(facts),
                _limits(facts),
                "</div><div>",
                _devices(facts),
                _gate(facts),
                _others(facts),
                _people(facts),
                "</div></div>",
                _amendments(facts),
                _footer(facts),
            ]
        )
        + "\n</body></html>\n"
    )


@cache
def _style() -> str:
    return files("monitor.record.render").joinpath("report.css").read_text(encoding="utf-8")


def _header(facts: SessionFacts) -> str:
    exercises = ", ".join(f"{plain(one.name)} {one.side}" for one in facts.exercises)
    return (
        f"<header><h1>Exercise session<small>{escape(exercises)}</small></h1>"
        f'<div class="who"><b>{escape(facts.patient_id)}</b><br>{escape(day(facts))} · '
        f"{minutes(facts.duration_s)} min · {escape(facts.clinic)}/{escape(facts.station)}<br>"
        f"pack {escape(plain(facts.pack))} · plan {facts.plan_version[:8]} · session "
        f"{escape(facts.session_id)}</div></header>"
    )


def _warnings(facts: SessionFacts) -> str:
    sentences = []
    if not facts.is_complete:
        sentences.append("The recording was cut off: what came after its end is not in this record.")
    if facts.messages_unconfirmed:
        sentences.append(
            f"{facts.messages_unconfirmed} of {facts.messages} alert messages were not confirmed by the "
            "therapist's application before the recording ended."
        )
    unseen = [one for one in facts.sets if one.unseen_s >= 1.0]
    if unseen:
        which = ", ".join(
            f"{plain(one.exercise)} set {one.number} ({number(one.unseen_s)} s)" for one in unseen
        )
        sentences.append(f"No sensor saw the joint for part of: {which}. Repetitions may be missing.")
    return "".join(f'<p class="warning">{escape(sentence)}</p>' for sentence in sentences)


def _tiles(facts: SessionFacts) -> str:
    done = sum(one.repetitions_done for one in facts.exercises)
    asked = sum(one.repetitions_prescribed for one in facts.exercises)
    best = max(
        (one for one in facts.sets if one.range_best_deg is not None),
        key=lambda one: one.range_best_deg or 0.0,
        default=None,
    )
    range_text = MISSING
    if best is not None and best.range_best_deg is not None:
        range_text = with_error(best.range_best_deg, best.range_error_deg) + "°"
    high = sum(one.priority == "high" for one in facts.alerts)
    peaks = {one.code: one.value for one in facts.points if one.point == "peak"}
    return (
        '<div class="tiles">'
        + "".join(
            f'<div class="tile"><b>{escape(value)}</b><span>{escape(words)}</span></div>'
            for value, words in (
                (f"{done} of {asked}", "repetitions done of prescribed"),
                (range_text, "best range of motion ± 1 SD"),
                (_peak(peaks.get("heart_rate_per_min"), "/min"), "highest heart rate, exercise"),
                (_peak(peaks.get("spo2_percent"), "%"), "lowest SpO₂, exercise"),
                (_peak(peaks.get("systolic_mmhg"), "mm[Hg]"), "highest systolic, exercise"),
                (f"{len(facts.alerts)}", f"alerts, {high} of them high"),
            )
        )
        + "</div>"
    )


def _peak(value: float | None, unit: str) -> str:
    return MISSING if value is None else quantity(value, unit)


def _flowsheet(facts: SessionFacts) -> str:
    sheet = flowsheet.rows(facts)
    reasons = flowsheet.reasons(sheet)
    head = "".join(
        f"<th{_kind(column.key)}>{escape(column.title)}"
        + (f"<small>{escape(column.unit)}</small></th>" if column.unit else "</th>")
        for column in COLUMNS
    )
    body = "".join(
        f'<tr class="{row.kind}">'
        + "".join(
            f"<td{_kind(column.key)}>{_cell(cell, reasons)}"
            f"{_amended(facts, row.fact_id) if column.key == 'what' else ''}</td>"
            for column, cell in zip(COLUMNS, row.cells, strict=True)
        )
        + "</tr>"
        for row in sheet
    )
    notes = " · ".join(
        f"<sup>{place}</sup> {escape(reason)}" for place, reason in enumerate(reasons, start=1)
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    how = "HR: highest, SpO₂: lowest within a set; otherwise the last in the stretch, or at the time."
    return _section("Flowsheet", f'<div class="scroll">{table}</div><p class="notes">{how} {notes}</p>')


def _kind(key: str) -> str:
    return "" if key in _WORDS else ' class="n"'


def _cell(cell: Cell, reasons: Sequence[str]) -> str:
    if cell.missing:
        return f"{MISSING}<sup>{reasons.index(cell.missing) + 1}</sup>"
    return escape(cell.text)


def _amended(facts: SessionFacts, fact_id: str) -> str:
    return "".join(
        f'<span class="amended">corrected: {escape(one.correction)} (no. {one.number})</span>'
        for one in facts.amendments_of(fact_id)
    )


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _none(reason: str) -> str:
    return f'<p class="none">{MISSING} {escape(reason)}</p>'


def _no_curves() -> str:
    return _none("the curves are in the recording, which is not where this report was made")


def _table(head: Iterable[str], body: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already; a title that begins with `#` is a column of numbers."""
    titles = list(head)
    kinds = [' class="n"' if title.startswith("#") else "" for title in titles]
    first = "".join(
        f"<th{kind}>{title.removeprefix('#')}</th>" for title, kind in zip(titles, kinds, strict=True)
    )
    lines = "".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(line, kinds, strict=True)) + "</tr>"
        for line in body
    )
    return f'<div class="scroll"><table><thead><tr>{first}</tr></thead><tbody>{lines}</tbody></table></div>'


def _alerts(facts: SessionFacts) -> str:
    if not facts.alerts:
        return _section("Alerts", _none("no alert was raised"))
    body = []
    for one in facts.alerts:
        acknowledged = MISSING
        if one.acknowledged_s is not None:
            by = escape(one.acknowledged_by or "")
            verb = "overridden by" if one.overridden else "by"
            acknowledged = f"{_after(one.acknowledged_s - one.fired_s)} {verb} {by}"
        end = f"open ({one.state})" if one.resolved_s is None else _after(one.resolved_s - one.fired_s)
        remark = ' <sup title="a poor signal was being reported">signal</sup>' if one.by_artefact else ""
        body.append(
            (
                escape(one.fact_id) + remark,
                f'<span class="chip {one.priority}">{one.priority}</span>',
                escape(one.text) + _amended(facts, one.fact_id),
                clock(facts, one.offending_s),
                clock(facts, one.fired_s),
                f"{number(one.confirmed_after_ms)} ms" if one.confirmed_after_ms is not None else MISSING,
                acknowledged,
                end,
            )
        )
    head = (
        "Alert",
        "Priority",
        "",
        "First sample",
        "Raised",
        "#Confirmed after",
        "Acknowledged after",
        "Over after",
    )
    return _section("Alerts", _table(head, body))


def _after(seconds: float) -> str:
    return f"{number(round(seconds, 1))} s" if seconds < 100 else f"{minutes(seconds)} min"


def _readings(facts: SessionFacts) -> str:
    if not facts.pressures:
        return _section("Cuff readings", _none("no cuff reading came in this session"))
    body = [
        (
            clock(facts, one.t_s) + _amended(facts, one.fact_id),
            escape(plain(one.phase)),
            _pair(one.systolic_mmhg, one.diastolic_mmhg),
            MISSING if one.mean_mmhg is None else number(one.mean_mmhg),
            MISSING if one.pulse_per_min is None else number(one.pulse_per_min),
            escape(" ".join([one.quality, *map(plain, one.flags)])),
            escape(", ".join(filter(None, (one.arm and f"{one.arm} arm", one.posture))))
            or "posture not said",
        )
        for one in facts.pressures
    ]
    head = ("Time", "Phase", "#mmHg", "#Mean", "#Pulse", "Quality", "")
    return _section("Cuff readings", _table(head, body))


def _pair(systolic: float | None, diastolic: float | None) -> str:
    if systolic is None or diastolic is None:
        return "no value"
    return f"{number(systolic)}/{number(diastolic)}"


def _said(facts: SessionFacts) -> str:
    lines = [
        (
            one.t_s,
            SCALE_WORDS.get(one.scale, one.scale),
            number(one.value) + (f" ({one.site})" if one.site else ""),
            one,
        )
        for one in facts.ratings
    ]
    lines += [(one.t_s, plain(one.kind), one.text, one) for one in facts.notes]  # type: ignore[misc]
    if not lines:
        return _section("What the patient said", _none("no rating, symptom or note was entered"))
    body = [
        (
            clock(facts, t_s),
            escape(what),
            escape(text) + _amended(facts, one.fact_id),
            escape(plain(one.phase)),
            escape(one.by),
        )
        for t_s, what, text, one in sorted(lines, key=lambda line: line[0])
    ]
    return _section("What the patient said", _table(("Time", "", "", "Phase", "Entered by"), body))


def _limits(facts: SessionFacts) -> str:
    body = [
        (
            escape(plain(one.name)),
            escape(quantity(one.value, one.unit)),
            "loosened in the plan, with a reason" if one.loosened_from_pack else "",
        )
        for one in facts.limits
        if one.name in _SHOWN_LIMITS or one.loosened_from_pack
    ]
    for change in facts.limit_changes:
        old = "none" if change.old is None else quantity(change.old, change.unit)
        body.append(
            (
                escape(plain(change.name)),
                escape(quantity(change.new, change.unit)),
                f"from {clock(facts, change.t_s)}, was {escape(old)}, by {escape(change.by)}",
            )
        )
    return _section("Limits in force", _table(("Limit", "#Value", ""), body))


_SHOWN_LIMITS = frozenset(
    {
        "spo2_low_percent",
        "spo2_sudden_percent",
        "heart_rate_upper_per_min",
        "heart_rate_low_per_min",
        "systolic_stop_mmhg",
        "diastolic_stop_mmhg",
        "rpe_stop",
        "pain_stop",
        "flexion_cap_deg",
        "extension_cap_deg",
    }
)


def _devices(facts: SessionFacts) -> str:
    body = []
    for one in facts.devices:
        share = one.completeness_percent
        body.append(
            (
                escape(one.device),
                escape(plain(one.role)),
                "readings only" if isinstance(share, NotRecorded) else f"{number(share)} %",
                MISSING if one.battery_percent is None else f"{number(one.battery_percent)} %",
                str(one.reconnects),
                str(one.decode_failures),
                MISSING if isinstance(one.firmware, NotRecorded) else escape(one.firmware),
            )
        )
    head = ("Sensor", "Role", "#Usable data", "#Battery", "#Recon.", "#Unread.", "Firmware")
    table = _table(head, body)
    unknown = {one.firmware.reason for one in facts.devices if isinstance(one.firmware, NotRecorded)}
    notes = [f"{MISSING} {reason}" for reason in sorted(unknown)]
    if isinstance(facts.calibrations, NotRecorded):
        notes.append(f"calibration: {facts.calibrations.reason}")
    else:
        notes += [
            f"{clock(facts, one.t_s)} {plain(one.joint)} calibrated"
            + ("" if one.axis_error_deg is None else f", axis within {number(one.axis_error_deg)}°")
            for one in facts.calibrations
        ]
    return _section("Sensors and calibration", table + f'<p class="notes">{escape("; ".join(notes))}</p>')


def _gate(facts: SessionFacts) -> str:
    if isinstance(facts.gate, NotRecorded):
        return _section("Readiness", _none(facts.gate.reason))
    body = [
        (
            clock(facts, one.t_s),
            escape(plain(one.check)),
            "passed" if one.passed else "NOT passed",
            "" if one.value is None else escape(quantity(one.value, one.unit)),
            "" if one.limit is None else escape(quantity(one.limit, one.unit)),
            escape(one.by),
            escape(one.text),
        )
        for one in facts.gate
    ]
    return _section("Readiness", _table(("Time", "Check", "", "#Value", "#Limit", "By", ""), body))


def _others(facts: SessionFacts) -> str:
    if isinstance(facts.function_tests, NotRecorded):
        tests = _none(facts.function_tests.reason)
    else:
        tests = _table(
            ("Time", "Test", "Result", ""),
            [
                (
                    clock(facts, one.t_s),
                    escape(plain(one.test)),
                    escape(
                        "; ".join(
                            f"{plain(name)} {with_error(value, error)} {unit}"
                            for name, value, unit, error in one.measures
                        )
                    ),
                    escape("; ".join([*(() if one.valid else ("NOT valid",)), *one.remarks])),
                )
                for one in facts.function_tests
            ],
        )
    cues = facts.cues.reason if isinstance(facts.cues, NotRecorded) else f"{len(facts.cues)} cues were given"
    return _section("Function tests and cues", tests + f'<p class="notes">{escape(cues)}</p>')


def _people(facts: SessionFacts) -> str:
    if not facts.people:
        return _section("Who took part", _none("nobody gave a command in this session"))
    words = "; ".join(f"{one.code} ({one.acts} entries)" for one in facts.people)
    return _section("Who took part", f"<p>{escape(words)}</p>")


def _amendments(facts: SessionFacts) -> str:
    if not facts.amendments:
        return ""
    body = [
        (
            str(one.number),
            escape(iso_utc(one.at_utc_ns)),
            escape(one.by),
            escape(one.fact_id),
            escape(one.correction),
            escape(one.reason),
        )
        for one in facts.amendments
    ]
    head = ("#No.", "Made (UTC)", "By", "Corrects", "Correction", "Reason")
    return _section("Corrections (the original stands above, unchanged)", _table(head, body))


def _footer(facts: SessionFacts) -> str:
    return (
        f"<footer>{escape(ADJUNCT)} Times are the station's local time. "
        f"± is one standard deviation of the measurement; a change is one only beyond the detectable change. "
        f"kinewatch {escape(facts.software_version)}, session {escape(facts.session_id)}, "
        f"plan {facts.plan_version}."
        "</footer>"
    )
