"""The report: one HTML file that needs nothing else, and prints on two pages."""

from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path

from monitor.errors import RunFailedError
from monitor.record.facts import SessionFacts, without_free_text
from monitor.record.render import charts, flowsheet, sections
from monitor.record.render.flowsheet import COLUMNS, Cell
from monitor.record.render.sections import Section
from monitor.record.render.wording import (
    ADJUNCT,
    MISSING,
    day,
    minutes,
    plain,
)

REPORT_NAME = "report.html"
# A report that came by mail loads nothing and runs nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_PRIORITIES = frozenset({"high", "medium", "low"})
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
                *(f'<p class="warning">{escape(sentence)}</p>' for sentence in sections.warnings(facts)),
                _tiles(facts),
                _flowsheet(facts),
                _section("Over the session", charts.trends(facts) if facts.series else _no_curves()),
                '<div class="page2"></div>',
                _section("Repetitions", charts.repetitions(facts) or _none("no repetition was counted")),
                _shown(sections.alerts(facts)),
                '<div class="columns"><div>',
                *map(_shown, sections.left(facts)),
                "</div><div>",
                *map(_shown, sections.right(facts)),
                "</div></div>",
                *([_shown(sections.amendments(facts))] if facts.amendments else []),
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


def _tiles(facts: SessionFacts) -> str:
    tiles = "".join(
        f'<div class="tile"><b>{escape(value)}</b><span>{escape(words)}</span></div>'
        for value, words in sections.tiles(facts)
    )
    return f'<div class="tiles">{tiles}</div>'


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
        f'<span class="amended">{escape(sections.correction(one))}</span>'
        for one in facts.amendments_of(fact_id)
    )


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _none(reason: str) -> str:
    return f'<p class="none">{MISSING} {escape(reason)}</p>'


def _no_curves() -> str:
    return _none("the curves are in the recording, which is not where this report was made")


def _shown(section: Section) -> str:
    """A section as a table; a title that begins with `#` is a column of numbers."""
    if not section.rows:
        return _section(section.title, _none(section.none))
    kinds = [' class="n"' if title.startswith("#") else "" for title in section.head]
    titles = [escape(title.removeprefix("#")) for title in section.head]
    head = "".join(f"<th{kind}>{title}</th>" for title, kind in zip(titles, kinds, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{_text(cell)}</td>" for cell, kind in zip(row, kinds, strict=True))
        + "</tr>"
        for row in section.rows
    )
    note = f'<p class="notes">{escape(section.note)}</p>' if section.note else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return _section(section.title, f'<div class="scroll">{table}</div>{note}')


def _text(cell: str) -> str:
    if cell in _PRIORITIES:
        return f'<span class="chip {cell}">{cell}</span>'
    text, mark, correction = cell.partition(sections.CORRECTED)
    amended = f'<span class="amended">{escape(mark + correction)}</span>' if mark else ""
    return escape(text) + amended


def _footer(facts: SessionFacts) -> str:
    return (
        f"<footer>{escape(ADJUNCT)} Times are the station's local time. "
        f"± is one standard deviation of the measurement; a change is one only beyond the detectable change. "
        f"kinewatch {escape(facts.software_version)}, session {escape(facts.session_id)}, "
        f"plan {facts.plan_version}."
        "</footer>"
    )
