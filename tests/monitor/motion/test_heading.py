import math

import pytest

from monitor.motion.heading import HeadingPhasor


def feed(phasor: HeadingPhasor, delta: float, rows: int, *, horizontal: float = 1.0) -> float:
    found = 0.0
    for i in range(rows):
        at = 0.1 * i
        a = (horizontal * math.cos(at + delta), horizontal * math.sin(at + delta))
        b = (horizontal * math.cos(at), horizontal * math.sin(at))
        found = phasor.update(*a, *b)
    return found


@pytest.mark.parametrize("delta", [-3.0, -0.4, 0.0, 1.2, 3.1])
def test_finds_the_heading_at_the_first_row(delta: float) -> None:
    phasor = HeadingPhasor(rate_hz=100.0)
    assert not phasor.known
    assert feed(phasor, delta, 1) == pytest.approx(delta)
    assert phasor.known
    assert phasor.strength == pytest.approx(1.0)


def test_a_vertical_axis_adds_no_evidence() -> None:
    phasor = HeadingPhasor(rate_hz=100.0)
    feed(phasor, 1.0, 200)
    assert feed(phasor, -2.0, 3000, horizontal=0.2) == pytest.approx(1.0, abs=0.05)
    fresh = HeadingPhasor(rate_hz=100.0)
    feed(fresh, 1.0, 200, horizontal=0.2)
    assert not fresh.known
    assert fresh.hold() == 0.0


def test_follows_a_slow_drift() -> None:
    phasor = HeadingPhasor(rate_hz=100.0, tau_s=5.0)
    feed(phasor, 0.0, 1000)
    assert feed(phasor, 0.3, 3000) == pytest.approx(0.3, abs=0.01)


def test_reset_forgets_the_evidence_and_holds_the_heading() -> None:
    phasor = HeadingPhasor(rate_hz=100.0)
    feed(phasor, 1.0, 100)
    phasor.reset()
    assert not phasor.known
    assert phasor.hold() == pytest.approx(1.0)
    assert feed(phasor, -1.0, 1) == pytest.approx(-1.0)


def test_state_restores() -> None:
    one, other = HeadingPhasor(rate_hz=100.0), HeadingPhasor(rate_hz=100.0)
    feed(one, 0.7, 50)
    other.state = one.state
    assert other.update(1.0, 0.0, 0.8, 0.3) == one.update(1.0, 0.0, 0.8, 0.3)
