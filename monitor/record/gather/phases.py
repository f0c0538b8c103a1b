"""Phases and the flowsheet's periods."""

from bisect import bisect_right
from typing import Any

from monitor.record.facts import PhaseFacts
from monitor.record.gather.times import SessionTime

PERIODS = ("before", "during", "after")
_PERIOD_OF = {
    "before": "before",
    "calibration": "before",
    "exercise": "during",
    "rest": "during",
    "recovery": "after",
    "ended": "after",
}


class PhaseLog:
    """The phases in their order; a recalibration between sets belongs to the exercise around it."""

    def __init__(self, time: SessionTime) -> None:
        self._time = time
        self._changes: list[tuple[int, str, str]] = []
        self._exercised = False
        self._period_changes: list[tuple[int, str]] = []
        self.ended_ns: int | None = None
        self.exercise_ended_ns: int | None = None

    def changed(self, record: dict[str, Any]) -> None:
        """A phase change."""
        at_ns, phase = record["at_ns"], record["to_phase"]
        self._changes.append((at_ns, phase, record["reason"]))
        period = _PERIOD_OF.get(phase, "during")
        self._exercised = self._exercised or period == "during"
        if self._exercised and phase in {"before", "calibration"}:
            period = "during"
        self._period_changes.append((at_ns, period))
        was_exercising = record["from_phase"] in {"exercise", "rest"}
        if was_exercising and phase in {"recovery", "ended"}:
            self.exercise_ended_ns = at_ns
        if phase == "ended":
            self.ended_ns = at_ns

    def phase_at(self, at_ns: int) -> str:
        """The phase at an instant."""
        index = bisect_right(self._changes, at_ns, key=lambda change: change[0])
        return self._changes[index - 1][1] if index else "before"

    def period_at(self, at_ns: int) -> str:
        """before, during or after exercise."""
        index = bisect_right(self._period_changes, at_ns, key=lambda change: change[0])
        return self._period_changes[index - 1][1] if index else "before"

    def facts(self) -> tuple[PhaseFacts, ...]:
        """Every stretch; the last one ends with the recording."""
        seconds = self._time.s
        starts = [(0.0, "before", ""), *((seconds(at), phase, why) for at, phase, why in self._changes)]
        ends = [start for start, _, _ in starts[1:]] + [seconds(self._time.last_ns)]
        return tuple(
            PhaseFacts(phase=phase, from_s=from_s, to_s=to_s, reason=reason)
            for (from_s, phase, reason), to_s in zip(starts, ends, strict=True)
            if to_s > from_s or phase == "ended"
        )
