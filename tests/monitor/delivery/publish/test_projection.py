from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from devices.frames import LinkState
from monitor.delivery.publish.messages import SenderIdentity
from monitor.delivery.publish.projection import Projection
from monitor.delivery.publish.stream_buffer import Waiting
from monitor.exercise.phases import Phase
from monitor.inputs import ClockAnchor
from monitor.outputs import (
    CalibrationReported,
    CommandReply,
    DeviceStatus,
    JointAngleUpdate,
    Output,
    PhaseChanged,
    RepetitionCounted,
    SetEnded,
    VitalUpdate,
)
from monitor.samples import Code, Quality
from monitor.sensors import SensorRole
from protocols.mqtt import wire
from protocols.mqtt.messages import DeviceMessage, LatestMessage, RepMessage, RomMessage, VitalMessage
from protocols.mqtt.topics import StationTopics, parse

S = 1_000_000_000
SPEAKER = SenderIdentity(
    topics=StationTopics(clinic="north", station="room-2").in_session("s7f3"),
    boot=17,
    anchor=ClockAnchor(received_ns=0, utc_ns=1_795_316_400 * S),
)
BASE = "kinewatch/v1/north/room-2/"

SPO2 = VitalUpdate(
    at_ns=20 * S,
    t_ns=19 * S,
    code=Code.SPO2_PERCENT,
    value=97.0,
    unit="%",
    quality=Quality.GOOD,
    age_s=1.0,
    source="oximeter",
)
ANGLE = JointAngleUpdate(
    at_ns=20 * S, t_ns=20 * S, joint="knee", angle_deg=43.5, quality=Quality.GOOD, confidence=1.0
)
CUFF = DeviceStatus(
    at_ns=20 * S,
    device="cuff",
    role=SensorRole.CUFF,
    link=LinkState.LIVE,
    reason="",
    reconnects=2,
    decode_failures=3,
    rssi_dbm=-61,
    battery_percent=80.0,
    link_since_ns=12 * S,
    last_data_ns=19 * S,
)


def repetition(number: int) -> RepetitionCounted:
    return RepetitionCounted(
        at_ns=(20 + number) * S,
        exercise="knee extension",
        set_number=1,
        repetition=number,
        repetition_target=10,
        t_start_ns=18 * S,
        t_end_ns=20 * S,
        range_of_motion_deg=83.5,
        minimum_deg=4.5,
        maximum_deg=88.0,
    )


def broadcast_of(*outputs: Output) -> tuple[Projection, list[Waiting]]:
    projection = Projection(lambda: SPEAKER)
    return projection, [message for output in outputs for message in projection.messages_of(output)]


def read(message: Waiting) -> Any:
    return wire.decode(parse(message.topic).kind, message.payload)


def test_a_vital_sign() -> None:
    _, (message,) = broadcast_of(SPO2)
    assert (message.topic, message.qos, message.retain) == (BASE + "s/s7f3/vital/spo2-percent", 0, False)
    said = read(message)
    assert isinstance(said, VitalMessage)
    assert (said.code, said.value, said.unit, said.q) == ("spo2_percent", 97.0, "%", "good")
    assert (said.t, said.boot, said.seq) == ("2026-11-22T03:00:19.000Z", 17, 1)


def test_missing_is_said_as_missing() -> None:
    _, (message,) = broadcast_of(replace(SPO2, value=None, quality=Quality.MISSING))
    said = read(message)
    assert (said.value, said.q) == (None, "missing")


def test_repetitions_are_counted_cumulatively_and_each_range_of_motion_is_sent() -> None:
    _, messages = broadcast_of(ANGLE, repetition(1), repetition(2))
    reps = [message for message in messages if isinstance(read(message), RepMessage)]
    roms = [message for message in messages if isinstance(read(message), RomMessage)]
    assert [read(message).total for message in reps] == [1, 2]
    assert read(reps[1]).duration_s == 2.0
    assert reps[0].key == reps[1].key  # the newer count replaces the older
    assert roms[0].key != roms[1].key
    said = read(roms[1])
    assert (said.joint, said.repetition, said.min_deg, said.max_deg, said.range_deg) == (
        "knee",
        2,
        4.5,
        88.0,
        83.5,
    )
    assert parse(roms[0].topic).leaf == "knee"
    assert {message.qos for message in messages} == {1}


def test_a_device_is_retained_and_said_again() -> None:
    projection, (message,) = broadcast_of(CUFF)
    assert (message.topic, message.qos, message.retain) == (BASE + "dev/cuff", 1, True)
    said = read(message)
    assert isinstance(said, DeviceMessage)
    assert (said.link, said.rssi_dbm, said.battery_percent, said.role) == ("live", -61, 80.0, "cuff")
    assert (said.reconnects, said.decode_failures) == (2, 3)
    assert (said.link_since, said.last_sample) == ("2026-11-22T03:00:12.000Z", "2026-11-22T03:00:19.000Z")
    assert projection.devices(at_ns=99 * S) == [replace(message, at_ns=99 * S)]
    _, (unknown,) = broadcast_of(replace(CUFF, link=None))
    assert read(unknown).link == ""
    _, (silent,) = broadcast_of(replace(CUFF, last_data_ns=None))
    assert read(silent).last_sample is None


