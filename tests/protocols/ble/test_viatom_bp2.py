from dataclasses import replace
from typing import Any, cast

import pytest

from protocols.ble import viatom_bp2
from protocols.ble.codec import lepu_frame
from protocols.ble.codec.checksums import crc8
from protocols.ble.codec.errors import Damage, DecodeError, EncodeError
from protocols.ble.date_time import DateTime
from protocols.ble.viatom_bp2 import (
    Command,
    Opcode,
    Reply,
    decode_command,
    decode_realtime,
    decode_reply,
    encode_command,
    encode_reply,
    open_file,
    read_file,
    set_time,
)
from tests.support.refusals import does_not_fit, refused
from tests.support.samples import EXTRA

# By the document that tried them all on a cuff: these inflate it, reset it or restart it; 13 tells the
# Wi-Fi password.
DANGEROUS = (0x04, 0x09, 0x0A, 0x13, 0x24, 0x25, 0x39, 0xE2, 0xE3)


def raw_frame(opcode: int, *, is_reply: bool) -> bytes:
    body = bytes((0xA5, opcode, opcode ^ 0xFF, is_reply, 0, 0, 0))
    return body + bytes((crc8(body),))


def test_the_opcodes_are_a_closed_set_without_a_dangerous_one() -> None:
    assert not set(Opcode) & set(DANGEROUS)
    assert sorted(Opcode) == [0x00, 0x06, 0x08, 0x30, 0xE1, 0xEC, 0xF1, 0xF2, 0xF3, 0xF4]


@pytest.mark.parametrize("opcode", sorted(set(range(256)) - set(Opcode)))
def test_no_other_opcode_can_be_built_or_read_in_either_direction(opcode: int) -> None:
    forged = cast("Opcode", opcode)
    with pytest.raises(EncodeError, match="safe"):
        encode_command(Command(opcode=forged))
    with pytest.raises(EncodeError, match="safe"):
        encode_reply(Reply(opcode=forged))
    for decode, is_reply in ((decode_command, False), (decode_reply, True)):
        with pytest.raises(DecodeError) as caught:
            decode(raw_frame(opcode, is_reply=is_reply))
        assert (caught.value.damage, caught.value.offset) == (Damage.UNKNOWN_CODE, 1)


def test_nothing_in_the_module_holds_a_dangerous_command() -> None:
    commands = [content for content in vars(viatom_bp2).values() if isinstance(content, Command)]
    assert all(command.opcode in Opcode for command in commands)


def test_commands_carry_their_content() -> None:
    assert set_time(DateTime(2026, 3, 1, 12, 0, 59)).content.hex() == "ea0703010c003b"
    assert open_file().content == b"bp2nibp.list" + bytes(8)
    assert read_file(0x0102).content == b"\x02\x01\x00\x00"
    with pytest.raises(EncodeError):
        read_file(2**32)


def test_an_unknown_state_is_kept_as_a_number() -> None:
    registers = viatom_bp2.decode_registers(bytes(39) + b"\x63")
    assert registers.state == 0x63


def test_an_empty_slot_is_known() -> None:
    (reading,) = EXTRA["viatom_bp2.record"]
    assert not reading.is_empty
    assert viatom_bp2.decode_record(bytes(37)).is_empty


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("realtime", "00" * 31, (Damage.TOO_SHORT, 31)),
        ("realtime", "02" + "00" * 31, (Damage.UNKNOWN_CODE, 0)),
        ("record", "00" * 36, (Damage.TOO_SHORT, 36)),
        ("record_file", "00" * 46, (Damage.TOO_SHORT, 46)),
        ("record_file", "00" * (10 + 37 * 200 + 37), (Damage.TOO_LONG, 7410)),
        ("registers", "00" * 41, (Damage.TOO_LONG, 40)),
        ("battery", "00" * 3, (Damage.TOO_SHORT, 3)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"viatom_bp2.{message}", frame) == refusal


@pytest.mark.parametrize(
    ("message", "change"),
    [
        ("registers", {"before_user": b""}),
        ("registers", {"active_user_id": 2**32}),
        ("realtime", {"other": b""}),
        ("realtime", {"cuff_pressure_mmhg": 65536}),
        ("record", {"padding": b""}),
        ("record", {"systolic_mmhg": 65536}),
        ("record_file", {"header": b""}),
        ("record_file", {"readings": EXTRA["viatom_bp2.record"] * 201}),
        ("battery", {"battery_v": 70.0}),
    ],
)
def test_values_that_do_not_fit_are_refused(message: str, change: dict[str, Any]) -> None:
    samples = {**EXTRA, "viatom_bp2.registers": (viatom_bp2.decode_registers(bytes(40)),)}
    does_not_fit(f"viatom_bp2.{message}", replace(samples[f"viatom_bp2.{message}"][0], **change))


def test_a_reply_in_pieces_is_put_together() -> None:
    reply = Reply(opcode=Opcode.REALTIME, sequence=4, content=bytes(32))
    frame = encode_reply(reply)
    framer = viatom_bp2.ViatomBp2Framer()
    assert framer.feed(frame[:20]) == []
    assert framer.feed(frame[20:] + frame[:1]) == [reply]
    assert decode_realtime(reply.content) == viatom_bp2.Measuring(
        cuff_pressure_mmhg=0, battery_status=0, battery_percent=0
    )
    assert lepu_frame.START == 0xA5
