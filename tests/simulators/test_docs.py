"""docs/simulators.md is complete: what it lists is what there is, and its example can be played."""

import re
from pathlib import Path

import pytest

from simulators.faults.kinds import FAULTS
from simulators.movement.exercises import EXERCISES
from simulators.patient.profiles import PROFILES
from simulators.peripherals.catalog import FAMILIES
from simulators.scenario import timeline as scenario_timeline
from simulators.scenario.loader import built_in, load, parse

PAGE = (Path(__file__).parents[2] / "docs" / "simulators.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading, up to the next one."""
    start = PAGE.index(f"# {title}\n")
    end = PAGE.find("\n#", start + 1)
    return PAGE[start : end if end > 0 else len(PAGE)]


def rows(title: str) -> dict[str, str]:
    """The table under a heading: first cell's name -> the whole line."""
    return {name: line for line in section(title).splitlines() for name in re.findall(r"^\| `([^`]+)`", line)}


@pytest.mark.parametrize(
    ("title", "names"), [("Exercises", EXERCISES), ("Faults", FAULTS), ("The library", built_in())]
)
def test_a_table_lists_what_there_is(title: str, names: object) -> None:
    assert set(rows(title)) == set(names)  # type: ignore[call-overload]


def test_the_library_says_which_rules_a_scenario_shows() -> None:
    for name, line in rows("The library").items():
        scenario = load(name)
        assert scenario.title in line
        _, _, _, fires, near, _ = line.split("|")
        assert set(fires.split()) == {alert.rule for alert in scenario.expect.alerts}
        assert tuple(near.split()) == scenario.expect.near


def test_every_family_and_profile_is_named() -> None:
    products = section("The products")
    assert {name for name in FAMILIES if f"`{name}`" not in products} == set()
    assert {name for name in PROFILES if f"`{name}`" not in section("Profiles")} == set()


def test_the_example_can_be_played() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    scenario = parse(text, Path("second-set.toml"))
    assert scenario.profile.resting_spo2_percent == 94
    assert [entry.do for entry in scenario.timeline] == ["measure", "set", "fault"]


def test_every_entry_of_a_timeline_is_described_with_its_keys() -> None:
    entries = [
        kind
        for kind in vars(scenario_timeline).values()
        if isinstance(kind, type) and issubclass(kind, scenario_timeline.Strict) and "do" in kind.model_fields
    ]
    described = rows("Write a scenario")
    assert len(entries) == len(described) == 8
    for kind in entries:
        (verb,) = kind.model_fields["do"].annotation.__args__  # type: ignore[union-attr]
        for key in set(kind.model_fields) - {"at_s", "do"}:
            assert f"`{key}`" in described[verb], f"{verb}: {key}"
