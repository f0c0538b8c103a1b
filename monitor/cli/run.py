"""`kinewatch run`: one session on this station's devices."""

import argparse
import asyncio
import secrets
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.arguments import add_radio
from monitor.errors import WrongUseError

if TYPE_CHECKING:
    from monitor.config import Station
    from monitor.plan.plan import Plan
    from monitor.service import Service
    from monitor.service_manager import ServiceManager


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--station", type=Path, required=True, metavar="FILE", help="this station: devices, broker, folder"
    )
    parser.add_argument("--plan", type=Path, required=True, metavar="FILE", help="the patient's plan of care")
    parser.add_argument(
        "--as",
        dest="person",
        metavar="NAME",
        help="who presses the keys, a name of station.people (default: its first assistant)",
    )
    parser.add_argument("--lines", action="store_true", help="print lines instead of the live screen")
    parser.add_argument("--no-tones", action="store_true", help="only the terminal's bell, no tones")
    add_radio(parser)


def run(args: argparse.Namespace) -> int:
    """Watch until the session is ended or Ctrl-C."""
    from monitor.config import load_station
    from monitor.plan.plan import load_plan
    from monitor.station_devices import check_devices

    station, plan = load_station(args.station), load_plan(args.plan)
    check_devices(station, args.station)
    asyncio.run(_serve(station, plan, _person(station, args.person), args))
    return 0


def _person(station: "Station", name: str | None) -> tuple[str, str]:
    """Name and role of the one at the keys."""
    from monitor.config import PersonRole

    if name is None:
        assistants = [one.name for one in station.people if one.role is PersonRole.ASSISTANT]
        return (assistants[0] if assistants else "assistant"), "assistant"
    for one in station.people:
        if one.name == name:
            return one.name, one.role.value
    known = ", ".join(one.name for one in station.people)
    raise WrongUseError(f"--as {name}: station.people has no such name; it has {known}")


async def _serve(  # noqa: PLR0915 - the imports of a command that is chosen count as statements
    station: "Station", plan: "Plan", person: tuple[str, str], args: argparse.Namespace
) -> None:
    from monitor.app import STORE_NAME, running
    from monitor.cli.broker_access import broker_of
    from monitor.cli.call_out import call_out
    from monitor.cli.page.station_page import station_page
    from monitor.cli.radio_access import radio_of
    from monitor.cli.screens.assistant import Assistant
    from monitor.cli.screens.assistant_keys import KEY_HELP_ITEMS
    from monitor.cli.screens.keys import keys
    from monitor.cli.screens.session_display import SessionDisplay
    from monitor.cli.signing_keys import keys_of
    from monitor.delivery.bedside import BedsideScreens
    from monitor.exercise.phases import Phase
    from monitor.outputs import Output, PhaseChanged
    from monitor.service import Ports, SessionConfig
    from monitor.service_manager import ServiceManager
    from monitor.store.writer import StoreWriter

    manager = ServiceManager()
    session_id = secrets.token_hex(8)
    folder = station.station.sessions_folder / session_id
    display = SessionDisplay(
        f"kinewatch: {plan.patient_id}",
        sys.stdout,
        lines_only=args.lines,
        with_tones=not args.no_tones,
        rests_s={one.name: one.rest_s for one in plan.exercises},
        session=session_id,
    )
    ended = asyncio.Event()
    people: list[Assistant] = []
    screens: list[BedsideScreens] = []

    def observe(output: Output) -> None:
        display.observe(output)
        for one in people:
            one.observe(output)
        for screen in screens:
            screen.observe(output)
        if isinstance(output, PhaseChanged) and output.to_phase is Phase.ENDED:
            ended.set()

    # What a service manager ends us with is the same as `e e`: a clean end, with the last confirmations.
    for number in (signal.SIGTERM, signal.SIGHUP):  # a terminal that is closed ends a session as cleanly
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    service: Service | None = None
    try:
        # The store first: who has it is the only one at work here, and may start the broker and speak for it.
        async with (
            StoreWriter(station.station.sessions_folder / STORE_NAME) as store,
            radio_of(station, args.radio) as radio,
            broker_of(station) as access,
        ):
            setting = SessionConfig(
                station=station,
                plan=plan,
                session_id=session_id,
                folder=folder,
                store_path=station.station.sessions_folder / STORE_NAME,
                roles={one.name: one.role.value for one in station.people},
                keys=keys_of(station),
            )
            around = Ports(
                radio=radio,
                broker=access.broker,
                utc_ns=time.time_ns,
                observe=observe,
                on_trouble=call_out,
            )
            async with (
                running(setting, around, store) as service,
                station_page(station, service, access.therapists, screens, actor=person[0], say=display.note),
                asyncio.TaskGroup() as group,
            ):
                name, role = person
                people.append(Assistant(actor=name, role=role, display=display, command=service.command))
                with display.begin(), keys(people[0].press) as has_keys:
                    display.board.keys = KEY_HELP_ITEMS if has_keys else ("Ctrl-C leaves",)
                    display.note(f"session {session_id} of {plan.patient_id}; keys: {name} ({role})")
                    for login, path in access.logins.items():
                        display.note(f"for {login}: kinewatch watch --login {path}")
                    tasks = [
                        group.create_task(display.run(service), name="display"),
                        group.create_task(_keep_alive(manager, service), name="watchdog"),
                    ]
                    manager.tell(ready=1, status=f"session {session_id}")
                    try:
                        await ended.wait()
                    finally:
                        manager.tell(stopping=1)
                        for task in tasks:
                            task.cancel()
    finally:
        if service is not None:
            _tell_what_was(service, folder)


async def _keep_alive(manager: "ServiceManager", service: "Service") -> None:
    def status() -> str:
        health = service.delivery_health()
        broker = "connected" if health.connected else health.problem
        return f"phase {service.session.phase}; broker: {broker}; {health.open_events} alerts wait"

    await manager.keep_alive(lambda: service.intake_late_s, status)


def _tell_what_was(service: "Service", folder: Path) -> None:
    from monitor.cli.session_summary import print_session
    from monitor.record.render.report import REPORT_NAME

    print_session(
        service.session.summary(),
        sys.stdout,
        start_ns=service.start_ns,
        unconfirmed=service.delivery_health().open_events,
    )
    print(f"recorded in {folder}", file=sys.stderr)
    if (folder / REPORT_NAME).exists():
        print(f"report: {folder / REPORT_NAME}", file=sys.stderr)
