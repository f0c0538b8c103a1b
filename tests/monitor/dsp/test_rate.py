import pytest

from monitor.dsp.rate import RateFilter
from monitor.samples import Code, Quality, Sample


def reading(t_s: float, value: float | None, *flags: str, quality: Quality = Quality.GOOD) -> Sample:
    return Sample(
        device="strap",
        code=Code.HEART_RATE_PER_MIN,
        t_ns=round(t_s * 1e9),
        received_ns=round(t_s * 1e9),
        value=value,
        quality=Quality.MISSING if value is None else quality,
        flags=frozenset(flags),
    )


def test_median_of_seven() -> None:
    rate = RateFilter(Code.HEART_RATE_PER_MIN)
    values = [80.0, 80.0, 80.0, 200.0, 80.0, 81.0, 82.0, 83.0, 84.0]
    out = [rate.update(reading(t, v)).value for t, v in enumerate(values)]
    assert out == [80, 80, 80, 80, 80, 80, 80, 81, 82]


@pytest.mark.parametrize(
    "refused",
    [
        reading(1, None),
        reading(1, 5.0),
        reading(1, 300.0),
        reading(1, float("nan")),
        reading(1, 90.0, "no_contact"),
        reading(1, 90.0, quality=Quality.POOR),
        reading(0, 90.0),
    ],
)
def test_a_refused_reading_holds_the_last_one(refused: Sample) -> None:
    rate = RateFilter(Code.HEART_RATE_PER_MIN)
    assert rate.update(refused).quality is Quality.MISSING or refused.t_ns == 0
    rate = RateFilter(Code.HEART_RATE_PER_MIN)
    rate.update(reading(0, 70.0))
    held = rate.update(refused)
    assert (held.value, held.quality) == (70.0, Quality.QUESTIONABLE)


def test_nothing_is_held_for_long() -> None:
    rate = RateFilter(Code.HEART_RATE_PER_MIN)
    rate.update(reading(0, 70.0))
    assert rate.update(reading(10, None)).value is None


def test_state_restores() -> None:
    one, other = RateFilter(Code.HEART_RATE_PER_MIN), RateFilter(Code.HEART_RATE_PER_MIN)
    for t, value in enumerate([70.0, 72.0, 90.0]):
        one.update(reading(t, value))
    other.state = one.state
    assert other.update(reading(3, 71.0)) == one.update(reading(3, 71.0))
