"""Limits keep their range and their order."""

from dataclasses import replace

import pytest

from monitor.plan.errors import LimitOrderError
from monitor.plan.limits import LIMIT_SPECS, STRICT_ORDER, Limits, Tighter
from tests.support.alert_bench import plan_of

GENERAL = plan_of().effective_limits


@pytest.mark.parametrize(("milder", "sudden"), STRICT_ORDER)
def test_a_sudden_limit_is_worse_than_the_mild_one(milder: str, sudden: str) -> None:
    with pytest.raises(LimitOrderError) as refused:
        replace(GENERAL, **{sudden: getattr(GENERAL, milder)})
    assert refused.value.key == f"limits.{sudden}"
    assert ("below" if LIMIT_SPECS[milder].tighter is Tighter.HIGHER else "above") in refused.value.message


@pytest.mark.parametrize("name", LIMIT_SPECS)
def test_a_slip_of_the_hand_is_caught(name: str) -> None:
    spec = LIMIT_SPECS[name]
    for value in (spec.minimum - 1, spec.maximum + 1):
        with pytest.raises(LimitOrderError, match="must be between"):
            replace(GENERAL, **{name: value})


def test_every_limit_has_a_spec_and_a_name() -> None:
    assert set(GENERAL.as_dict()) == set(LIMIT_SPECS)
    assert GENERAL.as_dict()["spo2_low_percent"] == 90
    assert isinstance(GENERAL, Limits)


def test_which_way_is_tighter() -> None:
    assert LIMIT_SPECS["spo2_low_percent"].is_tighter(92, 90)
    assert not LIMIT_SPECS["spo2_low_percent"].is_tighter(88, 90)
    assert LIMIT_SPECS["systolic_stop_mmhg"].is_tighter(230, 250)
    assert not LIMIT_SPECS["systolic_stop_mmhg"].is_tighter(251, 250)
    assert LIMIT_SPECS["pain_stop"].is_tighter(7, 7)
