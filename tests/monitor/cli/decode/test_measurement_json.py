"""Measurements as JSON: each kind of value once."""

import math
from datetime import UTC, datetime
from enum import IntEnum, IntFlag

import pytest

from monitor.cli.decode.measurement_json import as_json, measurement_json
from protocols.ble.codec.value import value
from protocols.ble.date_time import DateTime
from protocols.ble.ieee11073 import FLOAT_NRES, NAN, NEGATIVE_INFINITY, NRES, sfloat


class Colour(IntFlag):
    RED = 1
    BLUE = 4


class Grade(IntEnum):
    LOW = 0
    HIGH = 1


@value
class Nothing:
    """A measurement whose arrival is all it says."""


@value
class Pair:
    width_mm: float
    height_mm: float

    @property
    def area_mm2(self) -> float:
        return self.width_mm * self.height_mm


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (sfloat(36.4), 36.4),
        (NAN, "NaN"),
        (NRES, "NRes"),
        (FLOAT_NRES, "NRes"),
        (NEGATIVE_INFINITY, "-INF"),
        (math.nan, "NaN"),
        (math.inf, "+INF"),
        (b"\x00\xff", "00ff"),
        ((1, (2.5, None)), [1, [2.5, None]]),
        ({"v": b"\x01"}, {"v": "01"}),
        (Colour.RED | 8, {"set": ["red"], "bits": 9}),
        (Grade.HIGH, "high"),
        (True, True),
        ("text", "text"),
        (DateTime(2026, 3, 1, 12, 0, 59), "2026-03-01T12:00:59"),
        (datetime(2026, 3, 1, 12, 0, 59, tzinfo=UTC), "2026-03-01T12:00:59+00:00"),
        (Nothing(), {"kind": "Nothing"}),
        (Pair(width_mm=2.0, height_mm=3.0), {"width_mm": 2.0, "height_mm": 3.0, "area_mm2": 6.0}),
    ],
)
def test_each_kind_of_value(content: object, expected: object) -> None:
    assert as_json(content) == expected
    assert type(as_json(content)) is type(expected)


def test_a_single_value_gets_a_name_with_its_unit() -> None:
    assert measurement_json("battery.level", 85) == {"level_percent": 85}
    assert measurement_json("user_data.user_index", 2) == {"user_index": 2}
    assert measurement_json("test.colour", Colour.BLUE) == {"colour": {"set": ["blue"], "bits": 4}}
    assert list(measurement_json("test.pair", Pair(width_mm=1.0, height_mm=1.0))) == [
        "width_mm",
        "height_mm",
        "area_mm2",
    ]
