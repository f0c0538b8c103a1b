"""The draft note as a Composition, and where everything comes from."""

from collections.abc import Sequence
from html import escape

from monitor.record.facts import SessionFacts, iso_utc
from monitor.record.fhir.build import Bundle, Resource, concept, ours, ref
from monitor.record.fhir.codes import LOINC
from monitor.record.fhir.people import Context
from monitor.record.render import soap

_EMPTY = "http://terminology.hl7.org/CodeSystem/list-empty-reason"


def add_note(
    made: Bundle, context: Context, *, observations: Sequence[str], alerts: Sequence[str], plan: str
) -> str:
    """S, O, A, P: preliminary, without attester; the assessment is the therapist's."""
    facts = made.facts
    sections = [
        _section("Subjective", "61150-9", soap.subjective(facts)),
        _section("Objective", "61149-1", soap.objective(facts), entries=[*observations, *alerts]),
        {
            **_section("Assessment", "51848-0", [soap.ASSESSMENT]),
            "emptyReason": {
                "coding": [{"system": _EMPTY, "code": "withheld", "display": "Information Withheld"}]
            },
        },
        _section("Plan", "18776-5", soap.plan(facts), entries=[plan]),
    ]
    return made.add_session_fact(
        {
            "resourceType": "Composition",
            "status": "preliminary",
            "type": concept([(LOINC, "11506-3")]),
            "subject": ref(context.patient),
            "encounter": ref(context.encounter),
            "date": facts.utc(facts.duration_s),
            "author": [ref(context.gateway)],
            "title": "Exercise session: draft, not signed",
            "section": sections,
        },
        "note",
    )


def _section(title: str, code: str, lines: Sequence[str], *, entries: Sequence[str] = ()) -> Resource:
    text = escape("\n".join(lines), quote=False)
    return {
        "title": title,
        "code": concept([(LOINC, code)]),
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><pre>{text}</pre></div>',
        },
        **({"entry": [ref(entry) for entry in entries]} if entries else {}),
    }


def add_amendments(made: Bundle, context: Context) -> list[str]:
    """Each correction as an Observation of its own that points at what it corrects.

    What a server has already is not created again, so a later correction must be a resource that it has not.
    """
    found = []
    for one in made.facts.amendments:
        corrected = made.session_fact(one.fact_id)
        found.append(
            made.add_session_fact(
                {
                    "resourceType": "Observation",
                    "status": "final",
                    "code": ours("correction", f"correction {one.number} of {one.fact_id}"),
                    "subject": ref(context.patient),
                    **({} if corrected is None else {"focus": [ref(corrected)]}),
                    "encounter": ref(context.encounter),
                    "effectiveDateTime": iso_utc(one.at_utc_ns),
                    "valueString": one.correction,
                    "note": [{"authorString": one.by, "time": iso_utc(one.at_utc_ns), "text": one.reason}],
                },
                f"amendment-{one.number}",
            )
        )
    return found


def add_provenance(made: Bundle, context: Context, *, targets: Sequence[str]) -> None:
    """The gateway assembled it; an author is named when somebody signs, elsewhere."""
    facts: SessionFacts = made.facts
    made.add_provenance(
        {
            "resourceType": "Provenance",
            "target": [ref(target) for target in targets],
            "recorded": facts.utc(facts.duration_s),
            "agent": [
                {
                    "type": {
                        "coding": [
                            {
                                "system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
                                "code": "assembler",
                                "display": "Assembler",
                            }
                        ]
                    },
                    "who": ref(context.gateway),
                }
            ],
        }
    )
