"""A session that runs: its parts, and what an input does to each of them.

What happens by time alone (an alert's delay, a value growing old, a set ending by rest) happens at its own
instant, `next_due_ns`; `feed` works that off before it takes its input. So ticks decide only how early
the world hears of it, never what is said.
"""

from collections.abc import Sequence
from typing import assert_never

from devices.frames import Frame, LinkEvent
from monitor.alerts.context.situation import Situation
from monitor.alerts.engine import AlertEngine
from monitor.alerts.observations import ClockStep, PayloadSeen
from monitor.alerts.rules import rules_for
from monitor.alerts.transition import Transition
from monitor.exercise.phases import Phase
from monitor.ingest.ingest import Ingest
from monitor.ingest.reader import Measured
from monitor.inputs import AlertRestored, ClockAnchor, Command, DeliveryStatus, Input, StationStatus, Tick
from monitor.outputs import Output
from monitor.plan.limits import Limits
from monitor.plan.plan import Plan
from monitor.samples import DecodeFailure, ImuBlock, PpgBlock, Sample
from monitor.sensors import SensorConfig, SensorRole
from monitor.session.commands import SessionCommands
from monitor.session.effects import Effects
from monitor.session.function_tests import FunctionTests
from monitor.session.optical_pulse import OpticalPulse
from monitor.session.reports import reading_filed
from monitor.session.sensor_status import SensorStatus
from monitor.session.snapshot import Snapshot
from monitor.session.summary import Summary, SummaryBuilder
from monitor.session.training import Training
from monitor.session.vital_signs import VitalSigns
from protocols.units import NS_PER_S


