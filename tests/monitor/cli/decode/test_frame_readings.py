"""Bytes that several messages could mean: which reading is told, and what is said when none or more fit."""

import pytest

from monitor.cli.decode.frame_readings import as_stream, each_alone, only_reading
from monitor.errors import RunFailedError, WrongUseError
from protocols.ble import catalog
from protocols.ble.viatom_o2 import Reply, encode_reply

REALTIME = bytes.fromhex("613c000000000064000d2a0100")
BATTERY = bytes.fromhex("aa55f0030303f6")


def test_of_several_the_one_that_fits() -> None:
    reading = only_reading(catalog.named("pc60fw"), BATTERY)
    assert (reading["message"], reading["measurement"]["level"]) == ("pc60fw.frame", 3)


def test_several_that_fit_are_for_the_user_to_choose_from() -> None:
    with pytest.raises(WrongUseError, match=r"say which is meant: thingy52\.raw, thingy52\.rotation_matrix"):
        only_reading(catalog.named("thingy52"), bytes(18))


def test_of_messages_with_one_layout_it_is_the_usual_one_and_says_so() -> None:
    reading = only_reading(catalog.named("blp"), bytes.fromhex("00480051004000"))
    assert reading["message"] == "blood_pressure.measurement"
    assert reading["could_also_be"] == ["blood_pressure.intermediate_cuff_pressure"]
    assert "could_also_be" not in only_reading(catalog.named("plx"), bytes.fromhex("04620048000080"))


def test_a_frame_in_its_envelope_and_the_envelope_with_its_content_are_one_reading() -> None:
    frame = encode_reply(Reply(status=0, content=REALTIME))
    assert only_reading(catalog.named("viatom_o2.realtime"), frame)["envelope"] == "viatom_o2.reply"
    whole = only_reading(catalog.named("viatom_o2"), frame)
    assert (whole["message"], whole["content"]["message"]) == ("viatom_o2.reply", "viatom_o2.realtime")


def test_the_messages_that_come_closest_say_why_they_do_not_fit() -> None:
    with pytest.raises(RunFailedError) as raised:
        only_reading(catalog.named("movella_dot"), b"\x01\x02")
    *closest, rest = str(raised.value).splitlines()
    assert len(closest) == 3
    assert rest.endswith("more messages fit even less")


def test_a_frame_that_does_not_fit_does_not_hide_those_that_do() -> None:
    good, bad = each_alone(catalog.named("heart_rate.measurement"), [b"\x00\x48", b"\x00"])
    assert good["measurement"]["heart_rate_per_min"] == 72
    assert bad["error"].startswith("heart_rate.measurement: too short")


def test_a_stream_tells_frames_and_damage_in_order() -> None:
    found = as_stream(catalog.named("pc60fw"), b"\x00" + BATTERY + BATTERY[:2])
    assert found is not None
    assert ["error" in one for one in found] == [True, False, True]


def test_bytes_without_a_frame_are_no_stream() -> None:
    assert as_stream(catalog.named("pc60fw"), bytes(40)) is None
    assert as_stream(catalog.named("battery.level"), b"\x33") is None
