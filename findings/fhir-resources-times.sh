#!/bin/bash
# Does a time with milliseconds and offset come out of fhir.resources as it was written?
#
# Guess, written down before the run (2026-12-01, 03:21): yes, 2026-11-22T10:00:00.100+01:00 comes out as it went in.
#
# Seen (fhir.resources 8.3.0): it comes out as 10:00:00.100000+01:00. In FHIR the digits of a time say how exactly it is
# known, and a signature covers the bytes: what is signed must be what was sent, not the model's dump.
#
# Source: FHIR R4, 2.24.0.1 dateTime and instant; the text that went in against the text that came out.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "fhir.resources==8.3.0"

"$folder/venv/bin/python" - <<'PYTHON'
import json
from importlib.metadata import version

from fhir.resources.R4B.observation import Observation

sent = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "heart rate"},
    "effectiveDateTime": "2026-11-22T10:00:00.100+01:00",
}
read = json.loads(Observation.model_validate(sent).model_dump_json())
print("fhir.resources", version("fhir.resources"))
print(sent["effectiveDateTime"], "comes out as", read["effectiveDateTime"])
assert read["effectiveDateTime"] == "2026-11-22T10:00:00.100000+01:00", "the time is kept now"
PYTHON
