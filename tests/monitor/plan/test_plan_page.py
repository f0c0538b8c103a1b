"""docs/plan.md: its example is a plan, and every limit is on the page."""

from pathlib import Path

from monitor.plan.limits import LIMIT_SPECS
from monitor.plan.plan import parse_plan

PAGE = (Path(__file__).parents[3] / "docs" / "plan.md").read_text(encoding="utf-8")


def test_the_example_is_a_plan() -> None:
    plan = parse_plan(PAGE.split("```toml\n")[1].split("```")[0])
    assert plan.effective_limits.spo2_low_percent == 92
    assert plan.effective_limits.systolic_high_mmhg == 225
    assert plan.effective_limits.heart_rate_upper_per_min == 125
    assert plan.exercises[0].tempo.lower_s == 3


def test_every_limit_is_on_the_page() -> None:
    assert [name for name in LIMIT_SPECS if f"`{name}`" not in PAGE] == []
