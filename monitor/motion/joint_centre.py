"""Orientation between two sensors on any joint (1, 2 or 3 degrees of freedom) that keeps its centre.

Both sensors measure the acceleration of the same point, the joint's centre. With r the lever arm from
the centre to a sensor, K = [w']x + [w]x[w]x, and R turning distal into proximal coordinates:

    a1 - K1 r1 = R (a2 - K2 r2)

The vector contains gravity, so R is seen in full as soon as it changes its direction: no magnetometer, no
axis, no calibration movement. A multiplicative extended Kalman filter carries R with both gyroscopes and
corrects it with this equation; gyroscope offsets and both lever arms are states too, starting from "a
sensor sits within a forearm's length of the joint". After Weygers and Kok, "Drift-free inertial sensor-based
joint kinematics for long-term arbitrary movements", IEEE Sensors Journal 20(14):7969-7979 (2020),
doi 10.1109/JSEN.2020.2982459, which has neither offsets nor lever arms as states.

At the start only the direction of gravity is known. The heading is unknown, so several filters start
around the circle and the one that predicts best is kept.
"""

import math
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitor.motion.alignment import RowState
from monitor.motion.quaternion import (
    Quaternion,
    Vector,
    cross,
    dot,
    exponential,
    matrix,
    multiply,
    normalised,
    unit,
)
from protocols.units import DEG

Floats = NDArray[np.float64]
# The error state: attitude in proximal coordinates, both gyroscopes' offsets, both lever arms.
ATTITUDE, BIAS1, BIAS2, LEVER1, LEVER2 = (slice(i, i + 3) for i in range(0, 15, 3))
EYE3, EYE15 = np.eye(3), np.eye(15)


@dataclass(frozen=True, slots=True, kw_only=True)
class JointCentreParams:
    """Noise as it is on the body and on the rig, not as in the data sheet."""

    rate_hz: float
    # Gyroscope: noise plus scale error and sampling of fast turns, rad/s per sqrt(Hz).
    gyr_noise: float = 0.01
    bias_drift: float = 1e-4  # rad/s per sqrt(s)
    bias_start_rad_s: float = 0.02  # about 1 deg/s
    # What is not rigid, not a point and not sampled together, m/s2; grows where both lengths disagree.
    acc_noise_m_s2: float = 0.3
    disagreement_gain: float = 0.1
    lever_start_m: float = 0.15
    lever_drift_m: float = 1e-3  # per sqrt(s): skin and straps give
    attitude_start_rad: float = 0.35
    # Angular acceleration is a difference over this time to either side; corrections lag by as much.
    half_window_s: float = 0.02
    correction_interval_s: float = 0.04
    headings: int = 8
    # A heading e^20 times less likely than the best is dropped. The best stands alone when all others that
    # are left point the same way, and at the latest when there was evidence for `decide_s`.
    log_odds: float = 20.0
    same_rad: float = 10.0 * DEG
    decide_s: float = 4.0
    # Residuals twice their expected square for seconds are no noise: the filter has settled on something
    # wrong (a start without order, a sensor that slipped) and begins anew. Each counts at most fourfold,
    # so that a few impacts do not; the rig's trials stay below 1.
    misfit_limit: float = 2.0
    misfit_cap: float = 4.0
    misfit_tau_s: float = 4.0


@dataclass(slots=True, kw_only=True)
class Hypothesis:
    """One filter: `q` over the last rows, newest last; offsets and lever arms `x` (12,); its covariance."""

    q: list[Quaternion]
    x: Floats
    covariance: Floats
    score: float = 0.0
    misfit: float = 0.0


