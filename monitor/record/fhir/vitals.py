"""Vital signs, cuff readings, ratings and what was said, as Observations."""

from collections.abc import Mapping
from typing import Any

from monitor.record.facts import PointFacts, PressureFacts, Series, SessionFacts, VitalFacts
from monitor.record.fhir import codes
from monitor.record.fhir.build import (
    EXERTION_EXTENSION,
    Bundle,
    Resource,
    absent,
    category,
    component,
    components,
    concept,
    ours,
    period,
    quantity,
    ref,
)
from monitor.record.fhir.codes import LOINC, MDC, OURS, RATINGS, SIGNS
from monitor.record.fhir.people import Context

PRESSURE_PARTS = (
    ("systolic_mmhg", ((MDC, "150021"), (LOINC, "8480-6"))),
    ("diastolic_mmhg", ((MDC, "150022"), (LOINC, "8462-4"))),
)
_PERIOD_OF_POINT = {"peak": "during"}


def add_vitals(made: Bundle, context: Context) -> list[str]:
    """One a streamed sign, source and period; the pressures are readings of their own."""
    return [
        made.add_session_fact(_vital(made.facts, context, one), f"vital/{one.code}/{one.source}/{one.period}")
        for one in made.facts.vitals
        if one.code in SIGNS
    ]


def _vital(facts: SessionFacts, context: Context, one: VitalFacts) -> Resource:
    sign = SIGNS[one.code]
    value = one.mean if one.period == "during" else one.last
    return {
        **_sign(context, one.code, one.period, one.source),
        "effectivePeriod": period(facts, *_stretch(facts, one.period)),
        "valueQuantity": quantity(value, sign.unit),
        "component": components(
            [
                ("minimum", one.minimum, sign.unit),
                ("mean", one.mean, sign.unit),
                ("maximum", one.maximum, sign.unit),
                ("samples", float(one.samples), "{samples}"),
            ]
        ),
    }


def _sign(context: Context, code: str, period_name: str, source: str | None) -> Resource:
    sign = SIGNS[code]
    return {
        "resourceType": "Observation",
        **({} if sign.profile is None else {"meta": {"profile": [sign.profile]}}),
        "extension": [_exertion(period_name)],
        "status": "final",
        "category": category("vital-signs"),
        "code": concept(sign.codings),
        "subject": ref(context.patient),
        "encounter": ref(context.encounter),
        "method": {"text": sign.method},
        **({} if source not in context.devices else {"device": ref(context.devices[str(source)])}),
    }


def _exertion(period_name: str) -> Resource:
    return {
        "url": EXERTION_EXTENSION,
        "valueCodeableConcept": {"coding": [codes.exertion(period_name)]},
    }


def _stretch(facts: SessionFacts, period_name: str) -> tuple[float, float]:
    """From when to when a flowsheet's period went."""
    phases = {"before": {"before", "calibration"}, "during": {"exercise", "rest"}}
    inside = phases.get(period_name, {"recovery", "ended"})
    found = [phase for phase in facts.phases if phase.phase in inside]
    if not found:
        return 0.0, facts.duration_s
    from_s, to_s = found[0].from_s, min(found[-1].to_s, facts.duration_s)
    return from_s, max(from_s, to_s)


def add_points(made: Bundle, context: Context) -> list[str]:
    """Peak and recovery of the streamed signs; one that is missing says why."""
    return [
        made.add_session_fact(_point(made.facts, context, one), f"point/{one.code}/{one.point}")
        for one in made.facts.points
        if one.code in SIGNS
    ]


def _point(facts: SessionFacts, context: Context, one: PointFacts) -> Resource:
    content = _sign(context, one.code, _PERIOD_OF_POINT.get(one.point, "after"), None)
    if one.value is None or one.t_s is None:
        content["effectiveDateTime"] = facts.utc(facts.duration_s)
        content["dataAbsentReason"] = absent(f"{one.point}: {one.reason}")
    else:
        content["effectiveDateTime"] = facts.utc(one.t_s)
        content["valueQuantity"] = quantity(one.value, SIGNS[one.code].unit)
        content["method"] = {"coding": [codes.coding(OURS, one.point)], "text": SIGNS[one.code].method}
    return content


def add_pressures(made: Bundle, context: Context) -> list[str]:
    """Every cuff reading as a panel."""
    facts = made.facts
    return [made.add_session_fact(_pressure(facts, context, one), one.fact_id) for one in facts.pressures]


