"""An alert engine on a bench: series in, a line per transition out."""

from collections.abc import Iterable, Sequence

from monitor.alerts.context.situation import Situation
from monitor.alerts.engine import AlertEngine
from monitor.alerts.gates import Gates
from monitor.alerts.observations import Context, Observation
from monitor.alerts.rules import rules_for
from monitor.alerts.transition import Transition
from monitor.exercise.phases import Phase
from monitor.plan.plan import Plan, parse_plan
from monitor.samples import Code, Quality, Sample
from monitor.sensors import Arm, SensorConfig, SensorRole
from tests.support.series import series

NS_PER_S = 1_000_000_000

PLAN = """
patient_id = "p-0417"
pack = "general"
age_years = 60
rest_heart_rate_per_min = 70
[medication]
beta_blocker = false
[[exercises]]
name = "knee extension"
joint = "knee"
side = "right"
sets = 3
repetitions = 10
rest_angle_deg = 90
target_angle_deg = 10
"""

OXIMETER = SensorConfig(device="oximeter", family="pulse_oximeter", role=SensorRole.OXIMETER, arm=Arm.LEFT)
STRAP = SensorConfig(device="strap", family="heart_rate", role=SensorRole.HEART_RATE_STRAP)
CUFF = SensorConfig(device="cuff", family="blood_pressure", role=SensorRole.CUFF, arm=Arm.RIGHT)
THIGH = SensorConfig(device="thigh", family="witmotion", role=SensorRole.IMU_PROXIMAL)
SHANK = SensorConfig(device="shank", family="witmotion", role=SensorRole.IMU_DISTAL)
SENSORS = (OXIMETER, STRAP, CUFF, THIGH, SHANK)

DEVICE_OF = {
    Code.SPO2_PERCENT: "oximeter",
    Code.PULSE_RATE_PER_MIN: "oximeter",
    Code.PERFUSION_INDEX_PERCENT: "oximeter",
    Code.HEART_RATE_PER_MIN: "strap",
    Code.SYSTOLIC_MMHG: "cuff",
    Code.DIASTOLIC_MMHG: "cuff",
    Code.CUFF_PULSE_RATE_PER_MIN: "cuff",
    Code.CUFF_PRESSURE_MMHG: "cuff",
    Code.JOINT_ANGLE_DEG: "goniometer",
}


def plan_of(pack: str = "general", extra: str = "") -> Plan:
    """The bench's plan with another pack, or with more lines in front."""
    return parse_plan(extra + PLAN.replace('"general"', f'"{pack}"'))


def sample(
    code: Code,
    value: float | None,
    at_s: float,
    *,
    quality: Quality | None = None,
    device: str | None = None,
    flags: Iterable[str] = (),
) -> Sample:
    """One sample, received when it was taken."""
    at_ns = round(at_s * NS_PER_S)
    return Sample(
        device=device or DEVICE_OF[code],
        code=code,
        t_ns=at_ns,
        received_ns=at_ns,
        value=value,
        quality=quality or (Quality.MISSING if value is None else Quality.GOOD),
        flags=frozenset(flags),
    )


def samples(code: Code, text: str, *, start_s: float = 0.0, period_s: float = 1.0) -> list[Sample]:
    """A series as samples of `code`."""
    return [
        sample(code, point.value, point.t_ns / NS_PER_S, quality=point.quality)
        for point in series(text, start_s=start_s, period_s=period_s)
    ]


def pressure(systolic: float, diastolic: float, at_s: float, *, good: bool = True) -> list[Sample]:
    """One cuff reading."""
    quality = Quality.GOOD if good else Quality.QUESTIONABLE
    return [
        sample(Code.SYSTOLIC_MMHG, systolic, at_s, quality=quality),
        sample(Code.DIASTOLIC_MMHG, diastolic, at_s, quality=quality),
    ]


def in_order(*parts: Sequence[Observation]) -> list[Observation]:
    """Several streams as one, by receive time; equal times keep the order of `parts`."""
    return sorted((one for part in parts for one in part), key=lambda one: one.received_ns)


class Bench:
    """One engine.

    Attributes:
        transitions: everything it has said so far.
    """

    def __init__(
        self,
        plan: Plan | None = None,
        *,
        sensors: Sequence[SensorConfig] = SENSORS,
        only: Iterable[str] | None = None,
        phase: Phase = Phase.BEFORE,
    ) -> None:
        self.plan = plan or plan_of()
        chosen = None if only is None else set(only)
        rules = [r for r in rules_for(self.plan.protocol) if chosen is None or r.rule_id in chosen]
        self.situation = Situation(
            limits=self.plan.effective_limits,
            sensors=sensors,
            start_ns=0,
            pressure_due_every_s=self.plan.blood_pressure_every_s,
        )
        self.gates = Gates(sensors)
        self.engine = AlertEngine(rules=rules, situation=self.situation)
        self.transitions: list[Transition] = []
        if phase is not Phase.BEFORE:
            self.context(phase, at_s=0.0)

    def feed(self, observations: Sequence[Observation], until_s: float | None = None) -> list[Transition]:
        """Give the engine `observations`, each at its own time, and time until `until_s`."""
        new: list[Transition] = []
        for one in observations:
            marked = self.gates.mark(one) if isinstance(one, Sample) else one
            new += self.engine.evaluate([marked], one.received_ns)
        if until_s is not None:
            new += self.engine.evaluate([], round(until_s * NS_PER_S))
        self.transitions += new
        return new

    def context(
        self, phase: Phase, at_s: float, *, set_active: bool = False, workload: float | None = None
    ) -> None:
        """The session is in `phase` from `at_s` on."""
        self.feed(
            [
                Context(
                    received_ns=round(at_s * NS_PER_S), phase=phase, set_active=set_active, workload=workload
                )
            ]
        )

    def note(self, transitions: list[Transition]) -> list[Transition]:
        """Keep what a command has caused."""
        self.transitions += transitions
        return transitions

    @property
    def lines(self) -> list[str]:
        """`12.000 G1-1 firing medium`, a line for each transition."""
        return [line(one) for one in self.transitions]


def line(one: Transition) -> str:
    """A transition in short."""
    return f"{one.at_ns / NS_PER_S:.3f} {one.alert_id} {one.to_state} {one.priority}"