class RunningSession:
    """The parts of a session that has begun at `start_ns`, and what each input does to them."""

    def __init__(
        self, plan: Plan, devices: Sequence[SensorConfig], session_id: str, *, start_ns: int
    ) -> None:
        self.session_id = session_id
        self.now_ns = start_ns
        self._ingest = Ingest(devices, start_ns=start_ns)
        self._vitals = VitalSigns(devices)
        self._training = Training(plan, devices, start_ns=start_ns)
        self._sensors = SensorStatus(devices)
        self._cuffs = frozenset(one.device for one in devices if one.role is SensorRole.CUFF)
        self._optical = OpticalPulse()
        # The trunk's side of the joint has the steps; the other one has them and the exercise.
        self._cadence_from = next(
            (
                one.device
                for role in (SensorRole.IMU_PROXIMAL, SensorRole.IMU_DISTAL)
                for one in devices
                if one.role is role
            ),
            None,
        )
        self._summary = SummaryBuilder()
        target = plan.prescription.rpe_target
        situation = Situation(
            limits=plan.effective_limits,
            sensors=devices,
            start_ns=start_ns,
            pressure_due_every_s=plan.blood_pressure_every_s,
            rpe_target_high=None if target is None else target[1],
        )
        self._engine = AlertEngine(rules=rules_for(plan.protocol), situation=situation)
        self._tests = FunctionTests(devices)
        self._commands = SessionCommands(self._engine, self._training, self._tests)
        self._anchor: ClockAnchor | None = None

    @property
    def next_due_ns(self) -> int | None:
        """When time alone will next bring something; a tick then costs no delay at all."""
        # Asked with every input, so without a generator.
        due_ns = self._engine.next_due_ns
        for other_ns in (
            self._vitals.next_due_ns,
            self._training.next_due_ns,
            self._tests.next_due_ns,
            self._ingest.next_due_ns,
        ):
            if other_ns is not None and (due_ns is None or other_ns < due_ns):
                due_ns = other_ns
        return due_ns

    def feed(self, item: Input) -> list[Output]:
        """Take one input; what it caused, and what time has brought until then, in order."""
        effects = Effects()
        now_ns = max(item.received_ns, self.now_ns)
        self._pass_time(now_ns, effects)
        self._accept(item, effects)
        self._judge(effects)
        return effects.outputs

    def _accept(self, item: Input, effects: Effects) -> None:
        match item:
            case Frame():
                self._on_frame(item, effects)
            case Tick():
                pass  # time has passed already
            case LinkEvent():
                self._on_link_event(item, effects)
            case DeliveryStatus() | StationStatus():
                effects.observations.append(item)
            case ClockAnchor():
                self._on_anchor(item, effects)
            case Command():
                self._on_command(item, effects)
            case AlertRestored():
                self._publish(self._engine.restore(item, now_ns=self.now_ns), effects)
            case _:
                assert_never(item)

    # -- time -----------------------------------------------------------------------------------------------

    def _pass_time(self, to_ns: int, effects: Effects) -> None:
        while (due_ns := self.next_due_ns) is not None and due_ns <= to_ns:
            self.now_ns = max(self.now_ns, due_ns)
            self._publish(self._engine.evaluate((), self.now_ns), effects)
            if (at_ns := self._vitals.next_due_ns) is not None and at_ns <= self.now_ns:
                self._vitals.pass_time(self.now_ns, effects)
            if (at_ns := self._training.next_due_ns) is not None and at_ns <= self.now_ns:
                self._training.pass_time(self.now_ns, effects)
            if (at_ns := self._tests.next_due_ns) is not None and at_ns <= self.now_ns:
                effects.outputs += self._tests.pass_time(self.now_ns)
            if (at_ns := self._ingest.next_due_ns) is not None and at_ns <= self.now_ns:
                self._on_measured(self._ingest.pass_time(self.now_ns), effects)
            self._judge(effects)
        self.now_ns = to_ns

    def _judge(self, effects: Effects) -> None:
        """Hand the rules what has been observed."""
        if effects.observations:
            observations, effects.observations = effects.observations, []
            self._publish(self._engine.evaluate(observations, self.now_ns), effects)

    def _publish(self, transitions: Sequence[Transition], effects: Effects) -> None:
        for transition in transitions:
            self._summary.add_transition(transition)
            effects.outputs.append(transition)

    # -- inputs ---------------------------------------------------------------------------------------------

    def _on_frame(self, frame: Frame, effects: Effects) -> None:
        if self._ingest.is_stream(frame):
            effects.observations.append(
                PayloadSeen(device=frame.device, received_ns=frame.received_ns, payload=frame.payload)
            )
        self._on_measured(self._ingest.feed(frame), effects)

    def _on_measured(self, found: Sequence[Measured], effects: Effects) -> None:
        if self._cuffs:
            self._vitals.checks.cuff(
                one for one in found if isinstance(one, Sample) and one.device in self._cuffs
            )
        for measured in found:
            if isinstance(measured, ImuBlock):
                self._sensors.on_data(measured.device, measured.received_ns)
                self._training.accept(measured, effects)
                effects.outputs += self._tests.imu(measured)
                if measured.device == self._cadence_from:
                    self._optical.push_acc(measured)
            elif isinstance(measured, PpgBlock):
                self._on_ppg(measured, effects)
            elif isinstance(measured, Sample):
                self._on_sample(measured, effects)
            elif isinstance(measured, DecodeFailure):
                self._sensors.on_decode_failure(measured, effects)
                effects.observations.append(measured)
            else:
                filed = reading_filed(measured, at_ns=self.now_ns)
                self._summary.filed(filed)
                effects.outputs.append(filed)

    def _on_ppg(self, block: PpgBlock, effects: Effects) -> None:
        for sample in self._optical.push_ppg(block, moving=self._training.is_moving(block.received_ns)):
            self._vitals.display(sample, effects)
        cadence = self._optical.cadence
        if cadence is not None:
            self._vitals.checks.cadence(*cadence)

    def _on_sample(self, sample: Sample, effects: Effects) -> None:
        self._sensors.on_sample(sample, effects)
        moving = self._training.is_moving(sample.received_ns)
        judged = self._vitals.accept(sample, moving=moving, effects=effects)
        self._summary.add_sample(judged, self._training.phases.phase)
        effects.outputs += self._tests.vital(judged)

    def _on_link_event(self, event: LinkEvent, effects: Effects) -> None:
        self._on_measured(self._ingest.link(event), effects)
        self._sensors.on_link_event(event, effects)

    def _on_command(self, command: Command, effects: Effects) -> None:
        first = len(effects.outputs)
        self._commands.execute(command, self.now_ns, effects)
        for output in effects.outputs[first:]:
            if isinstance(output, Transition):
                self._summary.add_transition(output)

    def _on_anchor(self, anchor: ClockAnchor, effects: Effects) -> None:
        before, self._anchor = self._anchor, anchor
        self._ingest.anchor(anchor)
        if before is not None:
            step_ns = (anchor.utc_ns - before.utc_ns) - (anchor.received_ns - before.received_ns)
            effects.observations.append(
                ClockStep(received_ns=self.now_ns, step_s=round(step_ns / NS_PER_S, 3))
            )

    # -- views ----------------------------------------------------------------------------------------------

    @property
    def phase(self) -> Phase:
        """Where the session is."""
        return self._training.phases.phase

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self._engine.situation.limits

    def snapshot(self) -> Snapshot:
        """Everything a display shows, as of the last input."""
        training = self._training
        open_set = training.open_set
        return Snapshot(
            at_ns=self.now_ns,
            session_id=self.session_id,
            phase=training.phases.phase,
            phase_since_ns=training.phases.since_ns,
            exercise=training.exercise.name,
            set_number=training.set_number,
            set_target=training.exercise.sets,
            repetition=open_set.full if open_set is not None else 0,
            repetition_target=training.exercise.repetitions,
            calibration=training.calibration_text,
            angle=training.angle,
            vitals=self._vitals.view(self.now_ns),
            alerts=self._engine.active(),
            devices=self._sensors.view(self.now_ns),
        )

    def summary(self) -> Summary:
        """Everything so far, as a record."""
        return self._summary.summary(
            session_id=self.session_id, phase=self._training.phases.phase, sets=self._training.sets
        )
