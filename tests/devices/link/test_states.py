"""The table of a link's life: every pair of state and trigger is decided."""

import pytest

from devices.frames import LinkState
from devices.link.states import TRANSITIONS, LinkTrigger, after


@pytest.mark.parametrize("state", LinkState)
@pytest.mark.parametrize("trigger", LinkTrigger)
def test_every_pair_is_a_move_or_an_error(state: LinkState, trigger: LinkTrigger) -> None:
    if (state, trigger) in TRANSITIONS:
        assert after(state, trigger) is TRANSITIONS[state, trigger]
    else:
        with pytest.raises(ValueError, match=f"a link that is {state} cannot be {trigger}"):
            after(state, trigger)


def reachable(start: LinkState) -> set[LinkState]:
    seen = {start}
    while new := {to for (state, _), to in TRANSITIONS.items() if state in seen} - seen:
        seen |= new
    return seen


def test_every_state_is_reached_and_none_is_final() -> None:
    assert reachable(LinkState.SEARCHING) == set(LinkState)
    for state in LinkState:
        assert LinkState.LIVE in reachable(state)


def test_live_is_left_by_completion_or_through_lost() -> None:
    leaving = {to for (state, _), to in TRANSITIONS.items() if state is LinkState.LIVE}
    assert leaving == {LinkState.SEARCHING, LinkState.LOST}


def test_only_subscribing_leads_to_live() -> None:
    assert {state for (state, _), to in TRANSITIONS.items() if to is LinkState.LIVE} == {
        LinkState.SUBSCRIBING
    }
