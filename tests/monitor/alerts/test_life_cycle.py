"""The table of an alert's life, every state against every event."""

from itertools import product

import pytest

from monitor.alerts.life_cycle import ACTIVE, PRESENT, TRANSITIONS, AlertEvent, next_state
from monitor.alerts.transition import AlertState

S, E = AlertState, AlertEvent

# One line a state; an event that is not named leaves the state alone.
TABLE = {
    S.INACTIVE: {E.MET: S.PENDING, E.RESTORED: S.FIRING, E.RESTORED_LATCHED: S.LATCHED},
    S.PENDING: {
        E.LAPSED: S.INACTIVE,
        E.CONFIRMED: S.FIRING,
        E.CONFIRMED_IN_PAUSE: S.PAUSED,
        E.INHIBITED: S.INACTIVE,
        E.ENDED: S.INACTIVE,
        E.ENDED_LATCHED: S.INACTIVE,
    },
    S.FIRING: {
        E.REPEATED: S.FIRING,
        E.RENEWED: S.FIRING,
        E.RAISED: S.FIRING,
        E.ACKNOWLEDGED: S.ACKNOWLEDGED,
        E.PAUSED: S.PAUSED,
        E.CLEARED: S.RESOLVED,
        E.CLEARED_LATCHED: S.LATCHED,
        E.INHIBITED: S.RESOLVED,
        E.OVERRIDDEN: S.RESOLVED,
        E.ENDED: S.RESOLVED,
        E.ENDED_LATCHED: S.LATCHED,
    },
    S.ACKNOWLEDGED: {
        E.RENEWED: S.FIRING,
        E.RAISED: S.FIRING,
        E.EXPIRED: S.FIRING,
        E.CLEARED: S.RESOLVED,
        E.CLEARED_LATCHED: S.RESOLVED,
        E.INHIBITED: S.RESOLVED,
        E.OVERRIDDEN: S.RESOLVED,
        E.ENDED: S.RESOLVED,
        E.ENDED_LATCHED: S.RESOLVED,
    },
    S.PAUSED: {
        E.RAISED: S.FIRING,
        E.ACKNOWLEDGED: S.ACKNOWLEDGED,
        E.RESUMED: S.FIRING,
        E.EXPIRED: S.FIRING,
        E.CLEARED: S.RESOLVED,
        E.CLEARED_LATCHED: S.LATCHED,
        E.INHIBITED: S.RESOLVED,
        E.OVERRIDDEN: S.RESOLVED,
        E.ENDED: S.RESOLVED,
        E.ENDED_LATCHED: S.LATCHED,
    },
    S.LATCHED: {
        E.REPEATED: S.LATCHED,
        E.CONFIRMED: S.FIRING,
        E.CONFIRMED_IN_PAUSE: S.PAUSED,
        E.ACKNOWLEDGED: S.RESOLVED,
        E.OVERRIDDEN: S.RESOLVED,
    },
    S.RESOLVED: {},
}


@pytest.mark.parametrize(("state", "event"), list(product(AlertState, AlertEvent)))
def test_every_state_against_every_event(state: AlertState, event: AlertEvent) -> None:
    assert next_state(state, event) is TABLE[state].get(event)


def test_the_table_has_no_move_beyond_the_ones_listed() -> None:
    assert len(TRANSITIONS) == sum(len(events) for events in TABLE.values())


def test_nothing_that_people_were_told_of_vanishes_unresolved() -> None:
    for (state, _), target in TRANSITIONS.items():
        if state in ACTIVE:
            assert target in ACTIVE | {S.RESOLVED}


def test_only_a_confirmation_or_a_crash_makes_an_alert() -> None:
    births = {
        event for (state, event), target in TRANSITIONS.items() if state not in ACTIVE and target in ACTIVE
    }
    assert births == {E.CONFIRMED, E.CONFIRMED_IN_PAUSE, E.RESTORED, E.RESTORED_LATCHED}


def test_a_latched_alert_leaves_only_by_a_person_or_by_coming_back() -> None:
    leaving = {
        event for (state, event), target in TRANSITIONS.items() if state is S.LATCHED and target is S.RESOLVED
    }
    assert leaving == {E.ACKNOWLEDGED, E.OVERRIDDEN}


def test_silence_always_has_an_end() -> None:
    for state in (S.ACKNOWLEDGED, S.PAUSED):
        assert next_state(state, E.EXPIRED) is S.FIRING
        assert next_state(state, E.RAISED) is S.FIRING


def test_present_is_what_is_active_and_not_over() -> None:
    assert {S.LATCHED} == ACTIVE - PRESENT
