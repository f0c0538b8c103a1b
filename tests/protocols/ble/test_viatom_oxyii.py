import hashlib
from dataclasses import replace
from typing import cast

import pytest

from protocols.ble.codec.checksums import crc8
from protocols.ble.codec.errors import Damage, EncodeError
from protocols.ble.date_time import DateTime
from protocols.ble.viatom_oxyii import (
    Command,
    LiveValues,
    Opcode,
    Reply,
    State,
    ViatomOxyIIFramer,
    authenticate,
    decode_live,
    encode_command,
    encode_reply,
    open_file,
    read_file,
    set_time,
)
from tests.support.refusals import does_not_fit, refused
from tests.support.samples import EXTRA

LIVE: LiveValues = EXTRA["viatom_oxyii.live"][0]


def test_the_session_key_is_built_from_md5_serial_and_shifted_time() -> None:
    """Derived here as the protocol's description says, with Python's own MD5."""
    md5 = hashlib.md5(b"lepucloud", usedforsecurity=False).digest()
    time = 1_770_000_000
    key = md5[::2] + b"0000" + bytes(time >> n & 0xFF for n in range(4))
    assert authenticate(time).content == bytes(a ^ b for a, b in zip(key, md5, strict=True))
    assert authenticate(time, serial_prefix="25B2").content != authenticate(time).content
    with pytest.raises(EncodeError, match="serial_prefix"):
        authenticate(time, serial_prefix="1")


def test_commands_carry_their_content() -> None:
    assert set_time(DateTime(2026, 3, 1, 12, 0, 59)).content.hex() == "ea0703010c003b00"
    assert open_file("20260427105949", file_type=1).content == b"20260427105949\0\0\x01\0\0\0"
    assert read_file(512).content == b"\x00\x02\x00\x00"
    with pytest.raises(EncodeError):
        read_file(-1)
    with pytest.raises(EncodeError):
        open_file("x", file_type=2**32)


def test_the_factory_reset_can_neither_be_built_nor_read() -> None:
    forged = cast("Opcode", 0xEE)
    with pytest.raises(EncodeError):
        encode_command(Command(opcode=forged))
    body = bytes.fromhex("a5ee1100000000")
    assert refused("viatom_oxyii.command", (body + bytes((crc8(body),))).hex()) == (Damage.UNKNOWN_CODE, 1)
    body = bytes.fromhex("a5ee1101000000")
    assert refused("viatom_oxyii.reply", (body + bytes((crc8(body),))).hex()) == (Damage.UNKNOWN_CODE, 1)


def test_live_values_stand_where_the_protocol_says() -> None:
    data = bytearray(28)
    data[5], data[6], data[7], data[8], data[13], data[24], data[26], data[27] = 1, 97, 13, 66, 80, 2, 10, 11
    data[0:2], data[9], data[11] = (26_624).to_bytes(2, "little"), 1, 29
    live = decode_live(bytes(data))
    assert live.state is State.IDLE
    assert (live.spo2_percent, live.motion, live.pulse_rate_per_min) == (97, 29, 256 + 66)
    assert (live.perfusion_index_percent, live.duration_s) == (1.3, 26_624)
    assert (live.battery_percent, live.ppg) == (80, (10, 11))
    data[5] = 9
    assert decode_live(bytes(data)).state == 9


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("live", "00" * 25, (Damage.TOO_SHORT, 25)),
        ("live", "00" * 27, (Damage.LENGTH_FIELD, 24)),
        ("file_list", "", (Damage.TOO_SHORT, 0)),
        ("file_list", "01", (Damage.LENGTH_FIELD, 0)),
        ("file_list", "01" + "ff" * 16, (Damage.UNKNOWN_CODE, 1)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"viatom_oxyii.{message}", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    for change in ({"bytes_14_to_23": b""}, {"ppg": (0,) * 2048}, {"ppg": (256,)}, {"spo2_percent": 256}):
        does_not_fit("viatom_oxyii.live", replace(LIVE, **change))  # type: ignore[arg-type]
    does_not_fit("viatom_oxyii.file_list", ("x" * 17,))
    does_not_fit("viatom_oxyii.file_list", ("ä",))


def test_a_reply_in_pieces_is_put_together() -> None:
    reply = Reply(opcode=Opcode.LIVE, sequence=4, content=bytes(26))
    frame = encode_reply(reply)
    framer = ViatomOxyIIFramer()
    assert framer.feed(b"\xa5\xa5" + frame[:9]) == []
    assert framer.feed(frame[9:])[-1] == reply
