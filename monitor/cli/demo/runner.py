"""One demo: virtual devices, the service, its broker, and a therapist with a login of their own."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devices.adapter.radio import Radio
from monitor.alerts.transition import AlertState
from monitor.app import RECORDING_NAME, STORE_NAME, make_folder, running
from monitor.cli.demo.setting import ASSISTANT, CLINIC, STATION, THERAPIST, plan_for, station_for
from monitor.cli.demo.station import BrokerPower, StationFaults
from monitor.cli.demo.summary import DemoResult, summarise
from monitor.cli.replay.running import replay_recording
from monitor.cli.screens.assistant import Assistant
from monitor.cli.screens.assistant_keys import KEY_HELP_ITEMS
from monitor.cli.screens.keys import keys
from monitor.cli.screens.session_display import SessionDisplay
from monitor.clock import now_ns, utc_following
from monitor.delivery.broker.nats import NatsServer
from monitor.delivery.receiver.client import TherapistFeed
from monitor.delivery.receiver.events import AlertReceived, FeedEvent
from monitor.delivery.receiver.state import SessionKey
from monitor.inputs import Command
from monitor.outputs import Output
from monitor.record.render.report import REPORT_NAME
from monitor.service import Ports, Service, SessionConfig
from simulators.radio.air import VirtualRadio
from simulators.radio.clock import pause_virtual_clock
from simulators.scenario.ground_truth import Truth
from simulators.scenario.loader import Scenario
from simulators.scenario.world import World

if TYPE_CHECKING:
    from monitor.delivery.bedside import BedsideScreens
    from monitor.delivery.broker.broker import Broker

# The therapist at the page has a login of their own beside the demo's.
PAGE_THERAPIST = "therapist-page"

# A therapist looks up, reads, and acknowledges: in session seconds.
ACKNOWLEDGES_AFTER_S = 6.0

# How many session seconds the screen stands for at full speed: a redraw costs more than a session second.
SECONDS_A_SCREEN_AT_FULL_SPEED = 20.0


class Demo:
    """One scenario from beginning to end.

    Args:
        scenario: what happens.
        folder: where the recording and the store go; made anew.
        scratch: where the broker keeps its data; removed by the caller, or by the broker's guard if this
            process is killed.
        speed: session seconds a wall second; None is as fast as possible.
        display: shows the session while it runs.
        with_page: serve the page; its therapist acknowledges, not the demo's own.
    """

    def __init__(
        self,
        *,
        scenario: Scenario,
        folder: Path,
        scratch: Path,
        speed: float | None,
        display: SessionDisplay,
        with_page: bool = False,
    ) -> None:
        # The devices' own clocks begin with the scenario, and a demo is now.
        self._scenario = scenario.beginning(datetime.now().astimezone())
        self._folder = folder
        self._scratch = scratch
        self._speed = speed
        self._display = display
        self._with_page = with_page
        self._screens: list[BedsideScreens] = []
        self._page_login: Callable[[], Broker] = _no_broker_yet
        self._truth: Truth | None = None
        self._service: Service | None = None
        self._received: set[str] = set()
        self._assistants: list[Assistant] = []
        self._acknowledgements: asyncio.Queue[AlertReceived] = asyncio.Queue()
        self._wall_s = 0.0

    async def run(self) -> None:
        """Run the scenario, and let everything end in order."""
        began_s = time.perf_counter()
        make_folder(self._folder)
        broker = NatsServer(
            self._scratch / "broker",
            clinic=CLINIC,
            station=STATION,
            therapists=(THERAPIST, PAGE_THERAPIST),
            orphaned_dir=self._scratch,
            hold=pause_virtual_clock,
        )
        self._page_login = partial(broker.therapist_broker, PAGE_THERAPIST)
        async with asyncio.TaskGroup() as group:
            power = BrokerPower(broker, group)
            await power.on()
            try:
                await self._over_the_air(broker, power)
            finally:
                await power.off()
        self._wall_s = time.perf_counter() - began_s

    async def _over_the_air(self, broker: NatsServer, power: BrokerPower) -> None:
        start_utc_ns = round(self._scenario.begins_at.astimezone().timestamp()) * 1_000_000_000
        async with VirtualRadio(self._scenario.seed) as air:
            world = World(self._scenario, air)
            faults = StationFaults(world)
            utc_ns = faults.wall_clock(utc_following(now_ns, start_utc_ns=start_utc_ns))
            feed = TherapistFeed(
                broker=broker.therapist_broker,
                clinic=CLINIC,
                actor=THERAPIST,
                on_event=self._hear,
                utc_ns=utc_ns,
                hold=pause_virtual_clock,
            )
            setting = SessionConfig(
                station=station_for(world.devices),
                plan=plan_for(self._scenario),
                session_id=f"{self._scenario.name}-{self._scenario.seed}",
                folder=self._folder,
                store_path=self._folder / STORE_NAME,
                roles={THERAPIST: "therapist", PAGE_THERAPIST: "therapist", ASSISTANT: "assistant"},
            )
            around = Ports(
                radio=Radio(air.client_backend, air.scanner_backend),
                broker=broker.station_broker,
                utc_ns=utc_ns,
                hold=pause_virtual_clock,
                observe=self._observe,
                station_status=faults.status,
            )
            self._display.board.session = setting.session_id
            with self._display.begin():
                await self._session(world, setting, around, feed, faults.interrupt(power))
            self._truth = world.truth

    async def _session(
        self,
        world: World,
        setting: SessionConfig,
        around: Ports,
        feed: TherapistFeed,
        outages: Coroutine[Any, Any, None],
    ) -> None:
        pace = self._speed or SECONDS_A_SCREEN_AT_FULL_SPEED
        async with asyncio.TaskGroup() as group:
            hearing = group.create_task(feed.run(), name="therapist")
            async with running(setting, around) as service, self._page(service):
                self._service = service
                assistant = Assistant(
                    actor=ASSISTANT, role="assistant", display=self._display, command=service.command
                )
                self._assistants.append(assistant)
                tasks = [
                    group.create_task(self._people(world, service), name="people"),
                    group.create_task(outages, name="broker outages"),
                    group.create_task(self._acknowledge(feed), name="acknowledgements"),
                    group.create_task(self._display.run(service, pace=pace), name="display"),
                ]
                try:
                    with keys(assistant.press) as has_keys:
                        self._display.board.keys = KEY_HELP_ITEMS if has_keys else ("Ctrl-C ends the demo",)
                        await world.run()
                finally:
                    for task in tasks:
                        task.cancel()
            hearing.cancel()

    @asynccontextmanager
    async def _page(self, service: Service) -> AsyncIterator[None]:
        """The page, with a therapist and an assistant of its own, where it is asked for."""
        if not self._with_page:
            yield
            return
        from monitor.cli.page.station_page import bedside_of, served
        from monitor.page.server import PageSettings

        bedside = bedside_of(service, ASSISTANT)
        self._screens.append(bedside)
        therapists = {PAGE_THERAPIST: self._page_login}
        async with served(
            PageSettings(),
            clinic=CLINIC,
            assistant=ASSISTANT,
            bedside=bedside,
            therapists=therapists,
            say=lambda line: print(line, file=sys.stderr, flush=True),
        ):
            yield

    async def _people(self, world: World, service: Service) -> None:
        """What the scenario's people do at the station, at its instants."""
        # The world sets its zero when it begins to run.
        await asyncio.sleep(0)
        for number, act in enumerate(world.truth.commands, start=1):
            await asyncio.sleep(max(0.0, (act.at_ns - now_ns()) / 1e9))
            service.command(
                Command(
                    received_ns=now_ns(),
                    command_id=f"people-{number}",
                    verb=act.verb,
                    actor=act.actor,
                    role=act.role,
                    arguments=act.arguments,
                )
            )

    async def _acknowledge(self, feed: TherapistFeed) -> None:
        """The therapist looks at each alert and acknowledges it."""
        while True:
            alert = await self._acknowledgements.get()
            await asyncio.sleep(ACKNOWLEDGES_AFTER_S)
            session = SessionKey(station=alert.station, session_id=alert.session_id)
            feed.acknowledge(session, alert.message.alert_id)

    def _observe(self, output: Output) -> None:
        self._display.observe(output)
        for assistant in self._assistants:
            assistant.observe(output)
        for screen in self._screens:
            screen.observe(output)

    def _hear(self, event: FeedEvent) -> None:
        """The therapist's application shows something."""
        if not isinstance(event, AlertReceived):
            return
        message = event.message
        self._received.add(message.id)
        state = getattr(message, "to_state", None) or getattr(message, "state", "")
        self._display.note(f"therapist's screen: {message.message} [{message.alert_id}] {state}")
        if state == AlertState.FIRING and not self._with_page:
            self._acknowledgements.put_nowait(event)

    def summary(self, *, kept: Path | None) -> dict[str, Any]:
        """The whole run as JSON values; replays the recording.

        Raises:
            RuntimeError: before the run.
        """
        if self._truth is None or self._service is None:
            raise RuntimeError("the demo has not run")
        report = replay_recording(self._folder / RECORDING_NAME)
        return summarise(
            DemoResult(
                scenario=self._scenario.name,
                truth=self._truth,
                summary=self._service.session.summary(),
                times=self._service.delivery_times(),
                received=frozenset(self._received),
                replay_identical=report.is_identical,
                session_s=(self._truth.end_ns - self._truth.start_ns) / 1e9,
                wall_s=self._wall_s,
                recording=None if kept is None else str(kept / RECORDING_NAME),
                report=None if kept is None else str(kept / REPORT_NAME),
            )
        )


def _no_broker_yet() -> "Broker":
    raise RuntimeError("the demo has not begun")
