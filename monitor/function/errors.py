"""What can be wrong with a function test: sentences for the person who asked for it."""

from collections.abc import Iterable

from monitor.errors import MonitorError


class FunctionTestError(MonitorError):
    """A function test cannot be done, or not in this way."""


class TrialCommandError(FunctionTestError):
    """The trial is not where this command has a meaning."""

    def __init__(self, *, state: str, event: str) -> None:
        self.state = state
        self.event = event
        super().__init__(f"the trial is {state}: it cannot take '{event.replace('_', ' ')}'")


class PlacementMissingError(FunctionTestError):
    """The sensors that the test needs are not worn; `possible` are tests that can be done instead."""

    def __init__(
        self, *, test: str, needs: Iterable[str], worn: Iterable[str], possible: Iterable[str]
    ) -> None:
        self.test = test
        self.needs = tuple(needs)
        self.worn = tuple(sorted(worn))
        self.possible = tuple(possible)
        worn_text = ", ".join(self.worn) or "no sensor"
        instead = f"; with these: {', '.join(self.possible)}" if self.possible else ""
        super().__init__(f"{test} needs {' or '.join(self.needs)}, worn is {worn_text}{instead}")


class ConditionsMissingError(FunctionTestError):
    """Conditions without which a result means nothing are not given."""

    def __init__(self, *, test: str, missing: Iterable[str]) -> None:
        self.test = test
        self.missing = tuple(missing)
        super().__init__(f"{test}: say {', '.join(self.missing)} first; a result without them is void")


class UnknownTestError(FunctionTestError):
    """There is no test of this name."""

    def __init__(self, *, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"no function test is called {name!r}; there are {', '.join(self.known)}")


class ConditionError(FunctionTestError):
    """A condition has a value that it cannot have."""

    def __init__(self, *, test: str, condition: str, expected: str) -> None:
        self.test = test
        self.condition = condition
        self.expected = expected
        super().__init__(f"{test}: {condition} must be {expected}")
