"""The online angle of a calibrated hinge, row by row, with what it may be off by."""

import math
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from monitor.motion.alignment import RowState, SegmentRow
from monitor.motion.anatomy import limits_deg
from monitor.motion.calibration_report import CalibrationReport
from monitor.motion.calibration_values import HingeCalibration
from monitor.motion.heading import HeadingPhasor, HeadingState
from monitor.motion.joint_angle import HingeGeometry
from monitor.motion.pairing_watch import EVERY, PairingVerdict, PairingWatch, PairingWatchState
from monitor.motion.quaternion import Quaternion, Vector, rotate_rows, wrapped_rad
from monitor.motion.skew import SkewEstimator, SkewState
from monitor.motion.window import MovementWindow
from protocols.units import DEG

# Two sensors of one joint have to agree this well: 10 ms already cost 3-4 deg of range in fast movements.
SKEW_LIMIT_S = 0.005
# What the best calibration leaves: orientation and zero, 1 sigma.
BASE_ERROR_DEG = 1.5
# Running means of what tells that something is wrong: quality has to fall before the number is wrong.
HEALTH_TAU_S = 3.0
# How much of what is not hinge rotation reaches the angle; beyond the second all of it (another movement).
SWING_SHARE = 0.25
SWING_ALL_FROM_DEG = 15.0
# A hinge's axis is as steep in one sensor as in the other; what differs is an axis that is off.
ELEVATION_SHARE = 0.7
# A segment that swings at 0.3 Hz is out by half of its rate times a second.
EXCURSION_S = 0.5
PER_RAD2 = 1.0 / (DEG * DEG)
# What both axes of an ordinary calibration cost is in its own figure.
AXIS_SEEN_DEG = 10.0
# From here on a person is told.
SWING_WARNED_DEG = 25.0
BEYOND_DEG = 10.0
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
    """Heading, skew, watch over the pairing, and running mean squares (rad^2, (rad/s)^2).

    `elevation`: of the difference of both axes' sines of elevation.
    """

    phasor: HeadingState = field(default_factory=HeadingState)
    skew: SkewState = field(default_factory=SkewState)
    pairing: PairingWatchState = field(default_factory=PairingWatchState)
    disagreement: float = 0.0
    swing: float = 0.0
    elevation: float = 0.0
    proximal_rate: float = 0.0
    distal_rate: float = 0.0
    beyond: float = 0.0
    missing: float = 0.0
    slow_square: float = -1.0
    error_deg: float = math.inf


