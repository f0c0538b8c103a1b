"""Alerts: that the condition existed is an Observation, that somebody was told a Communication."""

from monitor.record.facts import AlertFacts, SessionFacts
from monitor.record.fhir.build import Bundle, Resource, component, ours, period, quantity, ref
from monitor.record.fhir.codes import UCUM_CODES
from monitor.record.fhir.people import Context
from monitor.record.render.wording import plain


def add_alerts(made: Bundle, context: Context) -> list[str]:
    """Both for every alert."""
    found = []
    for alert in made.facts.alerts:
        observation = made.add_session_fact(_condition(made.facts, context, alert), alert.fact_id)
        made.add_session_fact(_told(made.facts, context, alert, observation), f"{alert.fact_id}/told")
        found.append(observation)
    return found


def _condition(facts: SessionFacts, context: Context, alert: AlertFacts) -> Resource:
    end_s = facts.duration_s if alert.resolved_s is None else alert.resolved_s
    parts = [
        component("alert-priority", alert.priority),
        component("alert-state", alert.state),
        component("alert-by-artefact", alert.by_artefact),
        component("alert-delay", round(alert.fired_s - alert.offending_s, 3), "s"),
    ]
    # A unit that is not in the reviewed table (a rule's own word) goes as text.
    unit = alert.unit if alert.unit in UCUM_CODES else ""
    for code, value in (("alert-value", alert.value), ("alert-limit", alert.limit)):
        if value is not None:
            part: Resource = {"code": ours(code)}
            part["valueQuantity"] = quantity(value, unit or "1")
            parts.append(part)
    return {
        "resourceType": "Observation",
        "status": "final" if alert.resolved_s is not None else "preliminary",
        "code": ours("alert", f"{alert.rule} {plain(alert.condition)}"),
        "subject": ref(context.patient),
        "encounter": ref(context.encounter),
        "effectivePeriod": period(facts, alert.offending_s, max(end_s, alert.offending_s)),
        "valueString": alert.text,
        "device": ref(context.gateway),
        "component": parts,
    }


def _told(facts: SessionFacts, context: Context, alert: AlertFacts, observation: str) -> Resource:
    confirmed = alert.confirmed_after_ms
    content: Resource = {
        "resourceType": "Communication",
        "status": "completed" if confirmed is not None else "in-progress",
        "priority": {"high": "stat", "medium": "urgent"}.get(alert.priority, "routine"),
        "subject": ref(context.patient),
        "about": [ref(observation)],
        "encounter": ref(context.encounter),
        "sent": facts.utc(alert.fired_s),
    }
    if confirmed is not None:
        content["received"] = facts.utc(round(alert.fired_s + confirmed / 1000.0, 3))
    recipient = context.people.get(alert.acknowledged_by or "")
    if recipient is not None:
        content["recipient"] = [ref(recipient)]
    content["sender"] = ref(context.gateway)
    if alert.acknowledged_s is not None:
        verb = "overridden" if alert.overridden else "acknowledged"
        content["note"] = [
            {
                **({"authorReference": ref(recipient)} if recipient else {}),
                "time": facts.utc(alert.acknowledged_s),
                "text": verb,
            }
        ]
    return content
