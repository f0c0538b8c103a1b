"""Single-leg and tandem stance: how long it is held.

A foot or shank that is raised is seen to come down: it moves, and feels the ground. In a tandem stance either
foot that moves ends the trial. The assistant's tap ends it as well (hands off the hips, a step unseen).
"""

import numpy as np

from monitor.function.methods.measure import measured, seconds
from monitor.function.placement import Placement
from monitor.function.result import MeasuredValue, TrialMark
from monitor.samples import ImuBlock
from protocols.units import NS_PER_S, STANDARD_GRAVITY_M_S2

# A foot that comes down is stopped by the floor; a raised one only sways.
_TOUCH_M_S2 = 0.3 * STANDARD_GRAVITY_M_S2
# A standing foot turns by less than this, a step by more.
_STEP_RAD_S = 1.0
# The person needs this long to raise the foot after the start.
_RAISING_S = 1.0
_TIME_ERROR_S = 0.1


class Stance:
    """Ends with the first touch, step or tap; `raised` is the leg in the air, None in a tandem stance."""

    def __init__(self, *, raised: str | None) -> None:
        self._raised = raised
        self._begin_ns: int | None = None
        self._sway: list[float] = []
        self.complete_ns: int | None = None

    def begin(self, at_ns: int) -> None:
        """The clock starts when the foot leaves the floor, by the assistant's key."""
        self._begin_ns = at_ns

    def imu(self, placement: Placement, block: ImuBlock) -> list[TrialMark]:
        """Watch for the end; at the lower back, take the sway."""
        if self._begin_ns is None or self.complete_ns is not None:
            return []
        since = block.t_ns >= self._begin_ns + round(_RAISING_S * NS_PER_S)
        force = np.linalg.norm(block.acc_m_s2, axis=1) - STANDARD_GRAVITY_M_S2
        if placement is Placement.LUMBAR:
            self._sway += force[since].tolist()
            return []
        if self._raised is not None and not placement.value.endswith(self._raised):
            hit = np.linalg.norm(block.gyr_rad_s, axis=1) > _STEP_RAD_S
        else:
            hit = np.abs(force) > _TOUCH_M_S2
            if self._raised is None:
                hit |= np.linalg.norm(block.gyr_rad_s, axis=1) > _STEP_RAD_S
        found = np.flatnonzero(hit & since)
        if not len(found):
            return []
        self.complete_ns = int(block.t_ns[found[0]])
        return [TrialMark(at_ns=self.complete_ns, what=f"{placement.value.replace('_', ' ')} moved")]

    def lap(self, at_ns: int) -> list[TrialMark]:
        """The assistant saw the end."""
        if self.complete_ns is None:
            self.complete_ns = at_ns
        return [TrialMark(at_ns=at_ns, what="ended by hand")]

    def values(self, end_ns: int, *, finished: bool) -> tuple[MeasuredValue, ...]:
        """Hold time, and the sway of the lower back where a sensor is there."""
        begin_ns = self._begin_ns if self._begin_ns is not None else end_ns
        held = seconds(begin_ns, self.complete_ns or end_ns)
        sway = float(np.std(self._sway)) if len(self._sway) > 100 else None
        return (
            measured("held", held if finished else None, "s", missing="stopped", error=_TIME_ERROR_S),
            measured("sway_rms", sway, "m/s2", missing="no sensor at the lower back"),
        )