def test_a_page_that_opens_late_gets_everything_at_once() -> None:
    phase = PhaseChanged(at_ns=S, from_phase=Phase.REST, to_phase=Phase.EXERCISE, reason="begin")
    projection, _ = broadcast_of(phase, SPO2, ANGLE, repetition(7))
    message = projection.latest(at_ns=30 * S, active_alerts=2)
    assert (message.qos, message.retain) == (0, False)  # the lane decides which ones a broker keeps
    said = read(message)
    assert isinstance(said, LatestMessage)
    assert (said.phase, said.exercise, said.set_number, said.repetitions) == (
        "exercise",
        "knee extension",
        1,
        7,
    )
    assert said.active_alerts == 2
    values: Mapping[str, Any] = said.values
    assert values["spo2_percent"].value == 97.0
    assert (values["joint_angle_deg"].value, values["joint_angle_deg"].unit) == (43.5, "deg")
    assert values["spo2_percent"].t == "2026-11-22T03:00:19.000Z"


def test_before_anything_has_been_measured() -> None:
    projection, _ = broadcast_of()
    said = read(projection.latest(at_ns=0, active_alerts=0))
    assert (said.values, said.exercise, said.repetitions) == ({}, None, None)


def test_an_angle_makes_no_message_of_its_own() -> None:
    _, messages = broadcast_of(ANGLE)
    assert messages == []


SET = SetEnded(
    at_ns=0,
    exercise="e",
    set_number=1,
    set_target=3,
    repetitions=10,
    repetition_target=12,
    range_of_motion_deg=80.0,
    t_start_ns=0,
    t_end_ns=1,
)


def reply(
    verb: str, *, accepted: bool = True, at_s: int = 30, **details: str | float | bool | None
) -> Output:
    return CommandReply(
        at_ns=at_s * S, command_id="c", verb=verb, actor="anna", accepted=accepted, details=details
    )


@pytest.mark.parametrize(
    ("output", "entry", "subject", "number", "text"),
    [
        (SET, "set", "e", 10.0, "1/3"),
        (reply("rating", scale="pain", value=3.0), "rating", "pain", 3.0, ""),
        (reply("note", text="left knee warm"), "note", "", None, "left knee warm"),
        (reply("posture", posture="sitting"), "posture", "sitting", None, ""),
        (reply("symptom", symptom="dizzy"), "symptom", "dizzy", None, ""),
        (reply("limit", limit="x", old=90.0, new=92.0, in_force=True), "limit", "x", 92.0, "90.0"),
        (reply("pause", rule_id="G4", for_s=60.0), "pause", "G4", 60.0, ""),
        (reply("resume", rule_id=None), "resume", "", None, ""),
    ],
)
def test_what_people_do_is_a_line(
    output: Output, entry: str, subject: str, number: float | None, text: str
) -> None:
    _, (message,) = broadcast_of(output)
    said = read(message)
    assert (said.entry, said.subject, said.number, said.text) == (entry, subject, number, text)


@pytest.mark.parametrize(
    "output",
    [
        reply("rating", accepted=False, scale="pain", value=3.0),
        reply("limit", limit="x", old=90.0, new=92.0, in_force=False),
        reply("begin"),
    ],
)
def test_what_has_had_no_effect_is_no_line(output: Output) -> None:
    assert broadcast_of(output)[1] == []


def test_the_targets_of_the_last_set_and_the_calibration_are_known() -> None:
    calibrating = CalibrationReported(at_ns=0, joint="knee", state="moving", message="slow swings")
    said = read(broadcast_of(SET, calibrating)[0].latest(at_ns=S, active_alerts=0))
    assert (said.set_target, said.repetition_target, said.calibration) == (3, 12, "slow swings")


def test_a_pause_is_known_until_it_ends() -> None:
    projection, _ = broadcast_of(
        reply("pause", rule_id="G4", for_s=60.0), reply("pause", rule_id=None, for_s=10.0)
    )
    paused = [set(read(projection.latest(at_ns=at_s * S, active_alerts=0)).paused) for at_s in (31, 41, 91)]
    assert paused == [{"G4", "*"}, {"G4"}, set()]


def test_a_resume_ends_the_pause_of_its_rule_or_of_all() -> None:
    pauses = [reply("pause", rule_id=rule, for_s=60.0) for rule in ("G4", "G2", None)]
    one, _ = broadcast_of(*pauses, reply("resume", rule_id="G4"))
    assert set(read(one.latest(at_ns=31 * S, active_alerts=0)).paused) == {"G2", "*"}
    every, _ = broadcast_of(*pauses, reply("resume", rule_id=None))
    assert read(every.latest(at_ns=31 * S, active_alerts=0)).paused == {}


def test_every_message_has_an_id_of_its_own() -> None:
    projection, messages = broadcast_of(SPO2, SPO2, repetition(1), repetition(1), CUFF)
    messages.append(projection.latest(at_ns=0, active_alerts=0))
    assert len({read(message).id for message in messages}) == len(messages)
