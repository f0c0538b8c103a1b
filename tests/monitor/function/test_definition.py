"""The tests as data: every file loads, names its sources, and asks for what its method needs."""

import pytest

from monitor.function.definition import Method, definition, names, possible_with
from monitor.function.errors import (
    ConditionError,
    ConditionsMissingError,
    PlacementMissingError,
    UnknownTestError,
)
from monitor.function.placement import Placement

# What the method of a test reads from its conditions.
NEEDS = {
    Method.LAPS: {"course_m"},
    Method.TIMED_WALK: {"course_m"},
    Method.CHAIR: {"arms_used", "chair_height_cm"},
    Method.UP_AND_GO: {"chair_height_cm", "aid"},
    Method.STANCE: {"side", "eyes"},
    Method.STEPS: {"support"},
    Method.GAIT: {"aid", "shoes"},
}


@pytest.mark.parametrize("name", names())
def test_every_test_loads_and_asks_for_what_its_method_needs(name: str) -> None:
    test = definition(name)
    assert test.name == name
    assert NEEDS[test.method] <= {condition.name for condition in test.conditions}
    assert "trial" in {condition.name for condition in test.conditions}
    assert test.prepare
    assert test.cannot_tell
    assert all(reference.source.text for reference in test.references)
    assert list(test.prompts) == sorted(test.prompts, key=lambda prompt: prompt.at_s)
    if test.duration_s is not None:
        assert all(prompt.at_s < test.duration_s for prompt in test.prompts)


def test_the_issue_of_a_missing_sensor_says_what_can_be_done_instead() -> None:
    with pytest.raises(PlacementMissingError) as caught:
        definition("timed_up_and_go").placed(frozenset({Placement.FOOT_LEFT}))
    assert "thigh_left or thigh_right" in str(caught.value)
    assert "gait" in caught.value.possible
    assert caught.value.possible == possible_with(frozenset({Placement.FOOT_LEFT}))


def test_without_any_sensor_only_what_taps_can_measure() -> None:
    possible = possible_with(frozenset())
    assert "six_minute_walk" in possible
    assert "five_times_sit_to_stand" not in possible


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"chair_height_cm": 10, "arms_used": "no", "trial": 1}, "chair_height_cm must be a number from 30"),
        ({"chair_height_cm": "high", "arms_used": "no", "trial": 1}, "chair_height_cm must be a number"),
        ({"chair_height_cm": 45, "arms_used": "perhaps", "trial": 1}, "arms_used must be no or yes"),
    ],
)
def test_a_condition_that_cannot_be(given: dict[str, str | float], expected: str) -> None:
    with pytest.raises(ConditionError, match=expected):
        definition("five_times_sit_to_stand").with_conditions(given)


def test_conditions_that_were_not_said() -> None:
    with pytest.raises(ConditionsMissingError, match="the height of the seat in cm, whether the arms"):
        definition("five_times_sit_to_stand").with_conditions({"trial": 1})


def test_an_unknown_test_lists_the_known_ones() -> None:
    with pytest.raises(UnknownTestError, match="timed_up_and_go"):
        definition("six_minute_wlak")
