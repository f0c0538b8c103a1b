"""The online angle of a calibrated hinge, row by row, with what it may be off by."""

import math
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from monitor.motion.alignment import RowState, SegmentRow
from monitor.motion.calibration import HingeCalibration, MovementWindow
from monitor.motion.heading import HeadingPhasor, HeadingState
from monitor.motion.joint_angle import HingeGeometry
from monitor.motion.quaternion import Quaternion, Vector, rotate_rows, wrapped_rad
from monitor.motion.skew import SkewEstimator, SkewState

DEG = math.pi / 180.0
# Two sensors of one joint have to agree this well: 10 ms already cost 3-4 deg of range in fast movements.
SKEW_LIMIT_S = 0.005
# What a good calibration leaves: soft tissue and orientation, 1 sigma.
BASE_ERROR_DEG = 2.0
# Beyond this an angle is not given at all.
LARGEST_ERROR_DEG = 45.0
# What a fresh orientation adds has by now fallen below the last bit of the rest.
SETTLED_AFTER_S = 120.0


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
        self._left_deg_squared = BASE_ERROR_DEG**2 + axis_error_deg**2
        self._rest_angle_deg = rest_angle_deg
        self._geometry = HingeGeometry(
            axis1=calibration.axis_proximal,
            axis2=calibration.axis_distal,
            q_zero=calibration.q_zero,
            inclination_zero_rad=calibration.inclination_zero_rad,
        )
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
        if proximal is None or distal is None:
            return self._none(k)
        _, q1, gyr1, _, state1, at_rest1, _, _, settled1_s = proximal
        _, q2, gyr2, _, state2, at_rest2, _, _, settled2_s = distal
        if state1 or state2:
            if RowState.RESTART in (state1, state2):
                self._phasor.reset()
                self._skew.forget()
            else:
                return self._none(k)
        state = self._state
        state.missing -= self._gain * state.missing
        angle_rad, horizontal = self._angle(q1, q2, at_rest=at_rest1 and at_rest2)
        rate_rad_s = self._rate(gyr1, gyr2)
        state.error_deg = error_deg = self._expected_error_deg(horizontal, min(settled1_s, settled2_s))
        if error_deg > LARGEST_ERROR_DEG:
            return AngleRow(k, math.nan, math.nan, math.inf)
        return AngleRow(k, self._rest_angle_deg + angle_rad / DEG, rate_rad_s / DEG, error_deg)

    def _none(self, k: int) -> AngleRow:
        state = self._state
        state.missing += self._gain * (1.0 - state.missing)
        state.error_deg = math.inf
        return AngleRow(k, math.nan, math.nan, math.inf)

    def _angle(self, q1: Quaternion, q2: Quaternion, *, at_rest: bool) -> tuple[float, float]:
        """(angle against the zero pose in rad, squared horizontal part of the axis)."""
        state, phasor, geometry = self._state, self._phasor, self._geometry
        ax, ay = _horizontal(q1, self._calibration.axis_proximal)
        if at_rest and phasor.known:
            delta_rad = phasor.hold()
        else:
            delta_rad = phasor.update(ax, ay, *_horizontal(q2, self._calibration.axis_distal))
        heading_rad, swing_rad = geometry.heading_angle(q1, q2, delta_rad)
        difference_rad = wrapped_rad(geometry.inclination_angle(q1, q2) - heading_rad)
        horizontal = ax * ax + ay * ay
        gain = self._gain
        state.disagreement += gain * (difference_rad * difference_rad * horizontal - state.disagreement)
        state.swing += gain * (swing_rad * swing_rad - state.swing)
        weight = horizontal if phasor.known else 1.0
        return heading_rad + weight * difference_rad, horizontal

    def _rate(self, gyr1: Vector, gyr2: Vector) -> float:
        """The angle's rate in rad/s; what is perpendicular to the axis tells the skew."""
        state, calibration = self._state, self._calibration
        x, y, z = gyr1
        jx, jy, jz = calibration.axis_proximal
        along1, square1 = x * jx + y * jy + z * jz, x * x + y * y + z * z
        x, y, z = gyr2
        jx, jy, jz = calibration.axis_distal
        along2, square2 = x * jx + y * jy + z * jz, x * x + y * y + z * z
        state.proximal_rate += self._gain * (square1 - state.proximal_rate)
        across1, across2 = square1 - along1 * along1, square2 - along2 * along2
        self._skew.update(
            math.sqrt(across1) if across1 > 0.0 else 0.0, math.sqrt(across2) if across2 > 0.0 else 0.0
        )
        return along2 - along1

    def _expected_error_deg(self, horizontal: float, settled_s: float) -> float:
        """One standard deviation: what the calibration left, a fresh orientation, an unknown heading."""
        state = self._state
        square = self._left_deg_squared + 0.25 * state.disagreement / (DEG * DEG)
        if settled_s < SETTLED_AFTER_S:
            fresh_deg = 10.0 * math.exp(-settled_s / 3.0)
            square += fresh_deg * fresh_deg
        if not self._phasor.known:
            # Without heading the angle rests on inclination alone, and that on a horizontal axis.
            heading_deg = 5.0 / max(horizontal, 1e-3)
            square += heading_deg * heading_deg
        # What a moving upper segment turns while one stream lags.
        skew_s = self._skew.skew_s
        if skew_s is not None and abs(skew_s) > SKEW_LIMIT_S:
            square += skew_s * skew_s * state.proximal_rate / (DEG * DEG)
        return math.sqrt(square)


def _horizontal(q: Quaternion, axis: Vector) -> tuple[float, float]:
    """The horizontal part of `axis` turned into the earth frame by `q`."""
    w, x, y, z = q
    a, b, c = axis
    tx, ty, tz = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    return a + w * tx + y * tz - z * ty, b + w * ty + z * tx - x * tz
