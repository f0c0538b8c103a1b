"""The schemas by name: settings files, messages, and the AsyncAPI document over all topics."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib.metadata import version
from typing import Any

from monitor.config import Station
from monitor.errors import WrongUseError
from monitor.plan.plan import Plan
from protocols.mqtt import asyncapi
from simulators.scenario.loader import Scenario

_FILES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "station": Station.model_json_schema,
    "plan": Plan.model_json_schema,
    "scenario": Scenario.model_json_schema,
    "asyncapi": lambda: asyncapi.document(version("kinewatch")),
}


def schema_names() -> list[str]:
    """Every name, settings first."""
    return [*_FILES, *sorted(asyncapi.message_schemas())]


def schema_named(name: str) -> dict[str, Any]:
    """One schema.

    Raises:
        WrongUseError: there is none of that name.
    """
    if name in _FILES:
        return _FILES[name]()
    messages = asyncapi.message_schemas()
    if name in messages:
        return messages[name]
    near = get_close_matches(name, schema_names(), n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`kinewatch schema list` names all"
    raise WrongUseError(f"there is no schema {name!r}; {hint}")
