"""The hinge axis in both sensors' coordinates, from movement alone, and how far it may be off.

Three things say where it is; each is weighed by what it is worth on people, not on a rig:

1. Of a hinge, the angular rates perpendicular to the axis have the same length in both sensors, and the
   specific forces have the same component along it. Olsson, Kok, Seel, Halvorsen, "Robust plug-and-play joint
   axis estimation using inertial sensors", Sensors 20(12):3534 (2020), doi 10.3390/s20123534:
   minimise  sum wg^2 (|g1 x j1| - |g2 x j2|)^2 + wa^2 (a1.j1 - a2.j2)^2.  Good when the whole limb turns in
   all directions; in a squat all of it turns about one axis, and what is left over is soft tissue.
2. What turns about one axis in step with the joint turns about the joint's (`monitor.motion.main_axis`).
Good in
   a squat, says nothing of a thigh that rests.
3. Sensors worn alike show the axis in the same place. Weak, for what nothing else shows.

Errors of soft tissue do not average out over samples, only over swings: the spread is scaled by that.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.motion.main_axis import SOFT_TISSUE_RAD, MainAxis, main_axes

Floats = NDArray[np.float64]
# Soft tissue does the same in every swing: samples of one swing are one piece of evidence.
INDEPENDENT_S = 4.0
# Sensors that somebody puts on with the same face outward differ by this much, one standard deviation.
ALIKE_SIGMA_RAD = math.radians(25.0)
# Beyond this they were not put on alike, and nothing is to be made of it.
ALIKE_WITHIN_RAD = math.radians(50.0)
# More rows than this make the fit slower, not better.
ENOUGH_ROWS = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class HingeAxes:
    """Unit vectors `proximal` and `distal` (3,), and how well the movement showed each.

    `proximal_sigma_rad`, `distal_sigma_rad`: one standard deviation in the worst direction, soft tissue
    included; infinite where nothing was shown. `..._turn_rad`: how far either segment turned.
    """

    proximal: Floats
    distal: Floats
    proximal_sigma_rad: float
    distal_sigma_rad: float
    proximal_turn_rad: float
    distal_turn_rad: float

    @property
    def leading_sigma_rad(self) -> float:
        """Of the segment that turned more."""
        leads = self.distal_turn_rad >= self.proximal_turn_rad
        return self.distal_sigma_rad if leads else self.proximal_sigma_rad

    @property
    def angle_sigma_rad(self) -> float:
        """What both axes' errors make of the angle, one standard deviation, in a movement like this one.

        A wrong axis costs nothing while its segment rests, and about half its error for every radian that the
        segment turns (simulated people).
        """
        parts = (
            (self.proximal_sigma_rad, self.proximal_turn_rad),
            (self.distal_sigma_rad, self.distal_turn_rad),
        )
        return 0.5 * math.hypot(*(sigma * turn for sigma, turn in parts if turn > 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """Samples and weights of one fit; `main` and `alike_weight` are left out of the first one."""

    gyr: tuple[Floats, Floats]
    acc: tuple[Floats, Floats]
    gyr_weight: float
    acc_weight: float
    main: tuple[MainAxis, MainAxis] | None = None
    alike_weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    cost: float
    proximal: Floats
    distal: Floats
    information: Floats  # (4, 4), in the tangent planes


def estimate_hinge_axes(
    gyr1: Floats,
    gyr2: Floats,
    acc1: Floats,
    acc2: Floats,
    *,
    sampling_rate_hz: float,
    # Of a hinge the rates agree to 0.02 rad/s; the forces only to 1 m/s2, as the sensors are not at the
    # axis. On the rig the axis came out 0.5 deg off at this ratio and 5.4 deg at equal weights.
    gyr_weight: float = 50.0,
    acc_weight: float = 1.0,
) -> HingeAxes:
    """Fit both axes to samples of a moving joint.

    Args:
        gyr1: angular rates of the proximal sensor without offset, rad/s, (n, 3).
        gyr2: the same of the distal one.
        acc1: specific forces, m/s2, (n, 3).
        acc2: the same of the distal one.
        sampling_rate_hz: of the samples.
        gyr_weight: weight of a residual of 1 rad/s.
        acc_weight: weight of a residual of 1 m/s2.
    """
    duration_s = gyr1.shape[0] / sampling_rate_hz
    main = main_axes(gyr1, gyr2, sampling_rate_hz=sampling_rate_hz)
    every = slice(None, None, max(1, gyr1.shape[0] // ENOUGH_ROWS))
    gyr, acc = (gyr1[every], gyr2[every]), (acc1[every], acc2[every])
    rough = _best(
        _Evidence(gyr=gyr, acc=acc, gyr_weight=gyr_weight, acc_weight=acc_weight),
        [(main[1].axis, main[1].axis), *_pairs(main[0].axis, main[1].axis), *_own_axes(main[1].axis)],
    )
    # The residuals say how much noise there is; all of a swing has the same.
    rows = gyr[0].shape[0]
    variance = rough.cost / max(1, 2 * rows - 4)
    scale = math.sqrt(max(1.0, duration_s / INDEPENDENT_S) / max(1, rows) / max(variance, 1e-12))
    apart = math.acos(min(1.0, abs(float(rough.proximal @ rough.distal))))
    unseen = main[0].sigma_rad > ALIKE_WITHIN_RAD
    fit = _best(
        _Evidence(
            gyr=gyr,
            acc=acc,
            gyr_weight=scale * gyr_weight,
            acc_weight=scale * acc_weight,
            main=main,
            alike_weight=1.0 / ALIKE_SIGMA_RAD if apart < ALIKE_WITHIN_RAD or unseen else 0.0,
        ),
        [(rough.proximal, rough.distal), *_pairs(main[0].axis, main[1].axis)],
    )
    sigmas = _sigmas(fit.information)
    return HingeAxes(
        proximal=fit.proximal,
        distal=fit.distal,
        proximal_sigma_rad=_with_tissue(sigmas[0], main[0]),
        distal_sigma_rad=_with_tissue(sigmas[1], main[1]),
        proximal_turn_rad=main[0].turn_rad,
        distal_turn_rad=main[1].turn_rad,
    )


def _with_tissue(sigma_rad: float, main: MainAxis) -> float:
    """What soft tissue turns in step with the movement no fit can tell from the movement."""
    if main.turn_rad <= 0.0:
        return math.inf
    return math.hypot(sigma_rad, SOFT_TISSUE_RAD / main.turn_rad)


def _pairs(j1: Floats, j2: Floats) -> list[tuple[Floats, Floats]]:
    """Both pairings."""
    return [(j1, j2), (j1, -j2)]


def _own_axes(j2: Floats) -> list[tuple[Floats, Floats]]:
    """The proximal sensor's own axes, for one that hardly moved."""
    return [(axis, j2) for axis in np.eye(3)]


