"""Omron's manufacturer data: captured samples, who has new readings, and each damage."""

from dataclasses import replace

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.omron_advertisement import (
    ManufacturerData,
    Status,
    UserCounter,
    decode_manufacturer_data,
)
from tests.support.refusals import does_not_fit, refused

MESSAGE = "omron_advertisement.manufacturer_data"


def test_two_users_and_their_counters() -> None:
    data = decode_manufacturer_data(bytes.fromhex("0109b80064000000"))
    assert (data.users, data.status) == (2, Status.PAIRING_MODE)
    assert data.counters == (UserCounter(sequence=184, records=100), UserCounter(sequence=0, records=0))


def test_the_last_count_may_be_missing() -> None:
    data = decode_manufacturer_data(bytes.fromhex("0101d002641100"))
    assert data.counters == (UserCounter(sequence=720, records=100), UserCounter(sequence=17, records=None))


def test_counters_of_fewer_users_than_stated_are_those_that_came() -> None:
    data = decode_manufacturer_data(bytes.fromhex("0101123456"))
    assert (data.users, data.counters) == (2, (UserCounter(sequence=0x3412, records=0x56),))
    assert refused(MESSAGE, "01011234") == (Damage.LENGTH_FIELD, 1)


def test_other_formats_have_no_counters() -> None:
    data = decode_manufacturer_data(bytes.fromhex("08000800f10008000001"))
    assert (data.format, data.users, data.counters) == (8, 1, ())
    assert decode_manufacturer_data(bytes.fromhex("032000")).content == bytes(1)


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        ("0100", (Damage.TOO_SHORT, 2)),
        ("00" * 28, (Damage.TOO_LONG, 27)),
        ("040000", (Damage.UNKNOWN_CODE, 0)),
        ("010164000000", (Damage.LENGTH_FIELD, 1)),
        ("08000800f100080000", (Damage.LENGTH_FIELD, 1)),
        ("08020800f10008000001", (Damage.LENGTH_FIELD, 1)),
    ],
)
def test_each_damage_is_named_and_placed(frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(MESSAGE, frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    fitting = ManufacturerData(format=1, users=1, status=Status(0), content=bytes(3))
    for change in (
        {"format": 4},
        {"users": 0},
        {"users": 5},
        {"users": 2, "content": bytes(4)},
        {"content": b""},
        {"content": bytes(26)},
        {"status": Status(1)},
        {"status": Status(0x100)},
    ):
        does_not_fit(MESSAGE, replace(fitting, **change))  # type: ignore[arg-type]
