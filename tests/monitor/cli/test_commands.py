"""The small commands, as a person calls them: what they print and how they end."""

import json
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.cli.broker_access import external_broker, password_of
from monitor.cli.check.station import clock, disk
from monitor.cli.main import main
from monitor.config import BrokerSettings
from monitor.delivery.broker.broker import Broker
from monitor.delivery.broker.login_file import read_login, written_logins
from monitor.errors import WrongUseError

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_schemas_are_json_and_an_unknown_name_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "list"]) == 0
    names = capsys.readouterr().out.split()
    assert {"station", "plan", "scenario", "asyncapi", "alert", "cmd-ack"} <= set(names)
    for name in names:
        assert main(["schema", name]) == 0
        assert json.loads(capsys.readouterr().out)
    assert main(["schema", "paln"]) == 2
    assert "did you mean 'plan'?" in capsys.readouterr().err


def test_scenarios_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "list"]) == 0
    assert "knee-extension" in capsys.readouterr().out
    assert main(["simulate", "brief-freeze", "--speed", "max", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == sorted(lines, key=lambda line: line["t_s"])
    assert {"oximeter"} <= {line["device"] for line in lines}


@pytest.mark.parametrize("spec", ["nonsense:1", "tcp-server:", "usb:9"])
def test_a_transport_that_cannot_be_opened_is_one_sentence(
    spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "brief-freeze", "--transport", spec, "--device", "oximeter"]) == 1
    said = capsys.readouterr().err
    assert "cannot open the transport" in said
    assert len(said.splitlines()) == 1


def test_an_unknown_device_for_the_air_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "brief-freeze", "--transport", "usb:0", "--device", "toaster"]) == 2
    assert "it has oximeter" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["station.toml", "plan.toml"])
def test_the_examples_are_valid(name: str) -> None:
    from monitor.config import load_station
    from monitor.plan.plan import load_plan

    (load_station if name == "station.toml" else load_plan)(EXAMPLES / name)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("sets = 3", "stes = 3", ["plan.toml", "exercises[0].stes", "did you mean 'sets'?"]),
        ("sets = 3", 'sets = "three"', ["exercises[0].sets", "integer", "'three'"]),
        ("spo2_low_percent = 91", "spo2_low_percent = 80", ["limits.spo2_low_percent", "looser"]),
    ],
)
def test_a_wrong_plan_ends_with_2_and_says_where(
    old: str, new: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text((EXAMPLES / "plan.toml").read_text().replace(old, new))
    assert main(["run", "--station", str(EXAMPLES / "station.toml"), "--plan", str(plan)]) == 2
    said = capsys.readouterr().err
    assert all(word in said for word in words), said
    assert "Traceback" not in said


def test_a_login_file_is_for_one_user_and_goes_with_the_broker(tmp_path: Path) -> None:
    broker = Broker(host="127.0.0.1", port=1883, username="eve", password="secret")
    with written_logins(tmp_path / "logins", "north", {"eve": broker}) as paths:
        assert stat.S_IMODE(paths["eve"].stat().st_mode) == 0o600
        login = read_login(paths["eve"])
        assert (login.clinic, login.broker) == ("north", broker)
    assert not paths["eve"].exists()


@pytest.mark.parametrize("content", ["", "[]", '{"clinic": 1}', "{" * 50])
def test_what_is_no_login_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "login.json"
    path.write_text(content)
    with pytest.raises(WrongUseError, match="no login file"):
        read_login(path)


def test_passwords_come_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "password"
    secret.write_text("from the file\n")
    assert password_of(BrokerSettings(password_file=secret)) == "from the file"
    monkeypatch.setenv("KW_TEST", "from the environment")
    assert password_of(BrokerSettings(password_env="KW_TEST")) == "from the environment"
    assert password_of(BrokerSettings()) is None
    with pytest.raises(WrongUseError, match="cannot be read"):
        password_of(BrokerSettings(password_file=tmp_path / "absent"))
    monkeypatch.delenv("KW_TEST")
    with pytest.raises(WrongUseError, match="has no KW_TEST"):
        password_of(BrokerSettings(password_env="KW_TEST"))


def test_another_broker_is_reached_over_tls() -> None:
    broker = external_broker(BrokerSettings(url="mqtts://broker.example", ca_file=Path("ca.pem")))
    assert (broker.port, broker.tls is not None) == (8883, True)


def test_disk_and_clock(tmp_path: Path) -> None:
    assert disk(tmp_path / "sessions").is_ok
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert not disk(blocked / "sessions").is_ok
    assert clock(datetime(2026, 12, 1, tzinfo=UTC)).is_ok
    assert not clock(datetime(1970, 1, 1, tzinfo=UTC)).is_ok


@pytest.mark.broker
def test_check_finds_everything_but_an_adapter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    assert main(["check", "--station", str(EXAMPLES / "station.toml"), "--seconds", "1", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    found = {one["subject"]: one["ok"] for one in said["findings"]}
    assert found == {"disk": True, "clock": True, "broker": True, "test alert": True, "adapter": False}
    assert said["ready"] is False


def test_without_bluetooth_scan_and_run_end_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    monkeypatch.chdir(tmp_path)  # the store's lock is taken first, in the folder of the sessions
    assert main(["scan", "--seconds", "1", "--quiet"]) == 1
    run = ["run", "--station", str(EXAMPLES / "station.toml"), "--plan", str(EXAMPLES / "plan.toml")]
    assert main(run) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(re.search(r"Bluetooth|D-Bus", line) for line in lines)
