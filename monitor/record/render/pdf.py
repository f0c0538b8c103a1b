"""PDF by typst: tagged, PDF/A-3a and PDF/UA-1; the FHIR bundle and the flowsheet attached. Extra `record`.

Equal facts give equal bytes: no system font, no time of making.
"""

import json
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst

from monitor.record.facts import SessionFacts
from monitor.record.fhir.bundle import to_json
from monitor.record.render import charts, flowsheet, sections
from monitor.record.render.csv_files import csv_bytes, flowsheet_table
from monitor.record.render.sections import Section
from monitor.record.render.wording import ADJUNCT, MISSING, day, minutes, plain

# Typed as Any: the package lists the words it takes one by one.
STANDARDS: Any = ["a-3a", "ua-1"]
# The one family that typst brings and that has the letters of every European language.
_FONT = "Libertinus Serif"


def pdf(facts: SessionFacts) -> bytes:
    """The report as PDF."""
    content = _content(facts)
    with TemporaryDirectory(prefix="kinewatch-pdf-") as name:
        folder = Path(name)
        template = files("monitor.record.render").joinpath("report.typ").read_text(encoding="utf-8")
        (folder / "report.typ").write_text(template, encoding="utf-8")
        (folder / "report.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        for drawing, svg in (("trends", charts.trends(facts)), ("repetitions", charts.repetitions(facts))):
            if svg:
                (folder / f"{drawing}.svg").write_text(_with_font(svg), encoding="utf-8")
        (folder / "bundle.fhir.json").write_text(to_json(facts), encoding="utf-8")
        (folder / "flowsheet.csv").write_bytes(csv_bytes(flowsheet_table(facts)))
        # The time stamp is the session's end: a file that is made again must not be another.
        made: bytes = typst.compile(
            str(folder / "report.typ"),
            root=str(folder),
            format="pdf",
            ignore_system_fonts=True,
            pdf_standards=STANDARDS,
            timestamp=round(facts.start_utc_ns / 1e9 + facts.duration_s),
        )
    return made


def _with_font(svg: str) -> str:
    head, _, rest = svg.partition('font-family="')
    return f'{head}font-family="{_FONT}{rest[rest.index(chr(34)) :]}'


def _content(facts: SessionFacts) -> dict[str, Any]:
    start = facts.local(0.0)
    sheet = flowsheet.rows(facts)
    reasons = flowsheet.reasons(sheet)
    exercises = ", ".join(f"{plain(one.name)} {one.side}" for one in facts.exercises)
    rows = [
        tuple(
            f"{MISSING} ({reasons.index(cell.missing) + 1})" if cell.missing else cell.text
            for cell in row.cells
        )
        for row in sheet
    ]
    for row, line in zip(sheet, range(len(rows)), strict=True):
        beside = "".join(f" {sections.correction(one)}" for one in facts.amendments_of(row.fact_id))
        if beside:
            texts = list(rows[line])
            texts[1] += beside
            rows[line] = tuple(texts)
    head = tuple(
        ("" if column.key in {"time", "what", "alerts"} else "#") + f"{column.title}\n{column.unit}".strip()
        for column in flowsheet.COLUMNS
    )
    note = "; ".join(f"({place}) {reason}" for place, reason in enumerate(reasons, start=1))
    table = Section(title="Flowsheet", head=head, rows=rows, none="", note=note)
    return {
        "title": f"Exercise session of {facts.patient_id}, {day(facts)}",
        "date": [start.year, start.month, start.day],
        "patient": facts.patient_id,
        "exercises": exercises,
        "about": [
            f"{day(facts)}, {minutes(facts.duration_s)} min, {facts.clinic}/{facts.station}",
            f"pack {plain(facts.pack)}, plan {facts.plan_version[:8]}, session {facts.session_id}",
        ],
        "warnings": sections.warnings(facts),
        "tiles": [list(tile) for tile in sections.tiles(facts)],
        "flowsheet": _section(table),
        "trends": bool(facts.series),
        "repetitions": bool(facts.repetitions),
        "alerts": _section(sections.alerts(facts)),
        "left": [_section(one) for one in sections.left(facts)],
        "right": [_section(one) for one in sections.right(facts)],
        "amendments": _section(sections.amendments(facts)),
        "footer": f"{ADJUNCT} kinewatch {facts.software_version}.",
    }


def _section(section: Section) -> dict[str, Any]:
    """Columns of numbers as wide as they are; of the others the widest text takes what is left."""
    numeric = [title.startswith("#") for title in section.head]
    longest = [
        max([len(row[column]) for row in section.rows] + [len(section.head[column].partition("\n")[0])])
        for column in range(len(section.head))
    ]
    return {
        "title": section.title,
        "head": [title.removeprefix("#") for title in section.head],
        "numeric": numeric,
        "widths": [
            0 if is_number or length <= 17 else length
            for is_number, length in zip(numeric, longest, strict=True)
        ],
        "rows": [list(row) for row in section.rows],
        "none": section.none,
        "note": section.note,
    }
