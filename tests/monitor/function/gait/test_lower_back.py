"""Steps from the lower back: a trunk that bobs at known instants, and one that does not walk."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from monitor.function.gait.lower_back import LowerBackSteps
from monitor.samples import ImuBlock

NS_PER_S = 1_000_000_000
START_NS = 10_000 * NS_PER_S
RATE_HZ = 100.0


def blocks(
    vertical: NDArray[np.float64], *, samples: int = 5, seed: int = 1, noise_m_s2: float = 0.1
) -> Iterator[ImuBlock]:
    """An upright trunk with this vertical acceleration, its sensor mounted anyhow."""
    random = np.random.default_rng(seed)
    force = np.zeros((len(vertical), 3))
    force[:, 2] = 9.81 + vertical
    force += random.normal(0.0, noise_m_s2, force.shape)
    acc = Rotation.random(rng=random).apply(force)
    gyr = random.normal(0.0, 0.02, force.shape)
    t_ns = START_NS + np.round(np.arange(len(vertical)) * NS_PER_S / RATE_HZ).astype(np.int64)
    for first in range(0, len(t_ns), samples):
        part = slice(first, first + samples)
        yield ImuBlock(
            device="back",
            t_ns=t_ns[part],
            acc_m_s2=acc[part],
            gyr_rad_s=gyr[part],
            received_ns=int(t_ns[part][-1]),
        )


def walking(contacts_s: NDArray[np.float64], end_s: float, size_m_s2: float = 2.0) -> NDArray[np.float64]:
    """Vertical acceleration that rises fastest at each contact (the centre of mass is lowest just after)."""
    t_s = np.arange(0.0, end_s, 1.0 / RATE_HZ)
    vertical = np.zeros_like(t_s)
    for earlier, later in pairwise(contacts_s):
        inside = (t_s >= earlier) & (t_s < later)
        vertical[inside] = size_m_s2 * np.sin(2.0 * np.pi * (t_s[inside] - earlier) / (later - earlier))
    return vertical


def steps_s(stream: Iterable[ImuBlock]) -> NDArray[np.float64]:
    back = LowerBackSteps(RATE_HZ)
    found = [t_ns for block in stream for t_ns in back.push(block)] + back.finish()
    return (np.array(found, dtype=np.float64) - START_NS) / NS_PER_S


@pytest.mark.parametrize("step_s", [0.42, 0.55, 0.75])
def test_every_step_of_a_steady_walk_is_found_near_its_contact(step_s: float) -> None:
    random = np.random.default_rng(3)
    contacts = 3.0 + np.cumsum(random.normal(step_s, 0.02, 40))
    found = steps_s(blocks(walking(contacts, contacts[-1] + 4.0)))
    # The first and the last contact begin and end the bobbing: there is no rise before them.
    inner = contacts[1:-1]
    nearest = np.array([found[np.argmin(np.abs(found - contact))] for contact in inner])
    assert np.max(np.abs(nearest - inner)) < 0.08
    assert len(inner) <= len(found) <= len(contacts)


def test_rest_and_a_chair_are_no_steps() -> None:
    assert len(steps_s(blocks(np.zeros(6000)))) == 0
    t_s = np.arange(0.0, 60.0, 1.0 / RATE_HZ)
    rising = 1.0 * np.sin(2.0 * np.pi * t_s / 3.0)
    assert len(steps_s(blocks(rising))) == 0


@given(samples=st.integers(1, 300), seed=st.integers(0, 5))
@settings(max_examples=6, deadline=None)
def test_the_steps_do_not_depend_on_the_blocks(samples: int, seed: int) -> None:
    contacts = 2.0 + np.cumsum(np.random.default_rng(seed).normal(0.55, 0.03, 20))
    trunk = walking(contacts, 15.0)
    assert np.array_equal(steps_s(blocks(trunk, samples=samples)), steps_s(blocks(trunk, samples=7)))