@dataclass(slots=True, kw_only=True)
class JointCentreState:
    """Everything that changes. `rows` are the last ones, newest last: gyr1, acc1, gyr2, acc2, flat."""

    hypotheses: list[Hypothesis] = field(default_factory=list)
    rows: list[tuple[float, ...]] = field(default_factory=list)
    evidence_rows: int = 0
    rows_since_correction: int = 0
    levers: tuple[Floats, Floats, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeOrientation:
    """`q` (n, 4) turns distal into proximal coordinates; `sigma_deg` (n,) is the expected error, 1 sigma.

    Rows of which nothing is known are NaN with an infinite `sigma_deg`.
    """

    q: Floats
    sigma_deg: Floats


class JointCentreFilter:
    """Rows of both sensors -> relative orientation, causal. Start-up: up to `decide_s` of movement."""

    def __init__(self, params: JointCentreParams) -> None:
        self.params = params
        self._dt = 1.0 / params.rate_hz
        self._half = max(1, round(params.half_window_s * params.rate_hz))
        self._interval = max(self._half, round(params.correction_interval_s * params.rate_hz))
        self._state = JointCentreState()

    @property
    def state(self) -> JointCentreState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: JointCentreState) -> None:
        self._state = deepcopy(value)

    @property
    def lever_arms_m(self) -> tuple[Floats, Floats]:
        """Joint centre to sensor, in sensor coordinates; zeros before there is an estimate."""
        if not self._state.hypotheses:
            return np.zeros(3), np.zeros(3)
        x = self._best().x
        return x[6:9].copy(), x[9:12].copy()

    def set_lever_arms(self, proximal_m: Floats, distal_m: Floats, *, sigma_m: float) -> None:
        """Start from measured lever arms (joint centre to sensor) instead of unknown ones."""
        self._state.levers = (np.array(proximal_m), np.array(distal_m), sigma_m)

    def update(
        self, gyr1: Floats, acc1: Floats, gyr2: Floats, acc2: Floats, state: NDArray[np.int8]
    ) -> RelativeOrientation:
        """Add rows (n, 3) of both sensors; `state` (n,) is the worse `RowState` of the two."""
        q = np.full((gyr1.shape[0], 4), np.nan)
        sigma_deg = np.full(gyr1.shape[0], np.inf)
        rows = np.hstack([gyr1, acc1, gyr2, acc2]).tolist()
        for i, (row, row_state) in enumerate(zip(rows, state.tolist(), strict=True)):
            if row_state == RowState.MISSING:
                continue
            self._row(tuple(row), row_state)
            if not self._state.hypotheses:  # begun anew with the next row
                continue
            best = self._best()
            q[i] = best.q[-1]
            sigma_deg[i] = self._sigma_deg(best)
        return RelativeOrientation(q=q, sigma_deg=sigma_deg)

    def _best(self) -> Hypothesis:
        return max(self._state.hypotheses, key=lambda h: h.score)

    def _sigma_deg(self, best: Hypothesis) -> float:
        if len(self._state.hypotheses) > 1:
            return 90.0  # while headings compete any of them may be the true one
        c = best.covariance
        return math.sqrt(c[0, 0] + c[1, 1] + c[2, 2]) / DEG

    def _row(self, row: tuple[float, ...], row_state: int) -> None:
        state = self._state
        if row_state == RowState.RESTART or not state.hypotheses:
            self._start(row)
            return
        before = state.rows[-1]
        half_dt = 0.5 * self._dt
        full = len(state.rows) > 2 * self._half
        for h in state.hypotheses:
            b = h.x.tolist()
            turn1 = exponential(tuple(-half_dt * (before[i] + row[i] - 2.0 * b[i]) for i in range(3)))
            turn2 = exponential(
                tuple(half_dt * (before[i + 6] + row[i + 6] - 2.0 * b[i + 3]) for i in range(3))
            )
            h.q.append(multiply(multiply(turn1, h.q[-1]), turn2))
            if full:
                del h.q[0]
        state.rows.append(row)
        if full:
            del state.rows[0]
        state.rows_since_correction += 1
        if state.rows_since_correction < self._interval or len(state.rows) <= 2 * self._half:
            return
        self._correct(usable=row_state == RowState.VALID)

    def _start(self, row: tuple[float, ...]) -> None:
        """Headings around the circle, upright by gravity; offsets and lever arms are kept if known."""
        state, params = self._state, self.params
        if state.hypotheses:
            best = self._best()
            x, covariance = best.x, best.covariance.copy()
            covariance[ATTITUDE, :] = 0.0
            covariance[:, ATTITUDE] = 0.0
        else:
            x, covariance = np.zeros(12), np.zeros((15, 15))
            lever_sigma_m = params.lever_start_m
            if state.levers is not None:
                x[6:9], x[9:12], lever_sigma_m = state.levers
            covariance[range(3, 9), range(3, 9)] = params.bias_start_rad_s**2
            covariance[range(9, 15), range(9, 15)] = lever_sigma_m**2
        covariance[range(3), range(3)] = params.attitude_start_rad**2
        up1, up2 = _direction(row[3:6]), _direction(row[9:12])
        upright = _between(up2, up1)
        state.hypotheses = []
        for i in range(params.headings):
            half = i * math.pi / params.headings
            sine = math.sin(half)
            heading = (math.cos(half), sine * up1[0], sine * up1[1], sine * up1[2])
            state.hypotheses.append(
                Hypothesis(q=[multiply(heading, upright)], x=x.copy(), covariance=covariance.copy())
            )
        state.rows = [row]
        state.evidence_rows = 0
        state.rows_since_correction = 0

    def _correct(self, *, usable: bool) -> None:
        state = self._state
        rows = np.array((state.rows[0], state.rows[self._half], state.rows[-1]))
        span_s = state.rows_since_correction * self._dt
        for h in state.hypotheses:
            self._predict_covariance(h, rows[1], span_s)
            if usable:
                self._correct_one(h, rows)
        if usable:
            state.evidence_rows += state.rows_since_correction
            self._decide()
        state.rows_since_correction = 0

    def _predict_covariance(self, h: Hypothesis, row: Floats, span_s: float) -> None:
        """The error's growth since the last correction: x' = -w1 x (attitude) + db1 - R db2."""
        params = self.params
        transition = EYE15.copy()
        transition[ATTITUDE, ATTITUDE] -= _skew((row[0:3] - h.x[0:3]) * span_s)
        transition[ATTITUDE, BIAS1] = span_s * EYE3
        transition[ATTITUDE, BIAS2] = -span_s * np.array(matrix(h.q[-1]))
        h.covariance = transition @ h.covariance @ transition.T
        diagonal = h.covariance.reshape(-1)[::16]
        diagonal[0:3] += 2.0 * params.gyr_noise**2 * span_s
        diagonal[3:9] += params.bias_drift**2 * span_s
        diagonal[9:15] += params.lever_drift_m**2 * span_s

    def _correct_one(self, h: Hypothesis, rows: Floats) -> None:
        """Compare the joint centre's acceleration from both sides, at the middle of the window."""
        state, params = self._state, self.params
        first, middle, last = rows
        per_s = 1.0 / (2.0 * self._half * self._dt)
        k1 = _lever_matrix((last[0:3] - first[0:3]) * per_s, middle[0:3] - h.x[0:3])
        k2 = _lever_matrix((last[6:9] - first[6:9]) * per_s, middle[6:9] - h.x[3:6])
        rotation = np.array(matrix(h.q[self._half]))
        f1 = middle[3:6] - k1 @ h.x[6:9]
        f2 = rotation @ (middle[9:12] - k2 @ h.x[9:12])
        jacobian = np.zeros((3, 15))
        jacobian[:, ATTITUDE] = -_skew(f2)
        jacobian[:, LEVER1] = k1
        jacobian[:, LEVER2] = -rotation @ k2
        residual = f1 - f2
        disagreement = math.sqrt(float(f1 @ f1)) - math.sqrt(float(f2 @ f2))
        variance = params.acc_noise_m_s2**2 + (params.disagreement_gain * disagreement) ** 2
        gain = state.rows_since_correction * self._dt / params.misfit_tau_s
        h.misfit += gain * (min(params.misfit_cap, float(residual @ residual) / (3.0 * variance)) - h.misfit)
        spread = h.covariance @ jacobian.T
        total = jacobian @ spread + variance * EYE3
        inverse = np.linalg.inv(total)
        kalman = spread @ inverse
        step = kalman @ residual
        covariance = h.covariance - kalman @ spread.T
        h.covariance = 0.5 * (covariance + covariance.T)
        turn = exponential(tuple(step[0:3].tolist()))
        h.q = [normalised(multiply(turn, q)) for q in h.q]
        h.x = h.x + step[3:]
        if len(state.hypotheses) > 1:
            h.score -= 0.5 * (float(residual @ inverse @ residual) + math.log(float(np.linalg.det(total))))

    def _decide(self) -> None:
        """Drop headings that have become unlikely, and all but the best when they have become one."""
        state, params = self._state, self.params
        best = self._best()
        if len(state.hypotheses) == 1:
            if best.misfit > params.misfit_limit:
                state.hypotheses = []
            return
        kept = [h for h in state.hypotheses if h.score > best.score - params.log_odds]
        late = state.evidence_rows > params.decide_s * params.rate_hz
        # cos(angle / 2) is the absolute scalar product of two quaternions.
        near = math.cos(0.5 * params.same_rad)
        if late or all(
            abs(sum(a * b for a, b in zip(h.q[-1], best.q[-1], strict=True))) > near for h in kept
        ):
            kept = [best]
        state.hypotheses = kept


def _direction(v: tuple[float, ...]) -> Vector:
    """Unit vector along `v`; the sensor's z axis for a falling sensor."""
    x, y, z = v
    return unit((x, y, z)) if math.hypot(x, y, z) > 1e-6 else (0.0, 0.0, 1.0)


def _between(a: Vector, b: Vector) -> Quaternion:
    """Shortest rotation from unit vector `a` to `b`."""
    cosine = dot(a, b)
    if cosine < -0.999999:
        x, y, z = unit(cross(a, (1.0, 0.0, 0.0) if abs(a[0]) < 0.8 else (0.0, 1.0, 0.0)))
        return (0.0, x, y, z)
    x, y, z = cross(a, b)
    return normalised((1.0 + cosine, x, y, z))


def _skew(v: Floats) -> Floats:
    """Matrix of the vector product with `v` (3,)."""
    x, y, z = v.tolist()
    return np.array(((0.0, -z, y), (z, 0.0, -x), (-y, x, 0.0)))


def _lever_matrix(angular_acc: Floats, rate: Floats) -> Floats:
    """K with K r = the acceleration of a point at r as seen from the joint centre: (3, 3)."""
    w = _skew(rate)
    return np.asarray(_skew(angular_acc) + w @ w)
