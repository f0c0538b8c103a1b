from dataclasses import replace

import pytest

from monitor.exercise.sets import SetChange, SetEnd, SetEvent, SetSummary, SetTracker
from tests.monitor.exercise.made import repetition

S = 10**9


def done(tracker: SetTracker, count: int, *, start_s: float = 0.0, **more: bool) -> list[SetEvent]:
    return [e for i in range(count) for e in tracker.add(repetition(at_s=start_s + 3.0 * i, **more))]


def test_a_set_starts_with_its_first_repetition_and_ends_with_rest() -> None:
    tracker = SetTracker()
    (started,) = done(tracker, 4)
    assert (started.change, started.t_ns, started.summary.index) == (SetChange.STARTED, 0, 1)
    assert tracker.current is not None
    assert tracker.current.full == 4
    assert tracker.advance(20 * S) == []
    (ended,) = tracker.advance(21 * S)
    assert (ended.change, ended.end, ended.t_ns) == (SetChange.ENDED, SetEnd.REST, 11 * S)
    assert len(ended.summary.repetitions) == 4
    assert tracker.current is None
    assert tracker.advance(30 * S) == []


def test_the_planned_number_ends_a_set_after_a_moment() -> None:
    tracker = SetTracker(planned_repetitions=3)
    done(tracker, 3)
    assert tracker.advance(12 * S) == []
    (ended,) = tracker.advance(13 * S)
    assert ended.end is SetEnd.PLANNED


def test_a_late_repetition_opens_the_next_set() -> None:
    tracker = SetTracker()
    done(tracker, 2)
    ended, started = done(tracker, 1, start_s=40.0)
    assert (ended.change, started.change) == (SetChange.ENDED, SetChange.STARTED)
    assert started.summary.index == 2


def test_no_set_ends_within_a_movement() -> None:
    tracker = SetTracker()
    done(tracker, 1)
    assert tracker.advance(60 * S, moving=True) == []
    assert len(tracker.advance(60 * S)) == 1


def test_partial_and_fast_repetitions_are_counted_apart() -> None:
    tracker = SetTracker(planned_repetitions=2)
    done(tracker, 1)
    done(tracker, 1, start_s=3.0, partial=True)
    done(tracker, 1, start_s=6.0, too_fast=True)
    done(tracker, 1, start_s=9.0, partial=True, too_fast=True)
    summary = tracker.current
    assert summary is not None
    assert (summary.full, summary.partial, summary.too_fast) == (1, 2, 1)


def test_a_set_ends_on_its_attempts_as_well() -> None:
    """Who cannot reach the range has done the set all the same."""
    tracker = SetTracker(planned_repetitions=3)
    done(tracker, 3, partial=True)
    assert tracker.advance(12 * S) == []
    (event,) = tracker.advance(14 * S)
    assert event.end is SetEnd.PLANNED
    assert event.summary.full == 0


def test_mean_range_leaves_out_what_was_not_measured() -> None:
    tracker = SetTracker()
    tracker.add(repetition(rom_deg=80.0))
    tracker.add(repetition(at_s=3.0, rom_deg=70.0))
    tracker.add(repetition(at_s=6.0, rom_deg=20.0, interrupted=True))
    assert tracker.current is not None
    assert tracker.current.mean_rom_deg == pytest.approx(75.0)
    hidden = SetTracker()
    hidden.add(repetition(interrupted=True))
    assert hidden.current is not None
    assert hidden.current.mean_rom_deg is None


def test_closing_ends_the_open_set() -> None:
    tracker = SetTracker()
    assert tracker.close() == []
    done(tracker, 2)
    (ended,) = tracker.close()
    assert ended.end is SetEnd.CLOSED


def test_state_restores() -> None:
    one, other = SetTracker(), SetTracker()
    done(one, 2)
    other.state = one.state
    assert one.close() == other.close() != []


def test_time_in_which_nobody_saw_the_joint_is_no_rest() -> None:
    tracker = SetTracker()
    done(tracker, 2)
    tracker.unseen(6 * S, 15 * S)
    assert tracker.advance(23 * S) == []
    assert [event.change for event in done(tracker, 1, start_s=23.0)] == []
    summary = tracker.current
    assert summary is not None
    assert summary.unseen_s == 9.0
    # What lies before the last repetition has nothing to do with the rest after it.
    (ended,) = tracker.advance(36 * S)
    assert ended.summary.unseen_s == 9.0
    assert tracker.state.unseen == []


def test_a_gap_amid_a_repetition_belongs_to_it_and_one_before_the_set_to_nobody() -> None:
    tracker = SetTracker()
    tracker.unseen(-8 * S, -2 * S)
    tracker.unseen(1 * S, 4 * S)
    done(tracker, 1)
    summary = tracker.current
    assert summary is not None
    assert (summary.end_ns, summary.unseen_s) == (2 * S, 1.0)
    # Seen again at 4 s: two seconds of the gap come after the repetition, and are no rest.
    assert tracker.advance(13 * S) == []
    assert len(tracker.advance(14 * S)) == 1


def test_a_sets_error_is_not_shrunk_by_averaging() -> None:
    tracker = SetTracker()
    for i in range(5):
        tracker.add(replace(repetition(at_s=3.0 * i), rom_error_deg=2.0))
    tracker.add(replace(repetition(at_s=15.0), rom_error_deg=9.0, interrupted=True))
    current = tracker.current
    assert current is not None
    assert current.rom_error_deg == pytest.approx(2.0)
    assert current.minimal_detectable_change_deg == pytest.approx(5.54, abs=0.01)
    nothing = SetSummary(
        index=1, start_ns=0, end_ns=1, repetitions=(replace(repetition(at_s=0.0), interrupted=True),)
    )
    assert (nothing.rom_error_deg, nothing.minimal_detectable_change_deg) == (None, None)
