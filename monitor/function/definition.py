"""Function tests as data: what a protocol asks for, says and compares with. One TOML file a test.

Every number in a file has its source, the date it was looked up and how sure it is: `read` in the source, or
`known` from teaching and to be checked against the primary text before a clinician relies on it.
"""

import tomllib
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.function.errors import (
    ConditionError,
    ConditionsMissingError,
    PlacementMissingError,
    UnknownTestError,
)
from monitor.function.placement import Placement


class Strict(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Method(StrEnum):
    """How a trial is measured."""

    LAPS = "laps"
    CHAIR = "chair"
    UP_AND_GO = "up_and_go"
    TIMED_WALK = "timed_walk"
    STANCE = "stance"
    STEPS = "steps"
    GAIT = "gait"


class Source(Strict):
    """Where a statement comes from and how sure it is."""

    text: str
    date: str
    mark: Literal["read", "known"]


class Reference(Strict):
    """A published figure to set a result beside: text, never an alarm."""

    says: str
    source: Source


class Detectable(Strict):
    """The smallest change of a value that is more than its measurement error."""

    value: str
    change: float = Field(gt=0)
    unit: str
    population: str
    source: Source


class Condition(Strict):
    """Something that must be said for the result to mean anything."""

    name: str
    ask: str
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None

    def checked(self, test: str, value: str | float) -> str | float:
        """`value` if it fits; raises `ConditionError`."""
        if self.least is not None and self.most is not None:
            if isinstance(value, str) or not self.least <= value <= self.most:
                raise ConditionError(
                    test=test, condition=self.name, expected=f"a number from {self.least:g} to {self.most:g}"
                )
            return float(value)
        text = str(value).strip()
        if not text or len(text) > 60 or (self.choices and text not in self.choices):
            raise ConditionError(
                test=test, condition=self.name, expected=" or ".join(self.choices) or "1 to 60 characters"
            )
        return text


class Prompt(Strict):
    """What to say, and when: seconds after the start."""

    at_s: float = Field(ge=0)
    text: str


class StopRule(Strict):
    """A limit that ends or interrupts the trial; the alert rules of the session stay in force beside it."""

    code: Literal["spo2_percent", "heart_rate_per_min"]
    below: float | None = None
    above: float | None = None
    for_s: float = Field(ge=0, le=60)
    says: str
    source: Source

    @model_validator(mode="after")
    def _one_side(self) -> Self:
        if (self.below is None) == (self.above is None):
            raise ValueError("exactly one of below and above")
        return self


class TestDefinition(Strict):
    """One function test.

    `placements` are alternatives, the best first; each is a set that must be worn. An empty set: the test can
    be done by hand, with the assistant's taps alone.
    """

    __test__ = False  # not a test of pytest

    name: str
    title: str
    version: int = Field(ge=1)
    method: Method
    placements: tuple[frozenset[Placement], ...]
    conditions: tuple[Condition, ...]
    duration_s: float | None = Field(default=None, gt=0)
    target: int | None = Field(default=None, gt=0)
    prepare: tuple[str, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    stop_rules: tuple[StopRule, ...] = ()
    references: tuple[Reference, ...] = ()
    detectable: tuple[Detectable, ...] = ()
    cannot_tell: str = ""
    source: Source

    def placed(self, worn: frozenset[Placement]) -> frozenset[Placement]:
        """The sensors of `worn` that the test uses; raises `PlacementMissingError`."""
        for needed in self.placements:
            if needed <= worn:
                return needed
        raise PlacementMissingError(
            test=self.title,
            needs=[" and ".join(sorted(needed)) for needed in self.placements],
            worn=worn,
            possible=possible_with(worn),
        )

    def with_conditions(self, given: dict[str, str | float]) -> dict[str, str | float]:
        """The conditions, checked; raises `ConditionsMissingError`, `ConditionError`."""
        missing = [condition.ask for condition in self.conditions if condition.name not in given]
        if missing:
            raise ConditionsMissingError(test=self.title, missing=missing)
        return {c.name: c.checked(self.title, given[c.name]) for c in self.conditions}


@cache
def names() -> tuple[str, ...]:
    """The names of all tests, in order."""
    folder = resources.files("monitor.function") / "definitions"
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


@cache
def definition(name: str) -> TestDefinition:
    """The test of this name; raises `UnknownTestError`."""
    if name not in names():
        raise UnknownTestError(name=name, known=names())
    file = resources.files("monitor.function").joinpath("definitions", f"{name}.toml")
    return TestDefinition.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))


def possible_with(worn: frozenset[Placement]) -> tuple[str, ...]:
    """Tests that can be done with what is worn."""
    return tuple(name for name in names() if any(needed <= worn for needed in definition(name).placements))
