import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.date_time import DateTime
from protocols.ble.yonker import Progress, Result, decode_notification
from tests.support.refusals import does_not_fit, refused

MINUTE = DateTime(2026, 3, 1, 12, 34, 0)


def test_progress_carries_the_pressure_in_its_third_byte() -> None:
    assert decode_notification(bytes.fromhex("8000" + "96" + "00" * 12)) == Progress(cuff_pressure_mmhg=150)


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("81" * 14, (Damage.TOO_SHORT, 14)),
        ("81" * 16, (Damage.TOO_LONG, 15)),
        ("7f" * 15, (Damage.UNKNOWN_CODE, 0)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused("yonker.notification", frame) == refusal


@pytest.mark.parametrize(
    "value",
    [
        Progress(cuff_pressure_mmhg=256),
        Progress(cuff_pressure_mmhg=1, bytes_3_to_14=b""),
        Result(systolic_mmhg=256, diastolic_mmhg=80, pulse_rate_per_min=60, timestamp=MINUTE),
        Result(
            systolic_mmhg=120,
            diastolic_mmhg=80,
            pulse_rate_per_min=60,
            timestamp=DateTime(2026, 3, 1, 12, 0, 1),
        ),
        Result(
            systolic_mmhg=120,
            diastolic_mmhg=80,
            pulse_rate_per_min=60,
            timestamp=DateTime(1999, 3, 1, 12, 0, 0),
        ),
        Result(systolic_mmhg=120, diastolic_mmhg=80, pulse_rate_per_min=60, timestamp=MINUTE, bytes_4_5=b""),
    ],
)
def test_values_that_do_not_fit_are_refused(value: Progress | Result) -> None:
    does_not_fit("yonker.notification", value)
