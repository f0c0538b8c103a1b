"""`kinewatch watch`: the therapist's feed; alerts are confirmed as they arrive, acknowledged by key."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import WrongUseError

if TYPE_CHECKING:
    from monitor.delivery.broker.login_file import Login

HINT = "press an alert's number to acknowledge it; Ctrl-C leaves"
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
    parser.add_argument("--lines", action="store_true", help="print lines instead of the live screen")


def run(args: argparse.Namespace) -> int:
    """Watch until Ctrl-C."""
    from monitor.cli.signing_keys import signing_key

    key = signing_key(
        key_file=args.key_file, key_env=args.key_env, file_setting="--key-file", env_setting="--key-env"
    )
    asyncio.run(_watch(_login(args), key, lines_only=args.lines))
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


async def _watch(login: "Login", key: bytes | None, *, lines_only: bool) -> None:
    from rich.console import Console
    from rich.live import Live

    from monitor.cli.screens.keys import keys
    from monitor.cli.screens.watch_board import WatchBoard
    from monitor.cli.screens.watch_view import render
    from monitor.delivery.receiver.client import TherapistFeed
    from monitor.delivery.receiver.events import FeedEvent

    board = WatchBoard()
    is_live = sys.stdout.isatty() and not lines_only

    def show(event: FeedEvent) -> None:
        line = board.take(event)
        if line is not None and not is_live:
            print(line, flush=True)

    feed = TherapistFeed(
        broker=lambda: login.broker,
        clinic=login.clinic,
        actor=login.broker.username or "therapist",
        on_event=show,
        key=key,
    )

    def acknowledge(key: str) -> None:
        for row in board.rows():
            if str(row.number) == key:
                feed.acknowledge(row.session, row.message.alert_id)

    with keys(acknowledge):
        if not is_live:
            await feed.run()
            return
        with Live(console=Console(), auto_refresh=False) as live:
            async with asyncio.TaskGroup() as group:
                group.create_task(feed.run(), name="feed")
                while True:
                    live.update(render(board, hint=HINT), refresh=True)
                    await asyncio.sleep(DRAW_EVERY_S)
