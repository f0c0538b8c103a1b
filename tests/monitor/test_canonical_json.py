import json
import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import canonical_json


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    TOP = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    name: str
    colour: Colour
    parts: tuple[float | None, ...]
    raw: bytes
    words: frozenset[str]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def test_one_text_for_a_value() -> None:
    value = Value(
        name="é", colour=Colour.RED, parts=(1.0, None, 0.1), raw=b"\x00\xff", words=frozenset({"b", "a"})
    )
    assert canonical_json.encode(value) == (
        '{"colour":"red","name":"\\u00e9","parts":[1.0,null,0.1],"raw":"00ff","words":["a","b"]}'
    )


@given(json_values)
def test_json_values_come_back_equal(value: Any) -> None:
    text = canonical_json.encode(value)
    assert json.loads(text) == value
    assert canonical_json.encode(json.loads(text)) == text
    assert text.isascii()
    assert "\n" not in text


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_the_order_of_making_does_not_show(value: dict[str, int]) -> None:
    assert canonical_json.encode(dict(reversed(value.items()))) == canonical_json.encode(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (math.nan, '"NaN"'),
        (math.inf, '"Infinity"'),
        (-math.inf, '"-Infinity"'),
        (-0.0, "-0.0"),
        (Level.TOP, "3"),
        ({Colour.RED: 1}, '{"red":1}'),
        (np.float64(0.5), "0.5"),
        (np.int64(7), "7"),
        (np.array([[1, 2], [3, 4]]), "[[1,2],[3,4]]"),
        ({3, 1, 2}, "[1,2,3]"),
        (True, "true"),
    ],
)
def test_what_json_does_not_have(value: Any, text: str) -> None:
    assert canonical_json.encode(value) == text


@pytest.mark.parametrize("value", [object(), {1: 2}, Value, 1j])
def test_what_has_no_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical_json.encode(value)
