from pathlib import Path

import pytest

from simulators.errors import (
    ScenarioError,
    ScenarioInvalidError,
    ScenarioNotFoundError,
    SimulatorError,
    UnknownNameError,
)
from simulators.scenario.loader import built_in, load, parse

GOOD = """
name = "a-scenario"
title = "A scenario"
seed = 1
duration_s = 120
[[devices]]
name = "finger"
family = "pulse_oximeter"
role = "oximeter"
[[devices]]
name = "cuff"
family = "blood_pressure"
role = "cuff"
"""


def problems(text: str) -> dict[str, str]:
    """What is wrong with a scenario: key path -> what was expected."""
    with pytest.raises(ScenarioInvalidError) as caught:
        parse(text, Path("mine.toml"))
    error = caught.value
    assert error.path == Path("mine.toml")
    assert str(error).startswith("mine.toml: ")
    assert all(f"mine.toml: {one.key}: {one.expected}" in str(error) for one in error.problems)
    return {one.key: one.expected for one in error.problems}


def with_entry(entry: str) -> str:
    return GOOD + "[[timeline]]\n" + entry


def test_a_good_scenario_is_read() -> None:
    scenario = parse(GOOD, Path("mine.toml"))
    assert scenario.device("cuff").family == "blood_pressure"
    assert scenario.profile.name == "general"
    with pytest.raises(UnknownNameError, match="finger"):
        scenario.device("strap")


def test_constants_of_the_profile_can_be_changed() -> None:
    text = GOOD + '[patient]\nprofile = "copd"\n[patient.constants]\nresting_spo2_percent = 91\n'
    profile = parse(text, Path("mine.toml")).profile
    assert profile.resting_spo2_percent == 91
    assert profile.name == "copd"


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("name = 3 4\n", "TOML", "line 1"),
        (GOOD.replace("seed = 1\n", ""), "seed", "required"),
        (GOOD + "spede = 2\n", "devices[1].spede", "no such key"),
        (GOOD.replace("seed = 1", "seed = 1\nspede = 2"), "spede", "no such key"),
        (GOOD.replace("duration_s = 120", "duration_s = -1"), "duration_s", "greater than 0, got -1"),
        (GOOD.replace("duration_s = 120", 'duration_s = "long"'), "duration_s", "'long'"),
        (GOOD.replace('role = "cuff"', 'role = "stethoscope"'), "devices[1].role", "oximeter"),
        (GOOD.replace('name = "cuff"', 'name = "finger"'), "devices[1].name", "second device"),
        (GOOD + '[patient]\nprofile = "athlete"\n', "patient.profile", "beta_blocked"),
        (GOOD + "[patient.constants]\nshoe_size = 44\n", "patient.constants", "resting_spo2_percent"),
        (GOOD + '[motion]\nresting = "plank"\n', "motion.resting", "knee_extension"),
        (with_entry('at_s = 5\ndo = "dance"\n'), "timeline[0].do", "fault, command"),
        (with_entry('at_s = 5\ndevice = "cuff"\n'), "timeline[0].do", "required: one of"),
        (
            with_entry('at_s = 5\ndo = "measure"\ndevice = "cuff"\nfrom_s = 2\n'),
            "timeline[0].from_s",
            "expected one of: at_s, do, device",
        ),
        (GOOD + "[expect]\nallow = []\n", "expect.allow", "did you mean 'allowed'?"),
        (
            GOOD + '[[expect.alerts]]\nrule = "G1"\nafter_s = 2\nbefore_s = 10\npriorty = "low"\n',
            "expect.alerts[0].priorty",
            "did you mean 'priority'?",
        ),
        (with_entry('do = "measure"\ndevice = "cuff"\n'), "timeline[0].at_s", "required"),
        (with_entry('at_s = 500\ndo = "measure"\ndevice = "cuff"\n'), "timeline[0].at_s", "end at 120 s"),
        (with_entry('at_s = -5\ndo = "measure"\ndevice = "cuff"\n'), "timeline[0].at_s", "got -5"),
        (with_entry('at_s = 5\ndo = "measure"\ndevice = "coff"\n'), "timeline[0].device", "finger, cuff"),
        (with_entry('at_s = 5\ndo = "measure"\ndevice = "finger"\n'), "timeline[0].device", "not a cuff"),
        (
            with_entry('at_s = 5\ndo = "fault"\nfault = "gremlins"\nfor_s = 1\n'),
            "timeline[0].fault",
            "link_loss",
        ),
        (
            with_entry('at_s = 5\ndo = "fault"\nfault = "link_loss"\nfor_s = 0\ndevice = "cuff"\n'),
            "timeline[0].for_s",
            "greater than 0",
        ),
        (
            with_entry('at_s = 5\ndo = "fault"\nfault = "link_loss"\nfor_s = 1\n'),
            "timeline[0].device",
            "happens to a device",
        ),
        (
            with_entry(
                'at_s = 5\ndo = "fault"\nfault = "delay"\nfor_s = 1\ndevice = "cuff"\n'
                "numbers = { share = 1 }\n"
            ),
            "timeline[0].numbers.share",
            "delay_s",
        ),
        (
            with_entry(
                'at_s = 5\ndo = "fault"\nfault = "freeze"\nfor_s = 1\ndevice = "cuff"\nnumbers = { x = 1 }\n'
            ),
            "timeline[0].numbers.x",
            "no numbers",
        ),
        (
            with_entry('at_s = 5\ndo = "fault"\nfault = "low_perfusion"\nfor_s = 1\ndevice = "cuff"\n'),
            "timeline[0].device",
            "'cuff' is cuff",
        ),
        (
            with_entry('at_s = 5\ndo = "set"\nexercise = "plank"\nrepetitions = 3\n'),
            "timeline[0].exercise",
            "squat",
        ),
        (
            with_entry('at_s = 5\ndo = "set"\nexercise = "elbow_flexion"\nrepetitions = 3\n'),
            "timeline[0].exercise",
            "an exercise of the knee",
        ),
        (
            with_entry('at_s = 5\ndo = "vital"\nvital = "mood"\ntarget = 3\nfor_s = 9\n'),
            "timeline[0].vital",
            "spo2_percent",
        ),
        (
            GOOD + '[[expect.alerts]]\nrule = "G1"\nafter_s = 20\nbefore_s = 10\n',
            "expect.alerts[0]",
            "later than after_s",
        ),
        (
            GOOD + '[[expect.alerts]]\nrule = "G1"\nafter_s = 200\nbefore_s = 210\n',
            "expect.alerts[0].after_s",
            "before the end",
        ),
        (
            with_entry('at_s = 5\ndo = "set"\nexercise = "squat"\nrepetitions = 3\n')
            + '[[timeline]]\nat_s = 6\ndo = "set"\nexercise = "squat"\nrepetitions = 3\n',
            "timeline[1].at_s",
            "busy until",
        ),
    ],
)
def test_a_wrong_scenario_names_the_file_the_key_and_what_was_expected(
    text: str, key: str, expected: str
) -> None:
    found = problems(text)
    assert key in found, found
    assert expected in found[key]


