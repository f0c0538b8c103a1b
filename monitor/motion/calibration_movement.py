"""The calibration as the patient does it: sit still, then swing. Collects the rows and says how far it is.

    STILL        both segments still: gyroscope offsets, zero pose
    CALIBRATING  slow swings, until there are enough of them and the limb pauses

Moving too early, a sensor that drops out, or swings that show no hinge lead back to STILL with a reason.
"""

from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field

from monitor.motion.alignment import RowState, SegmentRow
from monitor.motion.calibration import (
    CalibrationReport,
    HingeCalibration,
    MovementWindow,
    movement_window,
    solve_hinge,
)
from monitor.motion.goniometer_values import GoniometerParams
from monitor.motion.quaternion import Vector
from monitor.motion.swings import SwingCounter, SwingState
from monitor.samples import Quality

Pair = tuple[SegmentRow, SegmentRow]
# Fewer than this many swings leave the axis to chance; with these a patient who stops early is let off.
FEWEST_SWINGS = 3


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
    swings: SwingState | None = None


class CalibrationMovement:
    """`advance` row by row; returns `Calibrated` once, when the movement is complete."""

    def __init__(self, params: GoniometerParams) -> None:
        self.params = params
        self._rate_hz = params.grid.rate_hz
        self._swings = SwingCounter(rate_hz=self._rate_hz)
        self._state = CalibrationMovementState()

    @property
    def state(self) -> CalibrationMovementState:
        """A copy of everything that changes; assign it to go on from there."""
        state = deepcopy(self._state)
        state.swings = self._swings.state
        return state

    @state.setter
    def state(self, value: CalibrationMovementState) -> None:
        self._state = deepcopy(value)
        if value.swings is not None:
            self._swings.state = value.swings

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
        return self._swings.count

    @property
    def progress(self) -> float:
        """Share of the current part that is done, 0 to 1."""
        if self._state.swinging:
            return min(1.0, self._swings.count / self.params.swings)
        return min(1.0, self._state.still_s / self.params.still_s)

    def restart(self, reason: str) -> None:
        """Begin again with the still pose."""
        self._state = CalibrationMovementState(reason=reason)
        self._swings.reset()

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
            # The last second: what the pose was right before the movement.
            if len(state.pose) > self._rate_hz:
                state.pose.popleft()
            return
        known = proximal.offset_known and distal.offset_known
        # The patient counts seconds no better than half a second.
        if not known or still_before_s < params.still_s - 0.5:
            state.pose.clear()
            if still_before_s >= 1.0:
                state.reason = "moved too early: sit still a little longer"
            return
        state.swinging, state.reason = True, ""
        # The stillness detector needs some movement to notice it: begin with the pose.
        state.window = list(state.pose)
        self._swings.reset()

    def _advance_swings(
        self, proximal: SegmentRow, distal: SegmentRow, biases: tuple[Vector, Vector]
    ) -> Calibrated | None:
        state, params = self._state, self.params
        state.window.append((proximal, distal))
        self._swings.update(distal.gyr_rad_s)
        count = self._swings.count
        paused = count >= params.swings and self._swings.quiet_s >= 0.3
        overdue = len(state.window) / self._rate_hz > params.calibration_timeout_s
        if paused or count >= params.swings + 2 or (overdue and count >= FEWEST_SWINGS):
            return self._solve(biases)
        if overdue:
            self.restart("no swings seen: sit still, then swing slowly")
        return None

    def _solve(self, biases: tuple[Vector, Vector]) -> Calibrated:
        state, params = self._state, self.params
        window = movement_window(state.window)
        calibration, report = solve_hinge(
            window,
            movement_window(list(state.pose)),
            first_movement_is_flexion=params.first_movement == "flexion",
            still_s=params.still_s,
            swings=self._swings.count,
            bias_deg_s=biases,
        )
        refused = report.quality is Quality.POOR
        self.restart(report.reasons[0] if refused else "")
        return Calibrated(calibration=None if refused else calibration, report=report, window=window)
