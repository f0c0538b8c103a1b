"""Sets: repetitions that follow each other, parted by rests."""

from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import fmean

from monitor.exercise.repetitions import DETECTABLE, Repetition
from protocols.units import NS_PER_S


class SetChange(StrEnum):
    """What happened to a set."""

    STARTED = "started"
    ENDED = "ended"


class SetEnd(StrEnum):
    """Why a set ended."""

    REST = "rest"
    PLANNED = "planned"
    CLOSED = "closed"  # somebody ended the exercise


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSummary:
    """A set so far, or as it was: full repetitions count towards the plan, partial and fast ones apart.

    `unseen_s` of it nobody could see the joint; what was done then is not among the repetitions.
    """

    index: int
    start_ns: int
    end_ns: int
    repetitions: tuple[Repetition, ...]
    unseen_s: float = 0.0

    @property
    def full(self) -> int:
        """Repetitions that count."""
        return sum(1 for r in self.repetitions if r.full)

    @property
    def partial(self) -> int:
        """Repetitions below the plan's range of motion."""
        return sum(1 for r in self.repetitions if r.partial)

    @property
    def too_fast(self) -> int:
        """Repetitions shorter than the plan allows, and of full range."""
        return sum(1 for r in self.repetitions if r.too_fast and not r.partial)

    @property
    def mean_rom_deg(self) -> float | None:
        """Mean range of motion of all repetitions that were measured well enough; None without any."""
        values = [r.rom_deg for r in self.repetitions if not r.interrupted]
        return fmean(values) if values else None

    @property
    def rom_error_deg(self) -> float | None:
        """One standard deviation of the mean range; None without a measured repetition.

        The errors of a set come from one calibration: averaging over repetitions does not shrink them.
        """
        values = [r.rom_error_deg for r in self.repetitions if not r.interrupted]
        return fmean(values) if values else None

    @property
    def minimal_detectable_change_deg(self) -> float | None:
        """A change of the mean range against another set below this may be measurement error (95 %)."""
        error_deg = self.rom_error_deg
        return None if error_deg is None else DETECTABLE * error_deg


@dataclass(frozen=True, slots=True, kw_only=True)
class SetEvent:
    """A set started or ended at `t_ns`; `end` says why."""

    change: SetChange
    t_ns: int
    summary: SetSummary
    end: SetEnd | None = None


@dataclass(slots=True, kw_only=True)
class SetTrackerState:
    """The open set's repetitions, how many sets there were, and when nobody saw the joint (start, end)."""

    index: int = 0
    repetitions: list[Repetition] = field(default_factory=list)
    unseen: list[tuple[int, int]] = field(default_factory=list)


class SetTracker:
    """Give it every repetition and, at least once a second, the time; it says when sets start and end.

    A set ends after `rest_s` without a repetition, or, with `planned_repetitions`, as soon as that many
    attempts are done and `settle_s` have passed (a patient may add one). Time in which nobody could see the
    joint is no rest: tell it with `unseen`.
    """

    def __init__(
        self, *, planned_repetitions: int | None = None, rest_s: float = 10.0, settle_s: float = 5.0
    ) -> None:
        self.planned_repetitions = planned_repetitions
        self.rest_s = rest_s
        self.settle_s = min(settle_s, rest_s)
        self._state = SetTrackerState()

    @property
    def state(self) -> SetTrackerState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: SetTrackerState) -> None:
        self._state = deepcopy(value)

    @property
    def current(self) -> SetSummary | None:
        """The open set; None between sets."""
        return self._summary() if self._state.repetitions else None

    def add(self, repetition: Repetition) -> list[SetEvent]:
        """A repetition has ended."""
        state = self._state
        events = self.advance(repetition.start_ns)
        first = not state.repetitions
        if first:
            state.index += 1
            state.unseen = [one for one in state.unseen if one[1] > repetition.start_ns]
        state.repetitions.append(repetition)
        if first:
            events.append(
                SetEvent(change=SetChange.STARTED, t_ns=repetition.start_ns, summary=self._summary())
            )
        return events

    def unseen(self, start_ns: int, end_ns: int) -> None:
        """Between these instants nobody could see the joint."""
        self._state.unseen.append((start_ns, end_ns))

    def advance(self, t_ns: int, *, moving: bool = False) -> list[SetEvent]:
        """Time has come to `t_ns`; while a repetition is under way (`moving`) no set ends."""
        state = self._state
        if not state.repetitions or moving:
            return []
        last_ns = state.repetitions[-1].end_ns
        quiet_s = (t_ns - last_ns) / NS_PER_S - self._unseen_s(last_ns, t_ns)
        planned = self.planned_repetitions is not None and len(state.repetitions) >= self.planned_repetitions
        if planned and quiet_s >= self.settle_s:
            return [self._end(SetEnd.PLANNED)]
        if quiet_s >= self.rest_s:
            return [self._end(SetEnd.REST)]
        return []

    def close(self) -> list[SetEvent]:
        """The exercise is over: end the open set, if there is one."""
        return [self._end(SetEnd.CLOSED)] if self._state.repetitions else []

    def _summary(self) -> SetSummary:
        state = self._state
        return SetSummary(
            index=state.index,
            start_ns=state.repetitions[0].start_ns,
            end_ns=state.repetitions[-1].end_ns,
            repetitions=tuple(state.repetitions),
            unseen_s=self._unseen_s(state.repetitions[0].start_ns, state.repetitions[-1].end_ns),
        )

    def _unseen_s(self, start_ns: int, end_ns: int) -> float:
        spans = (min(end_ns, end) - max(start_ns, start) for start, end in self._state.unseen)
        return sum(span for span in spans if span > 0) / NS_PER_S

    def _end(self, end: SetEnd) -> SetEvent:
        summary = self._summary()
        self._state.repetitions.clear()
        self._state.unseen.clear()
        return SetEvent(change=SetChange.ENDED, t_ns=summary.end_ns, summary=summary, end=end)
