"""The two state tables as Markdown, for `docs/architecture.md`; `--write` puts them there."""

import re
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from devices.link import states
from monitor.alerts import life_cycle

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
BETWEEN = re.compile(r"(<!-- states -->\n).*?(<!-- /states -->)", re.DOTALL)


def table(title: str, moves: Mapping[tuple[StrEnum, StrEnum], StrEnum]) -> str:
    """One row a state: where each event leads."""
    rows: dict[StrEnum, list[str]] = {}
    for (state, event), target in moves.items():
        rows.setdefault(state, []).append(f"{event} -> {target}")
    lines = [f"| {title} | leads to |", "|---|---|"]
    return "\n".join([*lines, *(f"| {state} | {', '.join(events)} |" for state, events in rows.items())])


def both() -> str:
    """The alert's table and the link's."""
    alert = table("an alert that is", life_cycle.TRANSITIONS)
    return f"\n{alert}\n\n{table('a link that is', states.TRANSITIONS)}\n\n"


def page_with_states(text: str) -> str:
    """The page as it must be."""
    return BETWEEN.sub(lambda found: f"{found[1]}{both()}{found[2]}", text)


if __name__ == "__main__" and sys.argv[1:] == ["--write"]:
    PAGE.write_text(page_with_states(PAGE.read_text()))
