"""What pydantic finds wrong with a scenario, in the scenario's words: the key path, and what was expected."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from simulators.errors import ScenarioProblem
from simulators.scenario.model import (
    DeviceSection,
    Expectations,
    ExpectedAlert,
    MotionSection,
    PatientSection,
    Scenario,
)
from simulators.scenario.timeline import ENTRIES

Location = tuple[int | str, ...]

# The tables of a scenario whose keys are fixed, by their names without indices; the timeline's are `ENTRIES`.
_TABLES: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): Scenario,
    ("patient",): PatientSection,
    ("motion",): MotionSection,
    ("devices",): DeviceSection,
    ("expect",): Expectations,
    ("expect", "alerts"): ExpectedAlert,
}
_BY_DO: Mapping[str, type[BaseModel]] = {
    str(get_args(entry.model_fields["do"].annotation)[0]): entry for entry in ENTRIES
}


def problems_of(error: ValidationError) -> Iterator[ScenarioProblem]:
    """One problem for each place that is wrong."""
    for one in error.errors():
        key = _key_path(one["loc"])
        if one["type"] == "union_tag_invalid":
            expected = f"unknown {one['ctx']['tag']!r}, expected one of: {', '.join(_BY_DO)}"
            yield ScenarioProblem(key=f"{key}.do", expected=expected)
        elif one["type"] == "union_tag_not_found":
            yield ScenarioProblem(key=f"{key}.do", expected=f"required: one of {', '.join(_BY_DO)}")
        else:
            yield ScenarioProblem(key=key, expected=_expectation(dict(one)))


def _is_tag(location: Location, position: int) -> bool:
    """Whether that part of the path is the kind of a timeline's entry, which is not part of the file."""
    return position == 2 and location[0] == "timeline"


def _key_path(location: Location) -> str:
    """`("timeline", 3, "fault", "at_s")` as `timeline[3].at_s`."""
    text = ""
    for position, part in enumerate(location):
        if isinstance(part, int):
            text += f"[{part}]"
        elif not _is_tag(location, position):
            text += f".{part}" if text else part
    return text or "(file)"


def _expectation(error: dict[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "expected", 1)
    if error["type"] == "extra_forbidden":
        return f"no such key; {_instead(error['loc'])}"
    if error["type"] == "missing":
        return "required, but not there"
    given = error.get("input")
    if isinstance(given, str | int | float | bool) and repr(given) not in message:
        return f"{message}, got {given!r}"
    return message


def _instead(location: Location) -> str:
    """Which key was probably meant, or which there are."""
    if location[0] == "timeline":
        table = _BY_DO[str(location[2])]
    else:
        table = _TABLES[tuple(part for part in location[:-1] if isinstance(part, str))]
    known = list(table.model_fields)
    near = get_close_matches(str(location[-1]), known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"expected one of: {', '.join(known)}"
