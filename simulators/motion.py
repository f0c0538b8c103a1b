"""How the virtual patient moves: joint angle, tilt of the proximal segment and turning, with the truth.

Everything is a function of (seed, activities, time): `MotionPath.joint_angle_deg(t_s)` may be asked for any
instant in any order. Repetitions vary as people's do: amplitude and tempo scatter from one to the next, and
both shrink with fatigue. Scatter (2 % and 5 %) and sway are assumptions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.activities import Activity, CalibrationMovement, ExerciseSet, Restlessness, in_order
from simulators.errors import MovementError
from simulators.exercises import Exercise, Joint, find_exercise
from simulators.randomness import generator
from simulators.trajectory import Knot, KnotPath

# Where the truth of a repetition is read off the path: fine enough for 0.01 deg at 300 deg/s.
_TRUTH_STEP_S = 0.001
# The patient needs this long to take the next exercise's resting pose, and is ready this long before it.
_TRANSFER_S = 2.5
_READY_S = 1.5


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fatigue:
    """What one set costs: relative loss of range and of speed from its first to its last repetition."""

    rom_loss: float = 0.04
    speed_loss: float = 0.08


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
        self._fatigue = fatigue or Fatigue()
        self._cap_deg = range_cap_deg
        self._random = generator(seed, "motion", "repetitions")
        self._joint = [Knot(-1e6, self.resting.rest_deg)]
        self._tilt = [Knot(-1e6, self.resting.proximal_rest_deg)]
        self._turn = [Knot(-1e6, 0.0)]
        self._lean = [Knot(-1e6, 0.0)]
        self._work = [Knot(-1e6, 0.0)]
        self._pose = self.resting
        planned = [self._plan(activity) for activity in in_order(activities)]
        self._joint_path = KnotPath(self._joint)
        self._tilt_path = KnotPath(self._tilt)
        self._turn_path = KnotPath(self._turn)
        self._lean_path = KnotPath(self._lean)
        self._work_path = KnotPath(self._work)
        sway = generator(seed, "motion", "sway")
        self._joint_sway = _Sway(sway, 0.35, (0.08, 0.4))
        self._tilt_sway = _Sway(sway, 0.3, (0.1, 0.5))
        self._turn_sway = _Sway(sway, 0.4, (0.03, 0.2))
        self._lean_sway = _Sway(sway, 0.2, (0.05, 0.3))
        # Physiological tremor, 8-12 Hz (Elble & Koller 1990); it grows several times under load.
        self._tremor = _Sway(sway, 1.0, (8.0, 12.0))
        self.sets: tuple[TrueSet, ...] = tuple(
            self._truth(done, knots) for entry in planned if entry is not None for done, knots in [entry]
        )

    @property
    def joint(self) -> Joint:
        """The joint that moves."""
        return self.resting.joint

    def joint_angle_deg(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Anatomical joint angle, shape of `t_s`."""
        tremor = (0.006 + 0.02 * self._work_path(t_s)) * self._tremor(t_s)
        return self._joint_path(t_s) + self._joint_sway(t_s) + tremor

    def proximal_tilt_deg(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Forward tilt of the proximal segment, shape of `t_s`."""
        return self._tilt_path(t_s) + self._tilt_sway(t_s)

    def turn_deg(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turning of the whole limb about the vertical, shape of `t_s`."""
        return self._turn_path(t_s) + self._turn_sway(t_s)

    def lean_deg(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sideways lean of the proximal segment (left positive), shape of `t_s`."""
        return self._lean_path(t_s) + self._lean_sway(t_s)

    def effort(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """0 at rest, 1 within a set, smooth between; shape of `t_s`."""
        return self._work_path(t_s)

    def _plan(
        self, activity: Activity
    ) -> tuple[ExerciseSet, list[tuple[float, float, float, float, bool]]] | None:
        match activity:
            case CalibrationMovement():
                self._plan_calibration(activity)
            case Restlessness():
                self._plan_restlessness(activity)
            case ExerciseSet():
                return activity, self._plan_set(activity)
        return None

    def _go(self, path: list[Knot], t_s: float, value: float) -> None:
        """Add a knot; where the patient was still, stay there until shortly before."""
        if t_s <= path[-1].t_s:
            raise MovementError(
                t_s, f"the patient is asked to move at {t_s:.1f} s, but is busy until {path[-1].t_s:.1f} s"
            )
        path.append(Knot(t_s, value))

    def _stay(self, path: list[Knot], t_s: float) -> None:
        if t_s > path[-1].t_s:
            path.append(Knot(t_s, path[-1].value))

    def _plan_calibration(self, movement: CalibrationMovement) -> None:
        rest, tilt = self._joint[-1].value, self._tilt[-1].value
        way = 1.0 if self._pose.work_deg > self._pose.rest_deg else -1.0
        way *= movement.amplitude_deg if movement.towards_work else -movement.amplitude_deg
        for path in (self._joint, self._tilt, self._turn, self._lean):
            self._stay(path, movement.start_s)
        for swing in range(movement.swings):
            start_s = movement.start_s + swing * movement.swing_s
            half_s, end_s = start_s + 0.5 * movement.swing_s, start_s + movement.swing_s
            scatter = 1.0 + 0.05 * self._random.standard_normal(2)
            self._go(self._joint, half_s, rest + way * scatter[0])
            self._go(self._joint, end_s, rest)
            # The proximal segment moves too, a little later, and the limb turns from side to side: a segment
            # that stands still does not show where its axis is.
            self._go(self._tilt, start_s + 0.7 * movement.swing_s, tilt + 14.0 * scatter[1])
            self._go(self._tilt, end_s + 0.2 * movement.swing_s, tilt)
            side = 1.0 if swing % 2 == 0 else -1.0
            self._go(self._turn, half_s, side * 10.0 * scatter[0])
            self._go(self._lean, half_s, -side * 5.0)
        for path in (self._turn, self._lean):
            self._go(path, movement.end_s, 0.0)

    def _plan_restlessness(self, unrest: Restlessness) -> None:
        rest, tilt = self._joint[-1].value, self._tilt[-1].value
        at_s = unrest.start_s
        for path in (self._joint, self._tilt, self._turn):
            self._stay(path, at_s)
        while at_s < unrest.end_s - 1.5:
            at_s += float(self._random.uniform(0.5, 1.4))
            share = self._random.uniform(-1.0, 1.0, 3)
            self._go(self._joint, at_s, rest + share[0] * unrest.amplitude_deg)
            self._go(self._tilt, at_s, tilt + 0.5 * share[1] * unrest.amplitude_deg)
            self._go(self._turn, at_s, share[2] * unrest.amplitude_deg)
        for path, value in ((self._joint, rest), (self._tilt, tilt), (self._turn, 0.0)):
            self._go(path, max(unrest.end_s, at_s + 0.5), value)

    def _take_pose(self, exercise: Exercise, ready_s: float) -> None:
        """Move into the resting pose of another exercise (sit down, lie down) before `ready_s`."""
        same = (exercise.rest_deg, exercise.proximal_rest_deg) == (
            self._pose.rest_deg,
            self._pose.proximal_rest_deg,
        )
        self._pose = exercise
        if same:
            return
        begin = max(ready_s - _TRANSFER_S, self._joint[-1].t_s, self._tilt[-1].t_s)
        if begin >= ready_s:
            raise MovementError(
                ready_s, f"no time to take the pose of {exercise.name} before {ready_s:.1f} s"
            )
        self._stay(self._joint, begin)
        self._stay(self._tilt, begin)
        self._go(self._joint, ready_s, exercise.rest_deg)
        self._go(self._tilt, ready_s, exercise.proximal_rest_deg)

    def _plan_set(self, planned: ExerciseSet) -> list[tuple[float, float, float, float, bool]]:
        exercise = planned.exercise
        self._take_pose(exercise, planned.start_s - _READY_S)
        at_s = planned.start_s
        self._stay(self._work, at_s - 0.5)
        self._go(self._work, at_s, 1.0)
        done: list[tuple[float, float, float, float, bool]] = []
        for index in range(planned.repetitions):
            tired = index / max(planned.repetitions - 1, 1)
            scatter = self._random.standard_normal(2)
            partial = index in planned.partial
            size = planned.rom_scale * (1.0 - self._fatigue.rom_loss * tired) * (1.0 + 0.02 * scatter[0])
            size = min(
                size * (planned.partial_scale if partial else 1.0),
                self._cap_deg / exercise.range_of_motion_deg,
            )
            slow = planned.tempo_scale * (1.0 + self._fatigue.speed_loss * tired) * (1.0 + 0.05 * scatter[1])
            done.append((*self._plan_repetition(exercise, at_s, size, slow), partial))
            at_s = done[-1][3] + exercise.pause_s * slow
        self._stay(self._work, at_s)
        self._go(self._work, at_s + 0.5, 0.0)
        return done

    def _plan_repetition(
        self, exercise: Exercise, start_s: float, size: float, slow: float
    ) -> tuple[float, float, float, float]:
        joint = (exercise.rest_deg, (exercise.work_deg - exercise.rest_deg) * size)
        tilt = (exercise.proximal_rest_deg, (exercise.proximal_work_deg - exercise.proximal_rest_deg) * size)
        self._stay(self._joint, start_s)
        self._stay(self._tilt, start_s)
        moving_s = (exercise.raise_s + exercise.hold_s + exercise.lower_s) * slow
        end_s = start_s + moving_s
        if exercise.keyframes:
            for frame in exercise.keyframes:
                at_s = start_s + frame.share * moving_s
                self._go(self._joint, at_s, joint[0] + joint[1] * frame.joint)
                self._go(self._tilt, at_s, tilt[0] + tilt[1] * frame.proximal)
            turn_s = lower_s = start_s + moving_s * max(exercise.keyframes, key=lambda one: one.joint).share
        else:
            turn_s = start_s + exercise.raise_s * slow
            lower_s = turn_s + exercise.hold_s * slow
            for path, (rest, way) in ((self._joint, joint), (self._tilt, tilt)):
                self._go(path, turn_s, rest + way)
                self._stay(path, lower_s)
        self._go(self._joint, end_s, exercise.rest_deg)
        self._go(self._tilt, end_s, exercise.proximal_rest_deg)
        return start_s, turn_s, lower_s, end_s

    def _truth(self, planned: ExerciseSet, done: list[tuple[float, float, float, float, bool]]) -> TrueSet:
        repetitions = []
        for start_s, turn_s, lower_s, end_s, partial in done:
            angle = self.joint_angle_deg(np.arange(start_s, end_s, _TRUTH_STEP_S))
            repetitions.append(
                TrueRepetition(
                    start_s=start_s,
                    turn_s=turn_s,
                    lower_s=lower_s,
                    end_s=end_s,
                    rom_deg=float(np.ptp(angle)),
                    partial=partial,
                )
            )
        return TrueSet(exercise=planned.exercise.name, repetitions=tuple(repetitions))
