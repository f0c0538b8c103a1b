"""Movement: two IMUs to a joint angle, to repetitions, sets, and the phases of the session."""

import math
from collections.abc import Sequence

from monitor.alerts.observations import Context, JointCertainty, RepetitionDone, SensorSeen
from monitor.exercise.phases import Phase, PhaseEvent, PhaseMove, Phases
from monitor.exercise.repetitions import MovementPhase, Repetition, RepetitionCounter
from monitor.exercise.series import is_series
from monitor.exercise.sets import SetChange, SetEvent, SetSummary, SetTracker
from monitor.exercise.turns import TurnMerger
from monitor.exercise.zeroing import Zeroing
from monitor.motion.joint_angle import JointAngleBlock
from monitor.outputs import CalibrationReported, JointAngleUpdate, PhaseChanged
from monitor.plan.exercise import Exercise
from monitor.plan.plan import Plan
from monitor.samples import Code, ImuBlock, Quality, Sample
from monitor.sensors import SensorConfig
from monitor.session.effects import Effects
from monitor.session.joint_source import IMU_ROLES, JointSource, zero_message
from monitor.session.prescription import joint_name, repetition_definition
from monitor.session.reports import repetition_counted, set_ended
from monitor.session.stillness import Stillness
from protocols.units import NS_PER_S

# A display cannot show more; every angle is in the recording.
ANGLE_EVERY_NS = 100_000_000
# Sets end by time as well: how often the time is looked at.
SETS_EVERY_NS = NS_PER_S
# What a limb does while it is handled or swings is far above, what it does at rest far below (20 deg/s).
MOVING_RAD_S = 0.35
# Radio stalls of half a second are ordinary; when no angle has come for longer nobody sees the joint.
UNSEEN_AFTER_NS = NS_PER_S
# A link that drops is back within seconds, a strap that slipped is put right within half a minute: the set
# goes on. What nobody has seen for longer is no set any more.
SET_HELD_FOR_NS = 30 * NS_PER_S
# The movement of calibration may go on for a swing or two: repetitions count after the joint has been
# still, or when so many alike have followed each other.
SERIES = 3
STILL_BEFORE_FIRST_SET_NS = NS_PER_S


