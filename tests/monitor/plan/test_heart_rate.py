"""Heart-rate limits: formulas against worked cases, and what happens when something is missing."""

import pytest

from monitor.plan.errors import PrescriptionError
from monitor.plan.heart_rate import (
    HeartRateFacts,
    HeartRatePolicy,
    heart_rate_limits,
    karvonen_per_min,
    predicted_maximum_per_min,
)

MAXIMUM, RESERVE = HeartRatePolicy.FRACTION_OF_MAXIMUM, HeartRatePolicy.FRACTION_OF_RESERVE


def facts(**given: float | bool | None) -> HeartRateFacts:
    empty = dict.fromkeys(HeartRateFacts.__dataclass_fields__)
    return HeartRateFacts(**{**empty, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("age", "beta_blocker", "maximum", "at_40", "at_80"),
    [(60, False, 166.7, 108.7, 147.4), (60, True, 122.0, 90.8, 111.6)],
)
def test_maximum_and_reserve(
    age: int, beta_blocker: bool, maximum: float, at_40: float, at_80: float
) -> None:
    found = predicted_maximum_per_min(age, beta_blocker=beta_blocker)
    assert found == pytest.approx(maximum, abs=0.05)
    assert karvonen_per_min(0.4, rest_per_min=70, maximum_per_min=found) == pytest.approx(at_40, abs=0.05)
    assert karvonen_per_min(0.8, rest_per_min=70, maximum_per_min=found) == pytest.approx(at_80, abs=0.05)


def test_general_limit_without_prescription() -> None:
    limits = heart_rate_limits(facts(age_years=60, beta_blocker=False), MAXIMUM)
    assert limits.upper_per_min == pytest.approx(141.7, abs=0.05)
    assert limits.sudden_per_min == pytest.approx(156.7, abs=0.05)  # 220 - age = 160 would come later
    assert limits.origin == "85 % of 206.9 - 0.67 age"


def test_220_minus_age_comes_first_where_it_is_lower() -> None:
    limits = heart_rate_limits(facts(age_years=80, prescribed_upper_per_min=130), MAXIMUM)
    assert limits.sudden_per_min == 140


def test_a_prescription_goes_before_everything() -> None:
    limits = heart_rate_limits(facts(prescribed_upper_per_min=120), RESERVE)
    assert (limits.upper_per_min, limits.sudden_per_min, limits.origin) == (120, 135, "prescribed")


def test_a_measured_maximum_goes_before_a_formula() -> None:
    limits = heart_rate_limits(facts(measured_maximum_per_min=150), MAXIMUM)
    assert limits.upper_per_min == pytest.approx(127.5)
    assert limits.origin == "85 % of measured"


def test_reserve() -> None:
    limits = heart_rate_limits(facts(age_years=60, rest_per_min=70, beta_blocker=True), RESERVE)
    assert limits.upper_per_min == pytest.approx(111.6)
    assert limits.origin == "80 % of the reserve, maximum 164 - 0.7 age"


@pytest.mark.parametrize("policy", list(HeartRatePolicy))
def test_exercise_stays_below_the_ischaemic_threshold(policy: HeartRatePolicy) -> None:
    known = facts(age_years=60, rest_per_min=70, beta_blocker=False, ischaemic_threshold_per_min=120)
    assert heart_rate_limits(known, policy).upper_per_min == 110
    high = facts(age_years=60, rest_per_min=70, beta_blocker=False, ischaemic_threshold_per_min=190)
    assert "of" in heart_rate_limits(high, policy).origin


def test_a_threshold_alone_is_a_limit_under_the_reserve_policy() -> None:
    assert heart_rate_limits(facts(ischaemic_threshold_per_min=120), RESERVE).upper_per_min == 110


def test_a_prescription_above_the_threshold_is_refused() -> None:
    with pytest.raises(PrescriptionError, match="at most 110") as refused:
        heart_rate_limits(facts(prescribed_upper_per_min=115, ischaemic_threshold_per_min=120), RESERVE)
    assert refused.value.key == "prescription.upper_heart_rate_per_min"


@pytest.mark.parametrize(
    ("policy", "known", "key"),
    [
        (MAXIMUM, {}, "age_years"),
        (MAXIMUM, {"age_years": 60}, "medication.beta_blocker"),
        (RESERVE, {"age_years": 60, "beta_blocker": False}, "prescription.upper_heart_rate_per_min"),
        (RESERVE, {"rest_per_min": 70}, "prescription.upper_heart_rate_per_min"),
        (RESERVE, {"age_years": 60, "rest_per_min": 70}, "medication.beta_blocker"),
    ],
)
def test_no_rule_is_silently_off(policy: HeartRatePolicy, known: dict[str, float], key: str) -> None:
    with pytest.raises(PrescriptionError) as refused:
        heart_rate_limits(facts(**known), policy)
    assert refused.value.key == key
