import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.yuwell import Values
from tests.support.refusals import does_not_fit, refused


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("fe0a5500525f1770cf", (Damage.TOO_SHORT, 9)),
        ("ff0a5500525f1770cf64", (Damage.HEADER, 0)),
        ("fe0b5500525f1770cf64", (Damage.LENGTH_FIELD, 1)),
        ("fe0a5600525f1770cf64", (Damage.UNKNOWN_CODE, 2)),
        ("fe0a5500525f1770cf65", (Damage.CHECKSUM, 9)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused("yuwell.values", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit("yuwell.values", Values(pulse_rate_per_min=256, spo2_percent=98))
    does_not_fit("yuwell.values", Values(pulse_rate_per_min=60, spo2_percent=98, bytes_6_to_8=b""))
