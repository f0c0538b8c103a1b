"""A reminder that repeats a value of minutes ago says so (xDrip #4688, LoopFollow #449)."""

from monitor.alerts.transition import Transition
from monitor.inputs import Tick
from tests.support.session_bench import OXIMETER, SessionBench, at, clock, pressure, spo2, ticks


def test_a_reminder_long_after_the_last_value_says_how_old_it_is() -> None:
    bench = SessionBench([OXIMETER])
    bench.feed(*(spo2(second, 86) for second in range(40)))
    bench.feed(*(one for one in ticks(400) if one.received_ns > at(40)))
    told = [one for one in bench.of(Transition) if one.rule_id == "G1" and one.to_state == "firing"]
    assert "ago" not in told[0].message
    late = [one for one in told if one.at_ns > at(300)]
    assert late, "the alert has not been cleared by silence"
    for one in late:
        assert one.value_age_s is not None
        assert one.value_age_s > 250
        assert one.message.endswith("min ago)")


def test_a_reminder_of_a_cuffs_reading_says_how_old_it_is() -> None:
    bench = SessionBench()
    bench.feed(clock(), pressure(20, 212, 121), Tick(received_ns=at(200)))
    told = [one for one in bench.of(Transition) if one.rule_id == "G8" and one.to_state == "firing"]
    assert told[0].value_age_s is None
    assert [round(one.value_age_s or 0) for one in told[1:]] == [60, 120, 180]
    assert "(60 s ago)" in told[1].message
    assert "(2 min ago)" in told[2].message
