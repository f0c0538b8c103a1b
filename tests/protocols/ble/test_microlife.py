import pytest

from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import Damage, EncodeError
from protocols.ble.date_time import DateTime
from protocols.ble.microlife import (
    DISCONNECT,
    GET_RECORDS,
    READ_INFO,
    READ_TIME,
    Command,
    Device,
    Frame,
    MicrolifeFramer,
    Records,
    StoredReading,
    decode_frame,
    encode_frame,
    set_time,
)
from tests.support.refusals import does_not_fit, refused

MINUTE = DateTime(2026, 3, 1, 12, 34, 0)


def reading(**changes: object) -> StoredReading:
    values = {
        "systolic_mmhg": 120,
        "diastolic_mmhg": 80,
        "pulse_rate_per_min": 60,
        "timestamp": MINUTE,
    } | changes
    return StoredReading(**values)  # type: ignore[arg-type]


def sealed(text: str) -> str:
    body = bytes.fromhex(text)
    return (body + bytes((sum8(body),))).hex()


def test_commands_are_the_published_bytes() -> None:
    assert encode_frame(GET_RECORDS).hex() == "4dff000900000000000000fd52"
    assert encode_frame(DISCONNECT).hex() == "4dff00020452"
    assert encode_frame(READ_INFO).hex() == "4dff00020b59"
    assert encode_frame(READ_TIME).hex() == "4dff00020c5a"
    assert encode_frame(set_time(DateTime(2024, 6, 15, 14, 30, 45))).hex() == "4dff00080d18060f0e1e2de7"
    with pytest.raises(EncodeError):
        set_time(DateTime(1999, 1, 1, 0, 0, 0))


def test_a_frame_says_what_it_is_about() -> None:
    assert Frame(device=Device.CUFF_4G, content=b"\x91").command is Command.REFUSED
    assert Frame(device=Device.CUFF_4G, content=b"\x77").command == 0x77


def test_settings_of_a_reading() -> None:
    first = reading(settings=0x80)
    assert (first.cuff_fit_ok, first.irregular_pulse, first.atrial_fibrillation) == (True, False, False)
    second = reading(settings=0x60)
    assert (second.cuff_fit_ok, second.irregular_pulse, second.atrial_fibrillation) == (False, True, True)
    assert not first.is_empty
    assert reading(systolic_mmhg=0, diastolic_mmhg=0, pulse_rate_per_min=0).is_empty


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("frame", "4d3a000281", (Damage.TOO_SHORT, 5)),
        ("frame", "4e3a0002810a", (Damage.HEADER, 0)),
        ("frame", "4d3a0003810a", (Damage.TOO_SHORT, 6)),
        ("frame", "4d3a0002810a00", (Damage.LENGTH_FIELD, 2)),
        ("frame", "4d3a0002810b", (Damage.CHECKSUM, 5)),
        ("frame", sealed("4d3b000281"), (Damage.UNKNOWN_CODE, 1)),
        ("records", "00" * 37, (Damage.TOO_SHORT, 37)),
        ("records", "00" * 47, (Damage.TOO_SHORT, 47)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"microlife.{message}", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    does_not_fit("microlife.frame", Frame(device=Device.HOST, content=b""))
    does_not_fit("microlife.frame", Frame(device=Device.HOST, content=bytes(4097)))
    does_not_fit("microlife.records", Records(readings=(), head=b""))
    does_not_fit("microlife.records", Records(readings=(reading(),) * 500))
    does_not_fit("microlife.records", Records(readings=(reading(systolic_mmhg=256),)))
    does_not_fit("microlife.records", Records(readings=(reading(timestamp=DateTime(2026, 1, 1, 0, 0, 1)),)))


def test_a_false_beginning_is_passed_over() -> None:
    frame = Frame(device=Device.CUFF_4G, content=b"\x81")
    *skipped, found = MicrolifeFramer().feed(b"\x4d\x4d\x3a\x00\x01" + encode_frame(frame))
    assert found == frame
    assert len(skipped) == 1


def test_a_frame_byte_by_byte() -> None:
    frame = bytes.fromhex("4d3a0002810a")
    framer = MicrolifeFramer()
    assert [item for byte in frame for item in framer.feed(bytes((byte,)))] == [decode_frame(frame)]
    assert framer.feed(b"\x4d\x3a\x00\x01") == [], "too short a length is no frame"
    (found, *_) = framer.feed(frame)[-1:]
    assert found == decode_frame(frame)
