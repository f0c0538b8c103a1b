from datetime import datetime

import pytest

from protocols.ble.codec.errors import Damage, EncodeError
from protocols.ble.transtek import Account, Password, Random, Time, Verification, encode_message, verify
from tests.support.refusals import does_not_fit, refused


def test_the_answer_is_the_random_number_exclusive_or_the_password() -> None:
    answer = verify(Password(password=bytes.fromhex("11223344")), Random(number=bytes.fromhex("0f0f0f0f")))
    assert answer == Verification(number=bytes.fromhex("1e2d3c4b"))
    assert encode_message(answer).hex() == "201e2d3c4b"
    with pytest.raises(EncodeError):
        verify(Password(password=b""), Random(number=b""))


def test_time_counts_from_2010() -> None:
    assert Time(since_2010_s=86_400).to_datetime() == datetime(2010, 1, 2)  # noqa: DTZ001  # local by definition
    assert encode_message(Time(since_2010_s=1)).hex() == "0201000000"
    does_not_fit("transtek.message", Time(since_2010_s=2**32))


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("", (Damage.TOO_SHORT, 0)),
        ("2200", (Damage.TOO_LONG, 1)),
        ("a0010203", (Damage.TOO_SHORT, 4)),
        ("a2", (Damage.UNKNOWN_CODE, 0)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused("transtek.message", frame) == refusal


def test_numbers_have_four_bytes() -> None:
    does_not_fit("transtek.message", Account(number=b""))
