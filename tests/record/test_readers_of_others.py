"""What we write, read by programs that we did not write. Each finds what another misses."""

import io
import json
import subprocess
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from mcap.reader import make_reader

from monitor.app import STORE_NAME
from monitor.cli.main import main
from monitor.record.facts import SessionFacts
from monitor.record.fhir.bundle import bundle, to_json
from monitor.record.fhir.codes import UCUM_CODES
from monitor.record.fhir.push import push, target_of
from monitor.record.render import flowsheet
from monitor.record.render.hl7v2 import oru
from monitor.record.render.mcap_export import SCHEMAS, mcap
from monitor.record.rows import stored_record
from monitor.store.store import Store
from tests.support.made_facts import made_facts

# The router looks through all that it holds for every entry: half a minute where other work is going on.
pytestmark = [pytest.mark.record, pytest.mark.timeout(300)]
SEEDS = (1, 20261201)


@pytest.fixture(params=SEEDS)
def facts(request: pytest.FixtureRequest) -> SessionFacts:
    return made_facts(request.param, sets=2, repetitions=4, duration_s=400.0)


def asked(node: Path, program: str, text: str) -> list[str]:
    result = subprocess.run(
        ["node", program], cwd=node, input=text, capture_output=True, text=True, check=True, timeout=200
    )
    return result.stdout.splitlines()


# -- FHIR ---------------------------------------------------------------------------------------------------


def test_fhir_resources_reads_the_bundle(facts: SessionFacts) -> None:
    models = pytest.importorskip("fhir.resources.R4B.bundle", reason="`make test-record` installs it")
    read = models.Bundle.model_validate_json(to_json(facts))
    assert len(read.entry) == len(bundle(facts)["entry"])


def test_npm_fhir_finds_nothing(facts: SessionFacts, node: Path) -> None:
    assert asked(node, "fhir_js.cjs", to_json(facts)) == []


def test_npm_fhir_finds_a_status_that_is_none(facts: SessionFacts, node: Path) -> None:
    damaged = to_json(facts).replace('"status":"final"', '"status":"done"')
    assert asked(node, "fhir_js.cjs", damaged)


def test_every_unit_is_ucum(node: Path) -> None:
    assert asked(node, "ucum.cjs", "\n".join(UCUM_CODES)) == []
    assert asked(node, "ucum.cjs", "bpm")


def read_back(url: str, location: str) -> Any:
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    connection.request("GET", f"/{location}")
    content = json.loads(connection.getresponse().read())
    connection.close()
    return content


def test_a_server_creates_everything_once(facts: SessionFacts, fhir_server: str) -> None:
    content = to_json(facts).encode()
    first = push(content, target_of(fhir_server))
    assert first.accepted, first.text
    again = push(content, target_of(fhir_server))
    assert again.accepted, again.text
    ids, ids_again = (json.loads(answer.text) for answer in (first, again))
    assert [one["location"] for one in ids] == [one["location"] for one in ids_again]
    assert {one["status"] for one in ids_again} == {"200"}


def test_what_was_sent_is_what_is_read(facts: SessionFacts, fhir_server: str) -> None:
    made = bundle(facts)
    answer = push(to_json(facts).encode(), target_of(fhir_server))
    locations = [one["location"] for one in json.loads(answer.text)]
    where = {one["fullUrl"]: location for one, location in zip(made["entry"], locations, strict=True)}
    for entry, location in zip(made["entry"], locations, strict=True):
        sent = json.dumps(entry["resource"])
        for full_url, place in where.items():
            sent = sent.replace(full_url, place)
        read = read_back(fhir_server, location)
        expected = json.loads(sent)
        for content in (read, expected):
            content.pop("id", None)
            content.pop("meta", None)
        assert read == expected


