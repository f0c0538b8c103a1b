"""What a session came to, from its outputs: pure, and printed as JSON or as tables."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitor.alerts.transition import AlertState, Transition
from monitor.delivery.health import DeliveryTimes
from monitor.exercise.phases import Phase
from monitor.outputs import Output, PhaseChanged, SetEnded, VitalUpdate
from monitor.samples import Code, Quality

_BEFORE = frozenset({Phase.BEFORE, Phase.CALIBRATION})
_DURING = frozenset({Phase.EXERCISE, Phase.REST})
PERIODS = ("before", "during", "after")


@dataclass(slots=True)
class SessionSummary:
    """Gathers what the end of a session is told by."""

    phase: Phase = Phase.BEFORE
    sets: list[SetEnded] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    values: dict[tuple[Code, str], list[float]] = field(default_factory=dict)

    def take(self, output: Output) -> None:
        """Note what belongs to the summary."""
        match output:
            case PhaseChanged():
                self.phase = output.to_phase
            case SetEnded():
                self.sets.append(output)
            case Transition():
                self.transitions.append(output)
            case VitalUpdate(value=float() as value, quality=Quality.GOOD | Quality.QUESTIONABLE):
                self.values.setdefault((output.code, period_of(self.phase)), []).append(value)
            case _:
                pass

    def vitals(self) -> dict[str, dict[str, dict[str, float] | None]]:
        """Lowest, mean and highest of each vital sign, before, during and after exercise."""
        codes = sorted({code for code, _ in self.values})
        return {
            str(code): {period: _range(self.values.get((code, period), [])) for period in PERIODS}
            for code in codes
        }

    def alerts(self, times: Sequence[DeliveryTimes]) -> list[dict[str, Any]]:
        """Each alert that fired: how long until it fired, was published, was confirmed; where it stands now."""
        fired: dict[str, Transition] = {}
        last: dict[str, Transition] = {}
        for transition in self.transitions:
            last[transition.alert_id] = transition
            if transition.to_state is AlertState.FIRING:
                fired.setdefault(transition.alert_id, transition)
        by_seq = {one.seq: one for one in times}
        return [_alert(first, last[first.alert_id], by_seq.get(first.seq)) for first in fired.values()]


def period_of(phase: Phase) -> str:
    """Before, during or after exercise."""
    return "before" if phase in _BEFORE else "during" if phase in _DURING else "after"


def unconfirmed(times: Iterable[DeliveryTimes]) -> list[DeliveryTimes]:
    """The messages that no therapist's application has confirmed."""
    return [one for one in times if one.confirmed_ms is None]


def _alert(first: Transition, last: Transition, times: DeliveryTimes | None) -> dict[str, Any]:
    return {
        "id": first.alert_id,
        "rule": first.rule_id,
        "condition": first.condition,
        "kind": str(first.kind),
        "priority": str(last.priority),
        "value": first.value,
        "unit": first.unit,
        "sources": list(first.sources),
        "fired_after_s": round((first.at_ns - first.first_offending_ns) / 1e9, 3),
        "published_after_ms": _rounded(times.published_ms if times else None),
        "confirmed_after_ms": _rounded(times.confirmed_ms if times else None),
        "state": str(last.to_state),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _range(values: list[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {
        "min": round(min(values), 1),
        "mean": round(statistics.fmean(values), 1),
        "max": round(max(values), 1),
    }
