"""How the virtual patient moves: joint angle, tilt of the proximal segment and turning, with the truth.

Everything is a function of (seed, activities, time): `MotionPath.joint_angle_deg(t_s)` may be asked for any
instant in any order. On the planned movement (`simulators.movement.schedule`) lie sway and tremor, whose
sizes are assumptions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.movement.activities import Activity, ExerciseSet
from simulators.movement.exercises import Exercise, Joint, find_exercise
from simulators.movement.schedule import Fatigue, PlannedRepetition, choreograph
from simulators.movement.trajectory import KnotPath
from simulators.randomness import generator

# How an unsteady movement wobbles: most about the joint itself.
_WOBBLE = (("joint", 1.0), ("tilt", 0.4), ("turn", 0.4), ("lean", 0.3))
# Where the truth of a repetition is read off the path: fine enough for 0.01 deg at 300 deg/s.
_TRUTH_STEP_S = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueRepetition:
    """One repetition as it was really done. `rom_deg` is the largest minus the smallest joint angle."""

    start_s: float
    turn_s: float
    lower_s: float
    end_s: float
    rom_deg: float
    partial: bool

    @property
    def concentric_s(self) -> float:
        """Time from rest to the turn."""
        return self.turn_s - self.start_s

    @property
    def hold_s(self) -> float:
        """Time at the turn."""
        return self.lower_s - self.turn_s

    @property
    def eccentric_s(self) -> float:
        """Time from the turn back to rest."""
        return self.end_s - self.lower_s


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueSet:
    """One set as it was really done."""

    exercise: str
    repetitions: tuple[TrueRepetition, ...]

    @property
    def start_s(self) -> float:
        """Start of the first repetition."""
        return self.repetitions[0].start_s

    @property
    def end_s(self) -> float:
        """End of the last repetition."""
        return self.repetitions[-1].end_s

    @property
    def rom_deg(self) -> float:
        """Median range of motion of the repetitions that were not partial (of all, if all were)."""
        whole = [one.rom_deg for one in self.repetitions if not one.partial]
        return float(np.median(whole or [one.rom_deg for one in self.repetitions]))


class _Sway:
    """A sum of slow sines with random phases: postural sway, seeded, the same for any order of questions."""

    def __init__(self, random: np.random.Generator, amplitude: float, band_hz: tuple[float, float]) -> None:
        count = 4
        self._hz = random.uniform(*band_hz, count)
        self._phase = random.uniform(0.0, 2.0 * np.pi, count)
        self._amplitude = amplitude / np.sqrt(count)

    def __call__(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        total = np.zeros_like(t_s)
        for hz, phase in zip(self._hz, self._phase, strict=True):
            total += np.sin(2.0 * np.pi * hz * t_s + phase)
        return np.asarray(self._amplitude * total, dtype=np.float64)


class MotionPath:
    """The movement of one joint over a session.

    Args:
        seed: Of the whole world.
        activities: What the patient does; at least the exercise of `resting` gives the pose in between.
        resting: Exercise whose resting pose the patient holds until the first set.
        fatigue: Loss within a set.
        range_cap_deg: The joint does not move further than this from its resting pose (a stiff knee).

    Raises:
        MovementError: two activities want the same limb at the same time.
    """

    def __init__(
        self,
        *,
        seed: int,
        activities: Sequence[Activity],
        resting: str | Exercise = "knee_extension",
        fatigue: Fatigue | None = None,
        range_cap_deg: float = 360.0,
    ) -> None:
        self.resting = find_exercise(resting) if isinstance(resting, str) else resting
        plan = choreograph(
            activities,
            seed=seed,
            resting=self.resting,
            fatigue=fatigue or Fatigue(),
            range_cap_deg=range_cap_deg,
        )
        self._joint_path = KnotPath(plan.joint)
        self._tilt_path = KnotPath(plan.tilt)
        self._turn_path = KnotPath(plan.turn)
        self._lean_path = KnotPath(plan.lean)
        self._effort_path = KnotPath(plan.effort)
        self._unsteady_path = KnotPath(plan.unsteady)
        sway = generator(seed, "motion", "sway")
        self._joint_sway = _Sway(sway, 0.35, (0.08, 0.4))
        self._tilt_sway = _Sway(sway, 0.3, (0.1, 0.5))
        self._turn_sway = _Sway(sway, 0.4, (0.03, 0.2))
        self._lean_sway = _Sway(sway, 0.2, (0.05, 0.3))
        self._wobble = [
            _Sway(generator(seed, "motion", "wobble", axis), size, (3.5, 7.0)) for axis, size in _WOBBLE
        ]
        # Physiological tremor, 8-12 Hz (Elble & Koller 1990); it grows several times under load.
        self._tremor = _Sway(sway, 1.0, (8.0, 12.0))
        self.sets: tuple[TrueSet, ...] = tuple(self._truth(asked, done) for asked, done in plan.sets)

    @property
    def joint(self) -> Joint:
        """The joint that moves."""
        return self.resting.joint

    def joint_angle_deg(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Anatomical joint angle, shape of `t_s`."""
        tremor = (0.006 + 0.02 * self._effort_path(t_s)) * self._tremor(t_s)
        return self._joint_path(t_s) + self._joint_sway(t_s) + tremor + self._unsteady(0, t_s)

    def proximal_tilt_deg(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Forward tilt of the proximal segment, shape of `t_s`."""
        return self._tilt_path(t_s) + self._tilt_sway(t_s) + self._unsteady(1, t_s)

    def turn_deg(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turning of the whole limb about the vertical, shape of `t_s`."""
        return self._turn_path(t_s) + self._turn_sway(t_s) + self._unsteady(2, t_s)

    def lean_deg(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sideways lean of the proximal segment (left positive), shape of `t_s`."""
        return self._lean_path(t_s) + self._lean_sway(t_s) + self._unsteady(3, t_s)

    def effort(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """0 at rest, 1 within a set, smooth between; shape of `t_s`."""
        return self._effort_path(t_s)

    def _unsteady(self, axis: int, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        amplitude = self._unsteady_path(t_s)
        # Most of a session is rest: no sines where they would be multiplied by nothing.
        if not amplitude.any():
            return amplitude
        return amplitude * self._wobble[axis](t_s)

    def _truth(self, asked: ExerciseSet, done: list[PlannedRepetition]) -> TrueSet:
        repetitions = []
        for one in done:
            angle = self.joint_angle_deg(np.arange(one.start_s, one.end_s, _TRUTH_STEP_S))
            repetitions.append(
                TrueRepetition(
                    start_s=one.start_s,
                    turn_s=one.turn_s,
                    lower_s=one.lower_s,
                    end_s=one.end_s,
                    rom_deg=float(np.ptp(angle)),
                    partial=one.partial,
                )
            )
        return TrueSet(exercise=asked.exercise.name, repetitions=tuple(repetitions))
