import math

import numpy as np
import pytest

from monitor.motion.goniometer import Goniometer, GoniometerParams, GoniometerStage, GoniometerStatus
from monitor.motion.joint_angle import JointAngleBlock
from monitor.samples import ImuBlock, Quality
from tests.monitor.motion.two_imus import TwoImus, seated_knee, swings

pytestmark = pytest.mark.untraced

EPOCH_NS = 10**12


def session(t: np.ndarray) -> np.ndarray:
    """Five calibration swings, then one set of repetitions."""
    return swings(t, 5.0, 5, lift=1.2, hold=0.3, lower=1.2, rest=0.5) + swings(
        t, 25.0, 8, lift=1.0, hold=0.2, lower=1.0, rest=0.3
    )


KNEE = seated_knee(duration_s=46.0, seed=0, excursion=session)


def run(
    knee: TwoImus,
    *,
    distal_away: tuple[float, float] = (0.0, 0.0),
    chunk: int = 5,
    until_s: float = math.inf,
    goniometer: Goniometer | None = None,
) -> tuple[Goniometer, list[JointAngleBlock], list[GoniometerStatus]]:
    goniometer = goniometer or Goniometer(GoniometerParams())
    blocks: list[JointAngleBlock] = []
    told: list[GoniometerStatus] = []
    for start in range(0, knee.t_s.size, chunk):
        if knee.t_s[start] >= until_s:
            break
        blocks += goniometer.push("proximal", knee.block(0, start, start + chunk))
        if not distal_away[0] <= knee.t_s[start] < distal_away[1]:
            blocks += goniometer.push("distal", knee.block(1, start, start + chunk))
        status = goniometer.status
        if not told or (status.stage, status.reason) != (told[-1].stage, told[-1].reason):
            told.append(status)
    return goniometer, blocks, told


