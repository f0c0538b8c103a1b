#!/bin/bash
# What does a library make of an oximeter's 97 % and 72 per minute (PLX Continuous Measurement, 2A5F)?
#
# Guess, written down before this script was run (2026-12-01, 03:48): 97 and 72, for "6100" and "4800" are SFLOATs with
# exponent 0; and a fast pair of NaN beside them comes as NaN (XCSoar #2972 reports devices that announce a fast pair
# and do not fill it).
#
# Seen: bluetooth-sig 0.6.0 gives 9.7e-07 and 7.2e-07, a hundred-millionth of what the device shows; the pair 127/255
# that makers send without a finger comes as 1.27e-06 and 2.55e-06. NaN comes as NaN. Who reads with it has to look at
# one known value first.
#
# Source of the frames: the Pulse Oximeter Service 1.0.1, table 3.3 (flags, then pairs of SFLOATs, IEEE 11073-20601
# annex F: 4 bits of exponent, 12 of mantissa); the pair without a finger is a capture in esp32-ble2mqtt #157.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" --quiet --disable-pip-version-check install "bluetooth-sig==0.6.0"

"$folder/venv/bin/python" - <<'PYTHON'
import math
from importlib.metadata import version

from bluetooth_sig.gatt.characteristics.plx_continuous_measurement import PLXContinuousMeasurementCharacteristic

print("bluetooth-sig", version("bluetooth-sig"))
said = PLXContinuousMeasurementCharacteristic().parse_value(bytearray.fromhex("0161004800ff07ff07"))
bare = PLXContinuousMeasurementCharacteristic().parse_value(bytearray.fromhex("007f00ff00"))
print("97 % and 72 /min, fast pair NaN:", said.spo2, said.pulse_rate, said.spo2_fast, said.pulse_rate_fast)
print("no finger, 127 and 255:", bare.spo2, bare.pulse_rate)
tiny = math.isclose(said.spo2, 97e-8) and math.isclose(said.pulse_rate, 72e-8) and math.isclose(bare.spo2, 127e-8)
if not (tiny and math.isnan(said.spo2_fast)):
    raise SystemExit("the behaviour has changed")
PYTHON
