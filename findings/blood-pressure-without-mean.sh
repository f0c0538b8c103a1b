#!/bin/bash
# What does a library make of a cuff's reading without a mean pressure (2A35, mean = NaN)?
#
# Guess, written down before this script was run (2026-12-01, 03:49): 128/78 with a mean of NaN, for many cuffs do not
# measure a mean and the profile names NaN for it.
#
# Seen: bluetooth-sig 0.6.0 raises an error for the whole reading, "nan mmHg is outside valid range": a crisis of 212/121
# from such a cuff cannot be read at all. (A failed reading, NaN throughout, raises the same.)
#
# Source of the frame: the Blood Pressure Service 1.1.1, table 3.1 (flags, three SFLOATs, pulse), made by hand; that the
# special values are allowed is IEEE 11073-20601, 8.11.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "bluetooth-sig==0.6.0"

"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

from bluetooth_sig.gatt.characteristics.blood_pressure_measurement import BloodPressureMeasurementCharacteristic

print("bluetooth-sig", version("bluetooth-sig"))
whole = BloodPressureMeasurementCharacteristic().parse_value(bytearray.fromhex("04d400790097004600"))
print("212/121, mean 151:", whole.systolic, whole.diastolic)
try:
    print(BloodPressureMeasurementCharacteristic().parse_value(bytearray.fromhex("04d4007900ff074600")))
except Exception as error:
    print("212/121, no mean:", type(error).__name__, error)
    if "nan" not in str(error):
        raise SystemExit("the behaviour has changed") from error
else:
    raise SystemExit("the behaviour has changed")
PYTHON
