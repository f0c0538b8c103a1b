"""Packs: the protocols' defaults as data. A pack may extend another and then says only what differs."""

import tomllib
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from monitor.plan.errors import PlanError
from monitor.plan.heart_rate import HeartRatePolicy
from monitor.plan.limits import LIMIT_SPECS


class PackName(StrEnum):
    """The packs that come with kinewatch."""

    GENERAL = "general"
    CARDIAC = "cardiac"
    PULMONARY = "pulmonary"
    POST_OP_KNEE = "post_op_knee"


class Strict(BaseModel):
    """Unknown keys are errors: a misspelt limit must never be a silent one."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class RuleOverride(Strict):
    """What a pack says differently about one rule; None keeps the rule's own.

    `stands_alone`: no worse alert takes this one over.
    """

    confirm_s: float | None = Field(default=None, ge=0, le=600)
    clear_s: float | None = Field(default=None, ge=0, le=600)
    clear_margin: float | None = Field(default=None, ge=1, le=60)
    re_alert_s: float | None = Field(default=None, ge=10, le=1800)
    inclusive: bool | None = None
    priority: Literal["low", "medium", "high"] | None = None
    advice: str | None = Field(default=None, min_length=1, max_length=200)
    stands_alone: bool | None = None


class Pack(Strict):
    """One protocol: limits, how far a plan may loosen them freely, and what rules do differently."""

    name: PackName
    version: int = Field(ge=1)
    title: str
    heart_rate_policy: HeartRatePolicy
    beta_blocker_must_be_known: bool = False
    limits: dict[str, float]
    bounds: dict[str, float] = Field(default_factory=dict)
    rules: dict[str, RuleOverride] = Field(default_factory=dict)

    @field_validator("limits", "bounds")
    @classmethod
    def _known_limits(cls, values: dict[str, float]) -> dict[str, float]:
        unknown = sorted(set(values) - set(LIMIT_SPECS))
        if unknown:
            raise PlanError("limits", f"{', '.join(unknown)}: no such limit")
        return values

    def bound_of(self, name: str) -> float | None:
        """The loosest value of limit `name` that needs no reason; None when the pack has no such limit."""
        return self.bounds.get(name, self.limits.get(name))


@cache
def load_pack(name: PackName) -> Pack:
    """The pack, with what it extends laid under it."""
    content = _read(name)
    base_name = content.pop("extends", None)
    if base_name is None:
        return Pack.model_validate(content)
    base = _read(PackName(base_name))
    merged = {**base, **content}
    for table in ("limits", "bounds", "rules"):
        merged[table] = {**base.get(table, {}), **content.get(table, {})}
    return Pack.model_validate(merged)


def _read(name: PackName) -> dict[str, Any]:
    file = resources.files("monitor.plan").joinpath("packs", f"{name.value}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))
