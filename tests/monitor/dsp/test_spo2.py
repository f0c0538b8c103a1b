import numpy as np
import pytest

from monitor.dsp.spo2 import Spo2Filter
from monitor.samples import Code, Quality, Sample


def reading(t_s: float, value: float | None, *flags: str) -> Sample:
    return Sample(
        device="oximeter",
        code=Code.SPO2_PERCENT,
        t_ns=round(t_s * 1e9),
        received_ns=round(t_s * 1e9),
        value=value,
        quality=Quality.MISSING if value is None else Quality.GOOD,
        flags=frozenset(flags),
    )


def feed(spo2: Spo2Filter, values: list[float], start_s: float = 0.0) -> list[float]:
    out = [spo2.update(reading(start_s + i, v)).value for i, v in enumerate(values)]
    assert all(v is not None for v in out)
    return [v for v in out if v is not None]


def test_the_first_reading_gives_a_value() -> None:
    assert Spo2Filter().update(reading(0, 97)).value == pytest.approx(97, abs=0.5)


def test_follows_a_fall_at_the_pace_of_physiology() -> None:
    truth = [96 - 9 * (1 - np.exp(-t / 40)) for t in range(90)]
    out = feed(Spo2Filter(), [96.0] * 10 + [float(round(x)) for x in truth])
    assert np.abs(np.array(out[10:]) - truth).max() < 1.0


@pytest.mark.parametrize("depth", [6.0, 15.0, 25.0])
@pytest.mark.parametrize("length", [1, 3, 6])
def test_an_artefact_of_seconds_is_not_seen(depth: float, length: int) -> None:
    out = feed(Spo2Filter(), [97.0] * 30 + [97.0 - depth] * length + [97.0] * 20)
    assert min(out) > 96.0


def test_a_sudden_fall_that_stays_is_believed_within_fifteen_readings() -> None:
    out = feed(Spo2Filter(), [96.0] * 30 + [84.0] * 15)
    assert out[-1] == pytest.approx(84.0, abs=1.0)


def test_a_reading_within_an_artefact_clears_nothing() -> None:
    spo2 = Spo2Filter()
    feed(spo2, [97.0] * 30)
    doubtful = spo2.update(reading(30, 80))
    assert doubtful.quality is Quality.QUESTIONABLE
    assert spo2.update(reading(31, 97)).quality is Quality.GOOD


def test_says_how_sure_it_is_of_a_limit() -> None:
    spo2 = Spo2Filter()
    assert spo2.probability_below(88) is None
    feed(spo2, [97.0] * 10)
    assert spo2.probability_below(88) == pytest.approx(0.0, abs=1e-6)
    feed(spo2, [80.0] * 20, start_s=10)
    assert spo2.probability_below(88) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("value", [0.0, 101.0, 127.0, float("nan"), float("inf"), -3.0])
def test_a_sentinel_is_no_reading(value: float) -> None:
    spo2 = Spo2Filter()
    assert spo2.update(reading(0, value)).quality is Quality.MISSING
    feed(spo2, [97.0] * 3, start_s=1)
    held = spo2.update(reading(4, value))
    assert (held.value, held.quality) == (pytest.approx(97, abs=0.5), Quality.QUESTIONABLE)


def test_a_flagged_reading_is_held_and_then_gone() -> None:
    spo2 = Spo2Filter()
    spo2.update(reading(0, 96))
    held = spo2.update(reading(1, 80, "motion"))
    assert held.value == pytest.approx(96, abs=0.5)
    assert held.quality is Quality.QUESTIONABLE
    gone = spo2.update(reading(10, None))
    assert (gone.value, gone.quality) == (None, Quality.MISSING)


def test_a_cuff_on_the_same_arm_gates() -> None:
    spo2 = Spo2Filter()
    feed(spo2, [96.0] * 5)
    held = spo2.update(reading(5, 70), cuff_on_arm=True)
    assert held.quality is Quality.QUESTIONABLE
    assert held.value == pytest.approx(96, abs=0.5)


def test_an_older_reading_changes_nothing() -> None:
    spo2 = Spo2Filter()
    feed(spo2, [96.0] * 5)
    before = spo2.state
    spo2.update(reading(2, 80))
    assert spo2.state is before


def test_movement_makes_an_artefact_likelier() -> None:
    still, moving = Spo2Filter(), Spo2Filter()
    feed(still, [96.0] * 20)
    feed(moving, [96.0] * 20)
    still.update(reading(20, 94))
    moving.update(reading(20, 94), moving=True)
    shares = [one.state.posterior[1].sum() for one in (still, moving) if one.state.posterior is not None]
    assert shares[1] > 1.5 * shares[0]


def test_state_restores() -> None:
    one, other = Spo2Filter(), Spo2Filter()
    feed(one, [96.0, 95.0, 90.0])
    other.state = one.state
    assert one.update(reading(3, 91)) == other.update(reading(3, 91))
