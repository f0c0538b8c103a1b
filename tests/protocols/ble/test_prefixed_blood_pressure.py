from dataclasses import replace

from protocols.ble.codec.errors import Damage
from protocols.ble.prefixed_blood_pressure import decode_measurement
from tests.support.refusals import does_not_fit, refused

FRAME = "fe202700750055005f00e407091810093a690001"


def test_damage_and_values_that_do_not_fit() -> None:
    assert refused("prefixed_blood_pressure.measurement", FRAME[:-2]) == (Damage.TOO_SHORT, 19)
    assert refused("prefixed_blood_pressure.measurement", "ff" + FRAME[2:]) == (Damage.HEADER, 0)
    reading = decode_measurement(bytes.fromhex(FRAME))
    does_not_fit("prefixed_blood_pressure.measurement", replace(reading, user_id=256))
    does_not_fit("prefixed_blood_pressure.measurement", replace(reading, prefix=b""))
