"""Do the axes of both sensors point the same way? The joint's centre belongs to both segments, and tells.

Each sensor's specific force, carried over to the centre of the joint, is the same vector in the earth frame:
f = R (a - (w' x r + w x (w x r))), with r the lever from the centre to the sensor (the constraint of Seel,
Schauer, Raisch, IEEE CCA 2012, and Weygers, Kok, IEEE Sensors J. 20(14):7969 (2020), doi
10.1109/JSEN.2020.2982459). Both pairings of the axes give a heading each, half a turn apart; for each the
levers are fitted, and the heading under which the forces agree better is the right one. It needs no
mounting to be known, but a proximal segment that moves. How the sensors are worn is a second witness:
people who put both on with the same face outward show both axes in the same place.

The witnesses together decide; where they contradict each other or both are silent, nobody knows, and this
says so.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from monitor.motion.quaternion import about_vertical, multiply_rows, rotate_rows
from monitor.motion.window import MovementWindow

Floats = NDArray[np.float64]
# Log ratio of the residuals of both pairings. In simulated sitting people, whose thigh hardly moves, chance
# makes up to 0.2 either way; in squats and steps the right pairing has 0.8 to 4.5.
SHOWN = 0.5
# As a second witness beside sensors worn alike less is enough.
AGREES = 0.3
# From here on the forces are believed against the way in which the sensors are worn.
SHOWN_CLEARLY = 1.5
# Both axes in the same place within 45 deg: worn alike, or one of them turned over.
ALIKE_COSINE = 0.7
# Sensors sit within some 20 cm of the joint. A lever of half a metre would explain a wrong pairing.
LEVER_SIGMA_M = 0.2
FORCE_SIGMA_M_S2 = 0.1
INDEPENDENT_FORCES = 20
# Half a degree of inclination: forces that agree better than this agree by chance.
NOISE_M2_S4 = 0.01
# Derivatives of the rates are taken after a running mean of this length.
SMOOTH_S = 0.15
ROWS = 600


class PairingWitness(StrEnum):
    """What the pairing stands on."""

    FORCES = "forces"  # shown by the movement, and not against the way the sensors are worn
    WORN_ALIKE = "worn_alike"  # the movement shows nothing
    NONE = "none"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """`sign` +1 when the axes as given point the same way; `delta_rad` the heading that follows.

    `margin` is the log ratio of the residuals, 0 when the movement says nothing.
    """

    sign: int
    delta_rad: float
    margin: float
    witness: PairingWitness


def decide_pairing(
    window: MovementWindow, j1: Floats, j2: Floats, *, both_seen: bool, sampling_rate_hz: float
) -> Pairing:
    """Judge both pairings of the axes `j1`, `j2` (3,) over a movement.

    `both_seen`: whether the movement has shown both; otherwise where they are in the sensors tells nothing of
    how those are worn, and alike is what is assumed.
    """
    deltas = {sign: _heading(window, j1, sign * j2) for sign in (1, -1)}
    centre = _CentreForces(window, sampling_rate_hz=sampling_rate_hz)
    same, opposite = (centre.residual(deltas[sign]) for sign in (1, -1))
    evidence = math.log((opposite + NOISE_M2_S4) / (same + NOISE_M2_S4))
    alike = float(j1 @ j2)
    worn = 0 if abs(alike) < ALIKE_COSINE else 1 if alike > 0.0 else -1
    shown = 0 if abs(evidence) < SHOWN else 1 if evidence > 0.0 else -1
    if shown and worn and both_seen and shown != worn and abs(evidence) < SHOWN_CLEARLY:
        sign, witness = worn, PairingWitness.CONTRADICTION
    elif worn and worn * evidence >= AGREES:
        sign, witness = worn, PairingWitness.FORCES
    elif shown:
        sign, witness = shown, PairingWitness.FORCES
    elif worn:
        sign, witness = worn, PairingWitness.WORN_ALIKE
    else:
        sign, witness = (1 if evidence >= 0.0 else -1), PairingWitness.NONE
    return Pairing(sign=sign, delta_rad=deltas[sign], margin=sign * evidence, witness=witness)


def _heading(window: MovementWindow, j1: Floats, j2: Floats) -> float:
    """Heading of the distal earth frame in the proximal one if both axes are one."""
    a, b = rotate_rows(window.q1, j1), rotate_rows(window.q2, j2)
    evidence = (a[:, 0] + 1j * a[:, 1]) * np.conj(b[:, 0] + 1j * b[:, 1])
    return float(np.angle(evidence.sum()))


class _CentreForces:
    """Specific forces of both sensors at the joint's centre, for any heading between their earth frames."""

    def __init__(self, window: MovementWindow, *, sampling_rate_hz: float) -> None:
        width = max(1, round(SMOOTH_S * sampling_rate_hz)) | 1
        every = slice(None, None, max(1, window.gyr1.shape[0] // ROWS))
        self._q2 = window.q2[every]
        gyr1, gyr2, acc1, acc2 = (
            _smooth(x, width) for x in (window.gyr1, window.gyr2, window.acc1, window.acc2)
        )
        r1 = _matrices(window.q1[every])
        self._levers1 = r1 @ _lever_matrices(gyr1, sampling_rate_hz)[every]
        self._forces1 = np.einsum("nij,nj->ni", r1, acc1[every])
        self._levers2 = _lever_matrices(gyr2, sampling_rate_hz)[every]
        self._acc2 = acc2[every]

    def residual(self, delta_rad: float) -> float:
        """Mean square of what is left of the horizontal difference with the best levers, (m/s2)^2."""
        r2 = _matrices(multiply_rows(np.array(about_vertical(delta_rad)), self._q2))
        n = r2.shape[0]
        difference = self._forces1 - np.einsum("nij,nj->ni", r2, self._acc2)
        # A constant goes with it: an inclination that is off by a little.
        constant = np.broadcast_to(np.eye(3), (n, 3, 3))
        model = np.concatenate([self._levers1, -(r2 @ self._levers2), constant], axis=2).reshape(-1, 9)
        weight = max(1.0, n / INDEPENDENT_FORCES) * FORCE_SIGMA_M_S2**2
        prior = np.diag([weight / LEVER_SIGMA_M**2] * 6 + [weight] * 3)
        levers = np.linalg.solve(model.T @ model + prior, model.T @ difference.reshape(-1))
        left = (difference.reshape(-1) - model @ levers).reshape(-1, 3)
        return float(np.mean(np.sum(left[:, :2] ** 2, axis=1)))


def _smooth(x: Floats, width: int) -> Floats:
    """Running mean of `width` rows (odd), ends held."""
    padded = np.pad(x, ((width // 2, width // 2), (0, 0)), mode="edge")
    total = np.cumsum(np.vstack([np.zeros((1, x.shape[1])), padded]), axis=0)
    return np.asarray((total[width:] - total[:-width]) / width)


def _lever_matrices(gyr: Floats, sampling_rate_hz: float) -> Floats:
    """K (n, 3, 3): the acceleration of a point at r against the centre is K r, sensor frame."""
    turn = _cross_matrices(gyr)
    return _cross_matrices(np.gradient(gyr, 1.0 / sampling_rate_hz, axis=0)) + turn @ turn


def _cross_matrices(v: Floats) -> Floats:
    x, y, z = v.T
    none = np.zeros_like(x)
    return np.stack([none, -z, y, z, none, -x, -y, x, none], axis=1).reshape(-1, 3, 3)


def _matrices(q: Floats) -> Floats:
    """Rotation matrices (n, 3, 3) of unit quaternions (n, 4)."""
    return np.stack([rotate_rows(q, axis) for axis in np.eye(3)], axis=2)
