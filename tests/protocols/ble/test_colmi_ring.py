"""Colmi rings: one measurement at a time, no value while it searches, an error when not worn."""

from typing import cast

import pytest

from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import Damage, DecodeError, EncodeError
from protocols.ble.colmi_ring import (
    ASK_BATTERY,
    Action,
    Battery,
    Opcode,
    Packet,
    Reading,
    RealTime,
    decode_packet,
    decode_real_time,
    encode_packet,
    measure,
    stop,
)
from tests.support.refusals import does_not_fit, refused


def test_commands_are_those_of_the_public_client() -> None:
    assert encode_packet(measure(Reading.HEART_RATE)).hex() == "690101" + "00" * 12 + "6b"
    assert encode_packet(measure(Reading.SPO2, Action.CONTINUE)).hex() == "690303" + "00" * 12 + "6f"
    assert encode_packet(stop(Reading.SPO2)).hex() == "6a0300" + "00" * 12 + "6d"
    assert encode_packet(ASK_BATTERY).hex() == "03" + "00" * 14 + "03"


def test_0_is_no_value() -> None:
    assert decode_real_time(bytes.fromhex("030000" + "00" * 11)) == RealTime(reading=Reading.SPO2)
    does_not_fit("colmi_ring.real_time", RealTime(reading=Reading.SPO2, value=0))


@pytest.mark.parametrize("opcode", sorted(set(range(256)) - set(Opcode)))
def test_no_other_command_can_be_built_or_read(opcode: int) -> None:
    """08 restarts the ring, FF resets it."""
    with pytest.raises(EncodeError, match="safe"):
        encode_packet(Packet(opcode=cast("Opcode", opcode)))
    body = bytes((opcode,)) + bytes(14)
    with pytest.raises(DecodeError) as caught:
        decode_packet(body + bytes((sum8(body),)))
    assert caught.value.damage is Damage.UNKNOWN_CODE


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("colmi_ring.packet", "69" + "00" * 14, (Damage.TOO_SHORT, 15)),
        ("colmi_ring.packet", "69" + "00" * 14 + "6a", (Damage.CHECKSUM, 15)),
        ("colmi_ring.real_time", "02" + "00" * 13, (Damage.UNKNOWN_CODE, 0)),
        ("colmi_ring.battery", "00" * 15, (Damage.TOO_LONG, 14)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(message, frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit("colmi_ring.packet", Packet(opcode=Opcode.START, content=b""))
    does_not_fit("colmi_ring.real_time", RealTime(reading=Reading.SPO2, value=256))
    does_not_fit("colmi_ring.real_time", RealTime(reading=Reading.SPO2, other=b""))
    does_not_fit("colmi_ring.battery", Battery(level_percent=256))
    does_not_fit("colmi_ring.battery", Battery(level_percent=6, other=b""))
