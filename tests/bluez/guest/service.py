"""The whole service as a station runs it, and the therapist who listens to it."""

import asyncio
import os
import pty
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from devices.frames import LinkState
from monitor.alerts.transition import AlertState
from monitor.delivery.broker.login_file import Login, read_login
from monitor.delivery.receiver.client import TherapistFeed
from monitor.delivery.receiver.events import AlertReceived, FeedEvent, MessageReceived
from monitor.delivery.receiver.state import SessionKey
from protocols.mqtt.messages import (
    AlertMessage,
    DeviceMessage,
    EventMessage,
    LatestMessage,
    RepMessage,
    RomMessage,
)
from protocols.mqtt.wire import StationMessage
from tests.bluez.guest.waiting import Waiting

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
# The guest's own folder, made by session.sh; station.toml names it too.
SCRATCH = Path("/run/guest")
SESSIONS = SCRATCH / "sessions"
LOGIN = SESSIONS / "logins" / "therapist.login.json"

# Python, numpy and scipy take half a minute to load in the emulated machine.
START_PATIENCE_S = 150.0


class Service:
    """`kinewatch run` as a process of its own, with a terminal for its keys."""

    def __init__(self, process: asyncio.subprocess.Process, terminal: int) -> None:
        self._process = process
        self._terminal = terminal

    def press(self, key: str) -> None:
        """What the assistant presses."""
        os.write(self._terminal, key.encode())

    @property
    def has_ended(self) -> bool:
        """Whether the process is no more."""
        return self._process.returncode is not None

    async def login(self) -> Login:
        """The therapist's login, as soon as the service has written it.

        Raises:
            AssertionError: the service ended instead.
        """
        async with asyncio.timeout(START_PATIENCE_S):
            while not LOGIN.exists():
                assert not self.has_ended, "kinewatch run ended at once; see service.log"
                await asyncio.sleep(0.2)
        return read_login(LOGIN)

    async def end(self) -> int:
        """Press the key that ends the session, and once more because it asks; the exit code."""
        self.press("e")
        await asyncio.sleep(0.5)
        self.press("e")
        async with asyncio.timeout(START_PATIENCE_S):
            return await self._process.wait()


@asynccontextmanager
async def running_service(log: Path) -> AsyncIterator[Service]:
    """`kinewatch run` until the block ends; what it prints is in `log`."""
    terminal, its_terminal = pty.openpty()
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("kinewatch"),
            *("run", "--lines", "--station", HERE / "station.toml", "--plan", HERE / "plan.toml"),
            stdin=its_terminal,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
        )
    os.close(its_terminal)
    try:
        yield Service(process, terminal)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(terminal)


class Therapist(Waiting):
    """What the therapist's application shows; it confirms by itself."""

    def __init__(self, login: Login) -> None:
        super().__init__()
        self.messages: list[StationMessage] = []
        self.alerts: list[EventMessage | AlertMessage] = []
        self.session: SessionKey | None = None
        self.feed = TherapistFeed(
            broker=lambda: login.broker, clinic=login.clinic, actor="therapist", on_event=self._take
        )

    def _take(self, event: FeedEvent) -> None:
        if isinstance(event, AlertReceived):
            self.alerts.append(event.message)
            self.session = SessionKey(station=event.station, session_id=event.session_id)
        elif isinstance(event, MessageReceived):
            self.messages.append(event.message)
        self.touch()

    def story(self) -> str:
        """The alerts and the devices' links."""
        alerts = [f"  {one.alert_id} {one.message}" for one in self.alerts[-8:]]
        links = [f"  {one.device}: {one.link} {one.reason}" for one in self._devices()[-8:]]
        return "\n".join(["alerts:", *alerts, "links:", *links, f"phase: {self.phase}"])

    @property
    def phase(self) -> str:
        """The session's phase."""
        latest = [one for one in self.messages if isinstance(one, LatestMessage)]
        return latest[-1].phase if latest else ""

    def is_live(self, *devices: str) -> bool:
        """Whether the last word about each device's link is that it is live."""
        link = {one.device: one.link for one in self._devices()}
        return all(link.get(device) == LinkState.LIVE for device in devices)

    def value(self, code: str) -> float | None:
        """The last value of a vital sign."""
        latest = [one for one in self.messages if isinstance(one, LatestMessage)]
        found = latest[-1].values.get(code) if latest else None
        return found.value if found else None

    @property
    def repetitions(self) -> list[RepMessage]:
        """The repetitions that were counted."""
        return [one for one in self.messages if isinstance(one, RepMessage)]

    @property
    def ranges_deg(self) -> list[float]:
        """The range of motion of each."""
        return [one.range_deg for one in self.messages if isinstance(one, RomMessage)]

    def alert(self, rule_id: str, state: AlertState) -> EventMessage | AlertMessage | None:
        """The first message that brought an alert of this rule into this state."""
        for one in self.alerts:
            reached = one.to_state if isinstance(one, EventMessage) else one.state
            if (one.rule_id, reached) == (rule_id, state):
                return one
        return None

    def _devices(self) -> list[DeviceMessage]:
        return [one for one in self.messages if isinstance(one, DeviceMessage)]
