"""The plan, the session, exercises, sets, the joint's reach and function tests."""

from collections.abc import Mapping

from monitor.record.facts import ExerciseFacts, NotRecorded, SessionFacts, SetFacts
from monitor.record.fhir.build import (
    Bundle,
    Resource,
    category,
    components,
    concept,
    ours,
    period,
    quantity,
    ref,
)
from monitor.record.fhir.codes import LOINC, OURS, SNOMED, UCUM_CODES
from monitor.record.fhir.people import Context
from monitor.record.render.wording import number, plain

# (joint, side) -> active flexion, active extension.
REACH_CODES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("knee", "left"): ("41343-5", "41345-0"),
    ("knee", "right"): ("41347-6", "41349-2"),
}
SITES: Mapping[tuple[str, str], str] = {("knee", "left"): "82169009", ("knee", "right"): "6757004"}


def add_plan(made: Bundle, context: Context) -> str:
    """The prescription: a CarePlan with a Goal for each exercise that has a range to reach."""
    facts = made.facts
    goals = []
    for position, exercise in enumerate(facts.exercises, start=1):
        if exercise.range_goal_deg is None:
            continue
        low, high = exercise.range_goal_deg
        goals.append(
            made.add(
                {
                    "resourceType": "Goal",
                    "lifecycleStatus": "active",
                    "description": {"text": f"{_name(exercise)}: range of motion in the plan's band"},
                    "subject": ref(context.patient),
                    "target": [
                        {
                            "measure": ours("range-best"),
                            "detailRange": {"low": quantity(low, "deg"), "high": quantity(high, "deg")},
                        }
                    ],
                },
                "https://kinewatch.invalid/fhir/plan",
                f"{facts.clinic}/{facts.patient_id}/{facts.plan_version}/goal-{position}",
            )
        )
    return made.add(
        {
            "resourceType": "CarePlan",
            "status": "active",
            "intent": "plan",
            "category": [ours("home-programme", f"pack {plain(facts.pack)}")],
            "subject": ref(context.patient),
            **({"goal": [ref(goal) for goal in goals]} if goals else {}),
            "activity": [
                {
                    "detail": {
                        "code": ours("exercise", _name(exercise)),
                        "status": "in-progress",
                        "description": (
                            f"{exercise.sets_prescribed} sets, {exercise.repetitions_prescribed} repetitions "
                            f"in all, {number(exercise.rest_angle_deg)} to "
                            f"{number(exercise.target_angle_deg)} deg"
                        ),
                    }
                }
                for exercise in facts.exercises
            ],
        },
        "https://kinewatch.invalid/fhir/plan",
        f"{facts.clinic}/{facts.patient_id}/{facts.plan_version}",
    )


def add_exercises(made: Bundle, context: Context, plan: str) -> str:
    """The session's Procedure, one for each exercise, its sets and the joint's reach."""
    facts = made.facts
    session = made.add_session_fact(
        {
            "resourceType": "Procedure",
            "basedOn": [ref(plan)],
            "status": "completed" if facts.is_complete else "unknown",
            "code": concept([(OURS, "exercise-session"), (SNOMED, "229065009")]),
            "subject": ref(context.patient),
            "encounter": ref(context.encounter),
            "performedPeriod": period(facts, 0.0, facts.duration_s),
            **_performers(context),
        },
        "session",
    )
    for position, exercise in enumerate(facts.exercises, start=1):
        _add_exercise(made, context, session, exercise, position)
    return session


def _performers(context: Context) -> Resource:
    if not context.people:
        return {}
    return {"performer": [{"actor": ref(person)} for person in context.people.values()]}


def _name(exercise: ExerciseFacts) -> str:
    return f"{plain(exercise.name)}, {exercise.side} {exercise.joint}"


def _add_exercise(
    made: Bundle, context: Context, session: str, exercise: ExerciseFacts, position: int
) -> None:
    facts = made.facts
    done = [one for one in facts.sets if one.exercise == exercise.name]
    resource: Resource = {
        "resourceType": "Procedure",
        "partOf": [ref(session)],
        "status": "completed" if done else "not-done",
        "code": ours("exercise", _name(exercise)),
        "subject": ref(context.patient),
        "encounter": ref(context.encounter),
    }
    if done:
        resource["performedPeriod"] = period(facts, done[0].from_s, done[-1].to_s)
    else:
        resource["statusReason"] = {"text": "no set of this exercise was counted"}
    site = SITES.get((exercise.joint, exercise.side))
    resource["bodySite"] = [
        {"text": f"{exercise.side} {exercise.joint}"}
        if site is None
        else concept([(SNOMED, site)], f"{exercise.side} {exercise.joint}")
    ]
    procedure = made.add_session_fact(resource, f"exercise-{position}")
    for one in done:
        made.add_session_fact(_set(facts, context, procedure, one), one.fact_id)
    _add_reach(made, context, procedure, exercise, position)


