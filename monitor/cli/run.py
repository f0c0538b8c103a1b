"""`kinewatch run`: one session on this station's devices."""

import argparse
import asyncio
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.cli.screens.assistant_keys import AssistantKeys
    from monitor.cli.screens.session_display import SessionDisplay
    from monitor.config import Station
    from monitor.plan.plan import Plan
    from monitor.samples import Command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--station", type=Path, required=True, metavar="FILE", help="this station: devices, broker, folder"
    )
    parser.add_argument("--plan", type=Path, required=True, metavar="FILE", help="the patient's plan of care")
    parser.add_argument("--lines", action="store_true", help="print lines instead of the live screen")


def run(args: argparse.Namespace) -> int:
    """Watch until the session is ended or Ctrl-C."""
    from monitor.config import load_station
    from monitor.plan.plan import load_plan
    from monitor.station_devices import check_devices

    station, plan = load_station(args.station), load_plan(args.plan)
    check_devices(station, args.station)
    asyncio.run(_serve(station, plan, lines_only=args.lines))
    return 0


async def _serve(station: "Station", plan: "Plan", *, lines_only: bool) -> None:
    from monitor.app import STORE_NAME, running
    from monitor.cli.broker_access import broker_of
    from monitor.cli.radio_access import radio_of
    from monitor.cli.screens.assistant_keys import KEY_HELP, AssistantKeys
    from monitor.cli.screens.keys import keys
    from monitor.cli.screens.session_display import SessionDisplay
    from monitor.cli.signing_keys import keys_of
    from monitor.exercise.phases import Phase
    from monitor.outputs import Output, PhaseChanged
    from monitor.service import Setting, Surroundings

    signing = keys_of(station)
    session_id = secrets.token_hex(8)
    folder = station.station.sessions_folder / session_id
    display = SessionDisplay(f"kinewatch: {plan.patient_id}", sys.stdout, lines_only=lines_only)
    ended = asyncio.Event()

    def observe(output: Output) -> None:
        display.observe(output)
        if isinstance(output, PhaseChanged) and output.to_phase is Phase.ENDED:
            ended.set()

    async with radio_of(station) as radio, broker_of(station) as access:
        setting = Setting(
            station=station,
            plan=plan,
            session_id=session_id,
            folder=folder,
            store_path=station.station.sessions_folder / STORE_NAME,
            roles={person.name: person.role.value for person in station.people},
            keys=signing,
        )
        around = Surroundings(radio=radio, broker=access.broker, utc_ns=time.time_ns, observe=observe)
        async with (
            _report_named(folder),
            running(setting, around) as service,
            asyncio.TaskGroup() as group,
        ):
            ask = partial(_ask, service.command, _assistant(station), AssistantKeys(), display)
            with display.begin(), keys(ask) as has_keys:
                display.note(f"session {session_id}; {KEY_HELP if has_keys else 'Ctrl-C leaves'}")
                for name, path in access.logins.items():
                    display.note(f"for {name}: kinewatch watch --login {path}")
                showing = group.create_task(display.run(service), name="display")
                try:
                    await ended.wait()
                finally:
                    showing.cancel()
                    print(f"recorded in {folder}", file=sys.stderr)


@asynccontextmanager
async def _report_named(folder: Path) -> AsyncIterator[None]:
    """When the session is over, say where its report is."""
    from monitor.record.render.report import REPORT_NAME

    try:
        yield
    finally:
        if (folder / REPORT_NAME).exists():
            print(f"report: {folder / REPORT_NAME}", file=sys.stderr)


def _assistant(station: "Station") -> str:
    from monitor.config import PersonRole

    names = [person.name for person in station.people if person.role is PersonRole.ASSISTANT]
    return names[0] if names else "assistant"


def _ask(
    command: "Callable[[Command], None]",
    actor: str,
    assistant_keys: "AssistantKeys",
    display: "SessionDisplay",
    key: str,
) -> None:
    """One key of the assistant's, as a command or as a sentence."""
    from monitor.cli.screens.assistant_keys import Asked, Told
    from monitor.clock import now_ns
    from monitor.samples import Command

    topmost = next(iter(display.board.unacknowledged()), None)
    at_ns = now_ns()
    match assistant_keys.press(key, now_ns=at_ns, topmost_alert_id=topmost):
        case Asked(verb=verb, arguments=arguments):
            command(
                Command(
                    received_ns=at_ns,
                    command_id=secrets.token_hex(8),
                    verb=verb,
                    actor=actor,
                    role="assistant",
                    arguments=arguments,
                )
            )
        case Told(sentence=sentence):
            display.note(sentence)
        case None:
            pass
