"""The check finds what is wrong: the twelve damages on which validators were compared, and many more."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from monitor.record.fhir.bundle import bundle
from monitor.record.fhir.check import definitions, problems
from tests.support.recorded_session import Recorded

CATEGORY = [
    {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}
        ]
    }
]
UCUM = "http://unitsofmeasure.org"
LOINC = "http://loinc.org"
CORE = "http://hl7.org/fhir/StructureDefinition/"

Resource = dict[str, Any]
Damage = Callable[[Resource], object]


def observation(profile: str, code: str, **more: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "meta": {"profile": [CORE + profile]},
        "status": "final",
        "category": copy.deepcopy(CATEGORY),
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2026-11-22T10:00:00.000Z",
        **more,
    }


def amount(value: float, unit: str, code: str) -> Resource:
    return {"value": value, "unit": unit, "system": UCUM, "code": code}


def heart_rate() -> Resource:
    return observation("heartrate", "8867-4", valueQuantity=amount(88, "/min", "/min"))


def saturation() -> Resource:
    found = observation("oxygensat", "2708-6", valueQuantity=amount(97, "%", "%"))
    found["code"]["coding"].append({"system": LOINC, "code": "59408-5"})
    return found


def pressure() -> Resource:
    parts = [
        {
            "code": {"coding": [{"system": LOINC, "code": code}]},
            "valueQuantity": amount(value, "mmHg", "mm[Hg]"),
        }
        for code, value in (("8480-6", 129), ("8462-4", 81))
    ]
    return observation("bp", "85354-9", component=parts)


@pytest.mark.parametrize("make", [heart_rate, saturation, pressure])
def test_sound_observations_pass(make: Callable[[], Resource]) -> None:
    assert problems(make()) == []


def test_a_missing_value_with_its_reason_is_sound() -> None:
    found = heart_rate()
    del found["valueQuantity"]
    found["dataAbsentReason"] = {"text": "the strap was off"}
    assert problems(found) == []


def remove(name: str) -> Damage:
    return lambda resource: resource.pop(name)


def put(name: str, value: Any) -> Damage:
    return lambda resource: resource.update({name: value})


# The twelve on which other people's validators were compared (docs/record.md).
TWELVE: list[tuple[str, Callable[[], Resource], Damage]] = [
    ("unknown field", heart_rate, put("heartBeat", 1)),
    ("malformed date", heart_rate, put("effectiveDateTime", "22.11.2026")),
    ("status done", heart_rate, put("status", "done")),
    ("no subject", heart_rate, remove("subject")),
    ("no category", heart_rate, remove("category")),
    ("no effective", heart_rate, remove("effectiveDateTime")),
    ("no value and no reason", heart_rate, remove("valueQuantity")),
    (
        "wrong LOINC under the profile",
        heart_rate,
        put("code", {"coding": [{"system": LOINC, "code": "9279-1"}]}),
    ),
    ("SpO2 without 2708-6", saturation, lambda r: r["code"]["coding"].pop(0)),
    ("BP without diastolic", pressure, lambda r: r["component"].pop(1)),
    ("unit kPa", pressure, lambda r: r["component"][0].update(valueQuantity=amount(17.2, "kPa", "kPa"))),
    ("heart rate in bpm", heart_rate, put("valueQuantity", amount(88, "bpm", "bpm"))),
]


@pytest.mark.parametrize(("make", "damage"), [row[1:] for row in TWELVE], ids=[row[0] for row in TWELVE])
def test_the_twelve_damages_are_found(make: Callable[[], Resource], damage: Damage) -> None:
    found = make()
    damage(found)
    assert problems(found)


BACKWARDS = {"start": "2026-11-22T10:00:00Z", "end": "2026-11-22T09:00:00Z"}
EXERCISE = "http://hl7.org/fhir/us/vitals/StructureDefinition/ExerciseAssociationExt"
MORE: list[tuple[str, Callable[[], Resource], Damage]] = [
    ("no status", heart_rate, remove("status")),
    ("no code", heart_rate, remove("code")),
    ("code as a list", heart_rate, put("code", [{"text": "x"}])),
    ("category as an object", heart_rate, put("category", CATEGORY[0])),
    ("empty category", heart_rate, put("category", [])),
    ("another category", heart_rate, lambda r: r["category"][0]["coding"][0].update(code="laboratory")),
    (
        "category of another system",
        heart_rate,
        lambda r: r["category"][0]["coding"][0].update(system="http://x"),
    ),
    ("value as text", heart_rate, lambda r: r["valueQuantity"].update(value="88")),
    ("value is NaN's text", heart_rate, lambda r: r["valueQuantity"].update(value="NaN")),
    ("value true", heart_rate, lambda r: r["valueQuantity"].update(value=True)),
    ("no number in the value", heart_rate, lambda r: r["valueQuantity"].pop("value")),
    ("no unit", heart_rate, lambda r: r["valueQuantity"].pop("unit")),
    ("no unit code", heart_rate, lambda r: r["valueQuantity"].pop("code")),
    ("unit of another system", heart_rate, lambda r: r["valueQuantity"].update(system="http://units")),
    ("a text under the profile", heart_rate, lambda r: (r.pop("valueQuantity"), r.update(valueString="88"))),
    ("two values", heart_rate, put("valueString", "88")),
    ("a value and a reason against it", heart_rate, put("dataAbsentReason", {"text": "off"})),
    ("two effective times", heart_rate, put("effectivePeriod", {"start": "2026-11-22T10:00:00Z"})),
    ("time without zone", heart_rate, put("effectiveDateTime", "2026-11-22T10:00:00")),
    ("month only", heart_rate, put("effectiveDateTime", "2026-11")),
    ("hour 25", heart_rate, put("effectiveDateTime", "2026-11-22T25:00:00Z")),
    (
        "period backwards",
        heart_rate,
        lambda r: (r.pop("effectiveDateTime"), r.update(effectivePeriod=BACKWARDS)),
    ),
    ("reference to a Device as subject", heart_rate, put("subject", {"reference": "Goal/1"})),
    ("unknown part of the subject", heart_rate, lambda r: r["subject"].update(name="Anna")),
    ("check digit", heart_rate, lambda r: r["code"]["coding"].append({"system": LOINC, "code": "8867-5"})),
    (
        "LOINC outside the table",
        heart_rate,
        lambda r: r["code"]["coding"].append({"system": LOINC, "code": "9279-1"}),
    ),
    (
        "an answer's code",
        heart_rate,
        lambda r: r["code"]["coding"].append({"system": LOINC, "code": "LA6751-7"}),
    ),
    ("profile unknown", heart_rate, put("meta", {"profile": ["http://example.org/mine"]})),
    ("profile twice another", heart_rate, lambda r: r["meta"]["profile"].append(CORE + "oxygensat")),
    ("empty text", heart_rate, put("method", {"text": ""})),
    ("empty object", heart_rate, put("method", {})),
    ("unknown extension", heart_rate, put("extension", [{"url": "http://x", "valueString": "y"}])),
    ("extension without a value", heart_rate, put("extension", [{"url": EXERCISE}])),
    ("no systolic", pressure, lambda r: r["component"].pop(0)),
    ("no component", pressure, remove("component")),
    ("systolic twice", pressure, lambda r: r["component"].append(copy.deepcopy(r["component"][0]))),
    ("a value on the panel", pressure, put("valueQuantity", amount(129, "mmHg", "mm[Hg]"))),
    ("component without value and reason", pressure, lambda r: r["component"][1].pop("valueQuantity")),
    ("component's value as text", pressure, lambda r: r["component"][1].update(valueString="81")),
    ("panel under another code", pressure, lambda r: r["code"]["coding"][0].update(code="8480-6")),
    ("saturation in 1/1", saturation, put("valueQuantity", amount(0.97, "1", "1"))),
    ("resource unknown", heart_rate, put("resourceType", "HeartRate")),
    ("id with a blank", heart_rate, put("id", "a b")),
    ("identifier as text", heart_rate, put("identifier", ["x"])),
    ("note without text", heart_rate, put("note", [{"time": "2026-11-22T10:00:00Z"}])),
]


@pytest.mark.parametrize(("make", "damage"), [row[1:] for row in MORE], ids=[row[0] for row in MORE])
def test_more_damages_are_found(make: Callable[[], Resource], damage: Damage) -> None:
    found = make()
    damage(found)
    assert problems(found)


def test_the_golden_bundle_is_sound(golden: Recorded) -> None:
    assert problems(bundle(golden.facts)) == []


def entry(made: Resource, kind: str) -> Resource:
    return next(one for one in made["entry"] if one["resource"]["resourceType"] == kind)


def twice(made: Resource) -> None:
    made["entry"].append(copy.deepcopy(made["entry"][0]))


def sign(made: Resource) -> None:
    entry(made, "Composition")["resource"]["attester"] = [{"mode": "legal"}]


IN_BUNDLE: list[tuple[str, Damage]] = [
    ("a collection", lambda b: b.update(type="collection")),
    ("an unknown type", lambda b: b.update(type="mine")),
    ("an entry twice", twice),
    ("no request", lambda b: b["entry"][3].pop("request")),
    ("no condition", lambda b: b["entry"][3]["request"].pop("ifNoneExist")),
    ("request to another type", lambda b: b["entry"][3]["request"].update(url="Patient/1")),
    ("method SEND", lambda b: b["entry"][3]["request"].update(method="SEND")),
    ("fullUrl is no urn:uuid", lambda b: b["entry"][0].update(fullUrl="http://x/1")),
    ("patient is gone", lambda b: b["entry"].remove(entry(b, "Patient"))),
    ("class of the visit is gone", lambda b: entry(b, "Encounter")["resource"].pop("class")),
    ("visit done", lambda b: entry(b, "Encounter")["resource"].update(status="done")),
    ("procedure without subject", lambda b: entry(b, "Procedure")["resource"].pop("subject")),
    ("device active: yes", lambda b: entry(b, "Device")["resource"].update(status="yes")),
    ("metric without category", lambda b: entry(b, "DeviceMetric")["resource"].pop("category")),
    ("message without status", lambda b: entry(b, "Communication")["resource"].pop("status")),
    ("plan without intent", lambda b: entry(b, "CarePlan")["resource"].pop("intent")),
    ("goal without description", lambda b: entry(b, "Goal")["resource"].pop("description")),
    ("note without author", lambda b: entry(b, "Composition")["resource"].pop("author")),
    ("note signed", sign),
    ("section without anything", lambda b: entry(b, "Composition")["resource"]["section"][0].pop("text")),
    ("provenance without agent", lambda b: entry(b, "Provenance")["resource"].pop("agent")),
    ("provenance at no instant", lambda b: entry(b, "Provenance")["resource"].update(recorded="2026-11-22")),
    ("practitioner's name as text", lambda b: entry(b, "Practitioner")["resource"].update(name="Dr Berger")),
]


@pytest.mark.parametrize("damage", [row[1] for row in IN_BUNDLE], ids=[row[0] for row in IN_BUNDLE])
def test_damages_of_the_bundle_are_found(golden: Recorded, damage: Damage) -> None:
    made = bundle(golden.facts)
    damage(made)
    assert problems(made)


def test_every_required_element_of_what_we_send_is_missed(golden: Recorded) -> None:
    """Take away each element that the definitions require, wherever the bundle has it: always found."""
    rows = definitions()["types"]
    tried = 0
    for one in bundle(golden.facts)["entry"]:
        kind = one["resource"]["resourceType"]
        for name, row in rows[kind].items():
            if row[0] and name in one["resource"]:
                less = {key: value for key, value in one["resource"].items() if key != name}
                assert problems(less), f"{kind}.{name}"
                tried += 1
    assert tried > 100


def test_the_table_says_where_it_comes_from() -> None:
    sources = definitions()["sources"]
    assert [one["package"] for one in sources] == ["hl7.fhir.r4.examples", "hl7.fhir.us.vitals"]
    assert all(one["license"] == "CC0-1.0" and len(one["sha256"]) == 64 for one in sources)


@pytest.mark.parametrize("value", [None, [], "Observation", 1])
def test_what_is_no_resource_is_said(value: object) -> None:
    assert problems(value)
