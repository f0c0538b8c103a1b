"""Who the virtual patient is: the constants of a body, as named profiles.

Ranges come from the literature named beside each field; the profiles themselves are examples for tests and
demonstrations, not predictions for any person.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.errors import UnknownNameError


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The constants of one body."""

    name: str
    age_years: float = 62.0
    resting_heart_rate_per_min: float = 74.0
    # 208 - 0.7 age (Tanaka 2001, doi:10.1016/S0735-1097(00)01054-8); 164 - 0.7 age on beta-blockers
    # (Brawner 2004, doi:10.1016/j.ahj.2004.04.017).
    beta_blocked: bool = False
    # Two first-order branches. Step responses of 20-40 s are usual when fit, 50-100 s in old age and disease.
    heart_rate_on_tau_s: float = 32.0
    heart_rate_slow_on_tau_s: float = 110.0
    # Recovery: 0.65 e^(-t/45) + 0.35 e^(-t/300) of the excess.
    heart_rate_off_tau_s: float = 45.0
    heart_rate_slow_off_tau_s: float = 300.0
    heart_rate_delay_s: float = 4.0
    rmssd_rest_ms: float = 30.0
    ectopic_share: float = 0.0
    resting_spo2_percent: float = 97.0
    # Fall at full work, and its course: delay 15-30 s, tau 30-75 s; recovery tau 20-60 s.
    spo2_fall_percent: float = 0.0
    spo2_delay_s: float = 20.0
    spo2_fall_tau_s: float = 45.0
    spo2_recovery_tau_s: float = 35.0
    # From the lung to the finger.
    circulation_lag_s: float = 10.0
    perfusion_index_percent: float = 3.0
    resting_systolic_mmhg: float = 134.0
    resting_diastolic_mmhg: float = 80.0
    # About 10 mmHg for each MET above rest; the evidence is weak (doi:10.1007/s40279-018-0900-x).
    systolic_rise_mmhg_per_met: float = 10.0
    diastolic_rise_mmhg_per_met: float = 0.5
    pressure_on_tau_s: float = 45.0
    pressure_off_tau_s: float = 80.0
    capacity_met: float = 6.0
    resting_breaths_per_min: float = 14.0
    breaths_rise_per_min: float = 22.0
    # Relative loss of range and speed over one set, and the range that the joint allows.
    rom_loss: float = 0.04
    speed_loss: float = 0.08
    range_cap_deg: float = 360.0
    tempo_scale: float = 1.0

    @property
    def maximum_heart_rate_per_min(self) -> float:
        """Age-predicted maximum, lower when beta-blocked."""
        return (164.0 if self.beta_blocked else 208.0) - 0.7 * self.age_years


PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(name="general"),
        Profile(
            name="beta_blocked",
            age_years=60.0,
            beta_blocked=True,
            resting_heart_rate_per_min=58.0,
            heart_rate_on_tau_s=45.0,
            rmssd_rest_ms=38.0,
        ),
        Profile(
            name="copd",
            age_years=68.0,
            resting_heart_rate_per_min=84.0,
            heart_rate_on_tau_s=65.0,
            rmssd_rest_ms=18.0,
            resting_spo2_percent=93.5,
            # Mean fall in a walk test 6.0 +- 4.9 % (n = 40).
            spo2_fall_percent=9.0,
            perfusion_index_percent=1.6,
            capacity_met=4.0,
            resting_breaths_per_min=19.0,
            rom_loss=0.08,
            speed_loss=0.2,
        ),
        Profile(
            name="cardiac",
            age_years=64.0,
            beta_blocked=True,
            resting_heart_rate_per_min=62.0,
            heart_rate_on_tau_s=60.0,
            heart_rate_off_tau_s=70.0,
            rmssd_rest_ms=16.0,
            ectopic_share=0.01,
            resting_systolic_mmhg=118.0,
            resting_diastolic_mmhg=72.0,
            capacity_met=5.0,
        ),
        Profile(
            name="post_op_knee",
            age_years=66.0,
            resting_heart_rate_per_min=82.0,
            rom_loss=0.12,
            speed_loss=0.25,
            range_cap_deg=62.0,
            tempo_scale=1.3,
        ),
    )
}


def find_profile(name: str) -> Profile:
    """Give the profile of that name.

    Raises:
        UnknownNameError: There is none.
    """
    try:
        return PROFILES[name]
    except KeyError:
        raise UnknownNameError("profile", name, PROFILES) from None
