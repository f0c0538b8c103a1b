"""Small parts of resources: references, quantities, identifiers that are the same each time."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from monitor.record.facts import SessionFacts
from monitor.record.fhir.codes import OURS, UCUM, UCUM_CODES, Coding, coding

Resource = dict[str, Any]

SESSION_IDS = "https://kinewatch.invalid/fhir/session"
PATIENT_IDS = "https://kinewatch.invalid/fhir/patient"
PERSON_IDS = "https://kinewatch.invalid/fhir/person"
DEVICE_IDS = "https://kinewatch.invalid/fhir/device"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
EXERTION_EXTENSION = "http://hl7.org/fhir/us/vitals/StructureDefinition/ExerciseAssociationExt"


class Bundle:
    """The entries of a transaction: each created once, however often it is sent."""

    def __init__(self, facts: SessionFacts) -> None:
        self.facts = facts
        self.entries: list[Resource] = []

    def add(self, resource: Resource, system: str, value: str) -> str:
        """Add a resource under its identifier; returns the reference to it."""
        identifier = {"system": system, "value": value}
        # A document has one identifier, everything else a list.
        many = resource["resourceType"] != "Composition"
        placed = {
            "resourceType": resource["resourceType"],
            **({"meta": resource["meta"]} if "meta" in resource else {}),
            "identifier": [identifier] if many else identifier,
            **{key: part for key, part in resource.items() if key not in {"resourceType", "meta"}},
        }
        return self._enter(placed, system, value, condition=f"identifier={system}|{value}")

    def add_session_fact(self, resource: Resource, fact_id: str) -> str:
        """Add a resource that belongs to this session; its identifier is clinic, session and fact."""
        return self.add(resource, SESSION_IDS, f"{self.facts.clinic}/{self.facts.session_id}/{fact_id}")

    def session_fact(self, fact_id: str) -> str | None:
        """The reference to a fact's resource, if it has one in this bundle."""
        value = f"{self.facts.clinic}/{self.facts.session_id}/{fact_id}"
        full_url = f"urn:uuid:{uuid5(NAMESPACE_URL, f'{SESSION_IDS}|{value}')}"
        return full_url if any(entry["fullUrl"] == full_url for entry in self.entries) else None

    def add_provenance(self, resource: Resource) -> str:
        """Provenance has no identifier; a tag finds it again instead."""
        value = f"{self.facts.clinic}/{self.facts.session_id}/provenance"
        tag = {"system": SESSION_IDS, "code": value}
        tagged = {"resourceType": "Provenance", "meta": {"tag": [tag]}, **resource}
        return self._enter(tagged, SESSION_IDS, value, condition=f"_tag={SESSION_IDS}|{value}")

    def _enter(self, resource: Resource, system: str, value: str, *, condition: str) -> str:
        full_url = f"urn:uuid:{uuid5(NAMESPACE_URL, f'{system}|{value}')}"
        self.entries.append(
            {
                "fullUrl": full_url,
                "resource": resource,
                "request": {"method": "POST", "url": resource["resourceType"], "ifNoneExist": condition},
            }
        )
        return full_url


def ref(target: str) -> Resource:
    """A reference."""
    return {"reference": target}


def exact(value: float) -> float | int:
    """97.0 as 97: FHIR reads a decimal's digits as its precision."""
    return int(value) if value == int(value) else value


def quantity(value: float, unit: str) -> Resource:
    """A value with its UCUM unit."""
    return {"value": exact(value), "unit": UCUM_CODES[unit], "system": UCUM, "code": unit}


def concept(codings: Iterable[tuple[str, str]], text: str | None = None) -> Resource:
    """A codeable concept of codes in the reviewed table."""
    found: list[Coding] = [coding(system, code) for system, code in codings]
    content: Resource = {"coding": found}
    if text is not None:
        content["text"] = text
    return content


def ours(code: str, text: str | None = None) -> Resource:
    """A codeable concept of our own code system."""
    return concept([(OURS, code)], text)


def absent(reason: str, *, code: str = "not-performed") -> Resource:
    """Why a value is missing."""
    return {"coding": [{"system": ABSENT, "code": code}], "text": reason}


def category(code: str) -> list[Resource]:
    """An observation's category."""
    return [{"coding": [{"system": CATEGORY, "code": code}]}]


def component(code: str, value: float | str | bool, unit: str = "") -> Resource:
    """A component with our code: a quantity, a text or a yes-or-no."""
    content: Resource = {"code": ours(code)}
    if isinstance(value, bool):
        content["valueBoolean"] = value
    elif isinstance(value, str):
        content["valueString"] = value
    else:
        content["valueQuantity"] = quantity(value, unit)
    return content


def components(found: Sequence[tuple[str, float | None, str]]) -> list[Resource]:
    """Those of (our code, value, unit) that have a value."""
    return [component(code, value, unit) for code, value, unit in found if value is not None]


def period(facts: SessionFacts, from_s: float, to_s: float) -> Resource:
    """From and to as UTC."""
    return {"start": facts.utc(from_s), "end": facts.utc(to_s)}
