"""Where an exercise's angle comes from: two motion sensors on the joint, or one on the segment that moves."""

from collections.abc import Collection, Mapping

from monitor.exercise.one_sensor import OneSensor
from monitor.exercise.repetitions import Repetition, RepetitionCounter
from monitor.exercise.template import template_definition, template_params
from monitor.exercise.turns import TurnMerger
from monitor.exercise.unshown import UnshownMovement
from monitor.exercise.zeroing import Zeroing, ZeroShift
from monitor.motion.calibration_values import HingeCalibration
from monitor.motion.goniometer import Goniometer, Role
from monitor.motion.goniometer_values import GoniometerStatus
from monitor.motion.joint_angle import JointAngleBlock
from monitor.plan.exercise import Exercise, SignalChoice
from monitor.samples import ImuBlock
from monitor.sensors import SensorRole
from monitor.session.prescription import (
    goniometer_params,
    one_sensor_params,
    repetition_definition,
    still_angle_deg,
)

IMU_ROLES: Mapping[SensorRole, Role] = {
    SensorRole.IMU_PROXIMAL: "proximal",
    SensorRole.IMU_DISTAL: "distal",
}


ONE_SENSOR = (SignalChoice.TILT, SignalChoice.ROTATION, SignalChoice.CYCLES)


class JointSource:
    """One joint's angle, from whatever is worn; `zeroing` is part of it.

    `one_role` is the sensor that is read alone, None with two.
    """

    def __init__(self, exercise: Exercise, roles: Collection[Role]) -> None:
        self._exercise = exercise
        alone = exercise.signal in ONE_SENSOR or len(set(roles)) < 2
        # Of two the distal one moves more.
        self.one_role: Role | None = ("distal" if "distal" in roles else "proximal") if alone else None
        self._source: Goniometer | OneSensor = (
            OneSensor(one_sensor_params(exercise)) if alone else Goniometer(goniometer_params(exercise))
        )
        self.zeroing = ZeroShift(pose_deg=still_angle_deg(exercise))
        self._unshown: UnshownMovement | None = None
        self._counted: list[Repetition] = []
        self.count_anew()

    def count_anew(self) -> None:
        """An exercise begins: what moved before it is none of it."""
        self._counted = []
        if self.counts_itself:
            exercise = self._exercise
            self._unshown = UnshownMovement(
                repetition_definition(exercise),
                rest_angle_deg=exercise.rest_angle_deg,
                increasing=exercise.target_angle_deg > exercise.rest_angle_deg,
            )

    @property
    def counts_itself(self) -> bool:
        """Whether repetitions come from the sensor itself (`counted`), not from its angle."""
        return self._exercise.signal is SignalChoice.CYCLES

    def counted(self) -> list[Repetition]:
        """Repetitions since the last call, of a source that counts itself."""
        counted, self._counted = self._counted, []
        return counted

    @property
    def ready(self) -> bool:
        """Whether angles flow, or need not."""
        if self.counts_itself:
            return True
        source = self._source
        return source.ready if isinstance(source, OneSensor) else source.calibration is not None

    def counter(self) -> RepetitionCounter:
        """A counter for what this source gives: by the shown repetition where one was shown."""
        planned = repetition_definition(self._exercise)
        template = self._source.template if isinstance(self._source, OneSensor) else None
        if template is None:
            return RepetitionCounter(planned)
        return RepetitionCounter(template_definition(template, planned), template_params(template))

    def merger(self) -> TurnMerger:
        """What makes repetitions of the counter's turns: more than one where a repetition was shown so."""
        template = self._source.template if isinstance(self._source, OneSensor) else None
        if template is None:
            return TurnMerger(1, longest_pause_s=0.0)
        return TurnMerger(template.turns, longest_pause_s=max(2.0, template.duration_s))

    @property
    def status(self) -> GoniometerStatus:
        """Stage and instruction, for the screen."""
        return self._source.status

    @property
    def calibration(self) -> HingeCalibration | None:
        """Of two sensors, once they are calibrated."""
        return None if isinstance(self._source, OneSensor) else self._source.calibration

    @property
    def warning(self) -> str:
        """Why the angle is not to be trusted now and what to do about it; empty while it is."""
        return self._source.warning

    @property
    def axis_error_deg(self) -> float | None:
        """How good the calibration in use is, one standard deviation; None where no axis was looked for."""
        if isinstance(self._source, OneSensor) or self._source.report is None or not self.ready:
            return None
        return self._source.report.axis_error_deg

    @property
    def outcome(self) -> str:
        """A finished calibration in words."""
        error_deg = self.axis_error_deg
        if error_deg is not None:
            return f"calibrated, axis within {error_deg:.1f} deg"
        if self.counts_itself:
            return "nothing to calibrate: begin"
        template = self._source.template if isinstance(self._source, OneSensor) else None
        if template is not None:
            return f"calibrated, {template.amplitude_deg:.0f} deg shown"
        return "calibrated, rest pose taken"

    def begin_calibration(self, now_ns: int) -> None:
        """Calibrate anew, from samples at or after now; a zero that was set is void."""
        if isinstance(self._source, OneSensor):
            self._source.begin_calibration()
        else:
            self._source.begin_calibration(now_ns)
        self.zeroing.forget()

    def push(self, role: Role, block: ImuBlock) -> list[JointAngleBlock]:
        """Samples of one sensor; at most one block of angles."""
        if isinstance(self._source, Goniometer):
            angles = self._source.push(role, block)
        else:
            angles = self._source.push(block) if role == self.one_role else []
            if self._unshown is not None and role == self.one_role:
                self._counted += self._unshown.update(block)
        return [self.zeroing.update(one) for one in angles]

    def zero(self) -> bool:
        """Take the next still second as the pose that the plan names; False before there are angles."""
        if self.ready:
            self.zeroing.ask()
        return self.ready


def zero_message(zeroing: ZeroShift) -> str:
    """What a zeroing came to, in words that an assistant can act on."""
    if zeroing.stage is Zeroing.REFUSED:
        return f"not zeroed: {abs(zeroing.shift_deg):.0f} deg off, a sensor has moved: calibrate anew"
    if zeroing.stage is Zeroing.DONE:
        return f"zeroed, by {zeroing.shift_deg:+.1f} deg"
    return "hold the starting position for a second"
