from dataclasses import replace
from datetime import datetime
from typing import cast

import pytest

from protocols.ble.codec.checksums import crc8
from protocols.ble.codec.errors import Damage, EncodeError
from protocols.ble.viatom_o2 import (
    REQUEST_INFO,
    REQUEST_REALTIME,
    REQUEST_WAVEFORM,
    Command,
    Opcode,
    RealtimeValues,
    Reply,
    ViatomO2Framer,
    Waveform,
    configure,
    decode_realtime,
    decode_reply,
    encode_command,
    encode_realtime,
    encode_reply,
    set_time,
)
from tests.support.refusals import does_not_fit, refused
from tests.support.samples import EXTRA

WAVEFORM: Waveform = EXTRA["viatom_o2.waveform"][0]


def test_requests_are_the_published_bytes() -> None:
    assert encode_command(REQUEST_REALTIME).hex() == "aa17e8000000001b"
    assert encode_command(REQUEST_INFO)[:7].hex() == "aa14eb00000000"
    assert encode_command(REQUEST_WAVEFORM)[:8].hex() == "aa1be40000010000"


def test_settings_are_json_of_strings() -> None:
    instant = datetime(2026, 3, 1, 12, 0, 59)  # noqa: DTZ001  # the ring shows local time
    assert set_time(instant).content == b'{"SetTIME":"2026-03-01,12:00:59"}'
    assert configure(SetOxiThr="88").content == b'{"SetOxiThr":"88"}'


def test_the_worn_byte_of_the_whole_frame_is_its_19th() -> None:
    values = decode_realtime(bytes.fromhex("624200000000006100920a0100"))
    frame = encode_reply(Reply(status=0, content=encode_realtime(values)))
    assert frame[18] == 1
    assert decode_reply(frame).content == encode_realtime(values)


def test_worn_without_values_is_calibrating() -> None:
    def values(spo2: int | None, worn: int) -> RealtimeValues:
        frame = bytes((0xFF if spo2 is None else spo2, 0, 0, 0, 0, 0, 0, 90, 0, 0, 0, worn, 0))
        return decode_realtime(frame)

    assert values(0, 1).calibrating
    assert not values(97, 1).calibrating
    assert not values(0, 0).calibrating
    assert values(None, 0).spo2_percent is None
    assert values(97, 0x31).finger_on, "the upper bits count down"


def test_the_factory_reset_can_neither_be_built_nor_read() -> None:
    with pytest.raises(EncodeError, match="safe"):
        encode_command(Command(opcode=cast("Opcode", 0x18)))
    body = bytes.fromhex("aa18e700000000")
    assert refused("viatom_o2.command", (body + bytes((crc8(body),))).hex()) == (Damage.UNKNOWN_CODE, 1)


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("command", "aa17e800000000", (Damage.TOO_SHORT, 7)),
        ("command", "5517e8000000001b", (Damage.HEADER, 0)),
        ("command", "aa17e9000000001b", (Damage.VALUE, 2)),
        ("command", "aa17e8000001001b", (Damage.TOO_SHORT, 8)),
        ("command", "aa17e8000000001b00", (Damage.LENGTH_FIELD, 5)),
        ("command", "aa17e8000000001c", (Damage.CHECKSUM, 7)),
        ("realtime", "00" * 12, (Damage.TOO_SHORT, 12)),
        ("waveform", "00" * 13, (Damage.LENGTH_FIELD, 10)),
        ("info", "00", (Damage.TOO_SHORT, 1)),
        ("info", "7b22", (Damage.VALUE, 0)),
        ("info", "7b7dff", (Damage.VALUE, 0)),
        ("info", "5b5d", (Damage.VALUE, 0)),
        ("info", b'{"a":1}'.hex(), (Damage.VALUE, 0)),
        ("info", ("[" * 2000).encode().hex(), (Damage.VALUE, 0)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"viatom_o2.{message}", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    for change in ({"other": b""}, {"samples": (0,) * 2048}, {"samples": (256,)}, {"spo2_percent": 255}):
        does_not_fit("viatom_o2.waveform", replace(WAVEFORM, **change))  # type: ignore[arg-type]
    does_not_fit("viatom_o2.reply", Reply(status=256))
    does_not_fit("viatom_o2.reply", Reply(status=0, content=bytes(2049)))
    does_not_fit("viatom_o2.info", {"a": "x" * 3000})


def test_a_reply_in_pieces_of_20_bytes_is_put_together() -> None:
    reply = Reply(status=0, content=bytes(260))
    frame = encode_reply(reply)
    framer = ViatomO2Framer()
    found = [item for at in range(0, len(frame), 20) for item in framer.feed(frame[at : at + 20])]
    assert found == [reply]


def test_a_false_beginning_is_passed_over() -> None:
    frame = encode_reply(Reply(status=0))
    *skipped, found = ViatomO2Framer().feed(b"\x55\x55\x00\x55\x00\xff\x00\x00\xff\xff" + frame)
    assert found == Reply(status=0)
    assert len(skipped) == 1


def test_a_reply_byte_by_byte() -> None:
    frame = encode_reply(Reply(status=0, content=b"\x01\x02"))
    framer = ViatomO2Framer()
    assert [item for byte in frame for item in framer.feed(bytes((byte,)))] == [decode_reply(frame)]
    damage, found = framer.feed(b"\x55\x00\x00" + frame)
    assert found == decode_reply(frame)
    assert "skipped 3 bytes" in str(damage)
