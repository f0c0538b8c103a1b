"""`kinewatch decode` as a person calls it: every message, valid JSON, and one sentence for what is wrong."""

import json
from typing import Any

import pytest

from monitor.cli.decode.frame_readings import only_reading
from monitor.cli.main import main
from monitor.errors import WrongUseError
from protocols.ble import catalog
from tests.support.samples import samples
from tests.support.vectors import Vector, all_vectors

SAMPLES = samples()
O2_READING = "613c000000000064000d2a0100"


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
        ("00002A5F", "0062004800"),
        ("{00002a5f-0000-1000-8000-00805f9b34fb}", "0062004800"),
        ("urn:uuid:00002a5f-0000-1000-8000-00805f9b34fb", "<0062004800>"),
        ("00002A5F00001000800000805F9B34FB", "(0x) 00-62-00-48-00"),
        ("pulse oximeter.continuous", "[0x00, 0x62, 0x00, 0x48, 0x00]"),
        ("Pulse-Oximeter.Continuous", "0062004800"),
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


def test_what_fits_no_message_of_several_families_says_why_for_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    one, other = refused(capsys, 1, "0734594a-a8e7-4b1a-a6b1-cd5243059a57", "00").splitlines()
    assert one.startswith("viatom_o2.reply: too short at byte 1")
    assert other.startswith("viatom_bp2.reply: too short at byte 1")


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
        (("2A5", "00"), "neither a UUID, a 16-bit number nor the name of a family or message"),
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


@pytest.mark.slow
@pytest.mark.parametrize(
    "vector", [v for v in all_vectors() if v.error is None], ids=lambda v: v.family + v.id
)
def test_every_published_frame_by_name_and_by_characteristic(
    vector: Vector, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = decoded(capsys, vector.message, vector.frame.hex() or " ")
    assert printed["message"] == vector.message
    message = catalog.message(vector.message)
    assert message is not None
    assert all(is_read_as(printed, uuid, vector.frame) for uuid in message.uuids)


def is_read_as(printed: dict[str, Any], uuid: str, frame: bytes) -> bool:
    """Whether its characteristic alone leads to the same, or to a choice that has it."""
    try:
        return as_json(only_reading(catalog.messages_of(uuid), frame)) == printed
    except WrongUseError as several:
        return printed["message"] in str(several)


def as_json(reading: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(reading, allow_nan=False))
    return plain


@pytest.mark.parametrize(
    ("word", "frame", "message"),
    [
        ("plx", "04620048000080", "pulse_oximeter.continuous"),
        ("HRS", "0055", "heart_rate.measurement"),
        ("hrs_loc", "01", "heart_rate.body_sensor_location"),
        ("RACP", "06000101", "record_access.control_point"),
        ("blp", "167c0056006100e807060f11111b3300000", None),
        ("sfloat", "7200", "ieee11073.sfloat"),
        ("FLOAT", "6c010000", "ieee11073.float"),
        ("BAS", "33", "battery.level"),
        ("cts", "e10701040b262d030102", "current_time.current_time"),
        ("DateTime", "e20704110f3300", "date_time.date_time"),
        ("masimo", "77020107", "mightysat.command"),
        ("jumper", "81386344", "jumper.notification"),
        ("oxyii", "a5e11e00020000bf", "viatom_oxyii.command"),
        ("o2ring", "aa17e8000000001b", "viatom_o2.command"),
        ("pc60fw", "0f0801603e005000c0", "pc60fw.body"),
        ("dot_msg", "020108f5", "movella_dot_message.message"),
        ("omron14le", "6558541a331ade1800004c00ba00", "omron_record.little_endian_14"),
        ("omron14be", "5b781a4819d71b42000014006996", "omron_record.big_endian_14"),
        ("omron_frame", "0800000000100018", "omron_eeprom.packet"),
        ("omron_time", "c6a40100000000001a070f113b13fa00", "omron_record.clock_at_8"),
        ("and_custom", "020103", "and_medical.control"),
        ("blp_beurer_quirk", "56710049000000ea07080b1438000041010000", "blood_pressure.measurement"),
        ("blp_prefixed", "fe202700750055005f00e407091810093a690001", "prefixed_blood_pressure.measurement"),
        ("polar_pmd", "02650000000000000081f1ff1400f00306017b0f08", "polar_pmd.data"),
        ("0AAD7EA0", "0a151e01320005620048", "nonin.continuous"),
        ("bm85", "56710049000000ea07080b1438000041010000", "blood_pressure.measurement"),
        ("bc54", "56710049000000ea07080b1438000041010000", "blood_pressure.measurement"),
        ("wellue", O2_READING, "viatom_o2.realtime"),
        ("020E", "0109b80064000000", "omron_advertisement.manufacturer_data"),
        ("0x006B", "e7fefefe", "polar_advertisement.manufacturer_data"),
    ],
)
def test_families_formats_and_what_they_are_called_elsewhere(
    word: str, frame: str, message: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if message is None:
        assert "a byte takes two" in refused(capsys, 2, word, frame)
    else:
        assert decoded(capsys, word, frame)["message"] == message


def test_what_is_in_an_envelope_comes_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    reply = catalog.message("viatom_o2.reply")
    assert reply is not None
    printed = decoded(capsys, "0734594a", reply.encode(_o2_reply()).hex())
    assert printed["message"] == "viatom_o2.reply"
    assert printed["content"]["message"] == "viatom_o2.realtime"
    assert printed["content"]["measurement"]["spo2_percent"] == 97
    settings = decoded(capsys, "polar_pmd_control.settings", "f0010200000001 3400".replace(" ", ""))
    assert settings["measurement"] == {"settings": [{"kind": "rate_hz", "values": [52]}]}


def several(capsys: pytest.CaptureFixture[str], exit_code: int, *words: str) -> Any:
    assert main(["decode", *words]) == exit_code
    return json.loads(capsys.readouterr().out)


def test_a_stream_in_pieces(capsys: pytest.CaptureFixture[str]) -> None:
    """Two notifications with two frames and a half, cut anywhere."""
    first, second = "aa550f08016239004400c0e3", "aa55f0030303f6"
    both = several(capsys, 0, "6E400003-B5A3-F393-E0A9-E50E24DCCA9E", first + second[:4], second[4:])
    assert [one["measurement"].get("level") for one in both] == [None, 3]
    found = several(capsys, 1, "pc60fw", "00" + first, second, "ff", "aa55")
    assert [("error" in one) for one in found] == [True, False, False, True, True]
    assert "skipped 1 bytes" in found[3]["error"]
    assert "too short at byte 2" in found[4]["error"]


def test_several_frames_of_a_format_without_a_stream(capsys: pytest.CaptureFixture[str]) -> None:
    both = several(capsys, 0, "2A37", "0055", "104a0d03")
    assert [one["measurement"]["heart_rate_per_min"] for one in both] == [85, 74]
    good, bad = several(capsys, 1, "--each", "2A37", "0055", "104a0d")
    assert "error" not in good
    assert bad["error"].startswith("heart_rate.measurement: too short at byte 3")
    assert "too long" in refused(capsys, 1, "2A37", "0055", "104a0d")
    assert "a byte takes two" in refused(capsys, 2, "--each", "2A37", "0055", "1")
    assert "too long" in refused(capsys, 1, "2A37", "0055", "1", "0"), "a word alone may be half a byte"


def test_the_help_shows_how(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["decode", "--help"])
    assert "kinewatch decode 2A5F 0062004800" in capsys.readouterr().out
