"""The online angle of a calibrated hinge, row by row, with what it may be off by."""

import math
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from monitor.motion.alignment import RowState, SegmentRow
from monitor.motion.calibration import HingeCalibration, MovementWindow
from monitor.motion.heading import HeadingPhasor, HeadingState
from monitor.motion.joint_angle import InclinationAngle, hinge_angle, relative_orientation
from monitor.motion.quaternion import dot, rotate, rotate_rows, wrapped_rad
from monitor.motion.skew import SkewEstimator, SkewState

DEG = math.pi / 180.0
# Two sensors of one joint have to agree this well: 10 ms already cost 3-4 deg of range in fast movements.
SKEW_LIMIT_S = 0.005
# What a good calibration leaves: soft tissue and orientation, 1 sigma.
BASE_ERROR_DEG = 2.0
# Beyond this an angle is not given at all.
LARGEST_ERROR_DEG = 45.0


class AngleRow(NamedTuple):
    """One row: angle and rate in the plan's convention; NaN with an infinite error where there is none."""

    k: int
    angle_deg: float
    rate_deg_s: float
    error_deg: float


@dataclass(slots=True, kw_only=True)
class HingeReaderState:
    """Heading, skew, and running mean squares (rad^2, (rad/s)^2) of ten seconds."""

    phasor: HeadingState = field(default_factory=HeadingState)
    skew: SkewState = field(default_factory=SkewState)
    disagreement: float = 0.0
    swing: float = 0.0
    proximal_rate: float = 0.0
    missing: float = 0.0
    error_deg: float = math.inf


class HingeReader:
    """Rows of both sensors -> angle: with heading, from inclination, blended."""

    def __init__(
        self, calibration: HingeCalibration, *, axis_error_deg: float, rest_angle_deg: float, rate_hz: float
    ) -> None:
        self._calibration = calibration
        self._axis_error_deg = axis_error_deg
        self._rest_angle_deg = rest_angle_deg
        self._inclination = InclinationAngle(calibration.axis_proximal, calibration.axis_distal)
        self._phasor = HeadingPhasor(rate_hz=rate_hz)
        self._skew = SkewEstimator(rate_hz=rate_hz)
        self._gain = 1.0 / (10.0 * rate_hz)
        self._state = HingeReaderState()

    @property
    def state(self) -> HingeReaderState:
        """A copy of everything that changes; assign it to go on from there."""
        state = deepcopy(self._state)
        state.phasor = self._phasor.state
        state.skew = self._skew.state
        return state

    @state.setter
    def state(self, value: HingeReaderState) -> None:
        self._state = deepcopy(value)
        self._phasor.state = value.phasor
        self._skew.state = value.skew

    @property
    def heading_strength(self) -> float:
        """How much evidence of the heading there is, 0 to 1."""
        return self._phasor.strength

    @property
    def skew_s(self) -> float | None:
        """By how much the distal stream lags; None without evidence."""
        return self._skew.skew_s

    def learn_heading(self, window: MovementWindow) -> None:
        """Take the heading from the calibration movement, so that the first angle has one."""
        a = rotate_rows(window.q1, np.array(self._calibration.axis_proximal))
        b = rotate_rows(window.q2, np.array(self._calibration.axis_distal))
        for (ax, ay, _), (bx, by, _) in zip(a.tolist(), b.tolist(), strict=True):
            self._phasor.update(ax, ay, bx, by)

    def read(self, k: int, proximal: SegmentRow | None, distal: SegmentRow | None) -> AngleRow:
        """The angle at one row of the grid."""
        state = self._state
        if proximal is None or distal is None:
            return self._none(k)
        if proximal.state is RowState.RESTART or distal.state is RowState.RESTART:
            self._phasor.reset()
            self._skew.forget()
        elif proximal.state is RowState.BRIDGED or distal.state is RowState.BRIDGED:
            return self._none(k)
        state.missing -= self._gain * state.missing
        angle_rad, horizontal = self._angle(proximal, distal)
        rate_rad_s = self._rates(proximal, distal)
        settled_s = min(proximal.settled_s, distal.settled_s)
        state.error_deg = error_deg = self._expected_error_deg(horizontal, settled_s)
        if error_deg > LARGEST_ERROR_DEG:
            return AngleRow(k, math.nan, math.nan, math.inf)
        return AngleRow(k, self._rest_angle_deg + angle_rad / DEG, rate_rad_s / DEG, error_deg)

    def _none(self, k: int) -> AngleRow:
        state = self._state
        state.missing += self._gain * (1.0 - state.missing)
        state.error_deg = math.inf
        return AngleRow(k, math.nan, math.nan, math.inf)

    def _angle(self, proximal: SegmentRow, distal: SegmentRow) -> tuple[float, float]:
        """(angle against the zero pose in rad, squared horizontal part of the axis)."""
        state, calibration, phasor = self._state, self._calibration, self._phasor
        a = rotate(proximal.q, calibration.axis_proximal)
        b = rotate(distal.q, calibration.axis_distal)
        if proximal.at_rest and distal.at_rest and phasor.known:
            delta_rad = phasor.hold()
        else:
            delta_rad = phasor.update(a[0], a[1], b[0], b[1])
        q_rel = relative_orientation(proximal.q, distal.q, delta_rad)
        heading_rad, swing_rad = hinge_angle(q_rel, calibration.q_zero, calibration.axis_proximal)
        tilt_rad = self._inclination.angle(proximal.q, distal.q) - calibration.inclination_zero_rad
        difference_rad = wrapped_rad(tilt_rad - heading_rad)
        horizontal = a[0] * a[0] + a[1] * a[1]
        state.disagreement += self._gain * (difference_rad**2 * horizontal - state.disagreement)
        state.swing += self._gain * (swing_rad**2 - state.swing)
        weight = horizontal if phasor.known else 1.0
        return heading_rad + weight * difference_rad, horizontal

    def _rates(self, proximal: SegmentRow, distal: SegmentRow) -> float:
        """The angle's rate in rad/s; what is perpendicular to the axis tells the skew."""
        state, calibration = self._state, self._calibration
        along1 = dot(proximal.gyr_rad_s, calibration.axis_proximal)
        along2 = dot(distal.gyr_rad_s, calibration.axis_distal)
        square1 = dot(proximal.gyr_rad_s, proximal.gyr_rad_s)
        square2 = dot(distal.gyr_rad_s, distal.gyr_rad_s)
        state.proximal_rate += self._gain * (square1 - state.proximal_rate)
        self._skew.update(
            math.sqrt(max(0.0, square1 - along1 * along1)), math.sqrt(max(0.0, square2 - along2 * along2))
        )
        return along2 - along1

    def _expected_error_deg(self, horizontal: float, settled_s: float) -> float:
        """One standard deviation: what the calibration left, a fresh orientation, an unknown heading."""
        state = self._state
        fresh_deg = 10.0 * math.exp(-settled_s / 3.0)
        # Without heading the angle rests on inclination alone, and that on a horizontal axis.
        heading_deg = 0.0 if self._phasor.known else 5.0 / max(horizontal, 1e-3)
        disagreement_deg = 0.5 * math.sqrt(state.disagreement) / DEG
        # What a moving upper segment turns while one stream lags.
        skew_s = abs(self._skew.skew_s or 0.0)
        skew_deg = skew_s * math.sqrt(state.proximal_rate) / DEG if skew_s > SKEW_LIMIT_S else 0.0
        return math.hypot(
            BASE_ERROR_DEG, self._axis_error_deg, fresh_deg, heading_deg, disagreement_deg, skew_deg
        )
