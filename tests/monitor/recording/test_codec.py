import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.frames import Frame, LinkEvent, LinkState
from monitor.inputs import AlertRestored, ClockAnchor, Command, DeliveryStatus, Input, StationStatus, Tick
from monitor.recording import codec
from monitor.recording.codec import decode_input, encode_input, topic_of
from tests.support.recordings import inputs

instants = st.integers(0, 2**63 - 1)
numbers = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | numbers | st.text(max_size=20)
any_input: st.SearchStrategy[Input] = st.one_of(
    st.builds(Frame, device=st.text(), characteristic=st.text(), received_ns=instants, payload=st.binary()),
    st.builds(
        LinkEvent,
        device=st.text(),
        state=st.sampled_from(LinkState),
        received_ns=instants,
        reason=st.text(),
        reconnects=st.integers(0, 9999),
        rssi_dbm=st.none() | st.integers(-127, 20),
    ),
    st.builds(
        Command,
        received_ns=instants,
        command_id=st.text(),
        verb=st.text(),
        actor=st.text(),
        role=st.text(),
        arguments=st.dictionaries(st.text(), scalars),
    ),
    st.builds(Tick, received_ns=instants),
    st.builds(ClockAnchor, received_ns=instants, utc_ns=instants),
    st.builds(
        DeliveryStatus,
        received_ns=instants,
        connected=st.booleans(),
        oldest_unconfirmed_high_s=st.none() | numbers,
        oldest_unconfirmed_medium_s=st.none() | numbers,
    ),
    st.builds(
        StationStatus,
        received_ns=instants,
        queue_late_s=numbers,
        disk_full=st.booleans(),
        self_check_missed=st.booleans(),
    ),
    st.builds(
        AlertRestored,
        received_ns=instants,
        rule_id=st.text(),
        is_latched=st.booleans(),
        priority=st.text(),
        message=st.text(),
        session_id=st.text(),
        alert_id=st.text(),
    ),
)


@given(any_input)
def test_an_input_comes_back_equal(value: Input) -> None:
    topic, message = topic_of(value), encode_input(value)
    again = decode_input(topic, value.received_ns, message)
    assert again == value
    assert type(again) is type(value)
    assert encode_input(again) == message


def test_every_kind_of_input_has_its_channel() -> None:
    kinds = {type(value) for value in inputs(5)}
    assert kinds == set(get_args(Input))
    topics = {topic_of(value) for value in inputs(5)}
    assert {"/frames/thigh", "/frames/shank", "/links", "/commands", "/ticks", "/anchors"} < topics


def test_a_frame_is_readable_json() -> None:
    frame = Frame(device="thigh", characteristic='a"b', received_ns=1, payload=b"\x55\x61")
    assert encode_input(frame) == b'{"characteristic":"a\\"b","payload":"5561"}'
    assert json.loads(encode_input(frame)) == {"characteristic": 'a"b', "payload": "5561"}


@pytest.mark.parametrize(
    ("topic", "message"),
    [
        ("/frames/thigh", b'{"characteristic": "x"}'),
        ("/frames/thigh", b'{"characteristic": "x", "payload": "zz"}'),
        ("/frames/thigh", b"[]"),
        ("/links", b'{"device": "a", "state": "asleep", "reason": ""}'),
        ("/ticks", b'{"more": 1}'),
        ("/outputs", b"{}"),
        ("/unknown", b"{}"),
        ("/ticks", b"not json"),
    ],
)
def test_what_is_no_input_is_an_error_of_three_kinds(topic: str, message: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        decode_input(topic, 0, message)


def test_schemas_describe_what_is_written() -> None:
    for value in inputs(3):
        topic = codec.FRAMES if isinstance(value, Frame) else topic_of(value)
        described = codec.SCHEMAS[topic].get("properties", {})
        assert set(json.loads(encode_input(value))) == set(described)  # type: ignore[call-overload]
