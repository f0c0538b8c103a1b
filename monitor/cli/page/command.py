"""`kinewatch page`: the therapist's page for stations whose broker runs elsewhere, or on this machine."""

import argparse
import asyncio
import getpass
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import WrongUseError

if TYPE_CHECKING:
    from monitor.delivery.broker.broker import Broker
    from monitor.page.logins import Person
    from monitor.page.server import PageSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--login",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a login file that `kinewatch run` names; opens the page by QR code (may be given again)",
    )
    parser.add_argument("--settings", type=Path, metavar="FILE", help="page.toml: a clinic's page")
    parser.add_argument("--host", default="127.0.0.1", help="where to serve it; elsewhere only with TLS")
    parser.add_argument("--port", type=int, default=0, help="its port (default: a free one)")
    parser.add_argument("--certificate-file", type=Path, metavar="FILE")
    parser.add_argument("--key-file", type=Path, metavar="FILE")
    parser.add_argument(
        "--set-password",
        nargs=2,
        metavar=("FILE", "NAME"),
        help="write one person's password to the file that page.toml names, and leave",
    )


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    from monitor.cli.page.links import check_installed

    if args.set_password:
        return _set_password(Path(args.set_password[0]), args.set_password[1])
    check_installed()
    settings, people = _what(args)
    asyncio.run(_serve(settings, people))
    return 0


def _what(args: argparse.Namespace) -> "tuple[PageSettings, list[Person]]":
    from monitor.delivery.broker.login_file import read_login
    from monitor.page.logins import Face, Person, new_code
    from monitor.page.server import PageSettings

    if args.settings is not None:
        from monitor.cli.page.settings import load_page

        return load_page(args.settings)
    if not args.login:
        raise WrongUseError("give --login FILE (kinewatch run names it) or --settings page.toml")
    people = []
    for path in args.login:
        login = read_login(path)
        people.append(
            Person(
                name=login.broker.username or "therapist",
                face=Face.THERAPIST,
                clinic=login.clinic,
                broker=partial(_same, login.broker),
                code=new_code(),
            )
        )
    settings = PageSettings(
        host=args.host, port=args.port, certificate_file=args.certificate_file, key_file=args.key_file
    )
    return settings, people


def _same(broker: "Broker") -> "Broker":
    return broker


async def _serve(settings: "PageSettings", people: "list[Person]") -> None:
    from monitor.cli.page.links import show_links
    from monitor.page.server import serving

    async with serving(settings, people) as page:
        print(f"the page: {page.url} (Ctrl-C ends it)", flush=True)
        show_links(dict(page.links), lambda line: print(line, flush=True), with_code=True)
        await asyncio.Event().wait()


def _set_password(path: Path, name: str) -> int:
    from monitor.page.passwords import write_password

    password = (
        getpass.getpass(f"password of {name}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    )
    write_password(path, name, password)
    print(f"{path}: {name} may log in now", file=sys.stderr)
    return 0
