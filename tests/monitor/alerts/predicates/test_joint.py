"""Caps on the joint: each alone, both, none, and without an angle."""

from dataclasses import replace

import pytest

from monitor.alerts.predicates.joint import beyond_cap
from monitor.alerts.rules import RULES
from monitor.alerts.verdict import Finding
from monitor.samples import Code
from tests.support.alert_bench import Bench, sample

RULE = next(rule for rule in RULES if rule.rule_id == "K1")


@pytest.mark.parametrize(
    ("flexion", "extension", "angle", "finding", "limit"),
    [
        (90.0, None, 95, Finding.MET, 90.0),
        (90.0, None, -20, Finding.CLEAR, 90.0),
        (None, 5.0, 3, Finding.MET, 5.0),
        (None, 5.0, 150, Finding.CLEAR, 5.0),
        (90.0, 5.0, 3, Finding.MET, 5.0),
        (90.0, 5.0, 89, Finding.BETWEEN, 90.0),
        (None, None, 150, Finding.CLEAR, None),
        (90.0, 5.0, None, Finding.UNKNOWN, None),
    ],
)
def test_caps(
    flexion: float | None, extension: float | None, angle: float | None, finding: Finding, limit: float | None
) -> None:
    situation = Bench(only=[]).situation
    situation.limits = replace(situation.limits, flexion_cap_deg=flexion, extension_cap_deg=extension)
    situation.absorb(sample(Code.JOINT_ANGLE_DEG, angle, 1))
    verdict = beyond_cap(situation, RULE, "", 1_000_000_000)
    assert (verdict.finding, verdict.limit) == (finding, limit)
