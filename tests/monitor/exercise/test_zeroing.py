import numpy as np
import pytest

from monitor.exercise.zeroing import Zeroing, ZeroShift
from tests.monitor.exercise.made import angle_block


def moved_then_still(still_deg: float) -> np.ndarray:
    """Two seconds of movement, then stillness."""
    t = np.arange(0.0, 5.0, 0.01)
    return np.where(t < 2.0, still_deg - 40.0 * np.sin(np.pi * t / 2.0) ** 2, still_deg)


def test_a_still_second_becomes_the_pose() -> None:
    shift = ZeroShift(pose_deg=90.0)
    block = angle_block(moved_then_still(86.5))
    assert shift.update(block) is block
    shift.ask()
    assert shift.stage is Zeroing.WAITING
    out = shift.update(block)
    assert shift.stage is Zeroing.DONE
    assert shift.shift_deg == pytest.approx(3.5, abs=0.01)
    # Until the second is over nothing changes.
    assert out.angle_deg[:295] == pytest.approx(block.angle_deg[:295])
    assert out.angle_deg[305:] == pytest.approx(np.full(195, 90.0), abs=0.01)
    # And it stays.
    assert shift.update(angle_block(np.full(10, 80.0))).angle_deg == pytest.approx(
        np.full(10, 83.5), abs=0.01
    )


def test_a_slip_is_no_zero() -> None:
    shift = ZeroShift(pose_deg=90.0)
    shift.ask()
    block = angle_block(np.full(300, 60.0))
    assert shift.update(block).angle_deg == pytest.approx(block.angle_deg)
    assert shift.stage is Zeroing.REFUSED
    assert shift.shift_deg == pytest.approx(30.0)
    shift.ask()
    shift.update(angle_block(np.full(300, 88.0), start=300))
    assert (shift.stage, shift.shift_deg) == (Zeroing.DONE, pytest.approx(2.0))


def test_what_is_not_seen_is_not_still() -> None:
    shift = ZeroShift(pose_deg=90.0)
    shift.ask()
    valid = np.arange(250) % 50 != 0
    shift.update(angle_block(np.full(250, 88.0), valid=valid))
    assert shift.stage is Zeroing.WAITING
    shift.update(angle_block(88.0 + 20.0 * np.sin(np.arange(300) / 10.0), start=250))
    assert shift.stage is Zeroing.WAITING


def test_a_state_restores_and_forgetting_ends_it() -> None:
    one, other = ZeroShift(pose_deg=90.0), ZeroShift(pose_deg=90.0)
    one.ask()
    one.update(angle_block(np.full(50, 88.0)))
    other.state = one.state
    block = angle_block(np.full(100, 88.0), start=50)
    assert np.array_equal(one.update(block).angle_deg, other.update(block).angle_deg)
    assert (other.stage, other.shift_deg) == (Zeroing.DONE, pytest.approx(2.0))
    other.forget()
    assert (other.stage, other.shift_deg) == (Zeroing.IDLE, 0.0)
