"""What the virtual hardware can complain about.

    SimulatorError
    |-- ScenarioError              a scenario says something that cannot be played
    |   |-- ScenarioNotFoundError  there is no such scenario
    |   `-- ScenarioInvalidError   file, key path and what was expected
    |-- MovementError              the patient is asked to do two things at once
    `-- UnknownNameError           an exercise, profile, family or fault that does not exist

The radio's own errors are in `simulators.radio`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path


class SimulatorError(Exception):
    """Anything that the simulators refuse; never raised itself."""


class UnknownNameError(SimulatorError):
    """A name that is in none of our tables.

    Attributes:
        kind: What was looked for (`exercise`, `profile`, `family`, `fault`).
        name: The name as it was given.
        known: The names that exist, sorted.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.known = tuple(sorted(known))
        super().__init__(f"unknown {kind} {name!r}, expected one of: {', '.join(self.known)}")


class MovementError(SimulatorError):
    """The patient cannot do what is asked, at the instant at which it is asked.

    Attributes:
        at_s: When the impossible movement was to happen.
    """

    def __init__(self, at_s: float, reason: str) -> None:
        self.at_s = at_s
        super().__init__(reason)


class ScenarioError(SimulatorError):
    """A scenario that cannot be played; never raised itself."""


class ScenarioNotFoundError(ScenarioError):
    """There is neither a file nor a built-in scenario of that name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(sorted(known))
        near = get_close_matches(name, self.known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"the built-in ones are {', '.join(self.known)}"
        super().__init__(f"no scenario {name!r}: not a file; {hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioProblem:
    """One wrong place in a scenario: where (`timeline[3].at_s`) and what was expected there."""

    key: str
    expected: str


class ScenarioInvalidError(ScenarioError):
    """A scenario file with wrong content: every problem with its key path."""

    def __init__(self, path: Path, problems: Iterable[ScenarioProblem]) -> None:
        self.path = path
        self.problems = tuple(problems)
        lines = [f"{path}: {problem.key}: {problem.expected}" for problem in self.problems]
        super().__init__("\n".join(lines))
