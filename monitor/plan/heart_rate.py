"""Heart-rate limits from age, rest and medication: formulas, and the order in which a pack may use them.

Maximum without beta-blocker 206.9 - 0.67 age, with one 164 - 0.7 age; a target by the reserve (Karvonen) is
rest + x (maximum - rest). A formula's maximum is off by about 10 /min (SD) for one person; so the formula
that was used is kept with the limit, and a measured maximum goes before it.
"""

from dataclasses import dataclass
from enum import StrEnum

from monitor.plan.errors import PrescriptionError

# The sudden limit lies this far above the upper one (rule G5), or at 220 - age when that comes first.
SUDDEN_ABOVE_UPPER_PER_MIN = 15.0
# Exercise stays this far below the rate at which ischaemia or an arrhythmia was seen.
BELOW_ISCHAEMIC_THRESHOLD_PER_MIN = 10.0
UPPER_FRACTION_OF_MAXIMUM = 0.85
UPPER_FRACTION_OF_RESERVE = 0.80


class HeartRatePolicy(StrEnum):
    """How a pack finds the upper limit when the therapist has prescribed none."""

    FRACTION_OF_MAXIMUM = "fraction_of_maximum"
    FRACTION_OF_RESERVE = "fraction_of_reserve"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartRateFacts:
    """What the plan knows of a heart; None is unknown, which is not the same as no."""

    age_years: int | None
    rest_per_min: float | None
    beta_blocker: bool | None
    prescribed_upper_per_min: float | None
    measured_maximum_per_min: float | None
    ischaemic_threshold_per_min: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartRateLimits:
    """Upper and sudden limit, and where the upper one comes from, in words for the record."""

    upper_per_min: float
    sudden_per_min: float
    origin: str


def predicted_maximum_per_min(age_years: int, *, beta_blocker: bool) -> float:
    """206.9 - 0.67 age, or 164 - 0.7 age under a beta-blocker."""
    return 164.0 - 0.7 * age_years if beta_blocker else 206.9 - 0.67 * age_years


def karvonen_per_min(fraction: float, *, rest_per_min: float, maximum_per_min: float) -> float:
    """Rest plus `fraction` of the heart-rate reserve."""
    return rest_per_min + fraction * (maximum_per_min - rest_per_min)


def heart_rate_limits(facts: HeartRateFacts, policy: HeartRatePolicy) -> HeartRateLimits:
    """The limits of rules G4 and G5.

    Raises:
        PrescriptionError: nothing the policy could start from; no rule is silently off.
    """
    upper, origin = _upper(facts, policy)
    sudden = upper + SUDDEN_ABOVE_UPPER_PER_MIN
    if facts.age_years is not None:
        sudden = min(sudden, 220.0 - facts.age_years)
    return HeartRateLimits(upper_per_min=upper, sudden_per_min=sudden, origin=origin)


def _upper(facts: HeartRateFacts, policy: HeartRatePolicy) -> tuple[float, str]:
    cap = None
    if facts.ischaemic_threshold_per_min is not None:
        cap = facts.ischaemic_threshold_per_min - BELOW_ISCHAEMIC_THRESHOLD_PER_MIN
    if facts.prescribed_upper_per_min is not None:
        if cap is not None and facts.prescribed_upper_per_min > cap:
            raise PrescriptionError(
                "prescription.upper_heart_rate_per_min",
                f"must be at most {cap:g} (ischaemic threshold - 10), got {facts.prescribed_upper_per_min:g}",
            )
        return facts.prescribed_upper_per_min, "prescribed"
    if policy is HeartRatePolicy.FRACTION_OF_RESERVE:
        return _of_reserve(facts, cap)
    maximum, formula = _maximum(facts)
    upper, origin = UPPER_FRACTION_OF_MAXIMUM * maximum, f"85 % of {formula}"
    return (cap, "ischaemic threshold - 10") if cap is not None and cap < upper else (upper, origin)


def _of_reserve(facts: HeartRateFacts, cap: float | None) -> tuple[float, str]:
    if facts.rest_per_min is None or (facts.age_years is None and facts.measured_maximum_per_min is None):
        if cap is not None:
            return cap, "ischaemic threshold - 10"
        raise PrescriptionError(
            "prescription.upper_heart_rate_per_min",
            "is missing; this pack takes no default: prescribe a limit, or give "
            "rest_heart_rate_per_min with age_years or a measured maximum",
        )
    maximum, formula = _maximum(facts)
    upper = karvonen_per_min(
        UPPER_FRACTION_OF_RESERVE, rest_per_min=facts.rest_per_min, maximum_per_min=maximum
    )
    if cap is not None and cap < upper:
        return cap, "ischaemic threshold - 10"
    return upper, f"80 % of the reserve, maximum {formula}"


def _maximum(facts: HeartRateFacts) -> tuple[float, str]:
    if facts.measured_maximum_per_min is not None:
        return facts.measured_maximum_per_min, "measured"
    if facts.age_years is None:
        raise PrescriptionError(
            "age_years",
            "is missing; without it, a prescribed limit or a measured maximum there is no heart-rate limit",
        )
    if facts.beta_blocker is None:
        raise PrescriptionError(
            "medication.beta_blocker",
            "is missing; the formula of the maximum depends on it: say true or false",
        )
    formula = "164 - 0.7 age" if facts.beta_blocker else "206.9 - 0.67 age"
    return predicted_maximum_per_min(facts.age_years, beta_blocker=facts.beta_blocker), formula
