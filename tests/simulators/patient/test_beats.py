from dataclasses import replace

import numpy as np
import pytest

from simulators.patient.beats import Beats
from simulators.patient.profiles import Profile, find_profile
from simulators.patient.vitals import Patient, Vital


def body(profile: Profile, effort: float = 0.0, duration_s: float = 900.0) -> Patient:
    return Patient(
        profile=profile, workload=lambda t_s: np.full_like(t_s, effort), duration_s=duration_s, seed=3
    )


def rmssd_ms(beats: Beats, start_s: float, end_s: float) -> float:
    return float(1e3 * np.sqrt(np.mean(np.diff(beats.between(start_s, end_s)) ** 2)))


@pytest.mark.parametrize("effort", [0.0, 0.3, 0.6])
def test_the_mean_rate_of_the_beats_is_the_heart_rate(effort: float) -> None:
    one = body(find_profile("general"), effort)
    beats = Beats(one)
    mean = 60.0 / float(np.mean(beats.between(600.0, 890.0)))
    t_s = np.linspace(600.0, 890.0, 500)
    assert mean == pytest.approx(float(one.series(Vital.HEART_RATE_PER_MIN, t_s).mean()), rel=0.01)


def test_variability_is_that_of_the_profile_at_rest_and_vanishes_with_effort() -> None:
    for name in ("general", "copd", "beta_blocked"):
        profile = find_profile(name)
        assert rmssd_ms(Beats(body(profile)), 300.0, 890.0) == pytest.approx(profile.rmssd_rest_ms, rel=0.35)
    # 3 ms at 60 % of the reserve.
    assert rmssd_ms(Beats(body(find_profile("general"), 0.6)), 600.0, 890.0) == pytest.approx(3.0, rel=0.5)


def test_ectopic_beats_come_early_and_are_made_up_for() -> None:
    profile = replace(find_profile("general"), ectopic_share=0.03, rmssd_rest_ms=3.5)
    rr_s = Beats(body(profile, duration_s=3600.0)).between(0.0, 3600.0)
    mean = np.median(rr_s)
    early = np.flatnonzero(rr_s < 0.75 * mean)
    assert len(early) / len(rr_s) == pytest.approx(0.03, abs=0.01)
    pairs = rr_s[early[:-1]] + rr_s[early[:-1] + 1]
    assert pairs == pytest.approx(np.full(len(pairs), 2.0 * mean), rel=0.05)
    assert np.all(Beats(body(find_profile("general"))).between(0.0, 900.0) > 0.6)


def test_adjacent_spans_share_no_interval_and_lose_none() -> None:
    beats = Beats(body(find_profile("general")))
    whole = beats.between(10.0, 60.0)
    pieces = np.concatenate([beats.between(t, t + 1.0) for t in np.arange(10.0, 60.0)])
    assert np.array_equal(whole, pieces)
    assert len(beats.between(10.0, 10.05)) <= 1


def test_the_phase_counts_beats() -> None:
    beats = Beats(body(find_profile("general")))
    assert beats.phase(beats.t_s[:50]).tolist() == list(range(50))
    middle = 0.5 * (beats.t_s[10] + beats.t_s[11])
    assert beats.phase(np.array([middle]))[0] == pytest.approx(10.5)
