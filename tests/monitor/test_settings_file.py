"""A wrong settings file is answered with the file, the key path and what was expected."""

from pathlib import Path

import pytest

from monitor.config import Station, load_station
from monitor.errors import SettingsError
from monitor.settings_file import MAX_BYTES, parse_settings

GOOD = """
[station]
clinic = "north"
station = "gym-1"

[[devices]]
device = "oximeter"
family = "plx"
role = "oximeter"
address = "C0:00:00:00:00:01"
arm = "left"
"""


def problems_of(text: str) -> list[tuple[str, str]]:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, Station, Path("station.toml"))
    return caught.value.problems


def test_good_file(tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text(GOOD)
    station = load_station(path)
    assert station.broker.url == "embedded"
    assert station.devices[0].device == "oximeter"


@pytest.mark.parametrize(
    ("old", "new", "where", "what"),
    [
        (
            'clinic = "north"',
            'clinic = "North Clinic"',
            "station.clinic",
            "lower-case letters, digits and dashes",
        ),
        ('clinic = "north"', "clinic = 7", "station.clinic", "string"),
        ('clinic = "north"', "", "station.clinic", "is missing"),
        ('role = "oximeter"', 'rloe = "oximeter"', "devices[0].rloe", "did you mean 'role'?"),
        ('role = "oximeter"', 'role = "toaster"', "devices[0].role", "'oximeter', 'heart_rate_strap'"),
        (
            'address = "C0:00:00:00:00:01"',
            'address = "C0:00"',
            "devices[0].address",
            "expected an address such as",
        ),
        ("[station]", "[staton]", "staton", "did you mean 'station'?"),
    ],
)
def test_wrong_places_are_named(old: str, new: str, where: str, what: str) -> None:
    found = problems_of(GOOD.replace(old, new))
    assert any(place == where and what in text for place, text in found), found


def test_every_problem_is_told_at_once() -> None:
    text = GOOD.replace('"north"', "7").replace('"oximeter"\naddress', '"toaster"\naddress')
    assert {place for place, _ in problems_of(text)} == {"station.clinic", "devices[0].role"}


@pytest.mark.parametrize(
    ("broker", "what"),
    [
        ('url = "mqtt://broker.example"', "TLS"),
        ('url = "mqtt://127.0.0.1.example.org:1883"', "TLS"),
        ('url = "http://broker"', "mqtts://host"),
        ('url = "mqtts://broker.example"\npassword_env = "lower"', "name of an environment variable"),
        ("plaintext_allowed = 0", "boolean"),
        ("username = 7", "string"),
        ('password_file = "a"\npassword_env = "B"', "not both"),
    ],
)
def test_broker(broker: str, what: str) -> None:
    assert any(what in text for _, text in problems_of(GOOD + f"\n[broker]\n{broker}\n"))


@pytest.mark.parametrize("url", ["mqtt://127.0.0.1:1883", "mqtts://broker.example:8883", "embedded"])
def test_broker_that_is_allowed(url: str) -> None:
    assert parse_settings(GOOD + f'\n[broker]\nurl = "{url}"\n', Station, Path("s")).broker.url == url


def test_a_sensor_cannot_be_two_devices() -> None:
    strap = '[[devices]]\ndevice = "strap"\nfamily = "heart_rate"\nrole = "heart_rate_strap"\n'
    found = problems_of(GOOD + strap + 'address = "C0:00:00:00:00:01"\n')
    assert found == [("", "one sensor is one entry of devices; C0:00:00:00:00:01 is given twice")]


def test_devices_must_differ_and_a_goniometer_has_two_imus() -> None:
    again = GOOD[GOOD.index("[[devices]]") :]
    assert "is given twice" in problems_of(GOOD + again)[0][1]
    one_imu = GOOD.replace('role = "oximeter"', 'role = "imu_distal"')
    assert "needs two IMUs" in problems_of(one_imu)[0][1]
    two_cuffs = GOOD.replace('role = "oximeter"', 'role = "cuff"')
    other = again.replace('"oximeter"', '"cuff-2"', 1).replace(":01", ":02")
    two_cuffs += other.replace('role = "oximeter"', 'role = "cuff"')
    assert "only one device" in problems_of(two_cuffs)[0][1]


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_station(tmp_path / "absent.toml")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_station(binary)
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(SettingsError, match="larger than"):
        load_station(huge)
    assert "not valid TOML" in problems_of("[station")[0][1]
