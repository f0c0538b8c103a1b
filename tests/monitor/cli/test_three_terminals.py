"""The tutorial without hardware: simulate, run and watch as three processes, joined by loopback sockets."""

import os
import pty
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from monitor.cli.main import main
from monitor.config import load_station
from monitor.plan.plan import load_plan

KINEWATCH = (sys.executable, "-m", "monitor.cli.main")


class Terminal:
    """A process in a terminal of its own, read line by line; keys are typed into it."""

    def __init__(self, *words: str, environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        everything = {**os.environ, "TERM": "dumb", "PYTHONUNBUFFERED": "1", **environment}
        self.process = subprocess.Popen(
            [*KINEWATCH, *words], stdin=slave, stdout=slave, stderr=slave, env=everything
        )
        os.close(slave)
        self._text = ""
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        return self._text

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, pattern: str, *, within_s: float = 30) -> re.Match[str]:
        deadline_s = time.monotonic() + within_s
        while time.monotonic() < deadline_s:
            found = re.search(pattern, self._text)
            if found:
                return found
            assert self.process.poll() is None or self._reader.is_alive(), self._text
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in:\n{self._text}")

    def close(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(20)
        self._reader.join(5)
        os.close(self._master)
        return code

    def _read(self) -> None:
        while True:
            try:
                read = os.read(self._master, 65536)
            except OSError:
                return
            if not read:
                return
            self._text += read.decode(errors="replace")


@contextmanager
def terminals() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def opener(*words: str, environment: Mapping[str, str] | None = None) -> Terminal:
        opened.append(Terminal(*words, environment=environment or {}))
        return opened[-1]

    try:
        yield opener
    finally:
        for one in reversed(opened):
            one.close()


@pytest.mark.slow
@pytest.mark.untraced
@pytest.mark.timeout(120)
def test_three_terminals_are_a_whole_station(tmp_path: Path) -> None:
    assert main(["simulate", "brief-freeze", "--write", str(tmp_path)]) == 0
    with terminals() as terminal:
        simulate = terminal("simulate", "brief-freeze", "--transport", "tcp-server:127.0.0.1:0")
        where = simulate.until(r"an adapter is at (\S+:\d+)")[1]
        run = terminal(
            "run",
            *("--station", str(tmp_path / "station.toml"), "--plan", str(tmp_path / "plan.toml")),
            *("--radio", f"tcp-client:{where}"),
        )
        login = run.until(r"kinewatch watch --login (\S+)")[1]
        watch = terminal("watch", "--login", login)
        watch.until("session")
        run.until("oximeter: live")
        run.type("!")
        run.until(r"!!! .*\[G12-1\]: fires")
        watch.until(r"!!! station-1 demo-brief-freeze: .*\[G12-1\] firing")
        # The therapist closes what only a therapist may close.
        number = "1"
        watch.type(number)
        watch.until(r"\[G12-1\] acknowledged")
        watch.type(f"o{number}seen him\n")
        watch.until("override accepted")
        run.until(r"\[G12-1\]: cleared")
        run.type("ee")
        assert run.process.wait(30) == 0
        run.until("recorded in")
        assert "session" in run.text
        watch.until("the session is over")


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
