"""What therapists' pages know of the session that runs: the plan's exercises, the limits in force. Pure."""

from dataclasses import dataclass, field

from monitor.plan.limits import LIMIT_SPECS, Limits
from monitor.plan.plan import Plan
from protocols.mqtt.messages import Channel, LimitInForce, PlannedExercise


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInfo:
    """The session as its pages should know it; nothing that names the patient."""

    plan_id: str = ""
    pack: str = ""
    channels: tuple[Channel, ...] = ()
    exercises: tuple[PlannedExercise, ...] = ()
    limits: dict[str, LimitInForce] = field(default_factory=dict)
    cuff_every_s: float | None = None


NO_INFO = SessionInfo()


def session_info(plan: Plan, limits: Limits) -> SessionInfo:
    """The plan of a session, with the limits that are in force now."""
    return SessionInfo(
        plan_id=plan.patient_id,
        pack=str(plan.pack),
        exercises=tuple(
            PlannedExercise(
                name=exercise.name,
                joint=exercise.joint.value,
                side=exercise.side.value,
                sets=exercise.sets,
                repetitions=exercise.repetitions,
                range_deg=exercise.range_of_motion_deg,
                rest_s=exercise.rest_s,
            )
            for exercise in plan.exercises
        ),
        limits={name: _in_force(name, limits) for name in LIMIT_SPECS},
        cuff_every_s=plan.blood_pressure_every_s,
    )


def _in_force(name: str, limits: Limits) -> LimitInForce:
    spec = LIMIT_SPECS[name]
    value: float | None = getattr(limits, name)
    return LimitInForce(value=value, unit=spec.unit, tighter=spec.tighter.value)
