import pytest

from simulators.sensors.battery import Battery


def test_it_falls_with_time_and_never_below_empty() -> None:
    cell = Battery(percent=50.0, drain_percent_per_h=10.0)
    assert cell.percent(0.0) == 50.0
    assert cell.percent(3600.0) == pytest.approx(40.0)
    assert cell.percent(3600.0 * 9) == 0.0
    assert Battery(percent=100.0, drain_percent_per_h=0.0).percent(1e6) == 100.0


def test_the_scenario_can_set_it_and_it_falls_on_from_there() -> None:
    cell = Battery(percent=50.0, drain_percent_per_h=36.0, settings=[(200.0, 18.0), (100.0, 30.0)])
    assert cell.percent(99.0) == pytest.approx(50.0 - 0.99)
    assert cell.percent(100.0) == 30.0
    assert cell.percent(150.0) == pytest.approx(29.5)
    assert cell.percent(200.0) == 18.0


def test_volts_follow_the_level() -> None:
    full, empty = (
        Battery(percent=100.0, drain_percent_per_h=0.0),
        Battery(percent=0.0, drain_percent_per_h=0.0),
    )
    assert full.volts(0.0) == pytest.approx(4.1)
    assert empty.volts(0.0) == pytest.approx(3.4)
