#!/bin/bash
# Does hl7apy escape the delimiters in a text that is put into a field?
#
# Guess, written down before the run (2026-12-01, 03:21): yes, all of | ^ & ~ \, since it escapes the field separator.
#
# Seen (hl7apy 1.3.5): only | is escaped. ^ and & of a text go out bare, and two other readers take them for
# components: "a^b&c" in an ST field comes back as a field of two components with a sub-component.
#
# Source: HL7 v2.5.1, chapter 2.7: delimiters inside data are sent as escape sequences (\S\ for ^, \T\ for &).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "hl7apy==1.3.5" "hl7==0.4.5"

"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import hl7
from hl7apy.core import Segment


def sent(text):
    segment = Segment("OBX", version="2.5.1")
    segment.obx_2 = "ST"
    segment.obx_5 = text
    return segment.to_er7()


header = "MSH|^~\\&|A|B|C|D|20261122||ORU^R01|1|P|2.5.1\r"
bare, escaped = sent("a^b&c"), sent("a|b")
field = hl7.parse(header + bare + "\r").segment("OBX")[5]
print("hl7apy", version("hl7apy"), "python-hl7", version("hl7"))
print("text a^b&c is sent as", bare)
print("text a|b is sent as", escaped)
print("python-hl7 reads", len(field[0]), "components")
assert bare.endswith("|a^b&c"), "hl7apy escapes ^ and & now"
assert escaped.endswith("|a\\F\\b"), "hl7apy no longer escapes |"
assert len(field[0]) == 2
PYTHON
