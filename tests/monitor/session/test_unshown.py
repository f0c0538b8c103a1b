"""A movement that nobody has shown, and one whose wrist turns twice, in a session."""

import numpy as np
import pytest

from monitor.exercise.definition import RepetitionDefinition
from monitor.exercise.unshown import UnshownMovement
from monitor.outputs import RepetitionCounted
from monitor.plan.exercise import Exercise, Joint, Side, SignalChoice
from monitor.session.reports import repetition_counted
from tests.monitor.exercise.test_cycles import cycles, watch
from tests.monitor.exercise.test_self_similarity import RATE_HZ, set_of
from tests.validation.session_counts import count_in_session, still_before

pytestmark = pytest.mark.untraced


def exercise(signal: SignalChoice) -> Exercise:
    return Exercise(
        name="row",
        joint=Joint.SHOULDER,
        side=Side.RIGHT,
        sets=5,
        repetitions=20,
        rest_angle_deg=0.0,
        target_angle_deg=40.0,
        signal=signal,
    )


@pytest.mark.parametrize("turns", [1, 2])
def test_cycles_are_counted_without_anything_shown(turns: int) -> None:
    rates, forces = set_of(3, turns=turns)
    work = np.hstack([forces, rates])
    counts = count_in_session(
        exercise(SignalChoice.CYCLES),
        shown=still_before(work, 1.0, RATE_HZ),
        work=work,
        rate_hz=RATE_HZ,
    )
    assert counts.calibrated
    assert counts.messages[0] == "nothing to calibrate: begin"
    assert abs(counts.turns_s.size - 20) <= 1


def test_a_hand_that_rests_or_fetches_something_is_no_repetition() -> None:
    rng = np.random.default_rng(0)
    n = round(40 * RATE_HZ)
    work = np.hstack([np.tile([0.0, 0.0, 9.81], (n, 1)), rng.normal(0.0, 0.01, (n, 3))])
    work[500:550, 3] += 0.2
    counts = count_in_session(exercise(SignalChoice.CYCLES), shown=work[:50], work=work, rate_hz=RATE_HZ)
    assert counts.turns_s.size == 0


def test_a_tempo_that_was_not_seen_is_none() -> None:
    moved = UnshownMovement(
        RepetitionDefinition(target_low_deg=30.0, target_high_deg=50.0), rest_angle_deg=0.0, increasing=False
    )
    found = moved.update(watch(cycles(30.0)))
    assert len(found) > 10
    assert found[0].max_deg == 0.0
    told = repetition_counted(
        found[0], now_ns=0, exercise=exercise(SignalChoice.CYCLES), set_number=1, current=None
    )
    assert isinstance(told, RepetitionCounted)
    assert told.tempo_s is None
