import pytest

from monitor.dsp.cross_check import PulseAgreement, cuff_disagrees, near_cadence


def run(pairs: list[tuple[float, float | None, float]]) -> list[bool]:
    """(time, strap or None, pulse) each second."""
    check = PulseAgreement()
    out = []
    for t, strap, pulse in pairs:
        if strap is not None:
            check.strap(round(t * 1e9), strap)
        out.append(check.pulse(round(t * 1e9), pulse))
    return out


def test_agreeing_sensors_are_not_marked() -> None:
    assert not any(run([(t, 100.0, 104.0) for t in range(40)]))


def test_apart_for_eight_seconds_is_marked_and_taken_back() -> None:
    out = run([(t, 100.0, 100.0 if t < 10 or t >= 30 else 140.0) for t in range(40)])
    assert out.index(True) == 18
    assert not out[30]


def test_a_pulse_that_lags_behind_a_rising_heart_agrees() -> None:
    heart = [80.0 + 4.0 * min(t, 20) for t in range(60)]
    out = run([(t, heart[t], heart[max(0, t - 9)]) for t in range(60)])
    assert not any(out)


def test_without_a_strap_there_is_nothing_to_compare() -> None:
    assert not any(run([(t, None, 140.0) for t in range(40)]))
    assert not any(run([(t, 90.0 if t < 5 else None, 140.0) for t in range(8, 60)]))


def test_a_stale_strap_is_not_compared() -> None:
    out = run([(t, 90.0 if t < 3 else None, 140.0) for t in range(60)])
    assert not out[-1]


def test_state_restores() -> None:
    one, other = PulseAgreement(), PulseAgreement()
    for t in range(15):
        one.strap(t * 10**9, 90.0)
        one.pulse(t * 10**9, 140.0)
    other.state = one.state
    assert other.disagrees == one.disagrees
    assert other.disagrees


@pytest.mark.parametrize(
    ("rate", "suspect"), [(100, True), (50, True), (196, True), (130, False), (75, False)]
)
def test_near_cadence(rate: float, suspect: bool) -> None:
    assert near_cadence(rate, 100.0) is suspect


def test_cuff_against_heart() -> None:
    assert cuff_disagrees(80.0, 100.0)
    assert not cuff_disagrees(90.0, 100.0)


def test_a_strap_confirms_what_it_counts_too_and_nothing_unheard() -> None:
    check = PulseAgreement()
    assert not check.confirms(10**9, 90.0)
    check.strap(10**9, 92.0)
    assert check.confirms(2 * 10**9, 90.0)
    assert not check.confirms(2 * 10**9, 120.0)
    assert not check.confirms(60 * 10**9, 90.0)
