from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from protocols.ble.codec.checksums import crc8
from protocols.ble.codec.errors import Damage
from protocols.ble.mightysat import (
    ENABLE_EVERYTHING,
    Acknowledgement,
    MightySatFramer,
    Parameters,
    SetClock,
    SetStreams,
    Trend,
    Waves,
    decode_command,
    decode_report,
    encode_command,
    encode_report,
    set_clock,
)
from tests.support.refusals import does_not_fit, refused


def sealed(content: str) -> str:
    body = bytes.fromhex(content)
    return (bytes((0x77, len(body) + 1)) + body + bytes((crc8(body),))).hex()


def test_the_start_command_is_the_captured_one() -> None:
    assert encode_command(ENABLE_EVERYTHING).hex() == "7705031f0003d6"


def test_a_refusal_is_an_acknowledgement_that_says_no() -> None:
    assert decode_report(bytes.fromhex(sealed("ff03"))) == Acknowledgement(accepted=False, kind=3)


@pytest.mark.parametrize(
    ("message", "frame", "refusal"),
    [
        ("report", "7701", (Damage.TOO_SHORT, 2)),
        ("report", "7803fe02cc", (Damage.HEADER, 0)),
        ("report", "7704fe02cc", (Damage.LENGTH_FIELD, 1)),
        ("report", "7703fe02cd", (Damage.CHECKSUM, 4)),
        ("report", sealed("0800"), (Damage.UNKNOWN_CODE, 2)),
        ("report", sealed("04"), (Damage.TOO_SHORT, 4)),
        ("report", sealed("05" + "00" * 14), (Damage.LENGTH_FIELD, 1)),
        ("report", sealed("01" + "00" * 19), (Damage.LENGTH_FIELD, 1)),
        ("report", sealed("fe"), (Damage.LENGTH_FIELD, 1)),
        ("command", sealed("08"), (Damage.UNKNOWN_CODE, 2)),
        ("command", sealed("02"), (Damage.LENGTH_FIELD, 1)),
        ("command", sealed("0100"), (Damage.LENGTH_FIELD, 1)),
        ("command", sealed("031f00"), (Damage.LENGTH_FIELD, 1)),
        ("command", sealed("069b"), (Damage.LENGTH_FIELD, 1)),
    ],
)
def test_each_damage_is_named_and_placed(message: str, frame: str, refusal: tuple[Damage, int]) -> None:
    assert refused(f"mightysat.{message}", frame) == refusal


def test_values_that_do_not_fit_are_refused() -> None:
    parameters = decode_report(bytes.fromhex("7711050000000000620048101400260200100e"))
    assert isinstance(parameters, Parameters)
    does_not_fit("mightysat.report", replace(parameters, spo2_percent=255))
    does_not_fit("mightysat.report", replace(parameters, perfusion_index_percent=655.35))
    does_not_fit("mightysat.report", Trend(content=bytes(254)))
    does_not_fit("mightysat.command", SetStreams(parameters=65536, waves=0))


def test_captured_notifications_that_begin_and_end_inside_frames() -> None:
    """Of a live session, by the tests of `medical_ble_toolkit`: the first begins inside a frame."""
    first = bytes.fromhex("110428bd00b864b500c400dc00e800e500397711")
    second = bytes.fromhex("050000000000610052001d006603000f27771104")
    framer = MightySatFramer()
    assert all(not isinstance(item, Parameters) for item in framer.feed(first))
    parameters = [item for item in framer.feed(second) if isinstance(item, Parameters)]
    assert [p.spo2_percent for p in parameters] == [97]


def test_waves_and_trends_keep_their_bytes() -> None:
    assert decode_report(encode_report(Waves(ordinal=3, samples=b"\x01\x02"))) == Waves(
        ordinal=3, samples=b"\x01\x02"
    )


def test_the_clock_is_counted_as_the_vendors_application_counts_it() -> None:
    """The beginning of 1970 is 621355968000000000 ticks, .NET's own constant (`DateTime.UnixEpoch`)."""
    instant = datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC)
    command = set_clock(instant.astimezone(timezone(timedelta(hours=2))))
    assert command == SetClock(ticks=621_355_968_000_000_000 + 10_000_050)
    assert command.instant == instant
    frame = encode_command(command)
    assert frame.hex().startswith("770a02")
    assert decode_command(frame) == command
    assert SetClock(ticks=2**64 - 1).instant is None
    does_not_fit("mightysat.command", SetClock(ticks=2**64))


def test_a_frame_waits_for_its_length() -> None:
    frame = bytes.fromhex("7703fe02cc")
    framer = MightySatFramer()
    assert framer.feed(frame[:1]) == []
    assert framer.feed(frame[1:]) == [decode_report(frame)]
