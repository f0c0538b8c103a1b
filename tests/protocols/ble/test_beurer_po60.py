from dataclasses import replace

import pytest

from protocols.ble.beurer_po60 import (
    BeurerPo60Framer,
    ClockSet,
    ReadPage,
    Session,
    SetTime,
    decode_command,
    encode_command,
    encode_record,
)
from protocols.ble.codec.errors import Damage, EncodeError
from protocols.ble.date_time import DateTime
from tests.support.refusals import does_not_fit, refused
from tests.support.samples import EXTRA

SESSION: Session = EXTRA["beurer_po60.record"][0]


def test_rates_above_127_use_their_escape_flags() -> None:
    data = encode_record(SESSION)
    assert data[14] == 0x04 | 0x10
    assert data[20:23] == bytes((141 - 128, 60, 130 - 128))
    assert data[1] == 0x43


def test_the_clock_is_written_with_a_checksum_of_7_bits() -> None:
    data = encode_command(SetTime(clock=DateTime(2026, 3, 1, 12, 0, 59)))
    assert data.hex() == "831a03010c003b0000" + f"{(0x83 + 0x1A + 3 + 1 + 12 + 0x3B) & 0x7F:02x}"
    with pytest.raises(EncodeError):
        encode_command(SetTime(clock=DateTime(1999, 1, 1, 0, 0, 0)))


def test_the_padding_of_an_old_application_comes_back() -> None:
    frame = bytes.fromhex("831a03010c0005050500")
    frame = frame[:-1] + bytes((sum(frame) & 0x7F,))
    command = decode_command(frame)
    assert isinstance(command, SetTime)
    assert (command.clock.second, command.padding) == (5, b"\x05\x05")
    assert encode_command(command) == frame
    does_not_fit("beurer_po60.command", replace(command, padding=b""))
    does_not_fit("beurer_po60.clock_set", ClockSet(status=256))


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("beurer_po60.command", "9901", (Damage.TOO_SHORT, 2)),
        ("beurer_po60.command", "990118", (Damage.CHECKSUM, 2)),
        ("beurer_po60.command", "99021b", (Damage.UNKNOWN_CODE, 0)),
        ("beurer_po60.command", "99011a1a34", (Damage.CHECKSUM, 4)),
        ("beurer_po60.command", "83000306", (Damage.TOO_SHORT, 4)),
        ("beurer_po60.clock_set", "f3", (Damage.TOO_SHORT, 1)),
        ("beurer_po60.clock_set", "f200", (Damage.HEADER, 0)),
        ("beurer_po60.record", "e8" + "00" * 23, (Damage.HEADER, 0)),
        ("beurer_po60.record", "e9" + "00" * 20 + "800000", (Damage.VALUE, 21)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(message, frame) == refusal


@pytest.mark.parametrize(
    "change",
    [
        {"index": 16},
        {"spo2_lowest_percent": 128},
        {"pulse_rate_lowest_per_min": 256},
        {"bytes_15_16": b""},
        {"header_flags": 0x40},
        {"other_flags": 0x04},
        {"byte_23": 256},
    ],
)
def test_values_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    does_not_fit("beurer_po60.record", replace(SESSION, **change))  # type: ignore[arg-type]


def test_records_come_in_pieces_of_20_bytes() -> None:
    stream = encode_record(SESSION) * 3
    framer = BeurerPo60Framer()
    found = [item for at in range(0, len(stream), 20) for item in framer.feed(stream[at : at + 20])]
    assert found == [SESSION] * 3
    assert encode_command(ReadPage(following=True)).hex() == "99011a"
