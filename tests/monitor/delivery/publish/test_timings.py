from itertools import count

from monitor.delivery.publish import timings as stopwatches
from monitor.delivery.publish.timings import Timings
from tests.support.alert_transitions import transition


def test_an_events_way_in_milliseconds() -> None:
    wall = iter([10.0, 10.002, 10.005, 10.0125, 99.0])
    watches = Timings(lambda: next(wall))
    watches.start("m1", transition(7))
    watches.stored("m1")
    watches.published("m1")
    done = watches.confirmed("m1")
    assert done is not None
    assert (done.message_id, done.alert_id, done.seq, done.to_state) == ("m1", "G2-1", 7, "firing")
    assert [round(ms or 0, 6) for ms in (done.stored_ms, done.published_ms, done.confirmed_ms)] == [
        2,
        5,
        12.5,
    ]
    assert watches.times == [done]


def test_only_the_first_time_counts() -> None:
    ticks = count()
    watches = Timings(lambda: float(next(ticks)))
    watches.start("m1", transition())
    first = watches.published("m1")
    assert first is not None
    assert watches.published("m1") is None
    assert watches.published("of an earlier run") is None
    assert watches.times == [first]


def test_memory_is_bounded() -> None:
    watches = Timings(lambda: 0.0)
    for number in range(stopwatches.MAX_KEPT + 10):
        watches.start(f"m{number}", transition(number))
    assert len(watches.times) == stopwatches.MAX_KEPT
    assert watches.times[0].message_id == "m10"
    assert watches.confirmed("m3") is None