def _set(facts: SessionFacts, context: Context, procedure: str, one: SetFacts) -> Resource:
    lift, hold, lower = one.tempo_s or (None, None, None)
    return {
        "resourceType": "Observation",
        "partOf": [ref(procedure)],
        "status": "final",
        "category": category("activity"),
        "code": ours("exercise-set", f"{plain(one.exercise)}, set {one.number}"),
        "subject": ref(context.patient),
        "encounter": ref(context.encounter),
        "effectivePeriod": period(facts, one.from_s, one.to_s),
        "component": components(
            [
                ("repetitions-done", float(one.repetitions), "{repetitions}"),
                ("repetitions-prescribed", float(one.repetitions_prescribed), "{repetitions}"),
                ("repetitions-partial", float(one.partial), "{repetitions}"),
                ("repetitions-too-fast", float(one.too_fast), "{repetitions}"),
                ("range-mean", one.range_mean_deg, "deg"),
                ("range-error", one.range_error_deg, "deg"),
                ("range-best", one.range_best_deg, "deg"),
                ("range-detectable-change", one.detectable_change_deg, "deg"),
                ("tempo-lift", lift, "s"),
                ("tempo-hold", hold, "s"),
                ("tempo-lower", lower, "s"),
                ("load", one.load, "1"),
                ("unseen", one.unseen_s, "s"),
                ("heart-rate-highest", one.heart_rate_highest_per_min, "/min"),
                ("spo2-lowest", one.spo2_lowest_percent, "%"),
            ]
        ),
    }


def _add_reach(
    made: Bundle, context: Context, procedure: str, exercise: ExerciseFacts, position: int
) -> None:
    """How far the joint was bent and straightened, for the joints whose codes are reviewed."""
    facts = made.facts
    codes = REACH_CODES.get((exercise.joint, exercise.side))
    whole = [
        one
        for one in facts.repetitions
        if one.exercise == exercise.name and not {"interrupted", "partial"} & set(one.flags)
    ]
    if codes is None or not whole:
        return
    farthest = max(whole, key=lambda one: one.maximum_deg)
    straightest = min(whole, key=lambda one: one.minimum_deg)
    for code, own, one, value in (
        (codes[0], "flexion-active", farthest, farthest.maximum_deg),
        (codes[1], "extension-active", straightest, straightest.minimum_deg),
    ):
        error = components([("range-error", one.range_error_deg, "deg")])
        made.add_session_fact(
            {
                "resourceType": "Observation",
                "partOf": [ref(procedure)],
                "status": "final",
                "category": category("exam"),
                "code": concept([(LOINC, code), (OURS, own)]),
                "subject": ref(context.patient),
                "encounter": ref(context.encounter),
                "effectivePeriod": period(facts, one.from_s, one.to_s),
                "valueQuantity": quantity(value, "deg"),
                "method": {"text": "two motion sensors; flexion positive, straight is 0"},
                # An empty list is no FHIR.
                **({} if one.range_error_deg is None else {"component": error}),
            },
            f"exercise-{position}/{own}",
        )


def add_function_tests(made: Bundle, context: Context, session: str) -> list[str]:
    """Function tests, where there are any."""
    facts = made.facts
    if isinstance(facts.function_tests, NotRecorded):
        return []
    found = []
    for one in facts.function_tests:
        parts = []
        for name, value, unit, error in one.measures:
            known = unit if unit in UCUM_CODES else "1"
            parts.append({"code": ours("function-test", name), "valueQuantity": quantity(value, known)})
            if error is not None:
                parts.append({"code": ours("range-error", name), "valueQuantity": quantity(error, known)})
        found.append(
            made.add_session_fact(
                {
                    "resourceType": "Observation",
                    "partOf": [ref(session)],
                    "status": "final" if one.valid else "preliminary",
                    "category": category("exam"),
                    "code": ours("function-test", plain(one.test)),
                    "subject": ref(context.patient),
                    "encounter": ref(context.encounter),
                    "effectiveDateTime": facts.utc(one.t_s),
                    **({"component": parts} if parts else {}),
                },
                one.fact_id,
            )
        )
    return found
