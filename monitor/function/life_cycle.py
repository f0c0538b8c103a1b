"""The life of one trial of a function test, as a table.

A trial is READY until the assistant's start, RUNNING while its clock runs. In a walk the person may stand
still: RESTING, and the clock runs on. It is FINISHED when its protocol says so (five stands, six minutes),
STOPPED when somebody ends it earlier (the values so far are kept, with the reason) and VOID when it must not
count. A finished or stopped trial can still be declared void, with a reason; nothing else changes it.
"""

from collections.abc import Mapping
from enum import StrEnum

from monitor.function.errors import TrialCommandError


class TrialState(StrEnum):
    """Where a trial is."""

    READY = "ready"
    RUNNING = "running"
    RESTING = "resting"
    FINISHED = "finished"
    STOPPED = "stopped"
    VOID = "void"


class TrialEvent(StrEnum):
    """What can happen to a trial."""

    START = "start"
    REST = "rest"
    GO_ON = "go_on"
    COMPLETE = "complete"
    STOP = "stop"
    VOID = "void"


TRANSITIONS: Mapping[tuple[TrialState, TrialEvent], TrialState] = {
    (TrialState.READY, TrialEvent.START): TrialState.RUNNING,
    (TrialState.READY, TrialEvent.VOID): TrialState.VOID,
    (TrialState.RUNNING, TrialEvent.REST): TrialState.RESTING,
    (TrialState.RUNNING, TrialEvent.COMPLETE): TrialState.FINISHED,
    (TrialState.RUNNING, TrialEvent.STOP): TrialState.STOPPED,
    (TrialState.RUNNING, TrialEvent.VOID): TrialState.VOID,
    (TrialState.RESTING, TrialEvent.GO_ON): TrialState.RUNNING,
    (TrialState.RESTING, TrialEvent.COMPLETE): TrialState.FINISHED,
    (TrialState.RESTING, TrialEvent.STOP): TrialState.STOPPED,
    (TrialState.RESTING, TrialEvent.VOID): TrialState.VOID,
    (TrialState.FINISHED, TrialEvent.VOID): TrialState.VOID,
    (TrialState.STOPPED, TrialEvent.VOID): TrialState.VOID,
}

TIMED = frozenset({TrialState.RUNNING, TrialState.RESTING})
OVER = frozenset({TrialState.FINISHED, TrialState.STOPPED, TrialState.VOID})


def next_state(state: TrialState, event: TrialEvent) -> TrialState:
    """The state after `event`; raises `TrialCommandError` where the table has none."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise TrialCommandError(state=state.value, event=event.value) from None
