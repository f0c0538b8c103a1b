"""Who may do what; assistants only tighten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.plan.errors import LimitChangeError, LimitOrderError
from monitor.plan.limits import LIMIT_SPECS
from monitor.plan.roles import Role, change_limit
from monitor.plan.verbs import VERBS, may
from tests.support.alert_bench import plan_of

GENERAL = plan_of().effective_limits


@pytest.mark.parametrize(
    ("role", "verb", "allowed"),
    [
        ("patient", "symptom", True),
        ("patient", "rating", True),
        ("patient", "acknowledge", False),
        ("patient", "pause", False),
        ("assistant", "acknowledge", True),
        ("assistant", "override", False),
        ("therapist", "override", True),
        ("station", "begin", True),
        ("station", "acknowledge", False),
        ("station", "override", False),
        ("admin", "begin", False),
        ("therapist", "reboot", False),
    ],
)
def test_who_may_do_what(role: str, verb: str, allowed: bool) -> None:
    assert may(role, verb) is allowed


def test_a_therapist_may_do_everything() -> None:
    assert all(may(Role.THERAPIST, verb) for verb in VERBS)


@given(
    st.sampled_from(sorted(LIMIT_SPECS)),
    st.floats(-50, 300),
    st.sampled_from(["assistant", "patient", "station"]),
)
def test_nobody_but_a_therapist_ever_loosens(name: str, value: float, role: str) -> None:
    old = getattr(GENERAL, name)
    try:
        changed = change_limit(GENERAL, name, value, role=role, reason="because")
    except (LimitChangeError, LimitOrderError):
        return
    assert old is None or LIMIT_SPECS[name].is_tighter(getattr(changed, name), old)


def test_a_therapist_loosens_with_a_reason() -> None:
    with pytest.raises(LimitChangeError, match="reason"):
        change_limit(GENERAL, "spo2_low_percent", 88, role="therapist", reason=" ")
    changed = change_limit(GENERAL, "spo2_low_percent", 88, role="therapist", reason="home oxygen")
    assert changed.spo2_low_percent == 88
    assert GENERAL.spo2_low_percent == 90


def test_a_limit_that_the_pack_does_not_have_can_be_set() -> None:
    assert change_limit(GENERAL, "flexion_cap_deg", 90, role="assistant", reason="").flexion_cap_deg == 90


def test_an_unknown_limit() -> None:
    with pytest.raises(LimitChangeError, match="is no limit"):
        change_limit(GENERAL, "spo2_lwo", 90, role="therapist", reason="x")