def test_the_command_pushes_to_it(
    fhir_server: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = replace(made_facts(77, sets=1, repetitions=3, duration_s=300.0), amendments=())
    with Store(tmp_path / STORE_NAME) as store:
        store.records.keep(stored_record(facts))
    words = ["fhir", "push", fhir_server, "--sessions", str(tmp_path)]
    assert main(words) == 0
    assert "created" in capsys.readouterr().out
    assert (
        main(["amend", facts.session_id, "set-1", "9", "--reason", "cough", "--sessions", str(tmp_path)]) == 0
    )
    assert main(words) == 0
    assert "1 created" in capsys.readouterr().out


# -- HL7 v2 -------------------------------------------------------------------------------------------------


def sent_values(facts: SessionFacts) -> list[str]:
    return [one.split("|")[5] for one in oru(facts).split("\r") if one.startswith("OBX")]


def test_python_hl7_reads_every_value(facts: SessionFacts) -> None:
    hl7 = pytest.importorskip("hl7", reason="`make test-record` installs it")
    message = hl7.parse(oru(facts))
    assert [str(one[5]) for one in message.segments("OBX")] == sent_values(facts)


def test_hl7apy_takes_it_for_valid(facts: SessionFacts) -> None:
    parser = pytest.importorskip("hl7apy.parser", reason="`make test-record` installs it")
    message = parser.parse_message(oru(facts))
    assert message.name == "ORU_R01"
    assert message.validate()


# -- PDF, EDF+, Parquet, MCAP -------------------------------------------------------------------------------


def test_the_pdf_says_every_cell_and_carries_the_data(facts: SessionFacts) -> None:
    pypdf = pytest.importorskip("pypdf", reason="`make test-record` installs it")
    pytest.importorskip("typst", reason="`make test-record` installs it")
    from monitor.record.render.pdf import pdf

    made = pdf(facts)
    assert pdf(facts) == made
    read = pypdf.PdfReader(io.BytesIO(made))
    words = "".join("".join(page.extract_text() for page in read.pages).replace("\u2212", "-").split())
    for row in flowsheet.rows(facts):
        for cell in row.cells:
            # A cell may be broken into two lines, and a long word at its dash.
            assert "".join(cell.text.split()) in words
    assert read.attachments["bundle.fhir.json"] == [to_json(facts).encode()]
    assert "flowsheet.csv" in read.attachments
    metadata = read.xmp_metadata
    assert metadata is not None
    text = metadata.stream.get_data().decode()
    assert "pdfaid:part" in text
    assert "pdfuaid:part" in text


def test_edf_gives_the_curves_back(facts: SessionFacts) -> None:
    edfio = pytest.importorskip("edfio", reason="`make test-record` installs it")
    from monitor.record.render.edf import RANGES, edf

    made = edf(facts)
    assert made is not None
    read = edfio.read_edf(io.BytesIO(made))
    series = next(one for one in facts.series if one.code == "spo2_percent")
    signal = next(one for one in read.signals if one.label.startswith("SpO2"))
    resolution = (RANGES["spo2_percent"][1] - RANGES["spo2_percent"][0]) / 65535
    for t_s, value in zip(series.t_s, series.values, strict=True):
        if value is not None:
            assert abs(signal.data[int(t_s)] - value) <= resolution
    assert len(read.annotations) >= len(facts.sets)
    assert edf(replace(facts, series=())) is None


def test_parquet_keeps_types_and_gaps(facts: SessionFacts) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="`make test-record` installs it")
    from monitor.record.render.parquet_files import parquet_files

    files = dict(parquet_files(facts))
    signals = pq.read_table(io.BytesIO(files["signals.parquet"]))
    gaps = sum(value is None for one in facts.series for value in one.values)
    assert signals.column("value").null_count == gaps
    sets = pq.read_table(io.BytesIO(files["sets.parquet"]))
    assert sets.schema.field("range_mean_deg").metadata[b"unit"] == b"deg"
    assert sets.column("repetitions").to_pylist() == [one.repetitions for one in facts.sets]


def test_any_mcap_reader_finds_the_topics(facts: SessionFacts) -> None:
    reader = make_reader(io.BytesIO(mcap(facts)))
    summary = reader.get_summary()
    assert summary is not None
    assert {one.name for one in summary.schemas.values()} <= {one["title"] for one in SCHEMAS.values()}
    topics = {channel.topic for channel in summary.channels.values()}
    assert {"/phase", "/set", "/repetition", "/spo2_percent/oximeter"} <= topics
    values = [
        json.loads(message.data)["value"]
        for _, _, message in reader.iter_messages(topics=["/spo2_percent/oximeter"])
    ]
    assert values == list(next(one for one in facts.series if one.code == "spo2_percent").values)