def _pressure(facts: SessionFacts, context: Context, one: PressureFacts) -> Resource:
    parts: list[Resource] = []
    for name, codings in PRESSURE_PARTS:
        value = getattr(one, name)
        part: Resource = {"code": concept(codings)}
        if value is None:
            part["dataAbsentReason"] = absent("the cuff gave no value", code="error")
        else:
            part["valueQuantity"] = quantity(value, "mm[Hg]")
        parts.append(part)
    if one.mean_mmhg is not None:
        parts.append(
            {
                "code": concept([(MDC, "150023"), (LOINC, "8478-0")]),
                "valueQuantity": quantity(one.mean_mmhg, "mm[Hg]"),
            }
        )
    if one.pulse_per_min is not None:
        parts.append(component("cuff-pulse-rate", one.pulse_per_min, "/min"))
    doubts = ", ".join(filter(None, ("" if one.quality == "good" else one.quality, *one.flags)))
    method = ", ".join(filter(None, ("cuff", one.posture, doubts)))
    return {
        "resourceType": "Observation",
        "meta": {"profile": [codes.PRESSURE]},
        "extension": [_exertion(one.period)],
        "status": "final" if one.quality == "good" else "preliminary",
        "category": category("vital-signs"),
        "code": concept([(MDC, "150020"), (LOINC, "85354-9")]),
        "subject": ref(context.patient),
        "encounter": ref(context.encounter),
        "effectiveDateTime": facts.utc(one.t_s),
        **({} if one.arm is None else {"bodySite": {"text": f"{one.arm} arm"}}),
        "method": {"text": method},
        **({"device": ref(context.devices[one.source])} if one.source in context.devices else {}),
        "component": parts,
    }


def _said(context: Context, by: str) -> Mapping[str, Any]:
    performer = context.people.get(by)
    return {} if performer is None else {"performer": [ref(performer)]}


def add_ratings(made: Bundle, context: Context) -> list[str]:
    """Exertion, dyspnoea and pain, each at its time."""
    facts = made.facts
    found = []
    for one in facts.ratings:
        (system, code), method = RATINGS[one.scale]
        found.append(
            made.add_session_fact(
                {
                    "resourceType": "Observation",
                    "status": "final",
                    "category": category("survey"),
                    "code": concept([(system, code)]),
                    "subject": ref(context.patient),
                    "encounter": ref(context.encounter),
                    "effectiveDateTime": facts.utc(one.t_s),
                    **_said(context, one.by),
                    "valueQuantity": quantity(one.value, "{score}"),
                    **({} if one.site is None else {"bodySite": {"text": one.site}}),
                    "method": {"text": method},
                },
                one.fact_id,
            )
        )
    return found


def add_notes(made: Bundle, context: Context) -> list[str]:
    """Symptoms and notes."""
    facts = made.facts
    return [
        made.add_session_fact(
            {
                "resourceType": "Observation",
                "status": "final",
                "category": category("survey"),
                "code": ours("symptom" if one.kind == "symptom" else "note", one.kind),
                "subject": ref(context.patient),
                "encounter": ref(context.encounter),
                "effectiveDateTime": facts.utc(one.t_s),
                **_said(context, one.by),
                "valueString": one.text or "reported",
            },
            one.fact_id,
        )
        for one in facts.notes
    ]


def add_trends(made: Bundle, context: Context) -> list[str]:
    """The streamed signs each second, as sampled data; E marks a second without a usable value."""
    facts = made.facts
    return [
        made.add_session_fact(_trend(facts, context, series), f"trend/{series.code}/{series.source}")
        for series in facts.series
        if series.code in SIGNS and series.values
    ]


def _trend(facts: SessionFacts, context: Context, series: Series) -> Resource:
    sign = SIGNS[series.code]
    seconds = round(facts.duration_s) + 1
    texts = ["E"] * seconds
    for t_s, value in zip(series.t_s, series.values, strict=True):
        if value is not None and t_s < seconds:
            texts[int(t_s)] = f"{value:g}"
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": category("activity"),
        "code": ours("trend", sign.method),
        "subject": ref(context.patient),
        "encounter": ref(context.encounter),
        "effectivePeriod": period(facts, 0.0, facts.duration_s),
        "valueSampledData": {
            "origin": quantity(0.0, sign.unit),
            "period": 1000,
            "dimensions": 1,
            "data": " ".join(texts),
        },
        **({"device": ref(context.devices[series.source])} if series.source in context.devices else {}),
    }
