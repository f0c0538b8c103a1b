"""A session's facts as one FHIR R4 transaction bundle. Pure; equal facts are equal bytes."""

import json

from monitor.record.facts import SessionFacts
from monitor.record.fhir.alerts import add_alerts
from monitor.record.fhir.build import Bundle, Resource
from monitor.record.fhir.devices import add_calibrations, add_devices, add_gateway
from monitor.record.fhir.document import add_amendments, add_note, add_provenance
from monitor.record.fhir.movement import add_exercises, add_function_tests, add_plan
from monitor.record.fhir.people import Context, add_encounter, add_patient, add_people
from monitor.record.fhir.vitals import (
    add_notes,
    add_points,
    add_pressures,
    add_ratings,
    add_trends,
    add_vitals,
)


def bundle(facts: SessionFacts) -> Resource:
    """The transaction: sent twice, it creates everything once."""
    made = Bundle(facts)
    gateway = add_gateway(made)
    patient = add_patient(made)
    encounter = add_encounter(made, patient)
    context = Context(
        patient=patient,
        encounter=encounter,
        people=add_people(made),
        devices=add_devices(made, gateway),
        gateway=gateway,
    )
    add_calibrations(made, context)
    plan = add_plan(made, context)
    session = add_exercises(made, context, plan)
    observations = [
        *add_vitals(made, context),
        *add_points(made, context),
        *add_pressures(made, context),
        *add_ratings(made, context),
        *add_notes(made, context),
        *add_function_tests(made, context, session),
        *add_trends(made, context),
    ]
    alerts = add_alerts(made, context)
    add_amendments(made, context)
    note = add_note(made, context, observations=observations, alerts=alerts, plan=plan)
    add_provenance(made, context, targets=[note, session, encounter])
    return {"resourceType": "Bundle", "type": "transaction", "entry": made.entries}


def to_json(facts: SessionFacts) -> str:
    """The bundle's text."""
    return json.dumps(bundle(facts), ensure_ascii=False, separators=(",", ":"))
