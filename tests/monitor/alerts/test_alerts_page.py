"""docs/alerts.md says what the rows say."""

from pathlib import Path

import pytest

from monitor.alerts.rule import Latch, Rule
from monitor.alerts.rules import RULES
from monitor.plan.verbs import VERBS

PAGE = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")
COLUMNS = ("when", "confirm", "over", "clear", "priority", "latch", "again", "advice")
LATCHES = {Latch.NEVER: "no", Latch.WHEN_HIGH: "when high", Latch.ALWAYS: "yes"}


def rows() -> dict[str, dict[str, str]]:
    found = {}
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == len(COLUMNS) + 1 and cells[0] not in ("Id", "---"):
            found[cells[0]] = dict(zip(COLUMNS, cells[1:], strict=True))
    return found


def test_every_rule_is_on_the_page() -> None:
    assert set(rows()) == {rule.rule_id for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)
def test_the_page_says_what_the_row_says(rule: Rule) -> None:
    row = rows()[rule.rule_id]
    assert row["confirm"] == f"{rule.confirm_s:g} s"
    assert row["clear"] == f"{rule.clear_s:g} s"
    assert row["priority"].startswith(rule.priority.value)
    assert row["latch"] == LATCHES[rule.latch]
    assert row["advice"] == rule.advice
    if rule.re_alert_s is not None:
        assert row["again"].startswith(f"{rule.re_alert_s:g} s")
    elif rule.renews:
        assert row["again"] == "each time"
    if rule.inhibited_by is not None:
        # The page wraps its lines wherever they are long.
        assert f"{rule.rule_id} into {rule.inhibited_by}" in " ".join(PAGE.split())


def test_every_command_is_on_the_page() -> None:
    assert all(f"`{verb}`" in PAGE for verb in VERBS)
