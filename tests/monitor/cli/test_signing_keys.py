"""Signing keys lie outside the settings; a missing or weak one is told with the setting's name."""

from pathlib import Path

import pytest

from monitor.cli.signing_keys import keys_of
from monitor.config import Station
from monitor.errors import WrongUseError
from monitor.settings_file import parse_settings

STATION = """
[station]
clinic = "north"
station = "gym-1"

[[devices]]
device = "oximeter"
family = "pulse_oximeter"
role = "oximeter"

[[people]]
name = "therapist"
role = "therapist"
PROOF
[[people]]
name = "assistant"
role = "assistant"
"""
KEY = "0123456789abcdef0123456789abcdef"


def station(proof: str) -> Station:
    return parse_settings(STATION.replace("PROOF", proof), Station, Path("station.toml"))


def test_nobody_has_a_key_unless_the_settings_say_so() -> None:
    assert keys_of(station("")) == {}


def test_a_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KW_KEY", KEY)
    assert keys_of(station('key_env = "KW_KEY"')) == {"therapist": KEY.encode()}


def test_a_key_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    assert keys_of(station(f'key_file = "{tmp_path}/key"')) == {"therapist": KEY.encode()}


def test_a_weak_key_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KW_KEY", "hunter2")
    with pytest.raises(WrongUseError, match=r"people\[0\].key_env: .* at least 32 characters, this one 7"):
        keys_of(station('key_env = "KW_KEY"'))


def test_a_key_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WrongUseError, match=r"people\[0\].key_file: .* cannot be read"):
        keys_of(station(f'key_file = "{tmp_path}/none"'))
