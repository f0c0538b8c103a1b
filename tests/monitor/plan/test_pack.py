"""The packs that come with kinewatch are complete, consistent, and say what they must."""

import pytest
from pydantic import ValidationError

from monitor.plan.errors import PlanError
from monitor.plan.limits import LIMIT_SPECS
from monitor.plan.pack import Pack, PackName, load_pack


@pytest.mark.parametrize("name", list(PackName))
def test_every_pack_gives_a_full_set_of_limits(name: PackName) -> None:
    pack = load_pack(name)
    assert pack.name is name
    missing = set(LIMIT_SPECS) - set(pack.limits)
    assert missing <= {
        "heart_rate_upper_per_min",
        "heart_rate_sudden_per_min",
        "heart_rate_hold_per_min",
        "spo2_hold_percent",
        "flexion_cap_deg",
        "extension_cap_deg",
        "repetition_speed_cap_deg_s",
    }


@pytest.mark.parametrize("name", list(PackName))
def test_a_bound_is_never_tighter_than_its_limit(name: PackName) -> None:
    pack = load_pack(name)
    for limit, bound in pack.bounds.items():
        assert LIMIT_SPECS[limit].is_tighter(pack.limits[limit], bound)


def test_published_figures() -> None:
    general, pulmonary = load_pack(PackName.GENERAL), load_pack(PackName.PULMONARY)
    cardiac, knee = load_pack(PackName.CARDIAC), load_pack(PackName.POST_OP_KNEE)
    assert (general.limits["spo2_low_percent"], general.limits["spo2_sudden_percent"]) == (90, 85)
    assert (general.limits["systolic_stop_mmhg"], general.limits["diastolic_stop_mmhg"]) == (250, 115)
    assert (pulmonary.limits["spo2_low_percent"], pulmonary.limits["systolic_rest_mmhg"]) == (88, 200)
    assert pulmonary.rules["G2"].inclusive is False
    assert cardiac.beta_blocker_must_be_known
    assert cardiac.limits["spo2_low_percent"] == 90  # from general, which it extends
    assert (knee.limits["systolic_stop_mmhg"], knee.limits["rpe_stop"]) == (200, 15)


def test_what_needs_no_reason() -> None:
    pulmonary = load_pack(PackName.PULMONARY)
    assert pulmonary.bound_of("spo2_low_percent") == 86
    assert pulmonary.bound_of("systolic_stop_mmhg") == 250
    assert pulmonary.bound_of("flexion_cap_deg") is None


def test_a_misspelt_limit_is_refused() -> None:
    content = load_pack(PackName.GENERAL).model_dump()
    with pytest.raises(PlanError, match="spo2_lwo: no such limit"):
        Pack.model_validate({**content, "limits": {"spo2_lwo": 90}})


def test_a_misspelt_rule_field_is_refused() -> None:
    content = load_pack(PackName.GENERAL).model_dump()
    with pytest.raises(ValidationError, match="confirm"):
        Pack.model_validate({**content, "rules": {"G1": {"confirm": 3}}})