class Training:
    """The exercising half of a session.

    Attributes:
        phases: where the session is.
        exercise: the one that is being done or comes next.
        sets: every set that has ended, with its exercise.
    """

    def __init__(self, plan: Plan, sensors: Sequence[SensorConfig], *, start_ns: int) -> None:
        self._plan = plan
        self._roles = {one.device: IMU_ROLES[one.role] for one in sensors if one.role in IMU_ROLES}
        self._index = 0
        self.phases = Phases(at_ns=start_ns)
        self.sets: list[tuple[Exercise, SetSummary]] = []
        self._source = self._new_source()
        self._ready = False
        self._reported_zeroing = Zeroing.IDLE
        self._counting = False
        self._held: list[Repetition] = []
        self._stillness = Stillness(for_ns=STILL_BEFORE_FIRST_SET_NS)
        self._start_exercise()
        self._set_active = False
        self._reported_stage = ""
        self._reported_warning = ""
        self._angle: JointAngleUpdate | None = None
        self._certain: bool | None = None
        self._moving_ns: int | None = None
        self._seen_ns: int | None = None
        self.next_due_ns: int | None = start_ns + SETS_EVERY_NS

    # -- what is known --------------------------------------------------------------------------------------

    @property
    def exercise(self) -> Exercise:
        """The current exercise of the plan."""
        return self._plan.exercises[self._index]

    @property
    def is_calibrated(self) -> bool:
        """Whether angles flow, or need not."""
        return self._source is None or self._ready

    @property
    def angle(self) -> JointAngleUpdate | None:
        """The newest angle that was shown."""
        return self._angle

    @property
    def calibration_text(self) -> str:
        """What the patient should do now to get the joint calibrated, or that it is."""
        if self._source is None:
            return "no motion sensors"
        status = self._source.status
        return status.instruction or "calibrated"

    @property
    def open_set(self) -> SetSummary | None:
        """The set that is being done."""
        return self._tracker.current

    @property
    def set_number(self) -> int:
        """The set that is being done, or the last one; 0 before the first."""
        current = self._tracker.current
        if current is not None:
            return current.index
        return len(self.sets) - self._sets_before

    def is_moving(self, now_ns: int) -> bool:
        """Whether a motion sensor has moved within the last two seconds."""
        return self._moving_ns is not None and now_ns - self._moving_ns <= 2 * NS_PER_S

    # -- movement -------------------------------------------------------------------------------------------

    def accept(self, block: ImuBlock, effects: Effects) -> None:
        """Samples of one IMU."""
        now_ns = block.received_ns
        x, y, z = block.gyr_rad_s[-1].tolist()
        moving = x * x + y * y + z * z > MOVING_RAD_S * MOVING_RAD_S
        if moving:
            self._moving_ns = now_ns
        effects.observations.append(SensorSeen(device=block.device, received_ns=now_ns, moving=moving))
        source = self._source
        if source is None:
            return
        for angles in source.push(self._roles[block.device], block):
            self._on_angles(angles, now_ns, effects)
        if source.counts_itself:
            self._on_counted(source.counted(), now_ns, effects)
        if self._ready:
            self._follow_warning(source, now_ns, effects)
        else:
            self._follow_calibration(source, now_ns, effects)
        self._follow_zeroing(source, now_ns, effects)

    def _on_counted(self, repetitions: Sequence[Repetition], now_ns: int, effects: Effects) -> None:
        """Repetitions of a source that counts itself; a set that is being done is waited for."""
        if self.phases.phase in (Phase.EXERCISE, Phase.REST):
            for repetition in repetitions:
                self._on_repetition(repetition, now_ns, effects)

    def _on_angles(self, angles: JointAngleBlock, now_ns: int, effects: Effects) -> None:
        self._display_angle(angles, now_ns, effects)
        if self.phases.phase not in (Phase.EXERCISE, Phase.REST):
            return
        self._notice_gap(angles)
        if self._source is not None and self._source.counts_itself:
            return
        turns = [self._merger.add(turn) for turn in self._counter.update(angles)]
        counted = [one for one in turns if one is not None]
        for repetition in counted if self._counting else self._count_in_retrospect(angles, counted):
            self._on_repetition(repetition, now_ns, effects)

    def _count_in_retrospect(
        self, angles: JointAngleBlock, repetitions: Sequence[Repetition]
    ) -> Sequence[Repetition]:
        """Repetitions before the joint was still: a swing of the calibration that went on, or a set begun.

        They are held until there is a series of them; a still second before that forgets them.
        """
        self._held = [*self._held, *repetitions]
        if is_series(self._held, least=min(SERIES, self.exercise.repetitions)):
            held = self._held
            self._counting, self._held = True, []
            return held
        if self._stillness.update(angles):
            self._counting, self._held = True, []
            self._counter, self._merger = self._new_counter()
        return []

    def _notice_gap(self, angles: JointAngleBlock) -> None:
        """Time between two angles that is too long to be an ordinary stall was not rest: nobody saw it."""
        seen_ns = [
            t_ns for t_ns, valid in zip(angles.t_ns.tolist(), angles.valid.tolist(), strict=True) if valid
        ]
        if not seen_ns:
            return
        if self._seen_ns is not None and seen_ns[0] - self._seen_ns > UNSEEN_AFTER_NS:
            self._tracker.unseen(self._seen_ns, seen_ns[0])
        self._seen_ns = seen_ns[-1]

    def _display_angle(self, angles: JointAngleBlock, now_ns: int, effects: Effects) -> None:
        t_ns = int(angles.t_ns[-1])
        if self._angle is not None and t_ns - self._angle.t_ns < ANGLE_EVERY_NS:
            return
        valid = bool(angles.valid[-1])
        error = float(angles.error_deg[-1])
        value = round(float(angles.angle_deg[-1]), 2) if valid else None
        quality = angles.quality if valid else Quality.MISSING
        confidence = 1.0 / (1.0 + error / 5.0) if math.isfinite(error) else 0.0
        self._angle = JointAngleUpdate(
            at_ns=now_ns,
            t_ns=t_ns,
            joint=angles.joint,
            angle_deg=value,
            quality=quality,
            confidence=round(confidence, 3),
        )
        effects.outputs.append(self._angle)
        effects.observations.append(
            Sample(
                device=angles.joint,
                code=Code.JOINT_ANGLE_DEG,
                t_ns=t_ns,
                received_ns=now_ns,
                value=value,
                quality=quality,
            )
        )
        certain = quality in (Quality.GOOD, Quality.QUESTIONABLE)
        if certain is not self._certain:
            self._certain = certain
            reason = "" if certain else f"quality {quality.value}"
            effects.observations.append(JointCertainty(received_ns=now_ns, certain=certain, reason=reason))

    def _on_repetition(self, repetition: Repetition, now_ns: int, effects: Effects) -> None:
        for event in self._tracker.add(repetition):
            self._on_set_event(event, now_ns, effects)
        current = self._tracker.current
        effects.observations.append(
            RepetitionDone(received_ns=now_ns, peak_speed_deg_s=repetition.peak_rate_deg_s)
        )
        effects.outputs.append(
            repetition_counted(
                repetition,
                now_ns=now_ns,
                exercise=self.exercise,
                set_number=self.set_number,
                current=current,
            )
        )

    # -- sets and phases ------------------------------------------------------------------------------------

    def pass_time(self, now_ns: int, effects: Effects) -> None:
        """Time has come to `next_due_ns`: sets end by rest."""
        self.next_due_ns = now_ns + SETS_EVERY_NS
        unseen_ns = 0 if self._seen_ns is None else now_ns - self._seen_ns
        held = UNSEEN_AFTER_NS < unseen_ns <= SET_HELD_FOR_NS
        # A movement that was going on when the sensor fell silent does not hold a set for ever.
        moving = self._counter.phase is not MovementPhase.RESTING and unseen_ns <= SET_HELD_FOR_NS
        for event in self._tracker.advance(now_ns, moving=held or moving):
            self._on_set_event(event, now_ns, effects)
        recovery_s = self._plan.recovery_s
        if (
            recovery_s is not None
            and self.phases.phase is Phase.RECOVERY
            and now_ns - self.phases.since_ns >= recovery_s * NS_PER_S
        ):
            self.move(PhaseEvent.RECOVERED, now_ns, effects)

    def _on_set_event(self, event: SetEvent, now_ns: int, effects: Effects) -> None:
        if event.change is SetChange.STARTED:
            self._set_active = True
            if not self.move(PhaseEvent.SET_STARTED, now_ns, effects):
                self._report_context(now_ns, effects)
            return
        summary = event.summary
        self._record_set(summary, now_ns, effects)
        if not self._is_done(summary):
            self.move(PhaseEvent.SET_ENDED, now_ns, effects)
        elif self._index + 1 < len(self._plan.exercises):
            self._next_exercise()
            self.move(PhaseEvent.SET_ENDED, now_ns, effects)
        else:
            self.move(PhaseEvent.LAST_SET_ENDED, now_ns, effects)

    def _record_set(self, summary: SetSummary, now_ns: int, effects: Effects) -> None:
        exercise = self.exercise
        self._set_active = False
        effects.outputs.append(set_ended(summary, now_ns=now_ns, exercise=exercise, earlier=self.sets))
        self.sets.append((exercise, summary))

    def _is_done(self, last: SetSummary) -> bool:
        """All sets of the exercise are over. A set cut in two by a pause does not end it early.

        Attempts below the range count here: who cannot reach it has done the exercise all the same.
        """
        exercise = self.exercise
        attempts = sum(len(one.repetitions) for _, one in self.sets[self._sets_before :])
        missing = exercise.sets * exercise.repetitions - attempts
        return last.index >= exercise.sets and missing < exercise.repetitions / 2

    def _next_exercise(self) -> None:
        before = self.exercise
        self._index += 1
        if (before.joint, before.side, before.signal) != (
            self.exercise.joint,
            self.exercise.side,
            self.exercise.signal,
        ):
            # The sensors move to another joint.
            self._source = self._new_source()
            self._ready = False
        self._start_exercise()

    def _start_exercise(self) -> None:
        self._tracker = SetTracker(planned_repetitions=self.exercise.repetitions)
        self._sets_before = len(self.sets)
        self._count_anew()

    def _count_anew(self) -> None:
        self._counter, self._merger = self._new_counter()
        self._stillness = Stillness(for_ns=STILL_BEFORE_FIRST_SET_NS)
        self._counting = False
        self._held = []
        if self._source is not None:
            self._source.count_anew()
        self._seen_ns = None

    def _new_counter(self) -> tuple[RepetitionCounter, TurnMerger]:
        """By the shown repetition where one was shown, else by the plan."""
        if self._source is None:
            return RepetitionCounter(repetition_definition(self.exercise)), TurnMerger(1, longest_pause_s=0.0)
        return self._source.counter(), self._source.merger()

    def move(self, event: PhaseEvent, now_ns: int, effects: Effects) -> bool:
        """Let `event` move the session; False when it does not."""
        return self._moved(self.phases.feed(event, at_ns=now_ns), now_ns, effects)

    def _moved(self, move: PhaseMove | None, now_ns: int, effects: Effects) -> bool:
        if move is None:
            return False
        effects.outputs.append(
            PhaseChanged(
                at_ns=move.at_ns, from_phase=move.from_phase, to_phase=move.to_phase, reason=move.event.value
            )
        )
        if move.to_phase is Phase.EXERCISE and move.from_phase is not Phase.REST:
            self._start_exercise()
        if move.to_phase is Phase.ENDED:
            self.next_due_ns = None
        self._report_context(now_ns, effects)
        return True

    def _report_context(self, now_ns: int, effects: Effects) -> None:
        effects.observations.append(
            Context(
                received_ns=now_ns,
                phase=self.phases.phase,
                set_active=self._set_active,
                sees_sets=self._source is not None and self._ready,
                workload=self.exercise.workload,
            )
        )

    # -- commands -------------------------------------------------------------------------------------------

    def begin(self, now_ns: int, effects: Effects, *, uncalibrated: bool) -> bool:
        """Exercise is to begin; after calibration when the joint is not calibrated yet."""
        if self.is_calibrated or uncalibrated:
            return self.move(PhaseEvent.BEGIN, now_ns, effects)
        self._moved(self.phases.calibrate_then_exercise(at_ns=now_ns), now_ns, effects)
        return self.phases.phase is Phase.CALIBRATION

    def calibrate(self, now_ns: int, effects: Effects) -> bool:
        """Calibrate the joint anew."""
        if self._source is None or not self.phases.allows(PhaseEvent.CALIBRATE):
            return False
        self._source.begin_calibration(now_ns)
        self._ready, self._reported_stage = False, ""
        self._count_anew()
        return self.move(PhaseEvent.CALIBRATE, now_ns, effects)

    def end(self, now_ns: int, effects: Effects) -> bool:
        """The session is over; an open set is closed first."""
        for event in self._tracker.close():
            self._record_set(event.summary, now_ns, effects)
        return self.move(PhaseEvent.END, now_ns, effects)

    # -- calibration ----------------------------------------------------------------------------------------

    def _new_source(self) -> JointSource | None:
        roles = set(self._roles.values())
        return JointSource(self.exercise, roles) if roles else None

    def _follow_calibration(self, source: JointSource, now_ns: int, effects: Effects) -> None:
        ready, status = source.ready, source.status
        reported = f"{status.stage} {status.swings} {status.reason}"
        if reported == self._reported_stage:
            return
        self._reported_stage = reported
        done = f"({status.swings} done)" if status.swings else ""
        message = " ".join(part for part in (status.reason, status.instruction, done) if part)
        error_deg = source.axis_error_deg
        effects.outputs.append(
            CalibrationReported(
                at_ns=now_ns,
                joint=joint_name(self.exercise),
                state=status.stage.value,
                message=source.outcome if ready else message,
                quality=None if error_deg is None else round(error_deg, 2),
            )
        )
        if ready:
            self._ready = True
            self._count_anew()
            self.move(PhaseEvent.CALIBRATED, now_ns, effects)

    def _follow_warning(self, source: JointSource, now_ns: int, effects: Effects) -> None:
        """Say once when a calibrated angle stops to be plausible; its quality has fallen already."""
        warning = source.warning
        if warning == self._reported_warning:
            return
        self._reported_warning = warning
        if warning:
            effects.outputs.append(
                CalibrationReported(
                    at_ns=now_ns, joint=joint_name(self.exercise), state="doubtful", message=warning
                )
            )

    def zero(self) -> bool:
        """Take the next still second as the plan's still pose; False while there are no angles."""
        return self._source is not None and self._source.zero()

    def _follow_zeroing(self, source: JointSource, now_ns: int, effects: Effects) -> None:
        stage = source.zeroing.stage
        if stage is self._reported_zeroing:
            return
        self._reported_zeroing = stage
        if stage is Zeroing.IDLE:
            return
        if stage is Zeroing.DONE:
            # The step of the angle is no movement.
            self._count_anew()
        effects.outputs.append(
            CalibrationReported(
                at_ns=now_ns,
                joint=joint_name(self.exercise),
                state=f"zero_{stage.value}",
                message=zero_message(source.zeroing),
            )
        )
