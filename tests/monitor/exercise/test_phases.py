"""The table of a session's phases, every phase against every event."""

from itertools import product

import pytest

from monitor.exercise.phases import MOVES, Phase, PhaseEvent, Phases

P, E = Phase, PhaseEvent

# CALIBRATED leads back to where the calibration was called from: tested apart.
TABLE = {
    P.BEFORE: {E.BEGIN: P.EXERCISE, E.CALIBRATE: P.CALIBRATION, E.END: P.ENDED},
    P.CALIBRATION: {E.CALIBRATED: None, E.BEGIN: P.EXERCISE, E.END: P.ENDED},
    P.EXERCISE: {E.SET_ENDED: P.REST, E.LAST_SET_ENDED: P.RECOVERY, E.END: P.ENDED},
    P.REST: {
        E.SET_STARTED: P.EXERCISE,
        E.BEGIN: P.EXERCISE,
        E.CALIBRATE: P.CALIBRATION,
        E.LAST_SET_ENDED: P.RECOVERY,
        E.END: P.ENDED,
    },
    P.RECOVERY: {E.BEGIN: P.EXERCISE, E.RECOVERED: P.ENDED, E.END: P.ENDED},
    P.ENDED: {},
}


def at(phase: Phase) -> Phases:
    phases = Phases(at_ns=0)
    phases.phase = phase
    return phases


@pytest.mark.parametrize(("phase", "event"), list(product(Phase, PhaseEvent)))
def test_every_phase_against_every_event(phase: Phase, event: PhaseEvent) -> None:
    assert ((phase, event) in MOVES) is (event in TABLE[phase])
    phases = at(phase)
    move = phases.feed(event, at_ns=7)
    if event not in TABLE[phase]:
        assert move is None
        assert (phases.phase, phases.since_ns) == (phase, 0)
        assert not at(phase).allows(event)
        return
    assert move is not None
    assert (move.from_phase, move.at_ns, move.event) == (phase, 7, event)
    assert move.to_phase is phases.phase is (TABLE[phase][event] or P.BEFORE)
    assert phases.since_ns == 7


@pytest.mark.parametrize("origin", [P.BEFORE, P.REST])
def test_a_calibration_leads_back_to_where_it_was_called_from(origin: Phase) -> None:
    phases = at(origin)
    phases.feed(E.CALIBRATE, at_ns=1)
    phases.feed(E.CALIBRATED, at_ns=2)
    assert phases.phase is origin


def test_a_calibration_on_the_way_to_exercise_leads_there() -> None:
    phases = at(P.BEFORE)
    move = phases.calibrate_then_exercise(at_ns=1)
    assert move is not None
    assert move.to_phase is P.CALIBRATION
    phases.feed(E.CALIBRATED, at_ns=2)
    assert phases.phase is P.EXERCISE


def test_exercise_may_be_asked_for_while_the_calibration_goes_on() -> None:
    phases = at(P.REST)
    phases.feed(E.CALIBRATE, at_ns=1)
    assert phases.calibrate_then_exercise(at_ns=2) is None
    assert (phases.phase, phases.since_ns) == (P.CALIBRATION, 1)
    phases.feed(E.CALIBRATED, at_ns=3)
    assert phases.phase is P.EXERCISE


def test_there_is_no_calibration_during_exercise() -> None:
    phases = at(P.EXERCISE)
    assert phases.calibrate_then_exercise(at_ns=1) is None
    assert phases.phase is P.EXERCISE


def test_the_end_is_final() -> None:
    assert not any(phase is P.ENDED for phase, _ in MOVES)
