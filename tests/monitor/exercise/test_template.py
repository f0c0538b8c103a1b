import numpy as np
import pytest

from monitor.exercise.definition import RepetitionDefinition
from monitor.exercise.repetitions import RepetitionCounter
from monitor.exercise.template import (
    RotationSignal,
    learn_template,
    template_definition,
    template_params,
)
from monitor.samples import ImuBlock, Quality
from tests.monitor.motion.two_imus import TwoImus, seated_knee, swings

RATE_HZ = 100.0


def exercise(count: int, scale: float = 1.0) -> TwoImus:
    return seated_knee(
        duration_s=6.0 + count * 3.2,
        seed=3,
        sway_deg=1.0,
        turn_deg=2.0,
        excursion=lambda t: scale * swings(t, 5.0, count, lift=1.0, hold=0.4, lower=1.0, rest=0.8),
    )


SHOWN = exercise(1)
TEMPLATE = learn_template([SHOWN.gyr[0][450:800], SHOWN.gyr[1][450:800]], sampling_rate_hz=RATE_HZ)


def count(movement: TwoImus, chunk: int = 20) -> list:
    signal = RotationSignal(TEMPLATE.axis, rate_hz=RATE_HZ)
    counter = RepetitionCounter(template_definition(TEMPLATE), template_params(TEMPLATE))
    found = []
    for start in range(0, movement.t_s.size, chunk):
        block = signal.update(movement.block(TEMPLATE.sensor, start, start + chunk))
        found += counter.update(block) if block is not None else []
    return found


def test_one_shown_repetition_teaches_sensor_axis_and_amplitude() -> None:
    assert TEMPLATE.sensor == 1
    assert TEMPLATE.amplitude_deg == pytest.approx(80.0, abs=4.0)
    assert TEMPLATE.duration_s == pytest.approx(3.5)
    assert TEMPLATE.axis_share > 0.95


def test_counts_what_was_shown_and_low_ones_as_partial() -> None:
    full = count(exercise(6))
    assert [r.partial for r in full] == [False] * 6
    low = count(exercise(6, scale=0.4))
    assert [r.partial for r in low] == [True] * 6


def test_a_repetition_that_turns_twice_is_known_from_the_shown_one() -> None:
    t = np.arange(400) / RATE_HZ
    twice = np.column_stack([0.0 * t, 1.5 * np.sin(2 * np.pi * 0.5 * t), 0.0 * t])
    assert learn_template([twice], sampling_rate_hz=RATE_HZ).turns == 2
    assert learn_template([twice[:200]], sampling_rate_hz=RATE_HZ).turns == 1
    assert TEMPLATE.turns == 1
    assert TEMPLATE.left_share < 0.1
    assert learn_template([twice[:50]], sampling_rate_hz=RATE_HZ).left_share > 0.9


def test_a_plan_keeps_its_range_and_the_shown_repetition_its_sensitivity() -> None:
    planned = RepetitionDefinition(target_low_deg=50.0, target_high_deg=70.0, tempo_holding_s=3.0)
    merged = template_definition(TEMPLATE, planned)
    assert (merged.target_low_deg, merged.tempo_holding_s) == (50.0, 3.0)
    assert merged.min_amplitude_deg == pytest.approx(0.2 * TEMPLATE.amplitude_deg)


def test_a_gap_is_marked() -> None:
    movement = exercise(3)
    signal = RotationSignal(TEMPLATE.axis, rate_hz=RATE_HZ)
    signal.update(movement.block(1, 0, 500))
    bridged = signal.update(movement.block(1, 520, 560))
    assert bridged is not None
    assert not bridged.valid[0]
    assert bridged.valid[-1]
    assert np.isnan(bridged.angle_deg[0])
    after = signal.update(movement.block(1, 800, 840))
    assert after is not None
    assert after.gap_before
    assert signal.update(movement.block(1, 100, 120)) is None


def test_a_block_that_ends_in_a_gap_is_missing() -> None:
    movement = exercise(3)
    signal = RotationSignal(TEMPLATE.axis, rate_hz=30.0)
    signal.update(movement.block(1, 0, 500))
    late = movement.block(1, 505, 506)
    shifted = ImuBlock(
        device=late.device,
        t_ns=late.t_ns + 1_000_000,
        acc_m_s2=late.acc_m_s2,
        gyr_rad_s=late.gyr_rad_s,
        received_ns=late.received_ns,
    )
    block = signal.update(shifted)
    assert block is not None
    assert block.quality is Quality.MISSING


@pytest.mark.parametrize("gyr", [[], [np.zeros((10, 3))], [np.empty((0, 3))]])
def test_nothing_can_be_learnt_from_nothing(gyr: list) -> None:
    with pytest.raises(ValueError, match="gyr_rad_s"):
        learn_template(gyr, sampling_rate_hz=RATE_HZ)


def test_a_movement_that_begins_the_other_way_turns_the_axis() -> None:
    turned = learn_template([-SHOWN.gyr[1][450:800]], sampling_rate_hz=RATE_HZ)
    np.testing.assert_allclose(turned.axis, [-x for x in TEMPLATE.axis], atol=1e-9)


def test_state_restores() -> None:
    movement = exercise(2)
    one, other = (RotationSignal(TEMPLATE.axis, rate_hz=RATE_HZ) for _ in range(2))
    one.update(movement.block(1, 0, 600))
    other.state = one.state
    a, b = one.update(movement.block(1, 600, 800)), other.update(movement.block(1, 600, 800))
    assert a is not None
    assert b is not None
    assert a.angle_deg.tolist() == b.angle_deg.tolist()