def _best(evidence: _Evidence, starts: list[tuple[Floats, Floats]]) -> _Fit:
    return min((_gauss_newton(evidence, j1, j2) for j1, j2 in starts), key=lambda fit: fit.cost)


def _tangent(j: Floats) -> Floats:
    """Two orthonormal vectors perpendicular to `j`, as columns (3, 2)."""
    other = np.eye(3)[int(np.argmin(np.abs(j)))]
    first = np.cross(j, other)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(j, first)], axis=1)


def _gauss_newton(evidence: _Evidence, j1: Floats, j2: Floats) -> _Fit:
    damping = 1e-3
    residual, jacobian = _residuals(evidence, j1, j2)
    cost = float(residual @ residual)
    for _ in range(60):
        hessian = jacobian.T @ jacobian
        gradient = jacobian.T @ residual
        step = np.linalg.solve(hessian + damping * (np.diag(np.diag(hessian)) + 1e-9 * np.eye(4)), -gradient)
        n1 = j1 + _tangent(j1) @ step[:2]
        n2 = j2 + _tangent(j2) @ step[2:]
        n1, n2 = n1 / np.linalg.norm(n1), n2 / np.linalg.norm(n2)
        new_residual, new_jacobian = _residuals(evidence, n1, n2)
        new_cost = float(new_residual @ new_residual)
        if new_cost >= cost:
            damping *= 10.0
            if damping > 1e6:
                break
            continue
        converged = cost - new_cost < 1e-6 * cost
        j1, j2, residual, jacobian, cost = n1, n2, new_residual, new_jacobian, new_cost
        damping = max(damping * 0.2, 1e-9)
        if converged:
            break
    return _Fit(cost=cost, proximal=j1, distal=j2, information=jacobian.T @ jacobian)


def _residuals(evidence: _Evidence, j1: Floats, j2: Floats) -> tuple[Floats, Floats]:
    (gyr1, gyr2), (acc1, acc2) = evidence.gyr, evidence.acc
    t1, t2 = _tangent(j1), _tangent(j2)
    c1, c2 = np.cross(gyr1, j1), np.cross(gyr2, j2)
    # A rate exactly along the axis has no direction to go in; the tiny term keeps 0/0 at 0.
    n1, n2 = np.linalg.norm(c1, axis=1), np.linalg.norm(c2, axis=1)
    d1 = np.cross(c1, gyr1) / np.maximum(n1, 1e-12)[:, None]
    d2 = np.cross(c2, gyr2) / np.maximum(n2, 1e-12)[:, None]
    residuals = [evidence.gyr_weight * (n1 - n2), evidence.acc_weight * (acc1 @ j1 - acc2 @ j2)]
    jacobians = [
        evidence.gyr_weight * np.hstack([d1 @ t1, -d2 @ t2]),
        evidence.acc_weight * np.hstack([acc1 @ t1, -acc2 @ t2]),
    ]
    if evidence.main is not None:
        # Cross products: an axis and its opposite are the same one.
        none = np.zeros((3, 2))
        (m1, w1), (m2, w2) = ((main.axis, 1.0 / main.sigma_rad) for main in evidence.main)
        alike = evidence.alike_weight
        residuals += [w1 * np.cross(m1, j1), w2 * np.cross(m2, j2), alike * np.cross(j1, j2)]
        jacobians += [
            w1 * np.hstack([_skew(m1) @ t1, none]),
            w2 * np.hstack([none, _skew(m2) @ t2]),
            alike * np.hstack([-_skew(j2) @ t1, _skew(j1) @ t2]),
        ]
    return np.concatenate(residuals), np.vstack(jacobians)


def _skew(v: Floats) -> Floats:
    return np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])


def _sigmas(information: Floats) -> tuple[float, float]:
    """Standard deviation of either axis in its worst direction, rad."""
    covariance = np.linalg.pinv(information, hermitian=True)
    worst = (float(np.linalg.eigvalsh(covariance[part, part])[-1]) for part in (slice(0, 2), slice(2, 4)))
    one, two = (math.sqrt(variance) if variance > 0.0 else math.inf for variance in worst)
    return one, two
