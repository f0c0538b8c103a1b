"""A walking patient: when each foot lands and leaves the ground, and how a sensor on the shoe moves.

World frame: x forward at the begin, y left, z up. A foot rolls over heel and ball: it is flat from
`flat_after` of a stride after landing until heel rise, turns about the ball until it leaves the ground,
swings, and lands on the heel. Contacts are where the pitch of the foot is extreme, which is how optical and
inertial methods define them. Shapes and angles are those of normal gait (Perry and Burnfield, Gait Analysis,
2nd ed., chapter 4), simplified.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from protocols.units import STANDARD_GRAVITY_M_S2

# Of the numerical derivatives. As long as a sample: a sensor's own low-pass filter takes the mean over about
# that time, and what a heel strike holds beyond it would be folded down by sampling instants of it.
_STEP_S = 0.01
# A foot reverses its turn at a contact within 60 ms: straight pieces of pitch, rounded by this much.
_ROUNDING_S = 0.015
_ROUNDING_NODES, _ROUNDING_WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_HEEL_TO_BALL_M = 0.19
_SENSOR_M = (0.13, 0.0, 0.06)  # on the laces, from the heel
_HALF_WIDTH_M = 0.09


class Foot(StrEnum):
    """Which foot."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gait:
    """How somebody walks.

    `long_step_share` is the share of a stride's time that the step onto the left foot takes: 0.5 is even,
    0.6 a limp of 60/40. `stance_share` is that of the right foot; the left one's is `left_stance_share` or
    the same.
    """

    stride_s: float = 1.1
    stride_m: float = 1.3
    long_step_share: float = 0.5
    stance_share: float = 0.62
    left_stance_share: float | None = None
    stride_sd_s: float = 0.015
    push_off_deg: float = 55.0
    landing_deg: float = 20.0
    lift_m: float = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A straight piece of `length_m`, ended by a turn on the spot of `turn_deg` in `turn_steps` steps."""

    length_m: float
    turn_deg: float = 0.0
    turn_steps: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """One contact of a foot, from landing (initial contact) to leaving (final contact); where its heel is."""

    foot: Foot
    initial_contact_s: float
    final_contact_s: float
    heel_m: tuple[float, float]
    heading_rad: float


def walk(gait: Gait, course: Sequence[Leg], *, start_s: float, seed: int) -> list[Stance]:
    """Plan all contacts, ordered by landing: first both feet standing, then step by step, then standing."""
    random = np.random.default_rng(seed)
    time_s, heading, at = start_s, 0.0, np.zeros(2)
    places: list[tuple[Foot, float, float, tuple[float, float], float]] = []
    foot = Foot.RIGHT

    def put(landing_s: float, step_s: float) -> None:
        side = _HALF_WIDTH_M if foot is Foot.LEFT else -_HALF_WIDTH_M
        heel = at + side * np.array([-np.sin(heading), np.cos(heading)])
        places.append((foot, landing_s, step_s, (float(heel[0]), float(heel[1])), heading))

    for leg in course:
        steps = max(2, round(leg.length_m / (0.5 * gait.stride_m)))
        moves = [(leg.length_m / steps, 0.0)] * steps
        moves += [(0.05, np.radians(leg.turn_deg) / leg.turn_steps)] * (leg.turn_steps if leg.turn_deg else 0)
        for forward_m, turn_rad in moves:
            foot = Foot.LEFT if foot is Foot.RIGHT else Foot.RIGHT
            share = gait.long_step_share if foot is Foot.LEFT else 1.0 - gait.long_step_share
            step_s = share * (gait.stride_s + gait.stride_sd_s * float(random.standard_normal()))
            time_s += step_s
            heading += turn_rad
            at = at + forward_m * np.array([np.cos(heading), np.sin(heading)])
            put(time_s, step_s)
    foot = Foot.LEFT if foot is Foot.RIGHT else Foot.RIGHT
    put(time_s + 0.5 * gait.stride_s, 0.5 * gait.stride_s)
    return _stances(gait, places, start_s)


def _stances(
    gait: Gait, places: list[tuple[Foot, float, float, tuple[float, float], float]], start_s: float
) -> list[Stance]:
    """A foot leaves its place one swing before it lands at the next one."""
    swing = {
        Foot.RIGHT: (1.0 - gait.stance_share) * gait.stride_s,
        Foot.LEFT: (1.0 - (gait.left_stance_share or gait.stance_share)) * gait.stride_s,
    }
    stances = []
    for foot, side in ((Foot.LEFT, _HALF_WIDTH_M), (Foot.RIGHT, -_HALF_WIDTH_M)):
        own = [(start_s - 3600.0, (0.0, side), 0.0)]
        own += [(landing, heel, heading) for who, landing, _, heel, heading in places if who is foot]
        for (landing, heel, heading), later in zip(own, [*own[1:], None], strict=True):
            leaving = landing + 7200.0 if later is None else later[0] - swing[foot]
            stances.append(
                Stance(
                    foot=foot,
                    initial_contact_s=landing,
                    final_contact_s=leaving,
                    heel_m=heel,
                    heading_rad=heading,
                )
            )
    return sorted(stances, key=lambda stance: stance.initial_contact_s)


class FootKinematics:
    """Pose of the sensor on one shoe, and what it would measure without any error of its own."""

    def __init__(
        self, gait: Gait, stances: Sequence[Stance], foot: Foot, mounting: NDArray[np.float64]
    ) -> None:
        self._gait = gait
        self._stances = [stance for stance in stances if stance.foot is foot]
        self._mounting = mounting
        self._knots = self._pitch_knots()

    def _pitch_knots(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Instants and pitch of the foot (toe up positive): extreme at each contact, flat in between."""
        gait = self._gait
        knots: dict[float, float] = {}
        for earlier, later in zip(self._stances, self._stances[1:], strict=False):
            off, on = earlier.final_contact_s, later.initial_contact_s
            flat_from = max(earlier.initial_contact_s + 0.08 * gait.stride_s, off - 2.0)
            flat_until = max(flat_from + 0.02, off - 0.22 * gait.stride_s)
            # A short step (in a turn) rolls less.
            far = float(np.hypot(*np.subtract(later.heel_m, earlier.heel_m)))
            roll = np.radians(min(1.0, 0.25 + 0.75 * far / gait.stride_m))
            knots |= {flat_from: 0.0, flat_until: 0.0, off: -roll * gait.push_off_deg}
            knots |= {off + 0.75 * (on - off): 0.8 * roll * gait.landing_deg, on: roll * gait.landing_deg}
            knots |= {on + 0.08 * gait.stride_s: 0.0}
        times = sorted(knots)
        return np.array(times), np.array([knots[t] for t in times])

    def _pitch(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """The mean of the pitch around each instant, by Gauss's rule."""
        times, pitch = self._knots
        around = t_s[:, None] + _ROUNDING_S * _ROUNDING_NODES[None, :]
        weights = _ROUNDING_WEIGHTS / np.sum(_ROUNDING_WEIGHTS)
        return np.asarray(np.interp(around, times, pitch) @ weights)

    def pose(self, t_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Position (n, 3) m and orientation (n, 3, 3), sensor to world."""
        landings = np.array([stance.initial_contact_s for stance in self._stances])
        leavings = np.array([stance.final_contact_s for stance in self._stances])
        heels = np.array([stance.heel_m for stance in self._stances])
        headings = np.array([stance.heading_rad for stance in self._stances])
        index = np.clip(np.searchsorted(landings, t_s, side="right") - 1, 0, len(landings) - 1)
        later = np.minimum(index + 1, len(landings) - 1)
        swing = np.clip(
            (t_s - leavings[index]) / np.maximum(landings[later] - leavings[index], 1e-6), 0.0, 1.0
        )
        share = swing**3 * (10.0 - 15.0 * swing + 6.0 * swing**2)  # least jerk (Flash and Hogan 1985)
        heading = headings[index] + share * (headings[later] - headings[index])
        pitch = self._pitch(t_s)
        before = self._sensor(heels[index], heading, pitch, pivot_m=_HEEL_TO_BALL_M)
        on_heel = self._sensor(heels[index], heading, pitch, pivot_m=0.0)
        landed = (t_s < landings[index] + 0.5 * (leavings[index] - landings[index]))[:, None]
        stance_position = np.where(landed, on_heel, before)
        after = self._sensor(heels[later], heading, pitch, pivot_m=0.0)
        position = (1.0 - share[:, None]) * stance_position + share[:, None] * after
        position[:, 2] += self._gait.lift_m * np.sin(np.pi * swing) ** 2
        return position, self._orientation(heading, pitch)

    def _orientation(self, heading: NDArray[np.float64], pitch: NDArray[np.float64]) -> NDArray[np.float64]:
        yaw = np.zeros((len(heading), 3, 3))
        yaw[:, 0, 0] = yaw[:, 1, 1] = np.cos(heading)
        yaw[:, 1, 0] = np.sin(heading)
        yaw[:, 0, 1] = -yaw[:, 1, 0]
        yaw[:, 2, 2] = 1.0
        roll = np.zeros_like(yaw)
        roll[:, 0, 0] = roll[:, 2, 2] = np.cos(pitch)
        roll[:, 2, 0] = np.sin(pitch)
        roll[:, 0, 2] = -roll[:, 2, 0]
        roll[:, 1, 1] = 1.0
        return np.asarray(yaw @ roll)

    def _sensor(
        self,
        heel_m: NDArray[np.float64],
        heading: NDArray[np.float64],
        pitch: NDArray[np.float64],
        *,
        pivot_m: float,
    ) -> NDArray[np.float64]:
        """Where the sensor is when the foot has turned about a point `pivot_m` in front of the heel."""
        turns = self._orientation(heading, pitch)
        lever = np.array(_SENSOR_M) - np.array([pivot_m, 0.0, 0.0])
        pivot = np.stack([np.cos(heading), np.sin(heading), np.zeros_like(heading)], axis=1) * pivot_m
        pivot[:, :2] += heel_m
        return np.asarray(pivot + turns @ lever)

    def measure(self, t_s: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Specific force m/s2 and angular velocity rad/s in the sensor's frame, (n, 3) each."""
        before, _ = self.pose(t_s - _STEP_S)
        here, turn = self.pose(t_s)
        after, _ = self.pose(t_s + _STEP_S)
        force = (after - 2.0 * here + before) / _STEP_S**2 + np.array([0.0, 0.0, STANDARD_GRAVITY_M_S2])
        _, ahead = self.pose(t_s + 0.5 * _STEP_S)
        _, behind = self.pose(t_s - 0.5 * _STEP_S)
        rate = np.swapaxes(turn, 1, 2) @ ((ahead - behind) / _STEP_S)
        angular = np.stack([rate[:, 2, 1], rate[:, 0, 2], rate[:, 1, 0]], axis=1)
        local = np.einsum("nji,nj->ni", turn, force)
        return local @ self._mounting, angular @ self._mounting
