#!/bin/bash
# What does python-hl7 make of a line break when it escapes a text?
#
# Guess, written down before the run (2026-12-01, 03:21): \.br\ (the formatting command of FT) or \X0A\ (two hex digits).
#
# Seen (hl7 0.4.5): "\X a\": a blank and one digit. Its own unescape takes that back; a reader that expects pairs of
# hexadecimal digits, as the standard has them, cannot.
#
# Source: HL7 v2.5.1, chapter 2.7.6: \Xdd..\ holds pairs of hexadecimal digits.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "hl7==0.4.5"

"$folder/venv/bin/python" - <<'PYTHON'
import logging
from importlib.metadata import version

import hl7

logging.disable(logging.CRITICAL)
message = hl7.parse("MSH|^~\\&|A|B|C|D|20261122||ORU^R01|1|P|2.5.1\r")
escaped = message.escape("a\nb")
back = message.unescape(escaped)
print("python-hl7", version("hl7"))
print("a, line break, b is escaped as", repr(escaped))
print("and read back by the same library as", repr(back))
assert escaped == "a\\X a\\b", "a line break is escaped in another way now"
try:
    bytes.fromhex("".join(escaped.split("\\")[1][1:].split(" ")))
except ValueError as error:
    print("as pairs of hexadecimal digits:", error)
else:
    raise SystemExit("it is pairs of hexadecimal digits now")
PYTHON
