"""Timed Up and Go: the total and its five parts, by a thigh (rise, sit, turns) and the lower back (turns)."""

from monitor.function.chair import ChairRise, ChairRises
from monitor.function.methods.measure import measured, seconds
from monitor.function.placement import THIGHS, Placement
from monitor.function.result import MeasuredValue, TrialMark
from monitor.function.turns import Turn, YawTrace
from monitor.samples import ImuBlock

_TIME_ERROR_S = 0.1
# Both turns of the test are half turns.
_HALF_TURN_DEG = 120.0
# A person who walks has stood: what stays lower was an attempt to rise.
_STANDING_DEG = 55.0


class UpAndGo:
    """From "go" until the seat is touched again."""

    def __init__(self) -> None:
        self._chair = ChairRises()
        self._yaw = YawTrace()
        self._lumbar = YawTrace()
        self._has_lumbar = False
        self._begin_ns = 0
        self._started = False
        self._rise: ChairRise | None = None
        self.complete_ns: int | None = None

    def begin(self, at_ns: int) -> None:
        """Sitting at this instant is the seated pose."""
        self._begin_ns, self._started = at_ns, True
        self._chair.take_pose()

    def imu(self, placement: Placement, block: ImuBlock) -> list[TrialMark]:
        """The rise, the walk, the sitting."""
        if placement is Placement.LUMBAR:
            self._has_lumbar = True
            self._lumbar.push(block)
            return []
        if placement not in THIGHS or self.complete_ns is not None:
            return []
        self._yaw.push(block)
        for rise in self._chair.push(block):
            if self._started and rise.leaving_ns >= self._begin_ns and rise.peak_deg >= _STANDING_DEG:
                self._rise, self.complete_ns = rise, rise.sitting_ns
                return [TrialMark(at_ns=rise.sitting_ns or rise.leaving_ns, what="seated")]
        return []

    def lap(self, at_ns: int) -> list[TrialMark]:
        """A tap has no meaning here."""
        return []

    def values(self, end_ns: int, *, finished: bool) -> tuple[MeasuredValue, ...]:
        """Total; rise, walk out, turn, walk back, turn and sit."""
        rise, sitting_ns = self._rise, self.complete_ns
        if rise is None or sitting_ns is None:
            names = ("total", "reaction", "rise", "walk_out", "turn", "walk_back", "turn_and_sit")
            return tuple(
                measured(name, None, "s", missing="the person did not sit down again") for name in names
            )
        risen_ns = rise.standing_ns
        turns = self._half_turns(rise.leaving_ns, sitting_ns)
        unseen = "the two half turns were not both seen"
        parts: dict[str, float | None] = dict.fromkeys(("walk_out", "turn", "walk_back", "turn_and_sit"))
        if len(turns) >= 2:
            middle, last = turns[0], turns[-1]
            parts["walk_out"] = seconds(risen_ns, middle.begin_ns)
            parts["turn"] = seconds(middle.begin_ns, middle.end_ns)
            parts["walk_back"] = seconds(middle.end_ns, last.begin_ns)
            parts["turn_and_sit"] = seconds(last.begin_ns, sitting_ns)
        return (
            measured("total", seconds(self._begin_ns, sitting_ns), "s", missing="", error=_TIME_ERROR_S),
            measured("reaction", seconds(self._begin_ns, rise.leaving_ns), "s", missing=""),
            measured("rise", seconds(rise.leaving_ns, risen_ns), "s", missing="", error=_TIME_ERROR_S),
            *(measured(name, value, "s", missing=unseen) for name, value in parts.items()),
        )

    def _half_turns(self, begin_ns: int, end_ns: int) -> list[Turn]:
        trace = self._lumbar if self._has_lumbar else self._yaw
        return [turn for turn in trace.turns(begin_ns, end_ns) if abs(turn.angle_deg) >= _HALF_TURN_DEG]
