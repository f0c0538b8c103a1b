"""The calibration as the patient does it: be still, then move. Collects the rows and says how far it is.

    STILL        both segments still: gyroscope offsets, zero pose
    CALIBRATING  slow swings, squats or steps, until there are enough of them and the limb pauses

Moving too early, a sensor that drops out, or swings that show no hinge lead back to STILL with a reason.
"""

import math
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field

from monitor.motion.alignment import RowState, SegmentRow
from monitor.motion.calibration import solve_hinge
from monitor.motion.calibration_report import CalibrationReport
from monitor.motion.calibration_values import HingeCalibration
from monitor.motion.goniometer_values import GoniometerParams
from monitor.motion.quaternion import Vector
from monitor.motion.swings import SwingCounter, SwingState
from monitor.motion.window import MovementWindow, movement_window
from monitor.samples import Quality

Pair = tuple[SegmentRow, SegmentRow]
# Fewer than this many swings leave the axis to chance; with these a patient who stops early is let off.
FEWEST_SWINGS = 3
# The pose is the mean of a second that ends before the movement: that is noticed only once it is under way.
POSE_S, NOTICED_AFTER_S = 1.0, 0.5
# Of the energy of the segment that turns most.
TAKES_PART = 0.4
# Who moves a limb on purpose is faster than this; who sways is not.
ON_PURPOSE_RAD_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A calibration (None if it was refused), how good it is, and the movement it came from."""

    calibration: HingeCalibration | None
    report: CalibrationReport
    window: MovementWindow


@dataclass(slots=True, kw_only=True)
class CalibrationMovementState:
    """Everything that changes: rows of the pose (the last second) and of the swings."""

    swinging: bool = False
    reason: str = ""
    still_s: float = 0.0
    pose: deque[Pair] = field(default_factory=deque)
    window: list[Pair] = field(default_factory=list)
    swings: list[SwingState] | None = None


class CalibrationMovement:
    """`advance` row by row; returns `Calibrated` once, when the movement is complete."""

    def __init__(self, params: GoniometerParams) -> None:
        self.params = params
        self._rate_hz = params.grid.rate_hz
        # A squat's thigh turns further than its shank, a leg's swing the other way round.
        self._swings = [SwingCounter(rate_hz=self._rate_hz) for _ in range(2)]
        self._state = CalibrationMovementState()

    @property
    def state(self) -> CalibrationMovementState:
        """A copy of everything that changes; assign it to go on from there."""
        state = deepcopy(self._state)
        state.swings = [one.state for one in self._swings]
        return state

    @state.setter
    def state(self, value: CalibrationMovementState) -> None:
        self._state = deepcopy(value)
        if value.swings is not None:
            for one, swings in zip(self._swings, value.swings, strict=True):
                one.state = swings

    @property
    def swinging(self) -> bool:
        """Whether the still pose is done."""
        return self._state.swinging

    @property
    def reason(self) -> str:
        """Why it had to begin again; empty otherwise."""
        return self._state.reason

    @property
    def swings(self) -> int:
        """Whole swings so far."""
        return max(one.count for one in self._leading)

    @property
    def _leading(self) -> list[SwingCounter]:
        """Of the segments that take part: the sway of one that turns much less is no swing."""
        most = max(one.energy for one in self._swings)
        return [one for one in self._swings if one.energy >= TAKES_PART * most]

    @property
    def progress(self) -> float:
        """Share of the current part that is done, 0 to 1."""
        if self._state.swinging:
            return min(1.0, self.swings / self.params.swings)
        return min(1.0, self._state.still_s / self.params.still_s)

    def restart(self, reason: str) -> None:
        """Begin again with the still pose."""
        self._state = CalibrationMovementState(reason=reason)
        for one in self._swings:
            one.reset()

    def advance(
        self, proximal: SegmentRow | None, distal: SegmentRow | None, *, biases: tuple[Vector, Vector]
    ) -> Calibrated | None:
        """Add one row; `biases` are the gyroscopes' offsets (deg/s), for the report."""
        if proximal is None or distal is None:
            self.restart("a sensor's signal was interrupted")
            return None
        if RowState.RESTART in (proximal.state, distal.state) and self._state.swinging:
            self.restart("a sensor's signal was interrupted")
        if not self._state.swinging:
            self._advance_pose(proximal, distal)
            if not self._state.swinging:
                return None
        return self._advance_swings(proximal, distal, biases)

    def _advance_pose(self, proximal: SegmentRow, distal: SegmentRow) -> None:
        """The offsets come first, then the zero pose; movement ends it."""
        state, params = self._state, self.params
        still_before_s, state.still_s = state.still_s, min(proximal.still_s, distal.still_s)
        if state.still_s > 0.0:
            state.pose.append((proximal, distal))
            if len(state.pose) > (POSE_S + NOTICED_AFTER_S) * self._rate_hz:
                state.pose.popleft()
            return
        known = proximal.offset_known and distal.offset_known
        # The patient counts seconds no better than half a second.
        if not known or still_before_s < params.still_s - 0.5:
            state.pose.clear()
            if still_before_s >= 1.0:
                state.reason = _why_not_still(proximal, distal)
            return
        state.swinging, state.reason = True, ""
        # The stillness detector needs some movement to notice it: begin with the pose.
        state.window = list(state.pose)
        for _ in range(min(round(NOTICED_AFTER_S * self._rate_hz), len(state.pose) - 1)):
            state.pose.pop()
        for one in self._swings:
            one.reset()

    def _advance_swings(
        self, proximal: SegmentRow, distal: SegmentRow, biases: tuple[Vector, Vector]
    ) -> Calibrated | None:
        state, params = self._state, self.params
        state.window.append((proximal, distal))
        for one, row in zip(self._swings, (proximal, distal), strict=True):
            one.update(row.gyr_rad_s)
        count = self.swings
        paused = count >= params.swings and min(one.quiet_s for one in self._leading) >= 0.3
        overdue = len(state.window) / self._rate_hz > params.calibration_timeout_s
        if paused or count >= params.swings + 2 or (overdue and count >= FEWEST_SWINGS):
            return self._solve(biases)
        if overdue:
            self.restart("no movement seen: be still, then swing, squat or step slowly")
        return None

    def _solve(self, biases: tuple[Vector, Vector]) -> Calibrated:
        state, params = self._state, self.params
        window = movement_window(state.window)
        calibration, report = solve_hinge(
            window,
            movement_window(list(state.pose)),
            params=params,
            still_s=params.still_s,
            swings=self.swings,
            bias_deg_s=biases,
        )
        refused = report.quality is Quality.POOR
        self.restart(report.reasons[0] if refused else "")
        return Calibrated(calibration=None if refused else calibration, report=report, window=window)


def _why_not_still(proximal: SegmentRow, distal: SegmentRow) -> str:
    """What to do differently: who moved has to wait, who sways needs a hold."""
    if max(math.hypot(*proximal.gyr_rad_s), math.hypot(*distal.gyr_rad_s)) > ON_PURPOSE_RAD_S:
        return "moved too early: hold the starting position a little longer"
    return "swayed too much: hold on to something or lean on it while being still"
