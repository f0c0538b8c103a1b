import itertools
from collections import Counter

import pytest

from protocols.ble.heart_rate import MEASUREMENT, decode_measurement
from simulators.scenario.loader import load
from simulators.scenario.offline import CONNECT_S, LinkChange, ReceivedValue, outages, received
from tests.simulators.bench import scenario

STRAP = ("heart_rate", "heart_rate_strap")


def fault(name: str, at_s: float, for_s: float, **numbers: float) -> str:
    listed = ", ".join(f"{key} = {value}" for key, value in numbers.items())
    return (
        f'{{ at_s = {at_s}, do = "fault", fault = "{name}", device = "it", for_s = {for_s}, '
        f"numbers = {{ {listed} }} }},"
    )


def values(timeline: str, end_s: float = 600.0) -> list[tuple[float, bytes]]:
    return [
        (one.received_ns / 1e9, one.payload)
        for one in received(scenario(*STRAP, timeline, duration_s=end_s))
        if isinstance(one, ReceivedValue) and one.characteristic == MEASUREMENT
    ]


def test_everything_comes_in_order_and_within_the_scenario() -> None:
    events = list(received(load("imu-dropout-in-set"), start_ns=10**12))
    instants = [one.received_ns for one in events]
    assert instants == sorted(instants)
    assert instants[0] == 10**12 + round(CONNECT_S * 1e9)
    assert instants[-1] < 10**12 + 111 * 10**9
    count = Counter(one.device for one in events if isinstance(one, ReceivedValue))
    assert count["oximeter"] == pytest.approx(108, abs=2)
    per_s = 100 / 12
    assert count["proximal-imu"] == pytest.approx(per_s * 108.8, rel=0.01)
    # The distal sensor was gone for 5 s and a connection.
    assert count["proximal-imu"] - count["distal-imu"] == pytest.approx(per_s * (5 + CONNECT_S), abs=3)


def test_two_streams_of_one_scenario_are_equal() -> None:
    shorter = load("restless-patient").model_copy(update={"duration_s": 30.0, "timeline": ()})
    first, second = (list(received(shorter)) for _ in range(2))
    assert first == second


def test_links_come_and_go() -> None:
    timeline = fault("link_loss", 50, 10) + fault("out_of_range", 100, 20) + fault("out_of_range", 200, 2)
    changes = [
        (one.received_ns / 1e9, one.is_up, one.reason)
        for one in received(scenario(*STRAP, timeline))
        if isinstance(one, LinkChange)
    ]
    assert changes == [
        (CONNECT_S, True, ""),
        (50.0, False, "link_loss"),
        (60.0 + CONNECT_S, True, ""),
        # Out of range is noticed after the supervision timeout; shorter than that it is not noticed at all.
        (104.0, False, "out_of_range"),
        (120.0 + CONNECT_S, True, ""),
    ]
    assert [one.start_s for one in outages(scenario(*STRAP, timeline), "it")] == [50.0, 100.0]


def test_an_absent_device_says_nothing() -> None:
    silent = scenario(*STRAP, section="absent = true")
    assert list(received(silent)) == []


def test_a_cuff_comes_for_its_records_only() -> None:
    timeline = '{ at_s = 10, do = "measure", device = "it" },'
    events = list(received(scenario("blood_pressure", "cuff", timeline)))
    kinds = [one.is_up if isinstance(one, LinkChange) else "value" for one in events]
    assert kinds == [True, "value", False]
    aloud = scenario("blood_pressure", "cuff", timeline, section="tells_pressure = true")
    events = list(received(aloud))
    assert isinstance(events[0], LinkChange)
    assert isinstance(events[-1], LinkChange)
    assert len(events) > 50


def test_losses_come_in_bursts_of_the_given_size() -> None:
    kept = {round(at_s - 0.37) for at_s, _ in values(fault("loss", 10, 5000, share=0.3, burst=4), 5000.0)}
    missing = [second not in kept for second in range(15, 4990)]
    assert sum(missing) / len(missing) == pytest.approx(0.3, abs=0.06)
    bursts = sum(1 for before, now in itertools.pairwise(missing) if now and not before)
    assert sum(missing) / bursts == pytest.approx(4.0, abs=0.8)


def test_values_are_repeated_delayed_cut_and_damaged_inside_the_window_only() -> None:
    clean = values("")
    doubled = values(fault("duplicate", 100, 50, share=1.0))
    assert len(doubled) - len(clean) == 50
    late = values(fault("delay", 100, 50, delay_s=0.7))
    shift = [b[0] - a[0] for a, b in zip(clean, late, strict=True)]
    assert shift[120 - 1] == pytest.approx(0.7, abs=0.01)
    assert shift[50] == shift[200] == pytest.approx(0.0, abs=1e-9)
    cut = values(fault("truncate", 100, 50, share=1.0))
    shorter = [len(b) < len(a) for (_, a), (_, b) in zip(clean, cut, strict=True)]
    assert sum(shorter) == 50
    damaged = values(fault("corrupt", 100, 50, share=1.0, bits=3))
    assert sum(a != b for (_, a), (_, b) in zip(clean, damaged, strict=True)) == 50
    swapped = values(fault("reorder", 100, 50, share=0.5))
    assert sorted(payload for _, payload in swapped) == sorted(payload for _, payload in clean)
    assert [payload for _, payload in swapped] != [payload for _, payload in clean]


def test_a_dead_battery_is_silent_until_it_is_changed() -> None:
    heard = values(fault("battery_death", 50, 100))
    silent = [at_s for at_s, _ in heard if 51.0 < at_s < 150.0]
    assert silent == []
    assert any(at_s > 152.0 for at_s, _ in heard)


def test_what_is_measured_does_not_depend_on_the_faults_of_the_way() -> None:
    clean = {round(at_s - 0.37): payload for at_s, payload in values("")}
    lossy = {round(at_s - 0.37): payload for at_s, payload in values(fault("loss", 10, 500, share=0.5))}
    assert len(lossy) < len(clean)
    assert all(clean[second] == payload for second, payload in lossy.items())
    assert decode_measurement(clean[100]).heart_rate_per_min > 40
