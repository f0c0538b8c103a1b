"""`kinewatch decode` as a person calls it: every message, valid JSON, and one sentence for what is wrong."""

import json
from typing import Any

import pytest

from monitor.cli.main import main
from protocols.ble import catalog
from tests.support.samples import samples

SAMPLES = samples()
O2_READING = "61003c0000640000000d000000"


def no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def decoded(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main(["decode", *words]) == 0
    return json.loads(capsys.readouterr().out, parse_constant=no_constant)


def refused(capsys: pytest.CaptureFixture[str], exit_code: int, *words: str) -> str:
    assert main(["decode", *words]) == exit_code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("kinewatch decode: ")
    return printed.err.removeprefix("kinewatch decode: ").rstrip("\n")


@pytest.mark.parametrize("message", catalog.messages(), ids=lambda message: message.name)
def test_every_message_prints_as_valid_json(
    message: catalog.Message, capsys: pytest.CaptureFixture[str]
) -> None:
    for sample in SAMPLES[message.name]:
        printed = decoded(capsys, message.name, message.encode(sample).hex() or " ")
        assert printed["message"] == message.name
        assert isinstance(printed["measurement"], dict)


@pytest.mark.parametrize(
    "words",
    [
        ("2A5F", "0062004800"),
        ("0x2a5f", "00 62 00 48 00"),
        ("00002A5F-0000-1000-8000-00805F9B34FB", "00:62:00:48:00"),
        ("pulse_oximeter.continuous", "00", "6200", "4800"),
        ("Pulse_Oximeter.Continuous", "0x00 0x62 0x00 0x48 0x00"),
        ("2a5f", "00-62-00-48-00"),
        ("2a5f", "0x00,0x62,0x00,0x48,0x00"),
    ],
)
def test_ways_to_say_the_same(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    measurement = decoded(capsys, *words)["measurement"]
    assert (measurement["spo2_percent"], measurement["pulse_rate_per_min"]) == (98.0, 72.0)


@pytest.mark.parametrize(
    ("word", "name"), [("ff07", "NaN"), ("0008", "NRes"), ("fe07", "+INF"), ("0208", "-INF")]
)
def test_what_is_no_number_is_a_string(word: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert decoded(capsys, "2A5F", "00" + word + "4800")["measurement"]["spo2_percent"] == name


def test_flags_are_named_and_what_has_no_name_is_in_the_bits(capsys: pytest.CaptureFixture[str]) -> None:
    measurement = decoded(capsys, "2A35", "16b6005a007600 e40702031408 11 ff07 0180".replace(" ", ""))
    status = measurement["measurement"]["status"]
    assert status == {"set": ["body_movement"], "bits": 0x8001}


def test_units_that_are_computed_stand_beside_those_that_were_sent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    measurement = decoded(capsys, "2A35", "0110000a000c00")["measurement"]
    assert (measurement["unit"], measurement["systolic"]) == ("kpa", 16.0)
    assert measurement["systolic_mmhg"] == pytest.approx(120.01, abs=0.01)


def test_the_content_of_an_envelope_may_come_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    bare = decoded(capsys, "viatom_o2.realtime", O2_READING)
    reply = catalog.message("viatom_o2.reply")
    assert reply is not None
    frame = reply.encode(_o2_reply())
    wrapped = decoded(capsys, "viatom_o2.realtime", frame.hex())
    assert wrapped["envelope"] == "viatom_o2.reply"
    assert wrapped["measurement"] == bare["measurement"]
    damaged = frame[:-1] + bytes((frame[-1] ^ 1,))
    assert "viatom_o2.reply: wrong checksum at byte 20" in refused(
        capsys, 1, "viatom_o2.realtime", damaged.hex()
    )
    assert "viatom_o2.realtime: too short" in refused(capsys, 1, "viatom_o2.realtime", "00" * 12)


def _o2_reply() -> Any:
    from protocols.ble.viatom_o2 import Reply

    return Reply(status=0, content=bytes.fromhex(O2_READING))


def test_a_characteristic_of_several_families_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = refused(capsys, 2, "0734594a-a8e7-4b1a-a6b1-cd5243059a57", "00")
    assert "viatom_o2.reply, viatom_bp2.reply" in sentence


def test_a_characteristic_of_several_messages_takes_the_one_that_fits(
    capsys: pytest.CaptureFixture[str],
) -> None:
    uuid = "15172004-4947-11e9-8646-d663bd873d93"
    assert "orientation_euler" in refused(capsys, 2, uuid, "00" * 16)
    assert decoded(capsys, "fb005c81-02e7-f387-1cad-8acd2d8df0c8", "0f05")["message"] == (
        "polar_pmd_control.features"
    )


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("plx.continuous", "00"), "did you mean"),
        (("2A5", "00"), "neither a UUID, a 16-bit number nor the name of a message"),
        (("qqqq", "00"), "`kinewatch devices` lists the names"),
        (("2A00", "00"), "no supported device has the characteristic 2A00"),
        (("2A5F", "0g"), "'g' in '0g' is no hexadecimal digit"),
        (("2A5F", "٣٣"), "is no hexadecimal digit"),
        (("2A5F", "006200480"), "has 9 hexadecimal digits; a byte takes two"),
    ],
)
def test_wrong_use_is_one_sentence(
    words: tuple[str, ...], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = refused(capsys, 2, *words)
    assert part in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("2A5F", "00620048"), ("too short at byte 4", "expected 5 bytes", "00620048")),
        (("2A5F", "006200480000"), ("too long at byte 5", "expected the end after 5 bytes")),
        (("2A5F", ""), ("too short at byte 0",)),
        (("2A19", "65"), ("impossible value at byte 0", "0 to 100")),
        (("jumper.notification", "8255"), ("unknown code at byte 0",)),
    ],
)
def test_a_frame_that_does_not_decode_says_where_and_what_was_expected(
    words: tuple[str, ...], parts: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = refused(capsys, 1, *words)
    assert all(part in sentence for part in parts), sentence
