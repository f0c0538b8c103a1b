"""The patient, the visit and who took part: identifiers and roles, no names."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.record.fhir.build import PATIENT_IDS, PERSON_IDS, Bundle, period, ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What most resources refer to; `people` by code, `devices` by name."""

    patient: str
    encounter: str
    people: Mapping[str, str]
    devices: Mapping[str, str]
    gateway: str


def add_patient(made: Bundle) -> str:
    """The pseudonym; the site knows whose it is."""
    facts = made.facts
    return made.add({"resourceType": "Patient"}, f"{PATIENT_IDS}/{facts.clinic}", facts.patient_id)


def add_encounter(made: Bundle, patient: str) -> str:
    """The visit."""
    facts = made.facts
    return made.add_session_fact(
        {
            "resourceType": "Encounter",
            "status": "finished" if facts.is_complete else "unknown",
            "class": {
                "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
                "code": "AMB",
                "display": "ambulatory",
            },
            "subject": ref(patient),
            "period": period(facts, 0.0, facts.duration_s),
        },
        "encounter",
    )


def add_people(made: Bundle) -> Mapping[str, str]:
    """A Practitioner for each code that acknowledged, entered or changed something."""
    facts = made.facts
    codes = {person.code for person in facts.people}
    codes |= {alert.acknowledged_by for alert in facts.alerts if alert.acknowledged_by is not None}
    system = f"{PERSON_IDS}/{facts.clinic}"
    return {code: made.add({"resourceType": "Practitioner"}, system, code) for code in sorted(codes)}
