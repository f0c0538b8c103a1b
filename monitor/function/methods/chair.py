"""Five times sit to stand (a count, its time) and the 30 s chair stand (a time, its count)."""

from monitor.function.chair import ChairRise, ChairRises
from monitor.function.methods.measure import measured, seconds
from monitor.function.placement import THIGHS, Placement
from monitor.function.result import MeasuredValue, TrialMark
from monitor.samples import ImuBlock

# At the bell a stand more than half way up counts (CDC STEADI).
_HALF = 0.5
# One sample of a 100 Hz sensor and the moment at which a thigh has arrived.
_TIME_ERROR_S = 0.1


class ChairStands:
    """Counts stands; complete with the sitting after the `target`-th complete one, if there is a target."""

    def __init__(self, *, target: int | None, arms_used: bool) -> None:
        self._target = target
        self._arms_used = arms_used
        self._chair = ChairRises()
        self._begin_ns: int | None = None
        self._rises: list[ChairRise] = []
        self.complete_ns: int | None = None

    def begin(self, at_ns: int) -> None:
        """Sitting at this instant is the seated pose."""
        self._begin_ns = at_ns
        self._chair.take_pose()

    def imu(self, placement: Placement, block: ImuBlock) -> list[TrialMark]:
        """Rises that end with this block."""
        if placement not in THIGHS or self.complete_ns is not None:
            return []
        marks = []
        for rise in self._chair.push(block):
            if self._begin_ns is None or rise.leaving_ns < self._begin_ns:
                continue
            self._rises.append(rise)
            whole = self._complete(rise)
            number = sum(self._complete(one) for one in self._rises) if whole else None
            marks.append(
                TrialMark(at_ns=rise.leaving_ns, what="stand" if whole else "incomplete stand", number=number)
            )
            if self._target is not None and number == self._target:
                self.complete_ns = rise.sitting_ns
                break
        return marks

    def lap(self, at_ns: int) -> list[TrialMark]:
        """A tap has no meaning here."""
        return []

    def values(self, end_ns: int, *, finished: bool) -> tuple[MeasuredValue, ...]:
        """Count, total, times of the stands, first movement."""
        whole = [rise for rise in self._rises if self._complete(rise) and rise.leaving_ns <= end_ns]
        count = len(whole) + self._half_way(end_ns)
        begin_ns = self._begin_ns if self._begin_ns is not None else end_ns
        total = seconds(begin_ns, self.complete_ns) if self.complete_ns is not None else None
        first = seconds(begin_ns, self._rises[0].leaving_ns) if self._rises else None
        up = [seconds(rise.leaving_ns, rise.standing_ns) for rise in whole]
        not_done = f"{len(whole)} of {self._target} stands"
        figures = []
        if self._target is not None:
            figures.append(measured("total", total, "s", missing=not_done, error=_TIME_ERROR_S))
            moving = None if total is None or first is None else total - first
            figures.append(
                measured("from_first_movement", moving, "s", missing=not_done, error=_TIME_ERROR_S)
            )
        stands = 0.0 if self._arms_used and self._target is None else float(count)
        figures += [
            measured("stands", stands, "1", missing=""),
            measured("incomplete_stands", float(len(self._rises) - len(whole)), "1", missing=""),
            measured("reaction", first, "s", missing="nobody rose", error=_TIME_ERROR_S),
            measured("mean_rise", sum(up) / len(up) if up else None, "s", missing="no complete stand"),
        ]
        return tuple(figures)

    def _complete(self, rise: ChairRise) -> bool:
        return rise.complete(self._chair.standing_deg, self._chair.params)

    def _half_way(self, end_ns: int) -> int:
        """1 if the bell came while the person was more than half way up (or not yet seated again)."""
        if self._target is not None:
            return 0
        now = self._chair.open
        return int(
            now is not None and now.leaving_ns <= end_ns and now.peak_deg > _HALF * self._chair.standing_deg
        )
