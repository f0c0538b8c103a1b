from simulators.peripherals.signal_source import FaultPlan, FaultWindow


def test_a_plan_knows_what_holds_when() -> None:
    first = FaultWindow(kind="freeze", start_s=10.0, end_s=20.0)
    second = FaultWindow(kind="sensor_off", start_s=15.0, end_s=30.0, numbers={"x": 1.0})
    plan = FaultPlan([first, second])
    assert plan.active("freeze", 9.99) is None
    assert plan.active("freeze", 10.0) is first
    assert plan.active("freeze", 20.0) is None
    assert plan.active("sensor_off", 18.0) is second
    assert FaultPlan().active("freeze", 10.0) is None


def test_a_frozen_device_shows_the_instant_at_which_it_froze() -> None:
    plan = FaultPlan([FaultWindow(kind="freeze", start_s=10.0, end_s=20.0)])
    assert [plan.freeze(t) for t in (9.0, 10.0, 15.0, 20.0)] == [9.0, 10.0, 10.0, 20.0]
