"""One measured figure and how it was measured."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure with everything needed to repeat it. `target` and `baseline` are None where there is none."""

    metric: str
    value: float
    unit: str
    target: float | None
    baseline: float | None
    better: Literal["lower", "higher"]
    n: int
    protocol: str

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        return self.value <= self.target if self.better == "lower" else self.value >= self.target


def write_json(metrics: Sequence[Metric], path: Path) -> None:
    """The list of all metrics, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(m) for m in metrics], indent=2) + "\n")


def table(metrics: Sequence[Metric]) -> str:
    """The same for a person."""
    rows = [("metric", "value", "target", "baseline", "n", "")]
    for m in metrics:
        mark = {True: "met", False: "MISSED", None: ""}[m.met]
        sign = "<=" if m.better == "lower" else ">="
        rows.append(
            (
                m.metric,
                f"{m.value:.3f} {m.unit}",
                "-" if m.target is None else f"{sign} {m.target:g}",
                "-" if m.baseline is None else f"{m.baseline:g}",
                str(m.n),
                mark,
            )
        )
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
