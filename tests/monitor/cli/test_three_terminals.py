"""The tutorial without hardware: simulate, run and watch as three processes, joined by loopback sockets."""

import socket
from pathlib import Path

import pytest

from monitor.cli.main import main
from monitor.config import load_station
from monitor.plan.plan import load_plan
from tests.support.terminals import terminals


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.timeout(120)
def test_three_terminals_are_a_whole_station(tmp_path: Path) -> None:
    assert main(["simulate", "brief-freeze", "--write", str(tmp_path)]) == 0
    with terminals() as terminal:
        simulate = terminal("simulate", "brief-freeze", "--transport", "tcp-server:127.0.0.1:0")
        where = simulate.until(r"an adapter is at (\S+:\d+)")[1]
        settings = ["--station", str(tmp_path / "station.toml"), "--plan", str(tmp_path / "plan.toml")]
        settings += ["--radio", f"tcp-client:{where}"]
        run = terminal("run", *settings)
        login = run.until(r"kinewatch watch --login (\S+)")[1]
        watch = terminal("watch", "--login", login)
        second = terminal("watch", "--login", login)
        watch.until("session")
        second.until("session")
        run.until("oximeter: live")
        run.type("!")
        run.until(r"!!! .*\[G12-1\]: fires")
        watch.until(r"!!! firing, station-1 demo-brief-freeze: .*\[G12-1\]")
        # Several screens can have one login: each shows everything.
        second.until(r"!!! firing, station-1 demo-brief-freeze: .*\[G12-1\]")
        # The therapist closes what only a therapist may close.
        number = "1"
        watch.type(number)
        watch.until(r"!!! acknowledged, .*\[G12-1\]")
        watch.type(f"o{number}seen him\n")
        watch.until("override accepted")
        run.until(r"\[G12-1\]: cleared")
        run.type("ee")
        assert run.process.wait(30) == 0
        run.until("recorded in")
        assert "session" in run.text
        watch.until("the session is over")
        # Both screens stay open and go on with the next session, whose login is another one.
        again = terminal("run", *settings, "--lines")
        session_id = again.until(r"session ([0-9a-f]{16}) of")[1]
        watch.until(f"station-1: session {session_id}")
        second.until(f"station-1: session {session_id}")
        again.type("!")
        watch.until(r"(?s)the session is over.*!!! firing, station-1 demo-brief-freeze: .*\[G12-1\]")


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.timeout(120)
def test_a_demo_takes_the_keys_of_run(tmp_path: Path) -> None:
    with terminals() as terminal:
        demo = terminal(
            "demo", "--scenario", "brief-freeze", "--speed", "20", "--keep", str(tmp_path / "kept")
        )
        demo.until("oximeter: live")
        demo.type("p3")
        demo.until("posture: standing")
        demo.type("nis tired\n")
        demo.until("note by assistant: is tired")
        demo.type("?")
        demo.until("keys: ! symptom")
        demo.until("replay of the recording identical: yes", within_s=60)


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("term", "is_drawn"), [("xterm-256color", True), ("dumb", False)])
def test_a_terminal_that_cannot_redraw_gets_lines(term: str, is_drawn: bool) -> None:
    with terminals() as terminal:
        demo = terminal("demo", "--scenario", "brief-freeze", "--speed", "max", environment={"TERM": term})
        demo.until("replay of the recording identical: yes", within_s=60)
        # ESC [ ? 1049 h: a screen of its own.
        assert ("\x1b[?1049h" in demo.text) is is_drawn
        assert ("oximeter: live" in demo.text) is True


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.timeout(120)
def test_a_service_manager_hears_of_the_session_and_ends_it_cleanly(tmp_path: Path) -> None:
    assert main(["simulate", "brief-freeze", "--write", str(tmp_path)]) == 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, terminals() as terminal:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        simulate = terminal("simulate", "brief-freeze", "--transport", "tcp-server:127.0.0.1:0")
        where = simulate.until(r"an adapter is at (\S+:\d+)")[1]
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000"}
        run = terminal(
            "run",
            *("--station", str(tmp_path / "station.toml"), "--plan", str(tmp_path / "plan.toml")),
            *("--radio", f"tcp-client:{where}", "--lines"),
            environment=environment,
        )
        heard = {manager.recv(4096).decode().splitlines()[0] for _ in range(4)}
        assert {"READY=1", "WATCHDOG=1"} <= heard
        run.process.terminate()
        assert run.process.wait(30) == 0
        run.until("recorded in")
        folder = run.until(r"recorded in (\S+)")[1]
    assert main(["replay", folder]) == 0


def test_what_is_written_for_a_scenario_is_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "knee-extension", "--write", str(tmp_path)]) == 0
    assert "station.toml" in capsys.readouterr().out
    station, plan = load_station(tmp_path / "station.toml"), load_plan(tmp_path / "plan.toml")
    assert {one.device for one in station.devices} >= {"oximeter", "cuff", "strap"}
    assert {one.name: one.role.value for one in station.people} == {
        "therapist": "therapist",
        "assistant": "assistant",
    }
    assert plan.exercises[0].repetitions == 10
    assert main(["simulate", "knee-extension", "--write", str(tmp_path)]) == 1
    assert "is there already" in capsys.readouterr().err
