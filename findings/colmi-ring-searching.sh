#!/bin/bash
# What does a Colmi ring's own client say while the ring has no reading yet?
#
# Guess, written down before the run (2026-12-01, 02:45): for a packet 69 01 00 00 (heart rate, no error, no value)
# colmi-r02-client gives nothing, or None for the value.
#
# Seen: a Reading of 0, which nothing in its type tells from a measured value. The client's own loop for live values
# knows, and leaves zeros out; whoever calls the parser must know it too.
#
# Source of the packet: the documented layout (command, kind, error, value, zeros, sum of all bytes) in the package and
# in its tests, whose packet with a value differs in that byte and the sum only.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
# The package asks for a bleak and a user interface that reading a packet does not need.
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install --no-deps "colmi-r02-client==0.1.0"

"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from colmi_r02_client.packet import make_packet
from colmi_r02_client.real_time_hr import Reading, parse_heart_rate

print("colmi-r02-client", version("colmi-r02-client"))
searching = make_packet(0x69, bytearray([1, 0, 0]))
measured = make_packet(0x69, bytearray([1, 0, 72]))
seen = parse_heart_rate(searching), parse_heart_rate(measured)
print("searching:", searching.hex(" "), "->", seen[0])
print("measured: ", measured.hex(" "), "->", seen[1])
if seen != (Reading(kind=1, value=0), Reading(kind=1, value=72)):
    raise SystemExit("the behaviour has changed")
PYTHON
