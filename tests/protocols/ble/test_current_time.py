from datetime import datetime

import pytest

from protocols.ble.codec.errors import Damage, DecodeError, EncodeError
from protocols.ble.current_time import (
    AdjustReason,
    CurrentTime,
    DayOfWeek,
    decode_current_time,
    decode_local_time_information,
    encode_current_time,
    encode_local_time_information,
)
from protocols.ble.date_time import DateTime
from tests.support.samples import EXTRA


def test_from_datetime_knows_the_day_and_the_fraction() -> None:
    instant = datetime(2026, 3, 1, 12, 0, 59, 500_000)  # noqa: DTZ001  # devices send no zone
    current = CurrentTime.from_datetime(instant, AdjustReason.EXTERNAL_REFERENCE)
    assert current.date_time == DateTime(2026, 3, 1, 12, 0, 59)
    assert current.day_of_week is DayOfWeek.SUNDAY
    assert current.fractions_1_256_s == 128
    assert encode_current_time(current).hex() == "ea0703010c003b078002"


def test_reserved_values_are_refused_where_they_stand() -> None:
    with pytest.raises(DecodeError) as day:
        decode_current_time(bytes.fromhex("e10701040b262d080102"))
    assert (day.value.damage, day.value.offset, day.value.field) == (Damage.VALUE, 7, "day_of_week")
    with pytest.raises(DecodeError) as saving:
        decode_local_time_information(b"\x00\x03")
    assert (saving.value.damage, saving.value.offset) == (Damage.VALUE, 1)


def test_values_that_do_not_fit_are_refused() -> None:
    clock = DateTime(2026, 3, 1, 12, 0, 59)
    with pytest.raises(EncodeError):
        encode_current_time(CurrentTime(date_time=clock, fractions_1_256_s=256))
    (zone,) = EXTRA["current_time.local_time_information"]
    with pytest.raises(EncodeError):
        encode_local_time_information(type(zone)(time_zone_15_min=200, daylight_saving=zone.daylight_saving))
