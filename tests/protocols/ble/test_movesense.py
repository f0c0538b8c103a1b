"""Movesense GSP: commands of the page, data in two parts, and each damage."""

from dataclasses import replace

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.movesense import (
    Command,
    Data,
    HeartRate,
    Imu6,
    Imu9,
    Opcode,
    Response,
    decode_heart_rate,
    decode_imu9,
    decode_notification,
    encode_command,
    encode_imu9,
    encode_notification,
)
from tests.support.refusals import does_not_fit, refused

VECTORS = ((1.0, 2.0, 3.0), (-0.5, 0.25, 9.75))
IMU9 = Imu9(timestamp_ms=70_000, acc_m_s2=VECTORS, gyr_deg_s=VECTORS, mag_ut=VECTORS)


def test_commands() -> None:
    subscribe = Command(opcode=Opcode.SUBSCRIBE, reference=7, resource="/Meas/IMU9/52")
    assert encode_command(subscribe) == b"\x01\x07/Meas/IMU9/52"
    assert encode_command(Command(opcode=Opcode.UNSUBSCRIBE, reference=7)) == b"\x02\x07"
    assert encode_command(Command(opcode=Opcode.HELLO)) == b"\x00"
    assert encode_command(Command(opcode=Opcode.HELLO, reference=5)) == b"\x00\x05"


def test_data_in_two_notifications_are_joined_by_the_reader() -> None:
    content = encode_imu9(IMU9)
    sent = [
        encode_notification(Data(reference=7, content=content[:30])),
        encode_notification(Data(reference=7, content=content[30:], continued=True)),
    ]
    assert [frame[0] for frame in sent] == [2, 3]
    parts = [decode_notification(frame) for frame in sent]
    assert all(isinstance(part, Data) for part in parts)
    assert decode_imu9(b"".join(part.content for part in parts)) == IMU9


def test_sensors_stand_one_after_the_other() -> None:
    content = encode_imu9(replace(IMU9, gyr_deg_s=((7.0, 7.0, 7.0),) * 2))
    assert content[:4] == (70_000).to_bytes(4, "little")
    assert content[28:52] == content[28:40] * 2


def test_a_rate_without_intervals() -> None:
    assert decode_heart_rate(bytes.fromhex("00009042")) == HeartRate(average_per_min=72.0, rr_intervals_ms=())


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("command", "", (Damage.TOO_SHORT, 0)),
        ("command", "0307", (Damage.UNKNOWN_CODE, 0)),
        ("command", "000102", (Damage.TOO_LONG, 2)),
        ("command", "02", (Damage.TOO_SHORT, 1)),
        ("command", "0107", (Damage.TOO_SHORT, 2)),
        ("command", "0107ff", (Damage.VALUE, 2)),
        ("notification", "02", (Damage.TOO_SHORT, 1)),
        ("notification", "0107c8", (Damage.TOO_SHORT, 3)),
        ("notification", "0407", (Damage.UNKNOWN_CODE, 0)),
        ("imu9", "00" * 39, (Damage.TOO_SHORT, 39)),
        ("imu9", "00" * 41, (Damage.VALUE, 41)),
        ("imu6", "00" * 27, (Damage.TOO_SHORT, 27)),
        ("heart_rate", "000000", (Damage.TOO_SHORT, 3)),
        ("heart_rate", "0000904201", (Damage.VALUE, 5)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"movesense.{message}", frame) == refusal


def test_commands_that_cannot_be_are_refused() -> None:
    subscribe = Command(opcode=Opcode.SUBSCRIBE, reference=7, resource="/Meas/HR")
    for change in (
        {"resource": ""},
        {"reference": None},
        {"reference": 256},
        {"resource": "/Meas/Ä"},
        {"resource": "/" * 511},
        {"opcode": Opcode.HELLO},
    ):
        does_not_fit("movesense.command", replace(subscribe, **change))  # type: ignore[arg-type]


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit("movesense.notification", Response(reference=1, status=1 << 16))
    does_not_fit("movesense.notification", Data(reference=1, content=bytes(511)))
    does_not_fit("movesense.imu9", replace(IMU9, timestamp_ms=1 << 32))
    does_not_fit("movesense.imu9", replace(IMU9, mag_ut=VECTORS[:1]))
    does_not_fit("movesense.imu6", Imu6(timestamp_ms=0, acc_m_s2=(), gyr_deg_s=()))
    does_not_fit("movesense.imu6", Imu6(timestamp_ms=0, acc_m_s2=VECTORS * 30, gyr_deg_s=VECTORS * 30))
    does_not_fit("movesense.heart_rate", HeartRate(average_per_min=60.0, rr_intervals_ms=(1 << 16,)))
    does_not_fit("movesense.heart_rate", HeartRate(average_per_min=60.0, rr_intervals_ms=(1,) * 255))
