import copy
import dataclasses
import inspect
import pickle

import pytest

from protocols.ble.codec.value import value


@value
class Point:
    """A value by name."""

    x: int
    y: int = 2
    how: str = dataclasses.field(default="sent", compare=False, repr=False)

    @property
    def sum(self) -> int:
        return self.x + self.y


@value(kw_only=False)
class Pair:
    """A value by position."""

    first: float
    second: float | None = None


@value
class Nothing:
    """A value without fields."""


def test_it_is_a_frozen_dataclass_with_slots() -> None:
    point = Point(x=1)
    assert dataclasses.is_dataclass(point)
    assert [field.name for field in dataclasses.fields(point)] == ["x", "y", "how"]
    assert not hasattr(point, "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 3  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    assert Point.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_defaults_names_and_positions() -> None:
    assert Point(x=1) == Point(x=1, y=2)
    assert Pair(1.0, 2.0) == Pair(second=2.0, first=1.0)
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[misc]
    with pytest.raises(TypeError):
        Point()  # type: ignore[call-arg]


def test_equality_and_hash_go_by_class_and_compared_fields() -> None:
    assert Point(x=1, how="a") == Point(x=1, how="b")
    assert hash(Point(x=1, how="a")) == hash(Point(x=1, how="b"))
    assert Point(x=1) != Point(x=2)
    assert Point(x=1) != (1, 2)
    assert Pair(1.0) != Point(x=1)
    assert Nothing() == Nothing()
    assert len({Pair(1.0), Pair(1.0), Pair(2.0)}) == 2


def test_one_nan_equals_itself() -> None:
    nan = float("nan")
    assert Pair(nan) == Pair(nan)


def test_repr_shows_the_class_and_its_fields() -> None:
    assert repr(Point(x=1)) == "Point(x=1, y=2)"
    assert repr(Nothing()) == "Nothing()"


def test_dataclasses_own_tools_work() -> None:
    point = Point(x=1)
    assert dataclasses.replace(point, y=5) == Point(x=1, y=5)
    assert dataclasses.asdict(point) == {"x": 1, "y": 2, "how": "sent"}


def test_copies_and_pickles_are_equal() -> None:
    pair = Pair(1.0, None)
    assert copy.deepcopy(pair) == copy.copy(pair) == pickle.loads(pickle.dumps(pair)) == pair  # noqa: S301


def test_matching_and_properties_work() -> None:
    match Pair(1.0, 2.0):
        case Pair(first, second):
            assert (first, second) == (1.0, 2.0)
    assert Point(x=1).sum == 3


def test_the_first_instance_is_built_like_all_others() -> None:
    @value
    class Fresh:
        x: int
        y: int = 2

    with pytest.raises(TypeError, match="x"):
        Fresh()  # type: ignore[call-arg]

    @value(kw_only=False)
    class Another:
        x: int
        y: int = 2

    assert (Another(1).y, Another(1, 3).y) == (2, 3)
    assert list(inspect.signature(Another).parameters) == ["x", "y"]
