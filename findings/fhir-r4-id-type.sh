#!/bin/bash
# Does a check made of HL7's R4 definitions find a resource's id that has a blank in it?
#
# Guess, written down before the run (2026-12-01, 02:42): yes: Resource.id has the type id, whose pattern is in
# StructureDefinition-id.
#
# Seen (hl7.fhir.r4.examples 4.0.1): the definitions give Observation.id and Patient.id the type string, whose pattern
# takes anything. The form of an id ([A-Za-z0-9\-\.]{1,64}) has to be checked by hand.
#
# Source: the package's StructureDefinitions against FHIR R4, 2.24.0.1 "id".
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm pack --silent hl7.fhir.r4.examples@4.0.1 >/dev/null
tar xzf hl7.fhir.r4.examples-4.0.1.tgz package/StructureDefinition-Observation.json \
    package/StructureDefinition-Patient.json package/StructureDefinition-id.json

python3 - <<'PYTHON'
import json

for name in ("Observation", "Patient"):
    with open(f"package/StructureDefinition-{name}.json") as file:
        elements = json.load(file)["snapshot"]["element"]
    element = next(one for one in elements if one["id"] == f"{name}.id")
    kind = element["type"][0]["extension"][0]["valueUrl"]
    print("hl7.fhir.r4.examples 4.0.1:", f"{name}.id", "has the type", kind)
    assert kind == "string", "the definitions give it another type now"
PYTHON
