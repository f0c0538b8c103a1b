"""Pauses between attempts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import (
    ConnectFailedError,
    DeviceError,
    LinkDroppedError,
    OutOfSlotsError,
    PairingError,
    RadioBusyError,
    RadioLostError,
    RadioProblem,
    RadioUnavailableError,
    SilenceError,
    UnexpectedLinkError,
)
from devices.link import backoff
from devices.link.backoff import Backoff, backoff_for

ALL = [value for value in vars(backoff).values() if isinstance(value, Backoff)]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectFailedError("x"), backoff.TRANSIENT),
        (RadioBusyError("x"), backoff.BUSY),
        (RadioLostError("x"), backoff.RADIO_LOST),
        (RadioUnavailableError(RadioProblem.NO_ADAPTER), backoff.NO_RADIO),
        (OutOfSlotsError("x"), backoff.SLOTS),
        (LinkDroppedError("x"), backoff.DROPPED),
        (SilenceError(5.0), backoff.UNRESPONSIVE),
        (PairingError("x"), backoff.ATTENTION),
        (UnexpectedLinkError("x"), backoff.UNRESPONSIVE),
    ],
)
def test_each_failure_has_its_own(error: DeviceError, expected: Backoff) -> None:
    assert backoff_for(error) is expected


def test_names_are_distinct() -> None:
    assert len({one.name for one in ALL}) == len(ALL)


@given(
    one=st.sampled_from(ALL),
    failures=st.integers(min_value=1, max_value=1_000_000),
    chance=st.floats(min_value=0.0, max_value=1.0, exclude_max=True),
)
def test_pauses_are_bounded_and_never_shrink(one: Backoff, failures: int, chance: float) -> None:
    pause_s = one.delay_s(failures, chance)
    assert one.first_s <= pause_s <= one.ceiling_s * (1.0 + one.jitter)
    assert one.delay_s(failures + 1, chance) >= pause_s


def test_jitter_spreads_links_that_failed_together() -> None:
    assert backoff.SLOTS.delay_s(1, 0.0) == 4.0
    assert backoff.SLOTS.delay_s(1, 0.5) == 5.0
    assert 0.0 <= backoff.SYSTEM_JITTER() < 1.0
