"""CSV: one file a table, with a `datapackage.json` that says what each column is."""

import csv
import io
import json
from collections.abc import Iterator, Sequence

from monitor.record.facts import SessionFacts
from monitor.record.render import flowsheet
from monitor.record.render.tables import Column, Table, Value, tables

# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_files(facts: SessionFacts) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file."""
    found = [*tables(facts), flowsheet_table(facts)]
    for table in found:
        yield f"{table.name}.csv", csv_bytes(table)
    yield "datapackage.json", datapackage(facts, found, suffix="csv")


def csv_bytes(table: Table) -> bytes:
    """The table as UTF-8, RFC 4180; nothing between two commas is a missing value."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.name for column in table.columns])
    is_text = [column.kind == "string" for column in table.columns]
    writer.writerows(
        [_text(value) if quoted else _scalar(value) for value, quoted in zip(row, is_text, strict=True)]
        for row in table.rows
    )
    return text.getvalue().encode()


def flowsheet_table(facts: SessionFacts) -> Table:
    """The flowsheet as people read it, with the reasons for what is missing."""
    sheet = flowsheet.rows(facts)
    columns = tuple(Column(column.key, "string") for column in flowsheet.COLUMNS)
    rows: list[Sequence[Value]] = [
        [facts.session_id, *(cell.text or None for cell in row.cells), *([_why(row)])] for row in sheet
    ]
    return Table(
        "flowsheet",
        "The flowsheet as it is printed: one row before, one a set, peak, recovery, after.",
        (Column("session_id", "string"), *columns, Column("missing", "string")),
        rows,
    )


def _why(row: flowsheet.Row) -> str | None:
    pairs = [
        f"{column.key}: {cell.missing}"
        for column, cell in zip(flowsheet.COLUMNS, row.cells, strict=True)
        if cell.missing
    ]
    return "; ".join(pairs) or None


def datapackage(facts: SessionFacts, found: Sequence[Table], *, suffix: str) -> bytes:
    """A Frictionless data package: tables, columns, types, units (UCUM), codes (LOINC)."""
    content = {
        "profile": "tabular-data-package" if suffix == "csv" else "data-package",
        "name": f"kinewatch-session-{facts.session_id}".lower(),
        "title": "One exercise session",
        "created": facts.utc(facts.duration_s),
        "resources": [_resource(table, suffix) for table in found],
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _resource(table: Table, suffix: str) -> dict[str, object]:
    return {
        "name": table.name.replace("_", "-"),
        "path": f"{table.name}.{suffix}",
        "description": table.description,
        "profile": "tabular-data-resource",
        "encoding": "utf-8",
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "missingValues": [""],
        },
    }


def _field(column: Column) -> dict[str, str]:
    field = {"name": column.name, "type": column.kind}
    if column.unit:
        field["unit"] = column.unit
    if column.loinc:
        field["rdfType"] = f"http://loinc.org/rdf/{column.loinc}"
    return field


def _text(value: Value) -> Value:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _scalar(value: Value) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value
