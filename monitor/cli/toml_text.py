"""Settings as TOML text, for a person to read and change. The standard library only reads TOML."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def toml_text(content: Mapping[str, Any]) -> str:
    """Tables after values, lists of tables as `[[name]]`; what is None is left out.

    Values are strings, numbers, booleans, lists of them and tables: JSON writes these as TOML reads them.
    """
    return "\n".join(_lines(content, "")) + "\n"


def _lines(content: Mapping[str, Any], prefix: str) -> Iterator[str]:
    later = []
    for key, value in content.items():
        is_tables = isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
        if isinstance(value, Mapping) or is_tables:
            later.append((key, value))
        elif value is not None:
            yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
    for key, value in later:
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            lines = list(_lines(value, f"{name}."))
            if lines:
                yield from ("", f"[{name}]", *lines)
            continue
        for table in value:
            yield from ("", f"[[{name}]]", *_lines(table, f"{name}."))
