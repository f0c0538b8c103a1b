from dataclasses import replace

from monitor.delivery.publish.session_info import session_info
from monitor.plan.limits import LIMIT_SPECS
from monitor.plan.plan import parse_plan
from protocols.mqtt.messages import LimitInForce

PLAN = parse_plan(
    """
    patient_id = "p-1"
    pack = "general"
    age_years = 60
    blood_pressure_every_s = 300
    [medication]
    beta_blocker = false
    [[exercises]]
    name = "knee extension"
    joint = "knee"
    side = "left"
    sets = 3
    repetitions = 10
    rest_angle_deg = 90
    target_angle_deg = 5
    rest_s = 45
    range_of_motion_deg = [60.0, 95.0]
    """
)


def test_a_page_knows_the_plan() -> None:
    info = session_info(PLAN, PLAN.effective_limits)
    (exercise,) = info.exercises
    assert (info.plan_id, info.pack, info.cuff_every_s) == ("p-1", "general", 300)
    assert (exercise.name, exercise.side, exercise.sets, exercise.repetitions) == (
        "knee extension",
        "left",
        3,
        10,
    )
    assert (exercise.range_deg, exercise.rest_s) == ((60.0, 95.0), 45)


def test_a_page_knows_every_limit_and_which_way_is_safer() -> None:
    limits = replace(PLAN.effective_limits, spo2_low_percent=93, flexion_cap_deg=None)
    shown = session_info(PLAN, limits).limits
    assert set(shown) == set(LIMIT_SPECS)
    assert shown["spo2_low_percent"] == LimitInForce(value=93, unit="%", tighter="higher")
    assert shown["flexion_cap_deg"] == LimitInForce(value=None, unit="deg", tighter="lower")
