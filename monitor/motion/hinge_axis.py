"""The hinge axis in both sensors' coordinates, from movement alone.

Method: Olsson, Kok, Seel, Halvorsen, "Robust plug-and-play joint axis estimation using inertial sensors",
Sensors 20(12):3534 (2020), doi 10.3390/s20123534. Of a hinge, the angular rates perpendicular to the axis
have the same length in both sensors, and the specific forces have the same component along it:

    minimise  sum wg^2 (|g1 x j1| - |g2 x j2|)^2 + wa^2 (a1.j1 - a2.j2)^2   over unit vectors j1, j2

by Gauss-Newton on the tangent planes, from several starts. What the movement does not show (a thigh that
never moves says nothing of the axis in its own sensor) is left to a weak prior: both sensors are worn
with the same face outward, so j1 is near j2.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class HingeAxes:
    """Unit vectors `proximal` and `distal` (3,), and how well the movement showed each.

    `proximal_sigma_rad`, `distal_sigma_rad`: one standard deviation in the worst direction, from the
    residuals and the curvature of the cost; infinite where nothing was shown.
    """

    proximal: NDArray[np.float64]
    distal: NDArray[np.float64]
    cost: float
    proximal_sigma_rad: float
    distal_sigma_rad: float


def estimate_hinge_axes(
    gyr1: NDArray[np.float64],
    gyr2: NDArray[np.float64],
    acc1: NDArray[np.float64],
    acc2: NDArray[np.float64],
    *,
    # Of a hinge the rates agree to 0.02 rad/s; the forces only to 1 m/s2, as the sensors are not at the
    # axis. On the rig the axis came out 0.5 deg off at this ratio and 5.4 deg at equal weights.
    gyr_weight: float = 50.0,
    acc_weight: float = 1.0,
    # Against 20 s of a thigh that turns by 0.1 rad/s rms this is a hundredth.
    prior_weight: float = 10.0,
) -> HingeAxes:
    """Fit both axes to samples of a moving hinge.

    Args:
        gyr1: angular rates of the proximal sensor without offset, rad/s, (n, 3).
        gyr2: the same of the distal one.
        acc1: specific forces, m/s2, (n, 3).
        acc2: the same of the distal one.
        gyr_weight: weight of a residual of 1 rad/s.
        acc_weight: weight of a residual of 1 m/s2.
        prior_weight: weight of 1 rad between j1 and j2, once for the whole fit.
    """
    best: tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None = None
    for start1, start2 in _starts(gyr1, gyr2):
        fit = _gauss_newton((gyr1, gyr2, acc1, acc2), start1, start2, (gyr_weight, acc_weight, prior_weight))
        if best is None or fit[0] < best[0]:
            best = fit
    if best is None:  # _starts is never empty
        raise AssertionError
    cost, j1, j2, information = best
    variance = cost / max(1, 2 * gyr1.shape[0] - 4)
    sigma = [
        _worst_sigma(information, variance, slice(0, 2)),
        _worst_sigma(information, variance, slice(2, 4)),
    ]
    return HingeAxes(
        proximal=j1, distal=j2, cost=cost, proximal_sigma_rad=sigma[0], distal_sigma_rad=sigma[1]
    )


def _starts(
    gyr1: NDArray[np.float64], gyr2: NDArray[np.float64]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Main rotation axes of both sensors, in both pairings, and the sensor's own axes."""
    main1, main2 = (np.linalg.eigh(g.T @ g)[1][:, -1] for g in (gyr1, gyr2))
    return [
        (main2, main2),
        (main1, main2),
        (main1, -main2),
        (np.array([1.0, 0.0, 0.0]), main2),
        (np.array([0.0, 1.0, 0.0]), main2),
        (np.array([0.0, 0.0, 1.0]), main2),
    ]


def _tangent(j: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two orthonormal vectors perpendicular to `j`, as columns (3, 2)."""
    other = np.eye(3)[int(np.argmin(np.abs(j)))]
    first = np.cross(j, other)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(j, first)], axis=1)


def _gauss_newton(
    samples: tuple[NDArray[np.float64], ...],
    j1: NDArray[np.float64],
    j2: NDArray[np.float64],
    weights: tuple[float, float, float],
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Returns cost, j1, j2 and the information matrix (4, 4) of the data without the prior."""
    damping = 1e-3
    residual, jacobian = _residuals(samples, j1, j2, weights)
    cost = float(residual @ residual)
    for _ in range(60):
        hessian = jacobian.T @ jacobian
        gradient = jacobian.T @ residual
        step = np.linalg.solve(hessian + damping * (np.diag(np.diag(hessian)) + 1e-9 * np.eye(4)), -gradient)
        n1 = j1 + _tangent(j1) @ step[:2]
        n2 = j2 + _tangent(j2) @ step[2:]
        n1, n2 = n1 / np.linalg.norm(n1), n2 / np.linalg.norm(n2)
        new_residual, new_jacobian = _residuals(samples, n1, n2, weights)
        new_cost = float(new_residual @ new_residual)
        if new_cost >= cost:
            damping *= 10.0
            if damping > 1e6:
                break
            continue
        converged = cost - new_cost < 1e-9 * cost
        j1, j2, residual, jacobian, cost = n1, n2, new_residual, new_jacobian, new_cost
        damping = max(damping * 0.2, 1e-9)
        if converged:
            break
    data = jacobian[:-3]
    return cost, j1, j2, data.T @ data


def _residuals(
    samples: tuple[NDArray[np.float64], ...],
    j1: NDArray[np.float64],
    j2: NDArray[np.float64],
    weights: tuple[float, float, float],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    gyr1, gyr2, acc1, acc2 = samples
    gyr_weight, acc_weight, prior_weight = weights
    t1, t2 = _tangent(j1), _tangent(j2)
    c1, c2 = np.cross(gyr1, j1), np.cross(gyr2, j2)
    # A rate exactly along the axis has no direction to go in; the tiny term keeps 0/0 at 0.
    n1, n2 = np.linalg.norm(c1, axis=1), np.linalg.norm(c2, axis=1)
    d1 = np.cross(c1, gyr1) / np.maximum(n1, 1e-12)[:, None]
    d2 = np.cross(c2, gyr2) / np.maximum(n2, 1e-12)[:, None]
    residual = np.concatenate(
        [gyr_weight * (n1 - n2), acc_weight * (acc1 @ j1 - acc2 @ j2), prior_weight * (j1 - j2)]
    )
    jacobian = np.vstack(
        [
            gyr_weight * np.hstack([d1 @ t1, -d2 @ t2]),
            acc_weight * np.hstack([acc1 @ t1, -acc2 @ t2]),
            prior_weight * np.hstack([t1, -t2]),
        ]
    )
    return residual, jacobian


def _worst_sigma(information: NDArray[np.float64], variance: float, part: slice) -> float:
    """Standard deviation of one axis in its worst direction, the other axis taken as found."""
    least = float(np.linalg.eigvalsh(information[part, part])[0])
    return math.sqrt(variance / least) if least > 1e-12 else math.inf
