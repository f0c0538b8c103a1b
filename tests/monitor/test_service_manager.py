"""The service manager hears that we are ready, and alive only while the session moves."""

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.service_manager import ServiceManager
from tests.support.virtual_time import in_virtual_time


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        address = str(tmp_path / "notify")
        receiver.bind(address)
        receiver.setblocking(False)
        yield receiver, address


def heard(receiver: socket.socket) -> list[str]:
    messages = []
    while True:
        try:
            messages.append(receiver.recv(4096).decode())
        except BlockingIOError:
            return messages


def test_states_are_sent_as_lines(listening: tuple[socket.socket, str]) -> None:
    receiver, address = listening
    assert ServiceManager({"NOTIFY_SOCKET": address}).tell(ready=1, status="session s1")
    assert heard(receiver) == ["READY=1\nSTATUS=session s1"]


def test_the_abstract_namespace() -> None:
    name = f"kinewatch-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0" + name)
        assert ServiceManager({"NOTIFY_SOCKET": f"@{name}"}).tell(watchdog=1)
        assert receiver.recv(100) == b"WATCHDOG=1"


def test_nobody_there_is_no_failure(tmp_path: Path) -> None:
    assert not ServiceManager({}).tell(ready=1)
    assert not ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "absent")}).tell(ready=1)


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "15000000"}, 15.0),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "15000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_when_the_watchdog_wants_to_hear_from_us(
    environment: dict[str, str], watchdog_s: float | None
) -> None:
    assert ServiceManager(environment).watchdog_s == watchdog_s


def test_the_watchdog_is_fed_only_while_the_session_moves(listening: tuple[socket.socket, str]) -> None:
    receiver, address = listening
    manager = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "15000000"})
    late_s = [0.0]

    async def live() -> None:
        keeping = asyncio.create_task(manager.keep_alive(lambda: late_s[0], lambda: "well"))
        await asyncio.sleep(14)
        assert heard(receiver) == ["WATCHDOG=1\nSTATUS=well"] * 3
        late_s[0] = 40.0
        await asyncio.sleep(30)
        assert heard(receiver) == ["STATUS=the session has stood still for 40 s"] * 6
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await ServiceManager({"NOTIFY_SOCKET": address}).keep_alive(lambda: 0.0, lambda: "well")

    in_virtual_time(live)()
