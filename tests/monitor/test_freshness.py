"""How long values count: the figures that people rely on."""

import pytest

from monitor.freshness import FRESHNESS, fresh_until_ns, is_fresh, stale_at_ns
from monitor.samples import Code
from protocols.units import NS_PER_S
from tests.support.alert_bench import sample


@pytest.mark.parametrize(
    ("code", "fresh_for_s", "stale_after_s"),
    [
        (Code.SPO2_PERCENT, 5, 5),
        (Code.HEART_RATE_PER_MIN, 5, 5),
        (Code.CUFF_PULSE_RATE_PER_MIN, 10, None),
        (Code.CUFF_PRESSURE_MMHG, None, 3),
        (Code.SYSTOLIC_MMHG, None, None),
    ],
)
def test_the_table(code: Code, fresh_for_s: int | None, stale_after_s: int | None) -> None:
    row = FRESHNESS[code]
    assert row.fresh_for_ns == (None if fresh_for_s is None else fresh_for_s * NS_PER_S)
    assert row.stale_after_ns == (None if stale_after_s is None else stale_after_s * NS_PER_S)


def test_a_value_counts_until_its_time_is_over() -> None:
    one = sample(Code.SPO2_PERCENT, 97, 1)
    assert fresh_until_ns(one) == 6 * NS_PER_S
    assert is_fresh(one, 6 * NS_PER_S - 1)
    assert not is_fresh(one, 6 * NS_PER_S)
    assert stale_at_ns(one) == 6 * NS_PER_S
    assert stale_at_ns(sample(Code.SPO2_PERCENT, None, 1)) is None


def test_a_reading_is_never_a_present_value() -> None:
    with pytest.raises(ValueError, match="is not read as a present value"):
        fresh_until_ns(sample(Code.SYSTOLIC_MMHG, 120, 1))