class HingeReader:
    """Rows of both sensors -> angle: with heading, from inclination, blended."""

    def __init__(
        self,
        calibration: HingeCalibration,
        report: CalibrationReport,
        *,
        joint: str,
        rest_angle_deg: float,
        rate_hz: float,
    ) -> None:
        self._calibration = calibration
        self._left_deg_squared = BASE_ERROR_DEG**2 + report.angle_error_deg**2
        # An axis that the calibration hardly showed costs something as soon as its segment turns.
        self._axis_cost = [
            min(0.5, sigma_deg * DEG * EXCURSION_S) ** 2 if sigma_deg > AXIS_SEEN_DEG else 0.0
            for sigma_deg in report.axis_errors_deg
        ]
        self._least_deg, self._greatest_deg = limits_deg(joint)
        self._rest_angle_deg = rest_angle_deg
        self._geometry = HingeGeometry(
            axis1=calibration.axis_proximal,
            axis2=calibration.axis_distal,
            q_zero=calibration.q_zero,
            inclination_zero_rad=calibration.inclination_zero_rad,
        )
        self._phasor = HeadingPhasor(rate_hz=rate_hz)
        self._skew = SkewEstimator(rate_hz=rate_hz)
        self._pairing = PairingWatch(calibration, seen=report.pairing_seen, rate_hz=rate_hz)
        self._gain = 1.0 / (10.0 * rate_hz)
        self._health_gain = 1.0 / (HEALTH_TAU_S * rate_hz)
        self._state = HingeReaderState()

    @property
    def state(self) -> HingeReaderState:
        """A copy of everything that changes; assign it to go on from there."""
        state = deepcopy(self._state)
        state.phasor = self._phasor.state
        state.skew = self._skew.state
        state.pairing = self._pairing.state
        return state

    @state.setter
    def state(self, value: HingeReaderState) -> None:
        self._state = deepcopy(value)
        self._phasor.state = value.phasor
        self._skew.state = value.skew
        self._pairing.state = value.pairing

    @property
    def warning(self) -> str:
        """Why the angle is not to be trusted and what to do about it; empty while it is."""
        state = self._state
        if self._pairing.verdict is PairingVerdict.WRONG:
            return (
                "the angle is wrong: the sensors are worn differently. Put both on with the same face "
                "outward and the same end up, and calibrate anew"
            )
        if math.sqrt(state.swing) / DEG > SWING_WARNED_DEG:
            return "this movement is not the one that was calibrated: calibrate anew with it"
        if state.beyond > 0.5:
            return "the angle is beyond what this joint can do: a sensor has moved, calibrate anew"
        return ""

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
        if k % EVERY == 0 or state.slow_square < 0.0:
            if self._pairing.awaits:
                self._pairing.update(proximal, distal, proximal_rate=state.proximal_rate)
            state.slow_square = self._slow_square()
        angle_deg = self._rest_angle_deg + angle_rad / DEG
        square = state.slow_square
        settled_s = settled1_s if settled1_s < settled2_s else settled2_s
        if settled_s < SETTLED_AFTER_S:
            fresh_deg = 10.0 * math.exp(-settled_s / 3.0)
            square += fresh_deg * fresh_deg
        if not self._phasor.known:
            # Without heading the angle rests on inclination alone, and that on a horizontal axis.
            heading_deg = 5.0 / max(horizontal, 1e-3)
            square += heading_deg * heading_deg
        if not self._least_deg < angle_deg < self._greatest_deg:
            # No joint goes there: at least this much is wrong.
            beyond_deg = max(self._least_deg - angle_deg, angle_deg - self._greatest_deg)
            square += 4.0 * beyond_deg * beyond_deg
            if beyond_deg > BEYOND_DEG:
                state.beyond += self._health_gain * (1.0 - state.beyond)
        elif state.beyond:
            state.beyond -= self._health_gain * state.beyond
        state.error_deg = error_deg = math.sqrt(square)
        if error_deg > LARGEST_ERROR_DEG:
            return AngleRow(k, math.nan, math.nan, math.inf)
        return AngleRow(k, angle_deg, rate_rad_s / DEG, error_deg)

    def _none(self, k: int) -> AngleRow:
        state = self._state
        state.missing += self._gain * (1.0 - state.missing)
        state.error_deg = math.inf
        return AngleRow(k, math.nan, math.nan, math.inf)

    def _angle(self, q1: Quaternion, q2: Quaternion, *, at_rest: bool) -> tuple[float, float]:
        """(angle against the zero pose in rad, squared horizontal part of the axis)."""
        state, phasor, geometry = self._state, self._phasor, self._geometry
        ax, ay, az = _in_earth(q1, self._calibration.axis_proximal)
        bx, by, bz = _in_earth(q2, self._calibration.axis_distal)
        delta_rad = phasor.hold() if at_rest and phasor.known else phasor.update(ax, ay, bx, by)
        heading_rad, swing_rad = geometry.heading_angle(q1, q2, delta_rad)
        difference_rad = wrapped_rad(geometry.inclination_angle(q1, q2) - heading_rad)
        horizontal = ax * ax + ay * ay
        gain = self._health_gain
        state.disagreement += gain * (difference_rad * difference_rad * horizontal - state.disagreement)
        state.swing += gain * (swing_rad * swing_rad - state.swing)
        state.elevation += gain * ((az - bz) * (az - bz) - state.elevation)
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
        state.distal_rate += self._gain * (square2 - state.distal_rate)
        across1, across2 = square1 - along1 * along1, square2 - along2 * along2
        self._skew.update(
            math.sqrt(across1) if across1 > 0.0 else 0.0, math.sqrt(across2) if across2 > 0.0 else 0.0
        )
        return along2 - along1

    def _slow_square(self) -> float:
        """What changes over seconds of the expected error, squared, deg^2."""
        state = self._state
        square = self._left_deg_squared + PER_RAD2 * (
            0.25 * state.disagreement
            + SWING_SHARE**2 * state.swing
            + ELEVATION_SHARE**2 * state.elevation
            + self._axis_cost[0] * state.proximal_rate
            + self._axis_cost[1] * state.distal_rate
        )
        more_deg = math.sqrt(state.swing) / DEG - SWING_ALL_FROM_DEG
        if more_deg > 0.0:
            square += 4.0 * more_deg * more_deg
        # What a moving upper segment turns while one stream lags.
        skew_s = self._skew.skew_s
        if skew_s is not None and abs(skew_s) > SKEW_LIMIT_S:
            square += PER_RAD2 * skew_s * skew_s * state.proximal_rate
        verdict = self._pairing.verdict
        if verdict is not PairingVerdict.RIGHT:
            # If the axes were paired wrongly, what the upper segment turns would count the wrong way.
            square += PER_RAD2 * (2.0 * EXCURSION_S) ** 2 * state.proximal_rate
            if verdict is PairingVerdict.WRONG:
                square += LARGEST_ERROR_DEG**2
        return square


def _in_earth(q: Quaternion, axis: Vector) -> Vector:
    """`axis` turned into the earth frame by `q`."""
    w, x, y, z = q
    a, b, c = axis
    tx, ty, tz = 2.0 * (y * c - z * b), 2.0 * (z * a - x * c), 2.0 * (x * b - y * a)
    return a + w * tx + y * tz - z * ty, b + w * ty + z * tx - x * tz, c + w * tz + x * ty - y * tx
