"""From what the patient does to the knots of the movement: when the limb is where. Pure and seeded.

Repetitions vary as people's do: amplitude and tempo scatter from one to the next, and both shrink with
fatigue. The scatter (2 % and 5 %) is an assumption. Each activity draws from its own stream: changing one
leaves the others as they were.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from simulators.errors import MovementError
from simulators.movement.activities import Activity, CalibrationMovement, ExerciseSet, Restlessness, in_order
from simulators.movement.exercises import Exercise
from simulators.movement.trajectory import Knot
from simulators.randomness import generator

# The patient needs this long to take the next exercise's resting pose, and is ready this long before it.
_TRANSFER_S = 2.5
_READY_S = 1.5
_EFFORT_RISE_S = 0.5
_AMPLITUDE_SCATTER, _TEMPO_SCATTER, _SWING_SCATTER = 0.02, 0.05, 0.05
# Nobody moves as smoothly as a polynomial. Of recorded physical-therapy exercises 0.1 to 9 % of the power of
# the rate of turn lies above 4 Hz; a wobble of this many degrees for each deg/s of mean speed gives 1 to 5 %.
_UNSTEADINESS_S = 0.004
# Two instants closer than this are one: sums of times are not exact.
_EPSILON_S = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Fatigue:
    """What one set costs: relative loss of range and of speed from its first to its last repetition."""

    rom_loss: float = 0.04
    speed_loss: float = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRepetition:
    """When one repetition begins, reaches its turn, leaves it, and ends."""

    start_s: float
    turn_s: float
    lower_s: float
    end_s: float
    partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionPlan:
    """The knots of the movement.

    Joint angle, tilt of the proximal segment, turning and leaning in deg; effort 0..1; `unsteady` is the
    amplitude in deg of the wobble that lies on the movement.
    """

    joint: list[Knot]
    tilt: list[Knot]
    turn: list[Knot]
    lean: list[Knot]
    effort: list[Knot]
    unsteady: list[Knot]
    sets: list[tuple[ExerciseSet, list[PlannedRepetition]]] = field(default_factory=list)


def choreograph(
    activities: Sequence[Activity],
    *,
    seed: int,
    resting: Exercise,
    fatigue: Fatigue,
    range_cap_deg: float,
) -> MotionPlan:
    """Plan all activities, in the order of time.

    Raises:
        MovementError: two activities want the same limb at the same time.
    """
    planner = _Planner(seed=seed, resting=resting, fatigue=fatigue, range_cap_deg=range_cap_deg)
    for activity in in_order(activities):
        match activity:
            case CalibrationMovement():
                planner.calibrate(activity)
            case Restlessness():
                planner.be_restless(activity)
            case ExerciseSet():
                planner.do_set(activity)
    return planner.plan


class _Planner:
    def __init__(self, *, seed: int, resting: Exercise, fatigue: Fatigue, range_cap_deg: float) -> None:
        self._seed = seed
        self._pose = resting
        self._fatigue = fatigue
        self._cap_deg = range_cap_deg
        # Long before the session begins the patient is in the resting pose already.
        self.plan = MotionPlan(
            joint=[Knot(-1e6, resting.rest_deg)],
            tilt=[Knot(-1e6, resting.proximal_rest_deg)],
            turn=[Knot(-1e6, 0.0)],
            lean=[Knot(-1e6, 0.0)],
            effort=[Knot(-1e6, 0.0)],
            unsteady=[Knot(-1e6, 0.0)],
        )

    def _random(self, activity: Activity) -> np.random.Generator:
        return generator(self._seed, "motion", type(activity).__name__, round(1000 * activity.start_s))

    @staticmethod
    def _go(path: list[Knot], t_s: float, value: float) -> None:
        """Be at `value` at `t_s`."""
        if t_s <= path[-1].t_s:
            raise _busy(t_s, path)
        path.append(Knot(t_s, value))

    @staticmethod
    def _stay(path: list[Knot], t_s: float) -> None:
        """Not move before `t_s`."""
        if t_s < path[-1].t_s - _EPSILON_S:
            raise _busy(t_s, path)
        if t_s > path[-1].t_s:
            path.append(Knot(t_s, path[-1].value))

    def _wobble(self, start_s: float, end_s: float, speed_deg_s: float) -> None:
        """Between the instants the movement is unsteady."""
        path = self.plan.unsteady
        self._stay(path, start_s)
        self._go(path, start_s + _EFFORT_RISE_S, _UNSTEADINESS_S * speed_deg_s)
        self._stay(path, max(end_s, path[-1].t_s))
        self._go(path, path[-1].t_s + _EFFORT_RISE_S, 0.0)

    def calibrate(self, movement: CalibrationMovement) -> None:
        """Slow swings; the proximal segment and the limb's heading move too."""
        plan, random = self.plan, self._random(movement)
        rest, tilt = plan.joint[-1].value, plan.tilt[-1].value
        way = 1.0 if self._pose.work_deg > self._pose.rest_deg else -1.0
        way *= movement.amplitude_deg if movement.towards_work else -movement.amplitude_deg
        for path in (plan.joint, plan.tilt, plan.turn, plan.lean):
            self._stay(path, movement.start_s)
        for swing in range(movement.swings):
            start_s = movement.start_s + swing * movement.swing_s
            half_s, end_s = start_s + 0.5 * movement.swing_s, start_s + movement.swing_s
            scatter = 1.0 + _SWING_SCATTER * random.standard_normal(2)
            self._go(plan.joint, half_s, rest + way * scatter[0])
            self._go(plan.joint, end_s, rest)
            # A segment that stands still does not show where its axis is.
            self._go(plan.tilt, start_s + 0.7 * movement.swing_s, tilt + 14.0 * scatter[1])
            self._go(plan.tilt, end_s + 0.2 * movement.swing_s, tilt)
            side = 1.0 if swing % 2 == 0 else -1.0
            self._go(plan.turn, half_s, side * 10.0 * scatter[0])
            self._go(plan.lean, half_s, -side * 5.0)
        for path in (plan.turn, plan.lean):
            self._go(path, movement.end_s, 0.0)
        self._wobble(movement.start_s, movement.end_s, 2.0 * movement.amplitude_deg / movement.swing_s)

    def be_restless(self, unrest: Restlessness) -> None:
        """Go somewhere every second or so, and come back in the end."""
        plan, random = self.plan, self._random(unrest)
        paths = (plan.joint, plan.tilt, plan.turn)
        home = [path[-1].value for path in paths]
        at_s = unrest.start_s
        for path in paths:
            self._stay(path, at_s)
        while at_s < unrest.end_s - 1.5:
            at_s += float(random.uniform(0.5, 1.4))
            share = random.uniform(-1.0, 1.0, 3)
            for path, rest, way in zip(paths, home, share * (1.0, 0.5, 1.0), strict=True):
                self._go(path, at_s, rest + float(way) * unrest.amplitude_deg)
        for path, rest in zip(paths, home, strict=True):
            self._go(path, max(unrest.end_s, at_s + 0.5), rest)
        self._wobble(unrest.start_s, unrest.end_s, unrest.amplitude_deg)

    def do_set(self, planned: ExerciseSet) -> None:
        """Repetition after repetition, each a little smaller and slower."""
        exercise, random = planned.exercise, self._random(planned)
        self._take_pose(exercise, planned.start_s - _READY_S)
        at_s = planned.start_s
        self._stay(self.plan.effort, at_s - _EFFORT_RISE_S)
        self._go(self.plan.effort, at_s, 1.0)
        done = []
        for index in range(planned.repetitions):
            tired = index / max(planned.repetitions - 1, 1)
            scatter = random.standard_normal(2)
            partial = index in planned.partial
            size = planned.rom_scale * (planned.partial_scale if partial else 1.0)
            size *= (1.0 - self._fatigue.rom_loss * tired) * (1.0 + _AMPLITUDE_SCATTER * scatter[0])
            size = min(size, self._cap_deg / exercise.range_of_motion_deg)
            slow = planned.tempo_scale * (1.0 + self._fatigue.speed_loss * tired)
            slow *= 1.0 + _TEMPO_SCATTER * scatter[1]
            one = self._repeat(exercise, at_s, size=size, slow=slow, partial=partial)
            done.append(one)
            at_s = one.end_s + exercise.pause_s * slow
        self._stay(self.plan.effort, at_s)
        self._go(self.plan.effort, at_s + _EFFORT_RISE_S, 0.0)
        reach_deg = planned.rom_scale * exercise.range_of_motion_deg
        self._wobble(planned.start_s, at_s, reach_deg / (exercise.raise_s * planned.tempo_scale))
        self.plan.sets.append((planned, done))

    def _take_pose(self, exercise: Exercise, ready_s: float) -> None:
        """Move into the resting pose of another exercise (sit down, lie down) before `ready_s`."""
        plan, pose = self.plan, self._pose
        self._pose = exercise
        if (exercise.rest_deg, exercise.proximal_rest_deg) == (pose.rest_deg, pose.proximal_rest_deg):
            return
        begin_s = max(ready_s - _TRANSFER_S, plan.joint[-1].t_s, plan.tilt[-1].t_s)
        if begin_s >= ready_s:
            raise MovementError(
                ready_s, f"no time to take the pose of {exercise.name} before {ready_s:.1f} s"
            )
        for path, value in ((plan.joint, exercise.rest_deg), (plan.tilt, exercise.proximal_rest_deg)):
            self._stay(path, begin_s)
            self._go(path, ready_s, value)

    def _repeat(
        self, exercise: Exercise, start_s: float, *, size: float, slow: float, partial: bool
    ) -> PlannedRepetition:
        plan = self.plan
        rest = (exercise.rest_deg, exercise.proximal_rest_deg)
        way = (
            (exercise.work_deg - exercise.rest_deg) * size,
            (exercise.proximal_work_deg - exercise.proximal_rest_deg) * size,
        )
        moving_s = (exercise.raise_s + exercise.hold_s + exercise.lower_s) * slow
        end_s = start_s + moving_s
        for path in (plan.joint, plan.tilt):
            self._stay(path, start_s)
        if exercise.keyframes:
            for frame in exercise.keyframes:
                at_s = start_s + frame.share * moving_s
                self._go(plan.joint, at_s, rest[0] + way[0] * frame.joint)
                self._go(plan.tilt, at_s, rest[1] + way[1] * frame.proximal)
            furthest = max(exercise.keyframes, key=lambda frame: frame.joint)
            turn_s = lower_s = start_s + moving_s * furthest.share
        else:
            turn_s = start_s + exercise.raise_s * slow
            lower_s = turn_s + exercise.hold_s * slow
            for path, pose, away in zip((plan.joint, plan.tilt), rest, way, strict=True):
                self._go(path, turn_s, pose + away)
                self._stay(path, lower_s)
        self._go(plan.joint, end_s, rest[0])
        self._go(plan.tilt, end_s, rest[1])
        return PlannedRepetition(
            start_s=start_s, turn_s=turn_s, lower_s=lower_s, end_s=end_s, partial=partial
        )


def _busy(t_s: float, path: list[Knot]) -> MovementError:
    return MovementError(
        t_s, f"the patient is asked to move at {t_s:.1f} s, but is busy until {path[-1].t_s:.1f} s"
    )
