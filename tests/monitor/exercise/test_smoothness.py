import numpy as np
import pytest

from monitor.exercise.smoothness import log_dimensionless_jerk, spectral_arc_length

T = np.arange(0.0, 1.0, 0.01)


def minimum_jerk_speed(t: np.ndarray) -> np.ndarray:
    return 30.0 * t**2 * (1.0 - t) ** 2


def test_a_minimum_jerk_movement_has_the_published_arc_length() -> None:
    found = spectral_arc_length(minimum_jerk_speed(T), sampling_rate_hz=100.0)
    assert found == pytest.approx(-1.41, abs=0.05)


def test_submovements_are_less_smooth() -> None:
    one = minimum_jerk_speed(T)
    two = np.concatenate([minimum_jerk_speed(T), minimum_jerk_speed(T)])
    for measure in (spectral_arc_length, log_dimensionless_jerk):
        smooth = measure(one, sampling_rate_hz=100.0)
        rough = measure(two, sampling_rate_hz=100.0)
        assert smooth is not None
        assert rough is not None
        assert rough < smooth < 0.0


def test_scale_and_duration_do_not_matter() -> None:
    slow = minimum_jerk_speed(np.arange(0.0, 1.0, 0.005))
    for measure in (spectral_arc_length, log_dimensionless_jerk):
        assert measure(7.0 * minimum_jerk_speed(T), sampling_rate_hz=100.0) == pytest.approx(
            measure(minimum_jerk_speed(T), sampling_rate_hz=100.0)
        )
    assert log_dimensionless_jerk(slow, sampling_rate_hz=100.0) == pytest.approx(
        log_dimensionless_jerk(minimum_jerk_speed(T), sampling_rate_hz=100.0), rel=0.02
    )


def test_the_analytic_jerk_of_minimum_jerk() -> None:
    # v = 30 t^2 (1-t)^2: peak 1.875, integral of v''^2 = 720.
    found = log_dimensionless_jerk(minimum_jerk_speed(np.linspace(0, 1, 2001)), sampling_rate_hz=2000.0)
    assert found == pytest.approx(-np.log(720.0 / 1.875**2), rel=0.01)


@pytest.mark.parametrize("speed", [np.empty(0), np.ones(3), np.zeros(100)])
def test_without_movement_there_is_no_smoothness(speed: np.ndarray) -> None:
    assert spectral_arc_length(speed, sampling_rate_hz=100.0) is None
    assert log_dimensionless_jerk(speed, sampling_rate_hz=100.0) is None


def test_a_constant_speed_has_no_jerk() -> None:
    assert log_dimensionless_jerk(np.ones(100), sampling_rate_hz=100.0) is None


def test_a_spectrum_of_one_line_has_no_length() -> None:
    assert spectral_arc_length(np.ones(64), sampling_rate_hz=1e6) is None
