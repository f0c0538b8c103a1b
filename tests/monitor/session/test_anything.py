"""Whatever comes in, the session answers: nothing raises, nothing is invented, every line stays canonical."""

import json
from itertools import pairwise

from hypothesis import Phase as HypothesisPhase
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.frames import Frame, LinkEvent, LinkState
from monitor.alerts.transition import Transition
from monitor.inputs import ClockAnchor, Command, DeliveryStatus, StationStatus, Tick
from monitor.outputs import CommandReply, VitalUpdate, to_json
from monitor.plan.roles import Role
from monitor.plan.verbs import VERBS
from monitor.samples import Quality
from monitor.sensors import SensorConfig, SensorRole
from monitor.session import Input
from protocols.ble import battery, blood_pressure, heart_rate, pulse_oximeter, witmotion
from tests.support.session_bench import CUFF, OXIMETER, START_NS, STRAP, SessionBench

THIGH = SensorConfig(device="thigh", family="witmotion", role=SensorRole.IMU_PROXIMAL)
SHANK = SensorConfig(device="shank", family="witmotion", role=SensorRole.IMU_DISTAL)
DEVICES = (OXIMETER, STRAP, CUFF, THIGH, SHANK)
CHARACTERISTICS = (
    battery.LEVEL,
    blood_pressure.MEASUREMENT,
    blood_pressure.INTERMEDIATE_CUFF_PRESSURE,
    heart_rate.MEASUREMENT,
    pulse_oximeter.CONTINUOUS,
    witmotion.NOTIFY,
)
EXAMPLES = settings(
    max_examples=40, deadline=None, phases=[HypothesisPhase.explicit, HypothesisPhase.generate]
)

instants = st.integers(START_NS, START_NS + 300_000_000_000)
names = st.sampled_from([*(one.device for one in DEVICES), "stranger"])
scalars = st.none() | st.booleans() | st.integers(-10, 300) | st.floats() | st.text(max_size=12)
payloads = st.binary(max_size=40) | st.builds(
    lambda percent, pulse: pulse_oximeter.encode_continuous(
        pulse_oximeter.PlxContinuousMeasurement(percent, pulse)
    ),
    st.integers(0, 130),
    st.integers(0, 260),
)
inputs = st.one_of(
    st.builds(
        Frame,
        device=names,
        characteristic=st.sampled_from(CHARACTERISTICS),
        received_ns=instants,
        payload=payloads,
    ),
    st.builds(LinkEvent, device=names, state=st.sampled_from(LinkState), received_ns=instants),
    st.builds(
        Command,
        received_ns=instants,
        command_id=st.text(max_size=4),
        verb=st.sampled_from([*VERBS, "reboot"]),
        actor=st.just("somebody"),
        role=st.sampled_from([*Role, "visitor"]),
        arguments=st.dictionaries(
            st.sampled_from(
                [
                    "alert_id",
                    "rule_id",
                    "for_s",
                    "scale",
                    "value",
                    "limit",
                    "confirm",
                    "reason",
                    "accept_missing",
                ]
            ),
            scalars | st.sampled_from(["G1-1", "T1-1", "G12-1", "rpe", "pain", "spo2_low_percent"]),
            max_size=4,
        ),
    ),
    st.builds(Tick, received_ns=instants),
    st.builds(ClockAnchor, received_ns=instants, utc_ns=st.integers(0, 2**62)),
    st.builds(
        DeliveryStatus,
        received_ns=instants,
        connected=st.booleans(),
        oldest_unconfirmed_high_s=st.none() | st.floats(0, 1000),
    ),
    st.builds(StationStatus, received_ns=instants, queue_late_s=st.floats(0, 100), disk_full=st.booleans()),
)


@EXAMPLES
@given(st.lists(inputs, max_size=60))
def test_anything_in_any_order(items: list[Input]) -> None:
    bench = SessionBench(DEVICES)
    bench.feed(*items)
    for output in bench.outputs:
        json.loads(to_json(output))
    transitions = bench.of(Transition)
    assert [one.seq for one in transitions] == list(range(1, len(transitions) + 1))
    assert all(a.at_ns <= b.at_ns for a, b in pairwise(transitions))
    assert len(bench.of(CommandReply)) == sum(isinstance(item, Command) for item in items)
    for vital in bench.of(VitalUpdate):
        assert (vital.value is None) is (vital.quality is Quality.MISSING)
    bench.session.snapshot()
    bench.session.summary()


@EXAMPLES
@given(st.lists(inputs, max_size=40))
def test_a_replay_says_the_same(items: list[Input]) -> None:
    first, second = SessionBench(DEVICES), SessionBench(DEVICES)
    first.feed(*items)
    second.feed(*items)
    assert [to_json(one) for one in first.outputs] == [to_json(one) for one in second.outputs]
