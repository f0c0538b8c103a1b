"""Every form of the record by name. Libraries are imported when a form is asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from monitor.record.facts import SessionFacts

Files = Iterable[tuple[str, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One form: what it is, its files, the folder that they get where they are many, what it must import."""

    name: str
    what: str
    files: Callable[[SessionFacts], Files]
    folder: str = ""
    is_one_text: bool = False
    needs: str = ""

    def is_installed(self) -> bool:
        """Whether its library is there."""
        return not self.needs or find_spec(self.needs) is not None


def _html(facts: SessionFacts) -> Iterator[tuple[str, bytes]]:
    from monitor.record.render.report import REPORT_NAME, html

    yield REPORT_NAME, html(facts).encode()


def _json(facts: SessionFacts) -> Iterator[tuple[str, bytes]]:
    from monitor.record.facts_json import to_json

    yield "facts.json", (to_json(facts) + "\n").encode()


def _soap(facts: SessionFacts) -> Iterator[tuple[str, bytes]]:
    from monitor.record.render.soap import soap

    yield "note.txt", soap(facts).encode()


def _csv(facts: SessionFacts) -> Files:
    from monitor.record.render.csv_files import csv_files

    return csv_files(facts)


def _parquet(facts: SessionFacts) -> Files:
    from monitor.record.render.parquet_files import parquet_files

    return parquet_files(facts)


def _fhir(facts: SessionFacts) -> Iterator[tuple[str, bytes]]:
    from monitor.record.fhir.bundle import to_json

    yield "bundle.fhir.json", (to_json(facts) + "\n").encode()


def _hl7(facts: SessionFacts) -> Iterator[tuple[str, bytes]]:
    from monitor.record.render.hl7v2 import oru

    yield "oru.hl7", oru(facts).encode()


def _pdf(facts: SessionFacts) -> Iterator[tuple[str, bytes]]:
    from monitor.record.render.pdf import pdf

    yield "report.pdf", pdf(facts)


def _edf(facts: SessionFacts) -> Iterator[tuple[str, bytes]]:
    from monitor.record.render.edf import edf

    made = edf(facts)
    if made is not None:
        yield "curves.edf", made


def _mcap(facts: SessionFacts) -> Iterator[tuple[str, bytes]]:
    from monitor.record.render.mcap_export import layout, mcap

    yield "session.mcap", mcap(facts)
    yield "foxglove-layout.json", layout(facts)


_ALL = (
    Format(name="html", what="the report: one file, prints on two pages", files=_html, is_one_text=True),
    Format(name="pdf", what="the report as PDF/A with the data attached", files=_pdf, needs="typst"),
    Format(name="json", what="all facts, for programs", files=_json, is_one_text=True),
    Format(name="soap", what="draft of a visit note", files=_soap, is_one_text=True),
    Format(name="fhir", what="FHIR R4 transaction bundle", files=_fhir, is_one_text=True),
    Format(name="hl7", what="HL7 v2.5.1 ORU^R01", files=_hl7, is_one_text=True),
    Format(name="csv", what="tables with datapackage.json", files=_csv, folder="tables"),
    Format(name="parquet", what="the same tables, typed", files=_parquet, folder="tables", needs="pyarrow"),
    Format(name="edf", what="the curves as EDF+", files=_edf, needs="edfio"),
    Format(name="mcap", what="one topic a kind, with a Foxglove layout", files=_mcap),
)

FORMATS: Mapping[str, Format] = {one.name: one for one in _ALL}
