import math

import pytest

from monitor.motion.swings import SwingCounter


def swing(
    counter: SwingCounter, cycles: float, *, amplitude: float = 1.0, axis: tuple = (0.6, 0.0, 0.8)
) -> None:
    for i in range(round(cycles * 200)):
        rate = amplitude * math.sin(2 * math.pi * i / 200)
        counter.update(tuple(rate * a for a in axis))


@pytest.mark.parametrize("cycles", [1, 5])
def test_counts_out_and_back_as_one(cycles: int) -> None:
    counter = SwingCounter(rate_hz=100.0)
    swing(counter, cycles)
    assert counter.count == cycles


def test_half_a_swing_is_none() -> None:
    counter = SwingCounter(rate_hz=100.0)
    swing(counter, 0.5)
    assert counter.count == 0


def test_small_movements_do_not_count() -> None:
    counter = SwingCounter(rate_hz=100.0)
    swing(counter, 5, amplitude=0.12)
    assert counter.count == 0
    assert counter.quiet_s == pytest.approx(10.0, abs=0.1)


def test_a_sensor_at_zero_is_quiet_but_has_no_axis() -> None:
    counter = SwingCounter(rate_hz=100.0)
    counter.update((0.0, 0.0, 0.0))
    assert counter.count == 0
    swing(counter, 2)
    other = SwingCounter(rate_hz=100.0)
    other.state = counter.state
    assert other.count == 2
    counter.reset()
    assert counter.count == 0
