"""Omron's records: what a slot says beside its pressures, empty slots, clocks, and each damage."""

from dataclasses import replace

import pytest

from protocols.ble.codec.errors import Damage
from protocols.ble.date_time import DateTime
from protocols.ble.omron_record import (
    Clock,
    DateFirstReading,
    EmptySlot,
    Reading,
    decode_big_endian_14,
    decode_date_first_16,
    decode_little_endian_14,
    decode_little_endian_24,
    encode_big_endian_14,
    encode_little_endian_14,
    encode_little_endian_24,
)
from tests.support.refusals import does_not_fit, refused

NOON = DateTime(2026, 3, 1, 12, 0, 59)
READING = Reading(systolic_mmhg=121, diastolic_mmhg=79, pulse_rate_per_min=64, timestamp=NOON)
DATE_FIRST = DateFirstReading(
    systolic_mmhg=121, diastolic_mmhg=79, pulse_rate_per_min=64, timestamp=NOON, flags=0b0110
)
CLOCK = Clock(clock=NOON, before=bytes(8))


@pytest.mark.parametrize("fill", [0x00, 0xFF])
def test_a_slot_without_reading_is_empty(fill: int) -> None:
    empty = bytes((fill,)) * 14
    assert decode_little_endian_14(empty) == EmptySlot(content=empty)
    assert decode_big_endian_14(empty) == EmptySlot(content=empty)
    assert decode_date_first_16(bytes((fill,)) * 16) == EmptySlot(content=bytes((fill,)) * 16)


def test_a_systolic_of_251_marks_an_empty_slot() -> None:
    frame = bytearray(encode_little_endian_14(replace(READING, systolic_mmhg=250)))
    assert isinstance(decode_little_endian_14(bytes(frame)), Reading)
    frame[0] += 1
    assert decode_little_endian_14(bytes(frame)) == EmptySlot(content=bytes(frame))


@pytest.mark.parametrize(
    ("name", "mark"),
    [("irregular_pulse", 0x4000), ("body_movement", 0x8000)],
)
def test_marks_stand_in_the_first_word(name: str, mark: int) -> None:
    plain, marked = (
        encode_little_endian_14(reading) for reading in (READING, replace(READING, **{name: True}))
    )
    words = [int.from_bytes(frame[4:6], "little") for frame in (plain, marked)]
    assert words[1] == words[0] | mark


def test_the_big_endian_layout_has_the_diastolic_pressure_first() -> None:
    assert encode_big_endian_14(READING)[:4] == bytes((79, 121 - 25, 26, 64))


def test_number_and_error_of_the_longest_layout() -> None:
    frame = bytearray(encode_little_endian_24(replace(READING, tail=bytes(16))))
    frame[10:12], frame[17] = b"\x39\x05", 3
    reading = decode_little_endian_24(bytes(frame))
    assert isinstance(reading, Reading)
    assert (reading.record_id, reading.error_code) == (1337, 3)


def test_shorter_layouts_have_no_error_code() -> None:
    assert READING.error_code == 0
    assert replace(READING, tail=b"").record_id is None


def test_marks_of_the_date_first_layout_are_two_bits_each() -> None:
    assert (DATE_FIRST.irregular_pulse, DATE_FIRST.body_movement) == (2, 1)


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("little_endian_14", "00" * 13, (Damage.TOO_SHORT, 13)),
        ("little_endian_16", "00" * 17, (Damage.TOO_LONG, 16)),
        ("little_endian_24", "00" * 14, (Damage.TOO_SHORT, 14)),
        ("big_endian_14", "00" * 16, (Damage.TOO_LONG, 14)),
        ("date_first_16", "00" * 14, (Damage.TOO_SHORT, 14)),
        ("clock_at_8", "00" * 14 + "0100", (Damage.CHECKSUM, 14)),
        ("clock_at_8_swapped", "00" * 15 + "01", (Damage.CHECKSUM, 15)),
        ("clock_at_2_swapped", "01" + "00" * 9, (Damage.CHECKSUM, 9)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"omron_record.{message}", frame) == refusal


@pytest.mark.parametrize(
    "change",
    [
        {"systolic_mmhg": 24},
        {"systolic_mmhg": 251},
        {"diastolic_mmhg": 256},
        {"timestamp": DateTime(2064, 1, 1, 0, 0, 0)},
        {"improper_position": 4},
        {"tail": bytes(7)},
    ],
)
def test_readings_that_do_not_fit_are_refused(change: dict[str, object]) -> None:
    does_not_fit("omron_record.little_endian_14", replace(READING, **change))  # type: ignore[arg-type]
    does_not_fit("omron_record.big_endian_14", replace(READING, **change))  # type: ignore[arg-type]


def test_a_reading_must_not_look_like_an_empty_slot() -> None:
    nothing = DateTime(2000, 0, 0, 0, 0, 0)
    zeros = {"systolic_mmhg": 25, "diastolic_mmhg": 0, "pulse_rate_per_min": 0, "timestamp": nothing}
    does_not_fit("omron_record.little_endian_14", replace(READING, **zeros))  # type: ignore[arg-type]
    does_not_fit("omron_record.date_first_16", replace(DATE_FIRST, **zeros))  # type: ignore[arg-type]
    full = EmptySlot(content=encode_little_endian_14(READING))
    does_not_fit("omron_record.little_endian_14", full)
    does_not_fit("omron_record.little_endian_14", EmptySlot(content=bytes(13)))


def test_date_first_readings_that_do_not_fit_are_refused() -> None:
    for change in ({"systolic_mmhg": 251}, {"other": bytes(5)}, {"flags": 256}):
        does_not_fit("omron_record.date_first_16", replace(DATE_FIRST, **change))  # type: ignore[arg-type]


def test_clocks_that_do_not_fit_are_refused() -> None:
    for message in ("clock_at_8", "clock_at_8_swapped", "clock_at_2_swapped"):
        does_not_fit(f"omron_record.{message}", replace(CLOCK, before=bytes(3)))
        before = bytes(2 if "2" in message else 8)
        early = replace(CLOCK, before=before, clock=DateTime(1999, 1, 1, 0, 0, 0))
        does_not_fit(f"omron_record.{message}", early)
