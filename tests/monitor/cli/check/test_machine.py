"""What `kinewatch doctor` sees of a machine: each fault is planted, and found with its cure."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.cli.check import machine
from monitor.cli.check.finding import Finding
from monitor.cli.main import main
from monitor.config import Station, load_station
from monitor.store.store import Store

TOML = """
[station]
clinic = "north"
station = "gym-1"
sessions_folder = "{folder}"
[broker]
url = "{url}"
password_file = "{folder}/password"
[[devices]]
device = "strap"
family = "heart_rate"
role = "heart_rate_strap"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    folder = tmp_path / "sessions"
    folder.mkdir(mode=0o700)
    (folder / "password").write_text("secret")
    (folder / "password").chmod(0o600)
    path = tmp_path / "station.toml"
    path.write_text(TOML.format(folder=folder, url="mqtt://127.0.0.1:1"))
    return path


def found(findings: Iterator[Finding] | list[Finding], subject: str) -> Finding:
    return next(one for one in findings if one.subject == subject)


def station(settings: Path) -> Station:
    return load_station(settings)


def test_a_healthy_machine(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--station", str(settings), "--machine-only", "--json"]) in {0, 1}
    rows = json.loads(capsys.readouterr().out)["findings"]
    assert {"program", "memory", "open files", "sound", "terminal"} <= {row["subject"] for row in rows}


def test_a_full_memory_and_a_weak_power_supply(settings: Path, tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "meminfo").write_text("MemTotal: 4000000 kB\nMemAvailable: 100000 kB\n")
    power = tmp_path / "sys/devices/platform/soc/soc:firmware"
    power.mkdir(parents=True)
    (power / "get_throttled").write_text("50000\n")
    everything = list(machine.machine(station(settings), root=tmp_path))
    assert not found(everything, "memory").is_ok
    assert "power supply" in found(everything, "power").advice


def test_a_switched_off_bluetooth(tmp_path: Path) -> None:
    switch = tmp_path / "sys/class/rfkill/rfkill0"
    switch.mkdir(parents=True)
    (tmp_path / "sys/class/bluetooth/hci0").mkdir(parents=True)
    (tmp_path / "sys/class/bluetooth/hci0:64").mkdir()
    for name, text in (("type", "bluetooth"), ("soft", "1"), ("hard", "0")):
        (switch / name).write_text(text)
    findings = list(machine.radio_switches(tmp_path))
    assert found(findings, "bluetooth adapters").found == "hci0"
    assert found(findings, "bluetooth switch").advice == "rfkill unblock bluetooth"


def test_secrets_that_others_can_read(settings: Path) -> None:
    assert found(machine.secrets(station(settings)), "broker.password_file").is_ok
    (settings.parent / "sessions" / "password").chmod(0o644)
    finding = found(machine.secrets(station(settings)), "broker.password_file")
    assert not finding.is_ok
    assert finding.advice.startswith("chmod 600")


def test_what_earlier_sessions_left(settings: Path) -> None:
    folder = settings.parent / "sessions"
    with Store(folder / "station.sqlite") as store:
        store.begin_session("s1", {})
        store.audit(actor="assistant", action="note", subject="s1", detail={})
    folder.chmod(0o755)
    findings = list(machine.kept(station(settings)))
    assert not found(findings, "sessions folder").is_ok
    assert found(findings, "audit").found == "1 entries, unbroken"
    assert found(findings, "sessions").found == "1 of 1 sessions have no end"
    assert "until somebody removes them" in found(findings, "retention").found


def test_a_certificate_that_ends_soon(
    settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.write_text(TOML.format(folder=tmp_path / "sessions", url="mqtts://broker.example"))
    now = datetime(2026, 11, 30, tzinfo=UTC)
    monkeypatch.setattr(machine, "_good_until", lambda *_: now + timedelta(days=12))
    finding = machine.broker_certificate(station(settings), now)
    assert finding is not None
    assert not finding.is_ok
    assert finding.found == "good until 2026-12-12, 12 days"
    monkeypatch.setattr(machine, "_good_until", lambda *_: now + timedelta(days=300))
    later = machine.broker_certificate(station(settings), now)
    assert later is not None
    assert later.is_ok


def test_no_broker_there_is_one_sentence(settings: Path, tmp_path: Path) -> None:
    settings.write_text(TOML.format(folder=tmp_path / "sessions", url="mqtts://127.0.0.1:9"))
    finding = machine.broker_certificate(station(settings), datetime.now(UTC))
    assert finding is not None
    assert not finding.is_ok
    assert "refused" in finding.found


@pytest.mark.parametrize(
    ("term", "columns", "lines", "is_ok"),
    [
        ("dumb", "80", "24", True),
        ("xterm", "80", "24", True),
        ("xterm", "60", "20", True),
        ("xterm", "50", "24", False),
    ],
)
def test_a_terminal_that_is_too_small(
    monkeypatch: pytest.MonkeyPatch, term: str, columns: str, lines: str, is_ok: bool
) -> None:
    for name, value in (("TERM", term), ("COLUMNS", columns), ("LINES", lines)):
        monkeypatch.setenv(name, value)
    assert machine.terminal().is_ok is is_ok
