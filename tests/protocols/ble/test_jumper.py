import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.jumper import Pleth, Values
from tests.support.refusals import does_not_fit, refused

NOTIFICATION = "jumper.notification"


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("", (Damage.TOO_SHORT, 0)),
        ("80", (Damage.TOO_SHORT, 1)),
        ("813863", (Damage.TOO_SHORT, 3)),
        ("8138634400", (Damage.TOO_LONG, 4)),
        ("82386344", (Damage.UNKNOWN_CODE, 0)),
        ("80" + "00" * 20, (Damage.TOO_LONG, 20)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(NOTIFICATION, frame) == refusal


@pytest.mark.parametrize(
    "value",
    [
        Pleth(samples=()),
        Pleth(samples=(0,) * 20),
        Values(pulse_rate_per_min=255, spo2_percent=98, perfusion_index_percent=1.0),
        Values(pulse_rate_per_min=60, spo2_percent=127, perfusion_index_percent=1.0),
        Values(pulse_rate_per_min=60, spo2_percent=98, perfusion_index_percent=25.6),
    ],
)
def test_values_that_do_not_fit_are_refused(value: Values | Pleth) -> None:
    does_not_fit(NOTIFICATION, value)
