"""FORA: stored pressures by index, oximetry, a closed set of opcodes, and each damage."""

from dataclasses import replace
from typing import cast

import pytest

from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import Damage, DecodeError, EncodeError
from protocols.ble.date_time import DateTime
from protocols.ble.fora import (
    BloodPressure,
    Command,
    IrregularPulse,
    Opcode,
    Oximetry,
    RecordTime,
    Reply,
    decode_command,
    decode_oximetry,
    decode_record_time,
    decode_reply,
    encode_command,
    encode_record_time,
    encode_reply,
    record_time,
    record_values,
    set_clock,
)
from tests.support.refusals import does_not_fit, refused

MINUTE = DateTime(2026, 3, 1, 12, 34, 0)
# By several sources: 43 starts a measurement (the cuff inflates), 52 deletes all records.
DANGEROUS = (0x43, 0x52)


def sealed(body: str) -> bytes:
    data = bytes.fromhex(body)
    return data + bytes((sum8(data),))


@pytest.mark.parametrize("opcode", sorted(set(range(256)) - set(Opcode)))
def test_no_other_opcode_can_be_built_or_read_in_either_direction(opcode: int) -> None:
    assert not set(Opcode) & set(DANGEROUS)
    forged = cast("Opcode", opcode)
    with pytest.raises(EncodeError, match="safe"):
        encode_command(Command(opcode=forged))
    with pytest.raises(EncodeError, match="safe"):
        encode_reply(Reply(opcode=forged))
    for decode, end in ((decode_command, "a3"), (decode_reply, "a5")):
        with pytest.raises(DecodeError) as caught:
            decode(sealed(f"51{opcode:02x}00000000{end}"))
        assert (caught.value.damage, caught.value.offset) == (Damage.UNKNOWN_CODE, 1)


def test_records_are_asked_for_by_index_and_user() -> None:
    assert encode_command(record_time(0x012C, user=2)).hex() == "51252c010002a348"
    assert encode_command(record_values(0)).hex() == "512600000000a31a"


def test_a_record_of_a_cuff() -> None:
    """Year 26, month 3, day 1; 34 min, irregular, blood pressure; 12 h, varying, average."""
    moment = decode_record_time(bytes.fromhex("6134e2cc"))
    assert moment == RecordTime(
        clock=MINUTE,
        is_blood_pressure=True,
        arrhythmia=True,
        irregular_pulse=IrregularPulse.VARYING,
        average=True,
    )
    assert encode_record_time(moment).hex() == "6134e2cc"
    assert set_clock(MINUTE).content.hex() == "6134220c"


def test_a_saturation_has_12_bits() -> None:
    assert decode_oximetry(bytes.fromhex("61100040")) == Oximetry(
        spo2_percent=97, pulse_rate_per_min=64, high_bits=1
    )


def test_how_many_records_there_are() -> None:
    reply = decode_reply(sealed("512b2c010000a5"))
    assert (reply.opcode, reply.number) == (Opcode.RECORD_COUNT, 300)


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("command", "512600000000a3", (Damage.TOO_SHORT, 7)),
        ("command", "512600000000a31a00", (Damage.TOO_LONG, 8)),
        ("command", "502600000000a319", (Damage.HEADER, 0)),
        ("command", "512600000000a51c", (Damage.HEADER, 6)),
        ("reply", "512600000000a31a", (Damage.HEADER, 6)),
        ("reply", "512600000000a51d", (Damage.CHECKSUM, 7)),
        ("record_time", "000000", (Damage.TOO_SHORT, 3)),
        ("blood_pressure", "0000000000", (Damage.TOO_LONG, 4)),
        ("oximetry", "", (Damage.TOO_SHORT, 0)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"fora.{message}", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit("fora.command", Command(opcode=Opcode.MODEL, content=bytes(3)))
    with pytest.raises(EncodeError, match="index"):
        record_time(1 << 16)
    moment = RecordTime(clock=MINUTE)
    for clock in (
        DateTime(1999, 1, 1, 0, 0, 0),
        DateTime(2128, 1, 1, 0, 0, 0),
        DateTime(2026, 3, 1, 12, 34, 1),
    ):
        does_not_fit("fora.record_time", replace(moment, clock=clock))
    pressure = BloodPressure(
        systolic_mmhg=256, mean_arterial_pressure_mmhg=93, diastolic_mmhg=79, pulse_rate_per_min=64
    )
    does_not_fit("fora.blood_pressure", pressure)
    does_not_fit("fora.oximetry", Oximetry(spo2_percent=1 << 12, pulse_rate_per_min=64))
    does_not_fit("fora.oximetry", Oximetry(spo2_percent=97, pulse_rate_per_min=64, high_bits=16))
