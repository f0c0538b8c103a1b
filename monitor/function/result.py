"""What a function test gives out while it runs and when it is over. Frozen values on the core's clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.function.life_cycle import TrialState


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredValue:
    """One figure of a result. `value` is None with `missing` saying why, never a zero in its place.

    `error` is one standard deviation of the measurement where it is known.
    """

    name: str
    value: float | None
    unit: str
    error: float | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialMark:
    """Something at an instant of the trial: a lap, a rest, a stand, a symptom."""

    at_ns: int
    what: str
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPrompt:
    """A sentence for the assistant to say now."""

    at_ns: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """A trial that is over. A void one keeps its values, and `reason` says why it is void.

    `conditions` are those the protocol asks for (chair height, course, aid, shoes, oxygen, trial number).
    """

    test: str
    protocol_version: int
    state: TrialState
    begin_ns: int | None
    end_ns: int
    values: tuple[MeasuredValue, ...]
    marks: tuple[TrialMark, ...]
    conditions: Mapping[str, str | float] = field(default_factory=dict)
    placements: tuple[str, ...] = ()
    reason: str | None = None

    def value(self, name: str) -> float | None:
        """The figure of this name; raises `KeyError` where the result has none such."""
        return {measured.name: measured.value for measured in self.values}[name]


TrialOutput = TrialMark | TrialPrompt | TrialResult
