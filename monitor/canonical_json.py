"""One JSON form for one value, so that equal values are equal bytes: recordings, replay, the audit chain.

Keys sorted, no white space, ASCII only, floats as Python's shortest round-trip form. NaN and the infinities,
which JSON does not have, are the strings "NaN", "Infinity" and "-Infinity".
"""

import json
import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any

import numpy as np

_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def encode(value: object) -> str:
    """The canonical JSON text of a value made of dataclasses, enums, mappings, sequences, sets and scalars.

    Bytes become lower-case hex, sets sorted lists, numpy scalars and arrays plain numbers and lists.

    Raises:
        TypeError: something in it has no JSON form.
    """
    return _encoder.encode(plain(value))


def plain(value: object) -> Any:  # noqa: PLR0911 - one return for each kind of value
    """The same value out of dicts, lists, strings, numbers, booleans and None."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _plain_float(float(value))
    if isinstance(value, bytes):
        return value.hex()
    return _plain_collection(value)


def _plain_collection(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in _field_names(type(value))}
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, AbstractSet):
        return sorted((plain(item) for item in value), key=_encoder.encode)
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    raise TypeError(f"a {type(value).__name__} has no JSON form")


@cache
def _field_names(kind: type[Any]) -> tuple[str, ...]:
    """Thousands of outputs an hour are of the same ten kinds."""
    return tuple(field.name for field in fields(kind))


def _plain_float(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _key(key: object) -> str:
    if isinstance(key, str):
        return str(key.value) if isinstance(key, Enum) else key
    raise TypeError(f"a JSON object's key must be text, not a {type(key).__name__}")
