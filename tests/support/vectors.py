"""Published frames, as data: `tests/vectors/<family>.json`, each with its source."""

import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from protocols.ble.date_time import DateTime
from protocols.ble.ieee11073 import special_name

FOLDER = Path(__file__).parent.parent / "vectors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One frame: what it decodes to by its source, or the damage that a decoder is to find."""

    family: str
    id: str
    message: str
    frame: bytes
    expected: dict[str, Any] | None
    error: str | None
    source: str


def all_vectors() -> list[Vector]:
    """Every vector of every family."""
    return [
        Vector(
            family=path.stem,
            id=row["id"],
            message=row["message"],
            frame=bytes.fromhex(row["hex"]),
            expected=row.get("expected"),
            error=row.get("error"),
            source=row["source"],
        )
        for path in sorted(FOLDER.glob("*.json"))
        for row in json.loads(path.read_text(encoding="utf-8"))["vectors"]
    ]


def decoded_as(measurement: Any, path: str) -> Any:
    """What is at `path`: empty is the measurement itself, `samples[1]` an element, `@type` its class."""
    if not path:
        return measurement
    if path == "@type":
        return type(measurement).__name__
    if path == "sample_count":
        return len(measurement.samples)
    name, _, index = path.partition("[")
    content = getattr(measurement, name) if name else measurement
    return content[int(index.rstrip("]"))] if index else content


def same(actual: Any, expected: Any) -> bool:
    """Whether a decoded value is what the source says, in the source's words."""
    if isinstance(expected, dict):
        return all(same(decoded_as(actual, path), content) for path, content in expected.items())
    if isinstance(expected, list):
        return len(actual) == len(expected) and all(map(same, actual, expected))
    if isinstance(expected, str):
        return _as_text(actual) == expected
    if isinstance(actual, float) and isinstance(expected, float):
        # Sources print floats rounded; decimal numbers of the wire are exact.
        exact = hasattr(actual, "word")
        return actual == (expected if exact else pytest.approx(expected, abs=6e-4, rel=1e-5))
    return bool(actual == expected) and (actual is None) == (expected is None)


def _as_text(actual: Any) -> str:
    if isinstance(actual, Enum):
        return str(actual.name)
    if isinstance(actual, DateTime):
        return actual.isoformat()
    if isinstance(actual, bytes):
        return actual.hex()
    if isinstance(actual, float):
        return str(special_name(actual))
    return str(actual)
