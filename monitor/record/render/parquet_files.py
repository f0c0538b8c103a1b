"""Parquet: the same tables, typed; gaps are nulls. Needs the extra `record`."""

import io
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.record.facts import SessionFacts
from monitor.record.render.csv_files import datapackage, flowsheet_table
from monitor.record.render.tables import Table, tables

_TYPES = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}


def parquet_files(facts: SessionFacts) -> Iterator[tuple[str, bytes]]:
    """(name, content) of every file."""
    found = [*tables(facts), flowsheet_table(facts)]
    for table in found:
        yield f"{table.name}.parquet", parquet_bytes(table)
    yield "datapackage-parquet.json", datapackage(facts, found, suffix="parquet")


def parquet_bytes(table: Table) -> bytes:
    """One table; a column's unit and code are in its metadata."""
    schema = pa.schema(
        [
            pa.field(
                column.name,
                _TYPES[column.kind],
                metadata={
                    key: text for key, text in (("unit", column.unit), ("loinc", column.loinc)) if text
                },
            )
            for column in table.columns
        ],
        metadata={"description": table.description},
    )
    columns = list(zip(*table.rows, strict=True)) or [() for _ in table.columns]
    arrays = [pa.array(values, type=field.type) for values, field in zip(columns, schema, strict=True)]
    target = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), target, compression="zstd")
    return target.getvalue()
