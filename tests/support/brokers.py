"""Real brokers for tests: each can be crashed (SIGKILL) and comes back with its data."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from pathlib import Path

from monitor.delivery import mqtt
from monitor.delivery.broker.broker import Broker
from monitor.delivery.broker.nats import NatsServer, nats_binary
from monitor.delivery.broker.nats_config import (
    ClusterNode,
    NatsSettings,
    render,
    station_user,
    therapist_user,
)
from monitor.delivery.errors import DeliveryError
from tests.support.stations import running, until

ROOT = Path(__file__).parents[2]
THERAPIST = "therapist-1"


class RealBroker(ABC):
    """A broker with the two logins of production: `station-room-2` and `therapist-1` of clinic `north`."""

    @abstractmethod
    def station(self) -> Broker:
        """The station's login, where the broker is now."""

    @abstractmethod
    def therapist(self) -> Broker:
        """The therapist's login."""

    @abstractmethod
    async def crash(self) -> None:
        """Kill it; returns when it answers again."""


class Nats(RealBroker):
    """The embedded broker, exactly as the service runs it."""

    def __init__(self, server: NatsServer) -> None:
        self._server = server

    def station(self) -> Broker:
        return self._server.station_broker()

    def therapist(self) -> Broker:
        return self._server.therapist_broker(THERAPIST)

    async def crash(self) -> None:
        guard = self._server.pid
        assert guard is not None
        os.kill(children(guard)[0], signal.SIGKILL)
        await until(lambda: not self._server.is_ready)
        await self._server.ready()


class Mosquitto(RealBroker):
    """Mosquitto with the settings that `docs/delivery.md` recommends, on loopback and without TLS."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self._config = folder / "mosquitto.conf"
        self._process: asyncio.subprocess.Process | None = None
        passwords = folder / "passwords"
        passwords.touch(mode=0o600)
        for name in ("station-room-2", THERAPIST):
            command = ["mosquitto_passwd", "-b", str(passwords), name, f"secret of {name}"]
            subprocess.run(command, check=True, capture_output=True)
        (folder / "acl").write_text(documented("mosquitto.acl"))
        (folder / "data").mkdir()
        text = documented("mosquitto.conf")
        text = re.sub(r"(?m)^(listener|cafile|certfile|keyfile|tls_version).*\n", "", text)
        text = text.replace("/etc/mosquitto", str(folder)).replace("/var/lib/mosquitto", str(folder / "data"))
        own = f"listener {self._port} 127.0.0.1\nuser root\nlog_dest stderr\n"
        self._config.write_text(own + text)

    def station(self) -> Broker:
        return self._login("station-room-2")

    def therapist(self) -> Broker:
        return self._login(THERAPIST)

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *("mosquitto", "-c", str(self._config)), stderr=asyncio.subprocess.DEVNULL
        )
        await answering(self.station())

    async def crash(self) -> None:
        await self.kill()
        await self.start()

    async def kill(self) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    def _login(self, name: str) -> Broker:
        return Broker(host="127.0.0.1", port=self._port, username=name, password=f"secret of {name}")


class NatsCluster(RealBroker):
    """Three NATS nodes, everything on all of them; logins go to the nodes in turn."""

    def __init__(self, folder: Path) -> None:
        users = [
            station_user("north", "room-2", username="station-room-2", password="s"),
            therapist_user("north", username=THERAPIST, password="t"),
        ]
        routes = [free_port() for _ in range(3)]
        self.ports = [free_port() for _ in range(3)]
        self.processes: list[asyncio.subprocess.Process] = []
        self._turn = 0
        self._configs = []
        for number, (route, port) in enumerate(zip(routes, self.ports, strict=True)):
            node = ClusterNode(
                cluster="north",
                port=route,
                routes=[f"127.0.0.1:{other}" for other in routes if other != route],
            )
            store = folder / f"node-{number}"
            settings = NatsSettings(
                server_name=f"node-{number}", store_dir=store, users=users, mqtt_port=port, node=node
            )
            self._configs.append(folder / f"node-{number}.conf")
            self._configs[-1].write_text(render(settings))

    def node(self, number: int, name: str) -> Broker:
        password = "t" if name == THERAPIST else "s"
        return Broker(host="127.0.0.1", port=self.ports[number], username=name, password=password)

    def station(self) -> Broker:
        self._turn += 1
        return self.node(self._turn % 3, "station-room-2")

    def therapist(self) -> Broker:
        self._turn += 1
        return self.node(self._turn % 3, THERAPIST)

    async def start(self) -> None:
        for config in self._configs:
            self.processes.append(
                await asyncio.create_subprocess_exec(
                    *(str(nats_binary()), "--config", str(config)), stderr=asyncio.subprocess.DEVNULL
                )
            )
        for number in range(3):
            await answering(self.node(number, "station-room-2"), within_s=30)

    async def crash(self) -> None:
        """Kill the node that the last login went to; it stays away, the two others go on.

        Where it led, the others elect a new leader first: NATS gives itself 4 to 9 s for that.
        """
        dead = self._turn % 3
        await self.kill(dead)
        for number in {0, 1, 2} - {dead}:
            await answering(self.node(number, THERAPIST), within_s=40)

    async def kill(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.processes[number].kill()
        await self.processes[number].wait()


def documented(name: str) -> str:
    """A file as `docs/delivery.md` shows it: the fenced block whose first line names it."""
    text = (ROOT / "docs" / "delivery.md").read_text()
    found = re.search(rf"```\w*\n# {re.escape(name)}\n(.*?)```", text, re.DOTALL)
    assert found, f"docs/delivery.md does not show {name}"
    return found[1]


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def answering(broker: Broker, *, within_s: float = 10) -> None:
    """Wait until a login succeeds."""
    async with asyncio.timeout(within_s):
        while True:
            with contextlib.suppress(DeliveryError, TimeoutError):
                async with asyncio.timeout(1), mqtt.connected(broker, client_id="probe"):
                    return
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def broker_named(name: str, folder: Path) -> AsyncIterator[RealBroker]:
    """`nats`, `mosquitto` or `nats-cluster`, running until the block ends."""
    if name == "nats":
        server = NatsServer(folder / "broker", clinic="north", station="room-2", therapists=(THERAPIST,))
        async with running(server.run()):
            await server.ready()
            yield Nats(server)
    elif name == "mosquitto":
        mosquitto = Mosquitto(folder)
        try:
            await mosquitto.start()
            yield mosquitto
        finally:
            await mosquitto.kill()
    else:
        cluster = NatsCluster(folder)
        try:
            await cluster.start()
            yield cluster
        finally:
            for number in range(len(cluster.processes)):
                await cluster.kill(number)


def is_installed(name: str) -> bool:
    return name != "mosquitto" or shutil.which("mosquitto") is not None
