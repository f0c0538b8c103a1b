"""Measurements as JSON: unit-bearing names, no special floats, enumerations by name."""

import inspect
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum, Flag
from typing import Any

from protocols.ble.date_time import DateTime
from protocols.ble.ieee11073 import special_name

# What a message is called whose measurement is one number or word; the others by their own last name.
_SINGLE_NAMES: Mapping[str, str] = {
    "battery.level": "level_percent",
    "sensortag.period": "period_ms",
    "ieee11073.sfloat": "value",
    "ieee11073.float": "value",
}


def measurement_json(message_name: str, measurement: object) -> dict[str, Any]:
    """The measurement as a JSON object; a single value gets its name from the message's."""
    content = as_json(measurement)
    if isinstance(content, dict) and not isinstance(measurement, Flag):
        return content
    return {_SINGLE_NAMES.get(message_name, message_name.partition(".")[2]): content}


def as_json(content: Any) -> Any:  # noqa: PLR0911  # one return a kind of value reads best
    """Anything that a decoder returns as JSON values.

    NaN, NRes and the infinities become the strings "NaN", "NRes", "+INF" and "-INF"; bytes hexadecimal
    digits; flags a list of names and the bits; what a measurement computes of itself (`systolic_mmhg`)
    stands after its fields.
    """
    if isinstance(content, DateTime | datetime):
        return content.isoformat()
    if isinstance(content, Flag):
        return {
            "set": [str(flag.name).lower() for flag in type(content) if flag in content],
            "bits": content.value,
        }
    if isinstance(content, Enum):
        return content.name.lower()
    if isinstance(content, float):
        return special_name(content) or float(content)
    if isinstance(content, bytes):
        return content.hex()
    if isinstance(content, tuple | list):
        return [as_json(element) for element in content]
    if isinstance(content, Mapping):
        return {str(name): as_json(element) for name, element in content.items()}
    if is_dataclass(content):
        return {name: as_json(getattr(content, name)) for name in _names(type(content))} | _kind(content)
    return content


def _names(cls: type) -> list[str]:
    """Fields first, then what the class computes."""
    own = [field.name for field in fields(cls)]
    computed = [name for name, _ in inspect.getmembers(cls, lambda member: isinstance(member, property))]
    return own + [name for name in computed if name not in own]


def _kind(content: object) -> dict[str, str]:
    """A measurement without fields is known by its name only."""
    return {} if fields(content) else {"kind": type(content).__name__}  # type: ignore[arg-type]
