from datetime import datetime

import pytest

from protocols.ble.codec.errors import EncodeError
from protocols.ble.date_time import DateTime, encode_date_time


def test_a_set_clock_is_a_datetime_and_back() -> None:
    instant = datetime(2026, 2, 28, 23, 59, 58)  # noqa: DTZ001  # devices send no zone
    clock = DateTime.from_datetime(instant)
    assert clock == DateTime(2026, 2, 28, 23, 59, 58)
    assert clock.to_datetime() == instant
    assert clock.isoformat() == "2026-02-28T23:59:58"


@pytest.mark.parametrize(
    "clock", [DateTime(0, 4, 17, 20, 41, 59), DateTime(2026, 0, 0, 1, 2, 3), DateTime(2026, 2, 30, 0, 0, 0)]
)
def test_an_unset_or_impossible_clock_is_no_datetime_but_no_error(clock: DateTime) -> None:
    assert clock.to_datetime() is None


def test_what_does_not_fit_its_byte_is_refused() -> None:
    with pytest.raises(EncodeError, match="date_time"):
        encode_date_time(DateTime(2026, 1, 1, 0, 0, 256))
