"""All that is known of patient, sensors and station at an instant; predicates read it, `absorb` writes it."""

from collections.abc import Sequence
from typing import assert_never

from monitor.alerts.change_topics import NOTHING, ChangeTopic
from monitor.alerts.context.blood_pressure import Pressures
from monitor.alerts.context.heart_rate import Baseline, HeartHistory, Newest, counts, is_of_now
from monitor.alerts.context.sensor_state import SensorState
from monitor.alerts.observations import (
    ClockStep,
    Context,
    JointCertainty,
    Observation,
    PayloadSeen,
    PostureChanged,
    Rating,
    RepetitionDone,
    Scale,
    SensorSeen,
    Symptom,
)
from monitor.exercise.phases import Phase
from monitor.inputs import DeliveryStatus, StationStatus
from monitor.plan.limits import Limits
from monitor.samples import Code, DecodeFailure, Sample
from monitor.sensors import SensorConfig, SensorRole

TOUCHES_PHASE = frozenset(ChangeTopic)
REPORT = frozenset({ChangeTopic.REPORT})
SPO2 = frozenset({ChangeTopic.SPO2})
HEART_RATE = frozenset({ChangeTopic.HEART_RATE})
BLOOD_PRESSURE = frozenset({ChangeTopic.BLOOD_PRESSURE})
JOINT = frozenset({ChangeTopic.JOINT})
RATES = frozenset({Code.HEART_RATE_PER_MIN, Code.PULSE_RATE_PER_MIN, Code.CUFF_PULSE_RATE_PER_MIN})
MOTION_SENSORS = frozenset({SensorRole.IMU_PROXIMAL, SensorRole.IMU_DISTAL})
PRESSURES = frozenset({Code.SYSTOLIC_MMHG, Code.DIASTOLIC_MMHG})
EFFORT_PHASES = frozenset({Phase.EXERCISE, Phase.REST})
BASELINE_PHASES = frozenset({Phase.BEFORE, Phase.CALIBRATION})


