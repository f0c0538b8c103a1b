"""Scenarios: a TOML timeline over patient, devices, faults and people's actions, with what must come of it.

`load` reads and checks one; what it can say is in `simulators.scenario.model` and `scenario_timeline`.
Instants are seconds since the scenario began. docs/simulators.md explains the format with an example.
"""

import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError

from simulators.errors import ScenarioInvalidError, ScenarioNotFoundError, ScenarioProblem
from simulators.scenario.checks import cross_problems
from simulators.scenario.messages import problems_of
from simulators.scenario.model import DeviceSection, Expectations, ExpectedAlert, Role, Scenario
from simulators.scenario.timeline import (
    BatteryEntry,
    CalibrationEntry,
    CommandEntry,
    FaultEntry,
    MeasureEntry,
    RestlessEntry,
    SetEntry,
    VitalEntry,
)

__all__ = [
    "BatteryEntry",
    "CalibrationEntry",
    "CommandEntry",
    "DeviceSection",
    "Expectations",
    "ExpectedAlert",
    "FaultEntry",
    "MeasureEntry",
    "RestlessEntry",
    "Role",
    "Scenario",
    "SetEntry",
    "VitalEntry",
    "built_in",
    "load",
    "parse",
]


# A scenario is written by hand.
MAX_BYTES = 1_000_000
MAX_LINE_LENGTH = 4_000


def parse(text: str, path: Path) -> Scenario:
    """Read a scenario from TOML; `path` is only named in errors.

    Raises:
        ScenarioInvalidError: With every wrong place, its key path and what was expected.
    """
    # The parser's time grows with the square of a dotted key's length.
    if max(map(len, text.splitlines()), default=0) > MAX_LINE_LENGTH:
        problem = ScenarioProblem(key="TOML", expected=f"lines of at most {MAX_LINE_LENGTH} characters")
        raise ScenarioInvalidError(path, [problem])
    try:
        content = tomllib.loads(text)
    except RecursionError:
        problem = ScenarioProblem(key="TOML", expected="less deeply nested tables")
        raise ScenarioInvalidError(path, [problem]) from None
    except ValueError as error:  # TOMLDecodeError, and an integer with too many digits
        raise ScenarioInvalidError(path, [ScenarioProblem(key="TOML", expected=str(error))]) from error
    try:
        scenario = Scenario.model_validate(content)
    except ValidationError as error:
        raise ScenarioInvalidError(path, problems_of(error)) from error
    if problems := list(cross_problems(scenario)):
        raise ScenarioInvalidError(path, problems)
    return scenario


def _folder() -> Traversable:
    return resources.files("simulators") / "scenarios"


def built_in() -> tuple[str, ...]:
    """Names of the scenarios that come with the package, sorted."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load(name_or_path: str | Path) -> Scenario:
    """Read a scenario: a built-in one by its name, or a file.

    Raises:
        ScenarioNotFoundError: Neither exists.
        ScenarioInvalidError: The file says something that cannot be played.
    """
    path = Path(name_or_path)
    if str(name_or_path) in built_in():
        entry = _folder() / f"{name_or_path}.toml"
        return parse(entry.read_text(encoding="utf-8"), Path(entry.name))
    if "\0" in str(name_or_path) or not path.is_file():
        raise ScenarioNotFoundError(str(name_or_path), built_in())
    try:
        if path.stat().st_size > MAX_BYTES:
            problem = ScenarioProblem(key="(file)", expected=f"at most {MAX_BYTES} bytes")
            raise ScenarioInvalidError(path, [problem])
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        problem = ScenarioProblem(key="(file)", expected=f"cannot be read ({error.strerror})")
        raise ScenarioInvalidError(path, [problem]) from error
    except UnicodeDecodeError as error:
        problem = ScenarioProblem(key="(file)", expected=f"no text in UTF-8 (at byte {error.start})")
        raise ScenarioInvalidError(path, [problem]) from error
    return parse(text, path)
