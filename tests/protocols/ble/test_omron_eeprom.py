"""Omron's memory packets: published ones, four channels in and out, unlocking, and each damage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ble.codec.errors import Damage, DecodeError
from protocols.ble.omron_eeprom import (
    COMMON_KEY,
    END,
    START,
    Kind,
    OmronAssembler,
    Packet,
    UnlockCommand,
    UnlockKind,
    UnlockReply,
    encode_packet,
    encode_unlock_command,
    encode_unlock_reply,
    read,
    split,
    write,
)
from tests.support.refusals import does_not_fit, refused

REPLY = Packet(kind=Kind.READ_REPLY, address=0x02AC, size=40, content=bytes(range(40)))


def test_a_session_starts_and_ends() -> None:
    assert encode_packet(START).hex() == "0800000000100018"
    assert encode_packet(END).hex() == "080f000000000007"


def test_reading_and_writing() -> None:
    assert encode_packet(read(0x02AC, 0x0E)).hex() == "08010002ac0e00a9"
    written = encode_packet(write(0x0286, b"\x01\x02"))
    assert written[:8].hex() == "0a01c00286020102"
    assert len(written) == written[0]


def test_a_long_packet_takes_several_channels() -> None:
    parts = split(encode_packet(REPLY))
    assert [len(part) for part in parts] == [16, 16, 16]
    assembler = OmronAssembler()
    assert [assembler.feed(channel, part) for channel, part in enumerate(parts)] == [[], [], [REPLY]]


@given(sizes=st.lists(st.integers(0, 56), min_size=1, max_size=5))
def test_packets_follow_one_another(sizes: list[int]) -> None:
    packets = [Packet(kind=Kind.READ_REPLY, size=size, content=bytes(range(size))) for size in sizes]
    assembler = OmronAssembler()
    found = [
        item
        for packet in packets
        for channel, part in enumerate(split(encode_packet(packet)))
        for item in assembler.feed(channel, part)
    ]
    assert found == packets


def test_a_lost_channel_costs_one_packet_only() -> None:
    first, second, third = split(encode_packet(REPLY))
    assembler = OmronAssembler()
    assert assembler.feed(0, first) == []
    assert assembler.feed(2, third) == []
    whole = [assembler.feed(channel, part) for channel, part in enumerate((first, second, third))]
    assert whole == [[], [], [REPLY]]


def test_what_follows_without_a_beginning_is_dropped() -> None:
    assembler = OmronAssembler()
    assert assembler.feed(1, bytes(16)) == []
    assert assembler.feed(0, b"") == []


@given(st.lists(st.tuples(st.integers(0, 3), st.binary(max_size=20)), max_size=20))
def test_no_bytes_raise_anything(notifications: list[tuple[int, bytes]]) -> None:
    assembler = OmronAssembler()
    for channel, data in notifications:
        assert all(isinstance(item, Packet | DecodeError) for item in assembler.feed(channel, data))


def test_a_damaged_packet_is_an_error_and_the_next_one_is_whole() -> None:
    assembler = OmronAssembler()
    (error,) = assembler.feed(0, bytes.fromhex("0800000000100019"))
    assert isinstance(error, DecodeError)
    assert error.damage is Damage.CHECKSUM
    assert assembler.feed(0, encode_packet(START)) == [START]


def test_unlocking_with_the_common_key() -> None:
    command = UnlockCommand(kind=UnlockKind.UNLOCK, key=COMMON_KEY)
    assert encode_unlock_command(command).hex() == "01" + "deadbeaf12341234" * 2
    enter = UnlockCommand(kind=UnlockKind.ENTER_PROGRAMMING)
    assert encode_unlock_command(enter).hex() == "02" + "00" * 16
    assert encode_unlock_reply(UnlockReply(kind=UnlockKind.UNLOCK, result=0)).hex() == "8100"


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("packet", "08000000001018", (Damage.TOO_SHORT, 7)),
        ("packet", "00" * 65, (Damage.TOO_LONG, 64)),
        ("packet", "0900000000100018", (Damage.LENGTH_FIELD, 0)),
        ("packet", "0800000000100019", (Damage.CHECKSUM, 7)),
        ("packet", "09810000000200008a", (Damage.LENGTH_FIELD, 5)),
        ("packet", "0802000000100018", (Damage.CHECKSUM, 7)),
        ("packet", "080200000010001a", (Damage.UNKNOWN_CODE, 1)),
        ("unlock_command", "01" + "00" * 15, (Damage.TOO_SHORT, 16)),
        ("unlock_command", "03" + "00" * 16, (Damage.UNKNOWN_CODE, 0)),
        ("unlock_reply", "81", (Damage.TOO_SHORT, 1)),
        ("unlock_reply", "0100", (Damage.VALUE, 0)),
        ("unlock_reply", "8300", (Damage.UNKNOWN_CODE, 0)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"omron_eeprom.{message}", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit("omron_eeprom.packet", write(0, bytes(57)))
    does_not_fit("omron_eeprom.packet", Packet(kind=Kind.WRITE, size=3, content=b"\x01"))
    does_not_fit("omron_eeprom.packet", read(1 << 16, 1))
    does_not_fit("omron_eeprom.unlock_command", UnlockCommand(kind=UnlockKind.UNLOCK, key=b"short"))
    does_not_fit("omron_eeprom.unlock_reply", UnlockReply(kind=UnlockKind.UNLOCK, result=256))
    does_not_fit("omron_eeprom.unlock_reply", UnlockReply(kind=UnlockKind.UNLOCK, result=0, rest=bytes(19)))
