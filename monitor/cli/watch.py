"""`kinewatch watch`: the therapist's feed; alerts are confirmed as they arrive, acknowledged by key."""

import argparse
import asyncio
import os
import sys
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import WrongUseError

if TYPE_CHECKING:
    from monitor.delivery.broker.login_file import Login
    from monitor.delivery.receiver.inbox import Inbox

DRAW_EVERY_S = 0.25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--login", type=Path, metavar="FILE", help="the login file that `kinewatch run` names")
    where.add_argument("--broker", metavar="URL", help="mqtts://host[:port] of the clinic's broker")
    parser.add_argument("--clinic", metavar="NAME", help="with --broker: whose stations to watch")
    parser.add_argument("--user", metavar="NAME", help="with --broker: the login's name")
    parser.add_argument("--password-file", type=Path, metavar="FILE", help="with --broker: its password")
    parser.add_argument(
        "--password-env", metavar="NAME", help="with --broker: the variable that has its password"
    )
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="the clinic's own authority, for TLS")
    key = parser.add_mutually_exclusive_group()
    key.add_argument("--key-file", type=Path, metavar="FILE", help="what this person signs commands with")
    key.add_argument("--key-env", metavar="NAME", help="the variable that has it")
    parser.add_argument("--no-tones", action="store_true", help="only the terminal's bell, no tones")
    parser.add_argument("--lines", action="store_true", help="print lines instead of the live screen")


def run(args: argparse.Namespace) -> int:
    """Watch until Ctrl-C."""
    from monitor.cli.signing_keys import signing_key

    key = signing_key(
        key_file=args.key_file, key_env=args.key_env, file_setting="--key-file", env_setting="--key-env"
    )
    asyncio.run(_watch(_login(args), key, args))
    return 0


def _login(args: argparse.Namespace) -> "Login":
    from pydantic import ValidationError

    from monitor.cli.broker_access import external_broker
    from monitor.config import BrokerSettings
    from monitor.delivery.broker.login_file import Login, read_login

    if args.login is not None:
        return read_login(args.login)
    if args.clinic is None or args.user is None:
        raise WrongUseError("--broker needs --clinic and --user too")
    try:
        settings = BrokerSettings(
            url=args.broker,
            username=args.user,
            password_file=args.password_file,
            password_env=args.password_env,
            ca_file=args.ca_file,
        )
    except ValidationError as exc:
        raise WrongUseError(f"--broker {args.broker}: {exc.errors()[0]['msg']}") from exc
    return Login(clinic=args.clinic, broker=external_broker(settings))


async def _watch(login: "Login", key: bytes | None, args: argparse.Namespace) -> None:
    from rich.console import Console
    from rich.live import Live

    from monitor.cli.screens.keys import keys
    from monitor.cli.screens.sound import Sound
    from monitor.cli.screens.terminal import can_redraw, log_shown_by
    from monitor.cli.screens.therapist import Therapist
    from monitor.cli.screens.watch_view import render
    from monitor.clock import now_ns
    from monitor.delivery.broker.login_file import followed_login

    console = Console()
    is_live = can_redraw(console) and not args.lines
    with ExitStack() as stack:
        sound = stack.enter_context(Sound(sys.stdout, with_tones=not args.no_tones))
        inbox = stack.enter_context(_inbox(login))
        therapist = Therapist(
            login,
            key,
            sound=sound,
            show=None if is_live else _print,
            inbox=inbox,
            broker=None if args.login is None else followed_login(args.login),
        )
        stack.enter_context(keys(therapist.press))
        async with asyncio.TaskGroup() as group:
            group.create_task(therapist.run(), name="feed")
            if not is_live:
                return
            stack.enter_context(log_shown_by(therapist.board.note))
            live = stack.enter_context(Live(console=console, auto_refresh=False, screen=True))
            while True:
                width, height = console.size
                screen = render(therapist.board, width=width, height=height, now_ns=now_ns())
                live.update(screen, refresh=True)
                await asyncio.sleep(DRAW_EVERY_S)


def _inbox(login: "Login") -> "AbstractContextManager[Inbox | None]":
    """This screen's memory on disk; without one it works, and says what that means."""
    from monitor.delivery.errors import InboxError
    from monitor.delivery.receiver.inbox import free_inbox
    from protocols.mqtt.topics import level_of

    state = os.environ.get("XDG_STATE_HOME", "") or "~/.local/state"
    try:
        folder = Path(state).expanduser() / "kinewatch" / "inbox"
        return free_inbox(folder, level_of(f"{login.clinic}-{login.broker.username or 'therapist'}"))
    except (InboxError, RuntimeError) as exc:
        print(f"kinewatch watch: {exc}; a restart will show again what was shown", file=sys.stderr)
        return nullcontext(None)


def _print(line: str) -> None:
    print(line, flush=True)