def test_every_problem_of_a_file_is_told_at_once() -> None:
    text = GOOD.replace("seed = 1", 'seed = "x"').replace('role = "cuff"', 'role = "x"')
    assert set(problems(text)) == {"seed", "devices[1].role"}


def test_a_scenario_is_found_by_name_or_path(tmp_path: Path) -> None:
    assert load("knee-extension").name == "knee-extension"
    mine = tmp_path / "mine.toml"
    mine.write_text(GOOD, encoding="utf-8")
    assert load(mine).name == "a-scenario"
    assert load(str(mine)).name == "a-scenario"
    assert list(built_in()) == sorted(built_in())


def test_a_missing_scenario_names_the_built_in_ones() -> None:
    with pytest.raises(ScenarioNotFoundError, match="knee-extension") as caught:
        load("nee-extension")
    assert caught.value.name == "nee-extension"
    assert caught.value.known == built_in()
    assert isinstance(caught.value, ScenarioError)
    assert isinstance(caught.value, SimulatorError)


@pytest.mark.parametrize(("content", "words"), [(b"\xff\xfename", "UTF-8"), (None, "Is a directory")])
def test_a_file_that_is_no_text_is_said_in_one_sentence(
    content: bytes | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.toml"
    if content is None:
        # Read as a folder would be: permissions do not stop a superuser.
        path.mkdir()
        monkeypatch.setattr(Path, "is_file", lambda _: True)
    else:
        path.write_bytes(content)
    with pytest.raises(ScenarioInvalidError, match=words) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: (file): ")


def test_a_misspelt_scenario_is_guessed() -> None:
    with pytest.raises(ScenarioNotFoundError, match="did you mean 'knee-extension'"):
        load("knee-extention")
    with pytest.raises(ScenarioNotFoundError, match="the built-in ones are battery-fair"):
        load("zzz")
