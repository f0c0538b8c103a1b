"""The measuring of gait and chair rises: on folders made here, in the format of the recordings."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from simulators.movement.walking import Foot, Leg
from tests.support import chairs
from tests.support.walks import RATE_HZ, Walk
from tests.validation import chair, gait


def six(stream) -> np.ndarray:  # type: ignore[no-untyped-def]
    found = list(stream)
    return np.hstack(
        [np.concatenate([b.acc_m_s2 for b in found]), np.concatenate([b.gyr_rad_s for b in found])]
    )


@pytest.mark.parametrize("part", [gait, chair])
def test_an_empty_folder_gives_no_figures(part, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert part.measure(tmp_path) == []


def test_a_made_walk_is_counted_and_timed(tmp_path: Path) -> None:
    folder = tmp_path / "gait_feet_made"
    folder.mkdir()
    walk = Walk(course=[Leg(length_m=15.0)])
    arrays: dict[str, np.ndarray] = {"made_rate": np.float64(RATE_HZ)}
    for foot in Foot:
        arrays[f"made_{foot}foot"] = six(walk.blocks(foot))
        stances = walk.of(foot)
        pairs = pairwise(stances)
        truth = [(a.final_contact_s * RATE_HZ, b.initial_contact_s * RATE_HZ) for a, b in pairs]
        arrays[f"made_{foot}"] = np.array(truth)
    np.savez(folder / "made.npz", **arrays)
    figures = {metric.metric: metric for metric in gait.measure(tmp_path)}
    assert figures["gait.feet.count_exact"].value == 100.0
    assert figures["gait.feet.time_of_a_trial_mae"].met
    assert figures["gait.feet.count_exact"].n == 2


def test_a_walk_with_a_wrong_truth_is_seen_to_be_wrong(tmp_path: Path) -> None:
    folder = tmp_path / "gait_feet_made"
    folder.mkdir()
    walk = Walk(course=[Leg(length_m=15.0)])
    strikes = np.array([(0.0, stance.initial_contact_s * RATE_HZ) for stance in walk.of(Foot.LEFT)[1:-1]])
    np.savez(folder / "made.npz", made_leftfoot=six(walk.blocks(Foot.LEFT)), made_left=strikes)
    figures = {metric.metric: metric for metric in gait.measure(tmp_path)}
    assert figures["gait.feet.count_exact"].value == 0.0


def test_five_made_rises_against_a_made_plate(tmp_path: Path) -> None:
    folder = tmp_path / "sit_to_stand_made"
    folder.mkdir()
    plan = chairs.rises(5)
    samples = six(chairs.blocks(plan))
    t_s = np.arange(len(samples)) / RATE_HZ
    seated = np.ones(len(t_s))
    for rise in plan:
        seated[(t_s > rise.leaving_s + 0.1) & (t_s < rise.sitting_s - 0.1)] = 0.0
    imu = np.zeros((len(samples), 5, 6))
    imu[:, chair.THIGH] = samples
    # The product's clock runs at 128 Hz here; the made samples at 100.
    arrays = {
        "s01_5sts_imu": imu,
        "s01_5sts_t": np.arange(len(samples)) / 128.0,
        "s01_5sts_fz_seat": 600.0 * seated,
    }
    np.savez(folder / "made.npz", **arrays)
    figures = {metric.metric: metric.value for metric in chair.measure(tmp_path)}
    assert figures["chair.five_counted"] == 100.0
    assert figures["chair.five_times_total_mae"] < 0.4