class Situation:
    """The engine's memory. Everything in it comes from observations; nothing is read from a clock.

    Attributes:
        limits: in force now; replaced when somebody changes one.
        present: ids of rules whose condition is present; kept by the engine.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        sensors: Sequence[SensorConfig],
        start_ns: int,
        pressure_due_every_s: float | None = None,
        rpe_target_high: float | None = None,
    ) -> None:
        self.limits = limits
        self.start_ns = start_ns
        self.pressure_due_every_s = pressure_due_every_s
        self.rpe_target_high = rpe_target_high
        self.present: set[str] = set()
        self.sensors = {config.device: SensorState(config, start_ns=start_ns) for config in sensors}
        self.newest = Newest()
        self.heart = HeartHistory()
        self.spo2_baseline = Baseline()
        self.heart_rate_baseline = Baseline()
        self.pressures = Pressures(start_ns=start_ns)
        self.context = Context(received_ns=start_ns, phase=Phase.BEFORE)
        self.phase_since_ns = start_ns
        self.set_since_ns: int | None = None
        self.has_moved = False
        self.exercise_since_ns: int | None = None
        self.symptom: Symptom | None = None
        self.ratings: dict[Scale, Rating] = {}
        self.first_pain: float | None = None
        self.start_overridden = False
        self.delivery: DeliveryStatus | None = None
        self.disconnected_since_ns: int | None = None
        self.station: StationStatus | None = None
        self.clock_step: ClockStep | None = None
        self.joint_angle: Sample | None = None
        self.joint_certainty: JointCertainty | None = None
        self.repetition: RepetitionDone | None = None
        self.moving_ns: int | None = None

    @property
    def phase(self) -> Phase:
        """Where the session is."""
        return self.context.phase

    @property
    def has_caps(self) -> bool:
        """Whether the joint has a cap; without one nobody waits for ten angles a second."""
        return self.limits.flexion_cap_deg is not None or self.limits.extension_cap_deg is not None

    def reading_phase(self, now_ns: int) -> Phase:
        """The phase a cuff reading belongs to: until the first set has begun the patient is still at rest.

        Only motion sensors that give data can say so; without them exercise has begun when somebody said it.
        """
        at_rest = self.context.sees_sets and not self.has_moved and self._is_movement_watched(now_ns)
        return Phase.BEFORE if self.phase is Phase.EXERCISE and at_rest else self.phase

    def _is_movement_watched(self, now_ns: int) -> bool:
        return all(
            now_ns - sensor.valid_ns <= sensor.continuous_within_ns
            for sensor in self.sensors.values()
            if sensor.role in MOTION_SENSORS
        )

    def heart_rate(self, now_ns: int) -> Sample | None:
        """The best fresh heart rate."""
        return self.newest.heart_rate(now_ns, optical_allowed="T7" not in self.present)

    def absorb(  # noqa: C901, PLR0911, PLR0912 - one case for each kind of observation
        self, observation: Observation
    ) -> frozenset[ChangeTopic]:
        """Take `observation` in; which topics it touched."""
        match observation:
            case Sample():
                return self._on_sample(observation)
            case SensorSeen():
                return self._on_seen(observation)
            case PayloadSeen():
                return self._on_payload(observation)
            case DecodeFailure():
                return self._on_failure(observation)
            case Context():
                return self._on_context(observation)
            case Symptom():
                return self._on_symptom(observation)
            case Rating():
                return self._on_rating(observation)
            case PostureChanged():
                return self._on_posture(observation)
            case JointCertainty():
                return self._on_certainty(observation)
            case RepetitionDone():
                return self._on_repetition(observation)
            case ClockStep():
                return self._on_step(observation)
            case StationStatus():
                return self._on_station(observation)
            case DeliveryStatus():
                return self._on_delivery(observation)
            case _:
                assert_never(observation)

    def _on_sample(self, sample: Sample) -> frozenset[ChangeTopic]:
        topics = NOTHING
        sensor = self.sensors.get(sample.device)
        if sensor is not None:
            topics = sensor.absorb(sample)
        if not counts(sample):
            return topics
        if sample.code is Code.SPO2_PERCENT:
            return topics | self._absorb_spo2(sample)
        if sample.code in RATES:
            return topics | self._absorb_rate(sample) if is_of_now(sample) else topics
        if sample.code in PRESSURES:
            phase = self.reading_phase(sample.received_ns)
            whole = self.pressures.absorb(sample, phase=phase, workload=self.context.workload)
            return topics | BLOOD_PRESSURE if whole else topics
        if sample.code is Code.JOINT_ANGLE_DEG:
            self.joint_angle = sample
            return topics | JOINT if self.has_caps else topics
        return topics

    def _absorb_spo2(self, sample: Sample) -> frozenset[ChangeTopic]:
        self.newest.absorb(sample)
        if self.phase in BASELINE_PHASES and sample.value is not None:
            self.spo2_baseline.absorb(sample.value)
        return SPO2

    def _absorb_rate(self, sample: Sample) -> frozenset[ChangeTopic]:
        self.newest.absorb(sample)
        if self.heart_rate(sample.received_ns) is sample:
            self.heart.absorb(sample, in_effort=self.phase in EFFORT_PHASES)
            if self.phase in BASELINE_PHASES and sample.value is not None:
                self.heart_rate_baseline.absorb(sample.value)
        return HEART_RATE

    def _on_seen(self, seen: SensorSeen) -> frozenset[ChangeTopic]:
        if seen.moving:
            self.moving_ns = seen.received_ns
        return self.sensors[seen.device].mark_valid(seen.received_ns)

    def _on_payload(self, seen: PayloadSeen) -> frozenset[ChangeTopic]:
        return self.sensors[seen.device].absorb_payload(seen.payload, seen.received_ns)

    def _on_failure(self, failure: DecodeFailure) -> frozenset[ChangeTopic]:
        return self.sensors[failure.device].absorb_failure(failure.received_ns, failure.reason)

    def _on_context(self, context: Context) -> frozenset[ChangeTopic]:
        old, self.context = self.context, context
        if context.set_active and not old.set_active:
            self.set_since_ns, self.has_moved = context.received_ns, True
        elif not context.set_active:
            self.set_since_ns = None
        if context.phase is old.phase:
            return NOTHING
        self.phase_since_ns = context.received_ns
        if context.phase is Phase.EXERCISE and self.exercise_since_ns is None:
            self.exercise_since_ns = context.received_ns
            self.spo2_baseline.fix()
            self.heart_rate_baseline.fix()
        if context.phase is Phase.RECOVERY:
            self.heart.at_exercise_end_per_min = self.heart.latest_per_min
        return TOUCHES_PHASE

    def _on_symptom(self, symptom: Symptom) -> frozenset[ChangeTopic]:
        self.symptom = symptom
        return REPORT | BLOOD_PRESSURE

    def _on_rating(self, rating: Rating) -> frozenset[ChangeTopic]:
        self.ratings[rating.scale] = rating
        if rating.scale is Scale.PAIN and self.first_pain is None:
            self.first_pain = rating.value
        return REPORT

    def _on_posture(self, changed: PostureChanged) -> frozenset[ChangeTopic]:
        self.pressures.posture = changed.posture
        self.pressures.posture_since_ns = changed.received_ns
        return NOTHING

    def _on_certainty(self, certainty: JointCertainty) -> frozenset[ChangeTopic]:
        self.joint_certainty = certainty
        return JOINT if self.has_caps else NOTHING

    def _on_repetition(self, repetition: RepetitionDone) -> frozenset[ChangeTopic]:
        self.repetition = repetition
        return JOINT

    def _on_step(self, step: ClockStep) -> frozenset[ChangeTopic]:
        self.clock_step = step
        return frozenset({ChangeTopic.STATION})

    def _on_station(self, status: StationStatus) -> frozenset[ChangeTopic]:
        self.station = status
        return frozenset({ChangeTopic.STATION})

    def _on_delivery(self, status: DeliveryStatus) -> frozenset[ChangeTopic]:
        if status.connected:
            self.disconnected_since_ns = None
        elif self.disconnected_since_ns is None:
            self.disconnected_since_ns = status.received_ns
        self.delivery = status
        return frozenset({ChangeTopic.DELIVERY})
