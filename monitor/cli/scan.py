"""`kinewatch scan`: what is in range, which driver would take it, and the lines for `station.toml`."""

import argparse
import asyncio
import json
from typing import TYPE_CHECKING, Any

from monitor.cli.arguments import positive_seconds
from monitor.errors import RunFailedError

if TYPE_CHECKING:
    from devices.discovery import Found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--seconds",
        type=positive_seconds,
        default=15.0,
        metavar="S",
        help="how long to listen (default: %(default)g)",
    )
    parser.add_argument("--adapter", metavar="NAME", help="hci0, hci1 ...; the first one otherwise")
    parser.add_argument("--all", action="store_true", help="also what no driver would take")
    parser.add_argument("--json", action="store_true", help="print a JSON list")


def run(args: argparse.Namespace) -> int:
    """Listen and list; 0 even when nothing was heard, 1 when there is nothing to listen with."""
    from devices.catalog import DRIVERS
    from devices.discovery import scan
    from devices.errors import DeviceError
    from devices.radio import Radio
    from monitor.clock import now_ns

    async def listen() -> list["Found"]:
        return await scan(Radio(adapter=args.adapter), DRIVERS, seconds=args.seconds, now_ns=now_ns)

    try:
        heard = asyncio.run(listen())
    except DeviceError as exc:
        raise RunFailedError(str(exc)) from exc
    shown = [one for one in heard if args.all or one.family is not None]
    if args.json:
        print(json.dumps([_row(one) for one in shown], indent=2))
        return 0
    if not shown:
        print(f"no supported sensor heard in {args.seconds:g} s ({len(heard)} other devices); switch one on")
    for one in shown:
        row = _row(one)
        name = row["name"] or "(no name)"
        print(f"{row['address']}  {row['rssi_dbm']:>4} dBm  {row['family'] or '-':<18} {name}")
    return 0


def _row(one: "Found") -> dict[str, Any]:
    heard = one.advertisement
    return {
        "address": heard.address,
        "name": heard.name,
        "rssi_dbm": heard.rssi_dbm,
        "family": one.family,
    }
