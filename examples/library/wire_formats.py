"""Wire formats both ways, without a radio: bytes to a measurement and back."""

from protocols.ble.codec.errors import DecodeError
from protocols.ble.pulse_oximeter import decode_continuous, encode_continuous

measurement = decode_continuous(bytes.fromhex("0062004800"))
print(f"SpO2 {measurement.spo2_percent:g} %, pulse {measurement.pulse_rate_per_min:g}/min")
assert encode_continuous(measurement).hex() == "0062004800"
try:
    decode_continuous(b"\x00")
except DecodeError as error:
    print(f"refused: {error.damage} at byte {error.offset}")