def joined(blocks: list[JointAngleBlock]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    t_s = (np.concatenate([b.t_ns for b in blocks]) - EPOCH_NS) / 1e9
    return (
        t_s,
        np.concatenate([b.angle_deg for b in blocks]),
        np.concatenate([b.error_deg for b in blocks]),
    )


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_calibrates_by_itself_and_measures_the_angle(seed: int) -> None:
    knee = seated_knee(duration_s=46.0, seed=seed, excursion=session)
    goniometer, blocks, told = run(knee)
    assert [s.stage for s in told] == [
        GoniometerStage.STILL,
        GoniometerStage.CALIBRATING,
        GoniometerStage.READY,
    ]
    t_s, angle, _ = joined(blocks)
    assert t_s[0] < 22.0
    assert np.isfinite(angle).all()
    truth = np.interp(t_s, knee.t_s, knee.angle_deg)
    assert np.sqrt(np.mean((angle - truth) ** 2)) < 1.5
    rate = np.concatenate([b.rate_deg_s for b in blocks])
    np.testing.assert_allclose(rate, np.interp(t_s, knee.t_s, np.gradient(knee.angle_deg, 0.01)), atol=8.0)
    health = goniometer.health
    assert health.quality is Quality.GOOD
    assert health.disagreement_deg < 2.0
    assert health.missing < 0.01
    assert health.heading_strength > 0.8
    assert health.error_deg < 5.0


def test_says_what_to_do_and_how_far_it_is() -> None:
    fresh = Goniometer(GoniometerParams())
    assert fresh.status.stage is GoniometerStage.WAITING
    assert fresh.status.instruction
    assert fresh.health.quality is Quality.MISSING
    halfway, _, _ = run(KNEE, until_s=1.5)
    assert halfway.status.progress == pytest.approx(0.5, abs=0.05)
    swinging, _, _ = run(KNEE, until_s=12.0)
    assert swinging.status.stage is GoniometerStage.CALIBRATING
    assert swinging.status.swings == 2
    assert "extension" in swinging.status.instruction
    ready, _, _ = run(KNEE, until_s=25.0)
    assert ready.status.progress == 1.0


def test_a_lost_sensor_is_marked_and_comes_back() -> None:
    _, blocks, _ = run(KNEE, distal_away=(30.0, 33.0))
    t_s, angle, error = joined(blocks)
    away = (t_s > 30.1) & (t_s < 32.9)
    assert np.isnan(angle[away]).all()
    assert next(b.quality for b in blocks if 31 < (b.t_ns[0] - EPOCH_NS) / 1e9 < 32) is Quality.MISSING
    back = t_s > 33.2
    truth = np.interp(t_s, KNEE.t_s, KNEE.angle_deg)
    assert np.isfinite(angle[back]).all()
    assert error[back][0] > 5.0
    assert np.abs(angle - truth)[back].max() < 10.0
    assert np.abs(angle - truth)[t_s > 40].max() < 4.0


def test_a_short_gap_is_bridged_but_not_shown() -> None:
    _, blocks, _ = run(KNEE, distal_away=(30.0, 30.3))
    t_s, angle, _ = joined(blocks)
    assert np.isnan(angle[(t_s > 30.02) & (t_s < 30.28)]).all()
    error = np.abs(angle - np.interp(t_s, KNEE.t_s, KNEE.angle_deg))
    assert error[t_s > 30.35].max() < 5.0
    assert error[t_s > 40.0].max() < 2.0


def test_moving_too_early_begins_again() -> None:
    def restless(t: np.ndarray) -> np.ndarray:
        return swings(t, 2.3, 1, lift=0.5, hold=0.0, lower=0.5, rest=0.0) + session(t - 8.0)

    knee = seated_knee(duration_s=34.0, seed=0, excursion=restless, sway_deg=0.0, turn_deg=0.0)
    _, _, told = run(knee)
    assert any("too early" in s.reason for s in told)
    assert told[-1].stage is GoniometerStage.READY


def test_an_interruption_of_the_calibration_begins_it_again() -> None:
    _, _, told = run(KNEE, distal_away=(12.0, 13.0), until_s=18.0)
    assert told[-1].stage is GoniometerStage.STILL
    assert "interrupted" in told[-1].reason
    _, _, told = run(KNEE, distal_away=(12.0, 12.4), until_s=14.0)
    assert "interrupted" in told[-1].reason


def test_without_swings_it_asks_again() -> None:
    def wriggle(t: np.ndarray) -> np.ndarray:
        return 0.02 * np.sin(2 * np.pi * 0.8 * t) * (t > 5.0)

    goniometer = Goniometer(GoniometerParams(calibration_timeout_s=8.0))
    _, _, told = run(seated_knee(duration_s=16.0, seed=0, excursion=wriggle), goniometer=goniometer)
    assert any("no movement" in s.reason for s in told)


def test_three_swings_do_when_the_patient_stops() -> None:
    def three(t: np.ndarray) -> np.ndarray:
        return swings(t, 5.0, 3, lift=1.2, hold=0.3, lower=1.2, rest=0.5)

    goniometer = Goniometer(GoniometerParams(calibration_timeout_s=15.0))
    _, _, told = run(seated_knee(duration_s=24.0, seed=0, excursion=three), goniometer=goniometer)
    assert told[-1].stage is GoniometerStage.READY


def test_who_never_pauses_is_calibrated_after_two_swings_more() -> None:
    def restless(t: np.ndarray) -> np.ndarray:
        return 0.5 * (1.0 - np.cos(2 * np.pi * 0.6 * np.maximum(t - 5.0, 0.0)))

    _, _, told = run(seated_knee(duration_s=24.0, seed=0, excursion=restless))
    assert told[-1].stage is GoniometerStage.READY


def test_a_calibration_that_shows_nothing_is_refused() -> None:
    def tiny(t: np.ndarray) -> np.ndarray:
        return 0.045 * np.sin(2 * np.pi * 1.0 * t) * (t > 5.0)

    goniometer, blocks, told = run(seated_knee(duration_s=20.0, seed=0, excursion=tiny, turn_deg=3.0))
    assert goniometer.calibration is None
    assert blocks == []
    assert any("too small" in s.reason for s in told)


def test_calibrating_again_forgets_the_old_one() -> None:
    goniometer, _, _ = run(KNEE, until_s=24.0)
    assert goniometer.calibration is not None
    goniometer.begin_calibration(EPOCH_NS + round(24.5e9))
    assert goniometer.calibration is None
    assert goniometer.report is None
    assert goniometer.status.stage is GoniometerStage.STILL
    start = round(24.0 * 100)
    assert goniometer.push("proximal", KNEE.block(0, start, start + 40)) == []
    assert goniometer.push("distal", KNEE.block(1, start, start + 40)) == []
    fresh = Goniometer(GoniometerParams())
    fresh.begin_calibration(0)
    assert fresh.status.stage is GoniometerStage.WAITING


def test_a_skewed_stream_is_found_and_costs_trust() -> None:
    knee = seated_knee(duration_s=46.0, seed=0, excursion=session, turn_deg=15.0, turn_hz=0.8)
    goniometer = Goniometer(GoniometerParams())
    lag = 4
    for start in range(0, knee.t_s.size - lag, 5):
        goniometer.push("proximal", knee.block(0, start, start + 5))
        late = knee.block(1, start, start + 5)
        goniometer.push(
            "distal",
            ImuBlock(
                device="shank",
                t_ns=late.t_ns + lag * 10_000_000,
                acc_m_s2=late.acc_m_s2,
                gyr_rad_s=late.gyr_rad_s,
                received_ns=late.received_ns,
            ),
        )
    health = goniometer.health
    assert health.skew_s is not None
    assert health.skew_s == pytest.approx(0.04, abs=0.003)
    straight, _, _ = run(knee)
    assert health.error_deg > straight.health.error_deg


def test_clipped_and_broken_samples_are_counted() -> None:
    goniometer, _, _ = run(KNEE, until_s=24.0)
    bad = KNEE.block(1, 2400, 2410)
    gyr = bad.gyr_rad_s.copy()
    gyr[3] = math.nan
    goniometer.push(
        "distal",
        ImuBlock(
            device="shank", t_ns=bad.t_ns, acc_m_s2=bad.acc_m_s2, gyr_rad_s=gyr, received_ns=bad.received_ns
        ),
    )
    assert goniometer.health.refused_samples == 1


def test_an_empty_block_changes_nothing() -> None:
    goniometer, _, _ = run(KNEE, until_s=24.0)
    assert goniometer.push("distal", KNEE.block(1, 0, 0)) == []


def test_a_default_state_restores() -> None:
    goniometer = Goniometer(GoniometerParams())
    other = Goniometer(GoniometerParams())
    other.state = goniometer.state
    assert other.status == goniometer.status
