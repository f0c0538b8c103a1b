"""Zeroing: a still second is the pose whose angle the plan names. For a zero that has crept, not for a slip.

The shift is added to the angle; ranges do not change by it. A shift of more than `most_deg` is refused: then
a sensor has moved on the limb, and the axis with it.
"""

from copy import deepcopy
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from monitor.motion.joint_angle import JointAngleBlock
from protocols.units import NS_PER_S


class Zeroing(StrEnum):
    """Where a wish for a zero stands."""

    IDLE = "idle"
    WAITING = "waiting"  # for a still second
    DONE = "done"
    REFUSED = "refused"


@dataclass(slots=True, kw_only=True)
class ZeroShiftState:
    """The shift in force, and the still rows of a zeroing that is going on."""

    stage: Zeroing = Zeroing.IDLE
    shift_deg: float = 0.0
    refused_deg: float = 0.0
    since_ns: int | None = None
    still: list[float] | None = None


class ZeroShift:
    """`update` with every block of angles; `ask` for a new zero, and look at `stage`."""

    def __init__(
        self,
        *,
        pose_deg: float,
        for_s: float = 1.0,
        # Slower than this a joint is held, not moved (the tremor of a tired leg stays below).
        still_deg_s: float = 8.0,
        most_deg: float = 20.0,
    ) -> None:
        self._pose_deg = pose_deg
        self._for_ns = round(for_s * NS_PER_S)
        self._still_deg_s = still_deg_s
        self._most_deg = most_deg
        self._state = ZeroShiftState()

    @property
    def state(self) -> ZeroShiftState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: ZeroShiftState) -> None:
        self._state = deepcopy(value)

    @property
    def stage(self) -> Zeroing:
        """Where the last wish stands."""
        return self._state.stage

    @property
    def shift_deg(self) -> float:
        """What is added to the angle; of a refused zeroing, what would have had to be."""
        state = self._state
        return state.refused_deg if state.stage is Zeroing.REFUSED else state.shift_deg

    def ask(self) -> None:
        """Take the next still second as the pose."""
        self._state.stage, self._state.since_ns, self._state.still = Zeroing.WAITING, None, []

    def forget(self) -> None:
        """The joint is calibrated anew: no shift, no wish."""
        self._state = ZeroShiftState()

    def update(self, block: JointAngleBlock) -> JointAngleBlock:
        """The block with its angles shifted; rows until the still second is over keep the shift before."""
        state = self._state
        if state.stage is not Zeroing.WAITING and state.shift_deg == 0.0:
            return block
        shifts = np.full(block.t_ns.size, state.shift_deg)
        rows = zip(
            block.t_ns.tolist(),
            block.angle_deg.tolist(),
            block.rate_deg_s.tolist(),
            block.valid.tolist(),
            strict=True,
        )
        for i, (t_ns, angle_deg, rate_deg_s, valid) in enumerate(rows):
            if state.stage is Zeroing.WAITING:
                self._look(t_ns, angle_deg, is_still=valid and abs(rate_deg_s) <= self._still_deg_s)
                shifts[i + 1 :] = state.shift_deg
        return replace(block, angle_deg=block.angle_deg + shifts)

    def _look(self, t_ns: int, angle_deg: float, *, is_still: bool) -> None:
        state = self._state
        if not is_still or state.since_ns is None or state.still is None:
            state.since_ns, state.still = (t_ns, [angle_deg]) if is_still else (None, [])
            return
        state.still.append(angle_deg)
        if t_ns - state.since_ns < self._for_ns:
            return
        shift_deg = self._pose_deg - sum(state.still) / len(state.still)
        if abs(shift_deg) <= self._most_deg:
            state.stage, state.shift_deg = Zeroing.DONE, shift_deg
        else:
            state.stage, state.refused_deg = Zeroing.REFUSED, shift_deg
        state.still = None
