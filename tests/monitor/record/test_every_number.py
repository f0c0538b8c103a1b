"""Each number on the flowsheet is in the bundle, the CSV and the report, over random sessions."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hypothesis import given, settings

from monitor.record.facts import SessionFacts
from monitor.record.fhir.bundle import bundle
from monitor.record.fhir.check import problems
from monitor.record.render import flowsheet
from monitor.record.render.csv_files import csv_files
from monitor.record.render.report import html
from monitor.record.render.soap import soap
from monitor.record.render.wording import number
from tests.support.made_facts import any_session

PRESSURE = [column.key for column in flowsheet.COLUMNS].index("pressure")


def numbers(value: Any) -> Iterator[float]:
    """Every number in JSON values."""
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield float(value)
    elif isinstance(value, dict):
        for one in value.values():
            yield from numbers(one)
    elif isinstance(value, list):
        for one in value:
            yield from numbers(one)


def csv_numbers(facts: SessionFacts) -> set[float]:
    found = set()
    for name, content in csv_files(facts):
        if name.endswith(".csv") and name not in {"flowsheet.csv", "signals.csv"}:
            for row in csv.reader(io.StringIO(content.decode(), newline="")):
                for cell in row:
                    try:
                        found.add(float(cell))
                    except ValueError:
                        continue
    return found


@given(any_session())
@settings(max_examples=12, deadline=None)
def test_each_number_of_the_flowsheet_is_everywhere(facts: SessionFacts) -> None:
    facts = replace(facts, series=())
    made = bundle(facts)
    in_bundle, in_csv = set(numbers(made)), csv_numbers(facts)
    page, note = html(facts), soap(facts)
    for row in flowsheet.rows(facts):
        for cell in row.cells:
            assert set(cell.numbers) <= in_bundle
            assert set(cell.numbers) <= in_csv
            assert cell.text in page
            assert cell.text in note
    shown = [
        one for one in facts.pressures if one.systolic_mmhg is not None and one.diastolic_mmhg is not None
    ]
    cells = " ".join(
        row.cells[PRESSURE].text for row in flowsheet.rows(facts) if row.kind in {"set", "during"}
    )
    for one in shown:
        if one.period == "during":
            assert f"{number(one.systolic_mmhg or 0)}/{number(one.diastolic_mmhg or 0)}" in cells
    assert problems(made) == []
