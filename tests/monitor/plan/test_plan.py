"""`plan.toml`: what resolves, and how a wrong one is answered."""

from pathlib import Path

import pytest

from monitor.errors import SettingsError
from monitor.plan.plan import load_plan, parse_plan
from tests.support.alert_bench import PLAN


def problem_of(text: str) -> tuple[str, str]:
    with pytest.raises(SettingsError) as caught:
        parse_plan(text, Path("plan.toml"))
    assert str(caught.value).startswith("plan.toml: ")
    return caught.value.problems[0]


def test_a_good_plan(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    plan = load_plan(path)
    assert plan.patient_id == "p-0417"
    assert plan.effective_limits.spo2_low_percent == 90
    assert plan.effective_limits.heart_rate_upper_per_min == pytest.approx(141.7, abs=0.05)
    assert plan.heart_rate.origin == "85 % of 206.9 - 0.67 age"
    assert plan.exercises[0].prescribed_range_deg == 80


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        ('pack = "general"', 'pack = "generel"', "pack", "'general', 'cardiac'"),
        ('pack = "general"', "", "pack", "is missing"),
        ('patient_id = "p-0417"', 'patient_id = "Jane Doe"', "patient_id", "a pseudonym of"),
        ("age_years = 60", "age_years = 600", "age_years", "less than or equal to 120"),
        ("age_years = 60", "age = 60", "age", "is not a known key"),
        ("age_years = 60", "", "age_years", "no heart-rate limit"),
        ("beta_blocker = false", "", "medication.beta_blocker", "say true or false"),
        ("repetitions = 10", "repetitions = 0", "exercises[0].repetitions", "greater than or equal to 1"),
        ("repetitions = 10", "repetition = 10", "exercises[0].repetition", "did you mean 'repetitions'?"),
        ('joint = "knee"', 'joint = "nee"', "exercises[0].joint", "'knee'"),
        ("target_angle_deg = 10", "target_angle_deg = 88", "exercises[0]", "at least 5 degrees apart"),
        (
            "target_angle_deg = 10",
            "target_angle_deg = 10\nrange_of_motion_deg = [90, 70]",
            "exercises[0]",
            "[lowest, highest]",
        ),
    ],
)
def test_wrong_places_are_named(old: str, new: str, where: str, what: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_plan(PLAN.replace(old, new), Path("plan.toml"))
    found = caught.value.problems
    assert any(place == where and what in text for place, text in found), found


def limited(lines: str) -> str:
    return PLAN + lines


@pytest.mark.parametrize(
    ("lines", "where", "what"),
    [
        ("[limits]\nspo2_lwo = 90\n", "limits.spo2_lwo", "is no limit"),
        ("[limits]\nspo2_low_percent = 88\n", "limits.spo2_low_percent", "88 is looser than 90"),
        ("[limits]\nheart_rate_upper_per_min = 150\n", "limits.heart_rate_upper_per_min", "looser"),
        ("[limits]\nspo2_low_percent = 9.0\n", "limits.spo2_low_percent", "looser"),
        ("[limits]\nspo2_low_percent = 99\n", "limits.spo2_low_percent", "between 70 and 97"),
        (
            "[limits]\nspo2_sudden_percent = 90\n",
            "limits.spo2_sudden_percent",
            "below limits.spo2_low_percent",
        ),
        (
            '[[loosened]]\nlimit = "x"\nvalue = 1\ntherapist = "t"\nreason = "why"\n',
            "loosened.limit",
            "is no limit",
        ),
        (
            '[[loosened]]\nlimit = "spo2_low_percent"\nvalue = 88\nreason = "why"\n',
            "loosened[0].therapist",
            "missing",
        ),
    ],
)
def test_limits_that_are_refused(lines: str, where: str, what: str) -> None:
    place, text = problem_of(limited(lines))
    assert place == where
    assert what in text


def test_tightening_needs_no_reason() -> None:
    plan = parse_plan(limited("[limits]\nspo2_low_percent = 92\nheart_rate_upper_per_min = 120\n"))
    assert plan.effective_limits.spo2_low_percent == 92
    assert plan.effective_limits.heart_rate_upper_per_min == 120


def test_loosening_needs_a_therapist_and_a_reason() -> None:
    loosened = (
        '[[loosened]]\nlimit = "spo2_low_percent"\nvalue = 87\ntherapist = "t-1"\nreason = "home oxygen"\n'
    )
    assert parse_plan(limited(loosened)).effective_limits.spo2_low_percent == 87


def test_a_pulmonary_plan_may_go_to_the_packs_bound() -> None:
    pulmonary = PLAN.replace('"general"', '"pulmonary"')
    assert parse_plan(pulmonary + "[limits]\nspo2_low_percent = 86\n").effective_limits.spo2_low_percent == 86
    assert "looser than 86" in problem_of(pulmonary + "[limits]\nspo2_low_percent = 85.5\n")[1]


def test_a_surgeons_cap_is_the_plans_to_set() -> None:
    knee = PLAN.replace('"general"', '"post_op_knee"')
    assert parse_plan(knee + "[limits]\nflexion_cap_deg = 90\n").effective_limits.flexion_cap_deg == 90


def test_the_cardiac_pack_takes_no_default() -> None:
    cardiac = PLAN.replace('"general"', '"cardiac"').replace("rest_heart_rate_per_min = 70\n", "")
    place, text = problem_of(cardiac)
    assert place == "prescription.upper_heart_rate_per_min"
    assert "takes no default" in text
    prescribed = cardiac + "[prescription]\nupper_heart_rate_per_min = 118\n"
    assert parse_plan(prescribed).effective_limits.heart_rate_upper_per_min == 118
    unknown = prescribed.replace("beta_blocker = false", "")
    assert problem_of(unknown) == (
        "medication.beta_blocker",
        "is missing; this pack must know: true or false",
    )


def test_a_prescription_beyond_220_minus_age_contradicts_itself() -> None:
    place, text = problem_of(PLAN + "[prescription]\nupper_heart_rate_per_min = 165\n")
    assert place == "limits.heart_rate_sudden_per_min"
    assert "above limits.heart_rate_upper_per_min (165), got 160" in text


def test_exercises_must_differ() -> None:
    exercise = PLAN[PLAN.index("[[exercises]]") :]
    assert problem_of(PLAN + exercise) == ("exercises", "must have different names")


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_plan(tmp_path / "absent.toml")
    (tmp_path / "plan.toml").write_text(PLAN + "[limits]\nspo2_low_percent = 80\n")
    with pytest.raises(SettingsError, match="looser"):
        load_plan(tmp_path / "plan.toml")
