"""One value against one limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.predicates.against import above, below
from monitor.alerts.verdict import Finding
from monitor.freshness import fresh_until_ns
from monitor.samples import Code, Quality
from tests.support.alert_bench import sample

MET, BETWEEN, CLEAR, UNKNOWN = Finding.MET, Finding.BETWEEN, Finding.CLEAR, Finding.UNKNOWN


@pytest.mark.parametrize(
    ("value", "inclusive", "finding"),
    [(89.9, False, MET), (90, False, BETWEEN), (90, True, MET), (91.9, False, BETWEEN), (92, False, CLEAR)],
)
def test_below(value: float, finding: Finding, *, inclusive: bool) -> None:
    verdict = below(sample(Code.SPO2_PERCENT, value, 3), 90, clear_from=92, inclusive=inclusive)
    assert verdict.finding is finding
    assert verdict.deficit == pytest.approx(max(90 - value, 0))
    assert (verdict.unit, verdict.limit, verdict.sources) == ("%", 90, ("oximeter",))


@pytest.mark.parametrize(("value", "finding"), [(142, MET), (141, BETWEEN), (137, BETWEEN), (136, CLEAR)])
def test_above(value: float, finding: Finding) -> None:
    verdict = above(sample(Code.HEART_RATE_PER_MIN, value, 3), 141, clear_to=136)
    assert verdict.finding is finding
    assert verdict.deficit == max(value - 141, 0)


@given(st.floats(50, 100))
def test_only_good_data_say_that_all_is_well(value: float) -> None:
    doubtful = sample(Code.SPO2_PERCENT, value, 3, quality=Quality.QUESTIONABLE)
    assert below(doubtful, 90, clear_from=92).finding is (MET if value < 90 else UNKNOWN)


def test_a_verdict_is_reviewed_when_its_sample_grows_old() -> None:
    one = sample(Code.SPO2_PERCENT, 97, 3)
    assert fresh_until_ns(one) == 8_000_000_000
    assert below(one, 90, clear_from=92).review_at_ns == 8_000_000_000


def test_a_missing_value_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="cannot be compared"):
        below(sample(Code.SPO2_PERCENT, None, 3), 90, clear_from=92)
