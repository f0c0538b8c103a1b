"""Every state of a trial with every event: the table, and nothing beside it."""

import itertools

import pytest

from monitor.function.errors import TrialCommandError
from monitor.function.life_cycle import OVER, TIMED, TRANSITIONS, TrialEvent, TrialState, next_state


@pytest.mark.parametrize(("state", "event"), list(itertools.product(TrialState, TrialEvent)))
def test_every_state_takes_every_event_or_says_why_not(state: TrialState, event: TrialEvent) -> None:
    if (state, event) in TRANSITIONS:
        assert next_state(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(TrialCommandError, match=f"the trial is {state}"):
            next_state(state, event)


def test_what_is_over_can_only_become_void() -> None:
    for state in OVER:
        assert {event for event in TrialEvent if (state, event) in TRANSITIONS} <= {TrialEvent.VOID}


def test_a_clock_that_runs_can_be_stopped_and_declared_void() -> None:
    for state in TIMED:
        for event in (TrialEvent.STOP, TrialEvent.VOID, TrialEvent.COMPLETE):
            assert (state, event) in TRANSITIONS
