"""What is made of the facts: readable, complete, nobody's name, nothing that runs."""

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from monitor.record.facts import Amendment, NoteFacts, SessionFacts, VitalFacts, without_free_text
from monitor.record.render import flowsheet
from monitor.record.render.csv_files import csv_files
from monitor.record.render.dictionary import dictionary
from monitor.record.render.report import html
from monitor.record.render.sections import COUNTED
from monitor.record.render.soap import ASSESSMENT, UNSIGNED, soap
from monitor.record.render.svg import Scale, decimated, line_path, ticks
from monitor.record.render.tables import tables
from monitor.record.render.wording import CODE_WORDS
from monitor.samples import COUNTED_CODES
from tests.support.recorded_session import Recorded


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def parsed(text: str) -> _Text:
    reader = _Text()
    reader.feed(text)
    return reader


def test_the_report_shows_every_cell_of_the_flowsheet(golden: Recorded) -> None:
    words = " ".join(parsed(html(golden.facts)).words)
    for row in flowsheet.rows(golden.facts):
        for cell in row.cells:
            assert cell.text in words
            assert cell.missing in words


def test_the_report_needs_nothing_else(golden: Recorded) -> None:
    page = html(golden.facts)
    assert "script" not in parsed(page).tags
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_what_somebody_typed_cannot_become_markup(golden: Recorded) -> None:
    evil = NoteFacts(
        fact_id="note-9", t_s=10.0, phase="before", kind="note", text="<script>alert(1)</script>", by="x-1"
    )
    page = html(replace(golden.facts, notes=(evil,)))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_an_empty_session_has_a_report_too(golden: Recorded) -> None:
    empty = replace(
        golden.facts,
        sets=(),
        repetitions=(),
        vitals=(),
        points=(),
        pressures=(),
        ratings=(),
        notes=(),
        alerts=(),
        phases=(),
        series=(),
        people=(),
        duration_s=0.0,
    )
    page = html(empty)
    assert "no alert was raised" in page
    assert "no cuff reading" in page
    assert ASSESSMENT in soap(empty)


def counted(code: str, unit: str, source: str, mean: float) -> VitalFacts:
    return VitalFacts(
        code=code,
        unit=unit,
        source=source,
        period="during",
        samples=300,
        questionable=0,
        minimum=mean - 1,
        mean=mean,
        maximum=mean + 1,
        last=mean + 1,
    )


def test_what_is_gathered_of_machines_and_thermometers_is_told() -> None:
    assert COUNTED == COUNTED_CODES
    assert set(CODE_WORDS) >= COUNTED


def test_a_machine_and_a_thermometer_have_a_table_where_there_is_one(golden: Recorded) -> None:
    assert "Machine and temperature" not in html(golden.facts)
    vitals = (
        counted("speed_km_h", "km/h", "treadmill", 4.5),
        counted("distance_m", "m", "treadmill", 256),
        counted("body_temperature_cel", "Cel", "thermometer", 36.8),
    )
    facts = replace(golden.facts, vitals=(*golden.facts.vitals, *vitals))
    words = " ".join(parsed(html(facts)).words)
    for said in ("Machine and temperature", "4.5 km/h", "257 m", "36.8°C"):
        assert said in words


def test_a_cut_recording_and_unconfirmed_messages_are_said_first(golden: Recorded) -> None:
    page = html(replace(golden.facts, is_complete=False, messages_unconfirmed=2))
    assert "was cut off" in page
    assert "2 of" in page


def test_a_correction_stands_beside_the_original(golden: Recorded) -> None:
    amendment = Amendment(
        number=1, at_utc_ns=0, by="therapist-1", fact_id="set-2", correction="nine", reason="a cough"
    )
    page = html(replace(golden.facts, amendments=(amendment,)))
    assert "corrected: nine" in page
    assert "10/10" in page
    assert "a cough" not in html(without_free_text(replace(golden.facts, amendments=(amendment,))))


def test_every_table_is_a_csv_with_all_its_rows(golden: Recorded) -> None:
    files = dict(csv_files(golden.facts))
    for table in tables(golden.facts):
        rows = list(csv.reader(io.StringIO(files[f"{table.name}.csv"].decode(), newline="")))
        assert rows[0] == [column.name for column in table.columns]
        assert len(rows) == len(table.rows) + 1
        assert all(len(row) == len(rows[0]) for row in rows)
    package = json.loads(files["datapackage.json"])
    assert {resource["path"] for resource in package["resources"]} == set(files) - {"datapackage.json"}
    assert b"nan" not in files["signals.csv"].lower()


def test_a_cell_is_no_formula(golden: Recorded) -> None:
    note = NoteFacts(fact_id="note-9", t_s=1.0, phase="before", kind="note", text="=1+1", by="x")
    files = dict(csv_files(replace(golden.facts, notes=(note,))))
    assert b",'=1+1," in files["notes.csv"]


def test_the_note_is_a_draft_with_an_empty_assessment(golden: Recorded) -> None:
    note = soap(golden.facts)
    assert UNSIGNED in note
    assert f"A  ASSESSMENT\n{ASSESSMENT}\n" in note
    assert "Exertion (Borg 6–20) 13" in note
    assert "chest tightness" in note
    assert "chest tightness" not in soap(without_free_text(golden.facts))


def test_the_dictionary_has_every_column(golden: Recorded) -> None:
    page = dictionary()
    for table in tables(golden.facts):
        if table.name not in {"session", "not_recorded"}:
            assert f"## {table.name}" in page


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (88.0, 100.0), (0.0, 0.0), (-3.5, 240.0), (0.0, 60.0)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    found = ticks(low, high, 5)
    assert found
    assert all(low <= one <= high for one in found)


def test_decimation_keeps_extremes_and_gaps() -> None:
    points: list[tuple[float, float | None]] = [(float(i), float(i % 7)) for i in range(20_000)]
    points[7777] = (7777.0, 99.0)
    points[9000] = (9000.0, None)
    kept = decimated(points)
    assert len(kept) <= 1300
    assert (7777.0, 99.0) in kept
    assert (9000.0, None) in kept


def test_a_gap_breaks_the_line() -> None:
    scale = Scale(0.0, 10.0, 0.0, 10.0)
    assert line_path([(0.0, 1.0), (1.0, None), (2.0, 3.0), (3.0, 4.0)], scale, scale).count("M") == 2


def test_artefacts_are_the_same_bytes_again(golden: Recorded) -> None:
    again: SessionFacts = replace(golden.facts)
    assert html(again) == html(golden.facts)
    assert dict(csv_files(again)) == dict(csv_files(golden.facts))


def test_the_dictionarys_page_is_made_of_the_code() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "data-dictionary.md"
    assert page.read_text(encoding="utf-8") == dictionary(), "run python -m monitor.record.render.dictionary"
