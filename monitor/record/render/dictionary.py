"""The data dictionary: every table and column of the export, read from the code."""

import sys

from monitor.record.render.tables import columns_of, description_of, signals_description, table_kinds


def dictionary() -> str:
    """Markdown, one section a table."""
    lines = [
        "# Data dictionary",
        "",
        "The tables of `kinewatch report --format csv,parquet`; `python -m monitor.record.render.dictionary`",
        "makes this page from the code.",
        "Every table has `session_id`. `t_s`, `from_s`, `to_s` are seconds since the session's first input;",
        "`session.csv` has the UTC of second 0. A missing value is an empty cell (CSV) or a null (Parquet).",
        "Units are UCUM.",
    ]
    for name, kind in table_kinds().items():
        lines += [
            "",
            f"## {name}",
            "",
            description_of(kind),
            "",
            "| column | type | unit | LOINC |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| `{column.name}` | {column.kind} | {column.unit} | {column.loinc} |"
            for column in columns_of(kind)
        ]
    lines += ["", "## signals", "", signals_description(), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(dictionary())
