"""One heart rate out of several sensors; its last minute; its baseline."""

import pytest

from monitor.alerts.context.heart_rate import Baseline, HeartHistory, Newest, counts
from monitor.samples import Code, Quality
from tests.support.alert_bench import sample

NS_PER_S = 1_000_000_000
STRAP, PULSE, CUFF = Code.HEART_RATE_PER_MIN, Code.PULSE_RATE_PER_MIN, Code.CUFF_PULSE_RATE_PER_MIN


def newest_of(*codes: Code) -> Newest:
    newest = Newest()
    for code in codes:
        newest.absorb(sample(code, 80, 10, device="any"))
    return newest


@pytest.mark.parametrize(
    ("codes", "optical", "best"),
    [
        ((STRAP, PULSE, CUFF), True, STRAP),
        ((PULSE, CUFF), True, PULSE),
        ((PULSE, CUFF), False, CUFF),
        ((PULSE,), False, None),
        ((), True, None),
    ],
)
def test_sources_in_order_of_trust(codes: tuple[Code, ...], best: Code | None, *, optical: bool) -> None:
    found = newest_of(*codes).heart_rate(10 * NS_PER_S, optical_allowed=optical)
    assert (None if found is None else found.code) is best


@pytest.mark.parametrize(("code", "stands_for_s"), [(STRAP, 5), (PULSE, 5), (CUFF, 10)])
def test_how_long_a_value_stands_for_now(code: Code, stands_for_s: int) -> None:
    newest = newest_of(code)
    assert newest.fresh(code, (10 + stands_for_s) * NS_PER_S - 1) is not None
    assert newest.fresh(code, (10 + stands_for_s) * NS_PER_S) is None


def test_what_counts() -> None:
    assert counts(sample(STRAP, 80, 1))
    assert counts(sample(STRAP, 80, 1, quality=Quality.QUESTIONABLE))
    assert not counts(sample(STRAP, 80, 1, quality=Quality.POOR))
    assert not counts(sample(STRAP, None, 1))


def test_the_last_minute() -> None:
    history = HeartHistory()
    assert history.latest_per_min is None
    for t_s in range(100):
        history.absorb(sample(STRAP, 160 - t_s, t_s), in_effort=t_s >= 50)
    history.absorb(sample(STRAP, None, 100), in_effort=True)
    assert history.latest_per_min == 61
    assert history.highest_since(0) == 160 - 39  # older than a minute is forgotten
    assert history.highest_since(90 * NS_PER_S) == 70
    assert history.highest_since(200 * NS_PER_S) is None
    assert history.peak_per_min == 110


def test_a_baseline_is_a_median_fixed_once() -> None:
    baseline = Baseline()
    for value in [97] * 6 + [80] * 3:
        baseline.absorb(value)
    baseline.fix()
    assert baseline.value is None  # nine are too few
    baseline.absorb(97)
    baseline.fix()
    assert baseline.value == 97
    for _ in range(50):
        baseline.absorb(60)
    baseline.fix()
    assert baseline.value == 97
