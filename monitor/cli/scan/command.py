"""`kinewatch scan`: what is in range, which driver would take it, and the lines for `station.toml`."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from monitor.cli.arguments import add_radio, positive_seconds
from monitor.errors import RunFailedError

if TYPE_CHECKING:
    from devices.adapter.radio import Radio
    from devices.adapter.scanner import ScanResult
    from monitor.cli.scan.rows import ScanRow


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Listen for sensors, and say for each which driver would take it, how strongly it is heard, what it\n"
        "says of itself, and what to do about it. Nothing is connected to, unless --try asks for it."
    )
    parser.epilog = (
        f"{parser.epilog}\n         kinewatch scan --try\n         kinewatch scan --toml >> station.toml"
    )
    parser.epilog += "\n\nexit codes: 0 also when nothing was heard, 1 no radio, 2 wrong use, 130 Ctrl-C"
    parser.add_argument(
        "--seconds",
        type=positive_seconds,
        default=15.0,
        metavar="S",
        help="how long to listen (default: %(default)g)",
    )
    parser.add_argument("--adapter", metavar="NAME", help="hci0, hci1 ...; the first one otherwise")
    add_radio(parser)
    parser.add_argument("--all", action="store_true", help="also what no driver would take")
    parser.add_argument(
        "--try",
        dest="tries",
        action="store_true",
        help="connect for a moment to each that is no cuff: battery and a reading; not during a session",
    )
    parser.add_argument("--toml", action="store_true", help="print the lines for station.toml")
    parser.add_argument("--quiet", action="store_true", help="do not say on stderr what is being done")
    parser.add_argument("--json", action="store_true", help="print a JSON list")


# All that were heard are tried at once.
TRY_S = 20.0


def run(args: argparse.Namespace) -> int:
    """Listen and list; 0 even when nothing was heard, 1 when there is nothing to listen with."""
    from devices.errors import DeviceError

    def progress(what: str) -> None:
        if not args.quiet:
            print(f"... {what}", file=sys.stderr, flush=True)

    try:
        rows = asyncio.run(_rows(args, progress))
    except DeviceError as exc:
        raise RunFailedError(str(exc)) from exc
    shown = [row for row in rows if args.all or row.found.family is not None]
    print(_text(args, shown, unsupported=len(rows) - len(shown)))
    return 0


async def _rows(args: argparse.Namespace, progress: Callable[[str], None]) -> "list[ScanRow]":
    from devices.adapter.radio import Radio
    from monitor.cli.radio_access import radio_at

    try_s = TRY_S if args.tries else None
    if args.radio is None:
        own = Radio(adapter=args.adapter)
        return await listened(own, seconds=args.seconds, try_s=try_s, progress=progress)
    async with radio_at(args.radio) as radio:
        return await listened(radio, seconds=args.seconds, try_s=try_s, progress=progress)


async def listened(
    radio: "Radio", *, seconds: float, try_s: float | None, progress: Callable[[str], None]
) -> "list[ScanRow]":
    """What is in range, strongest first; with `try_s` the sensors among it are connected to for a moment.

    Raises:
        DeviceError: the radio cannot be used; the message says why and what to do.
    """
    from devices.adapter.scanner import scan
    from devices.drivers.catalog import DRIVERS
    from monitor.cli.scan.rows import ScanRow
    from monitor.clock import now_ns
    from protocols.mqtt.plain_text import plain

    told: set[str] = set()

    def tell(found: "ScanResult") -> None:
        heard = found.advertisement
        if found.family is not None and heard.address not in told:
            told.add(heard.address)
            progress(plain(f"{heard.address} {heard.name or '(no name)'}: {found.family}"))

    progress(f"listening for {seconds:g} s")
    heard = await scan(radio, DRIVERS, seconds=seconds, now_ns=now_ns, on_found=tell)
    if try_s is None:
        return [ScanRow(found=one) for one in heard]
    return await _tried(radio, heard, try_s=try_s, progress=progress)


async def _tried(
    radio: "Radio", heard: "Sequence[ScanResult]", *, try_s: float, progress: Callable[[str], None]
) -> "list[ScanRow]":
    from devices.link.probe import probe_devices
    from monitor.cli.check.device_advice import Tried, driver_of
    from monitor.cli.check.last_reading import last_reading, likely_role
    from monitor.cli.scan.rows import ScanRow, config_of
    from monitor.clock import now_ns
    from monitor.sensors import SensorConfig

    configs = [config_of(one) for one in heard if one.family and not driver_of(one.family).episodic]
    if configs:
        progress(f"connecting to {len(configs)} sensors, for at most {try_s:g} s")
    trials = await probe_devices(configs, radio, seconds=try_s, now_ns=now_ns)
    tried = {}
    for config, trial in zip(configs, trials, strict=True):
        sensor = SensorConfig(device=config.device, family=config.family, role=likely_role(config.family))
        tried[config.device] = Tried(trial=trial, reading=last_reading(sensor, trial.frames))
    return [ScanRow(found=one, tried=tried.get(one.advertisement.address)) for one in heard]


def _text(args: argparse.Namespace, rows: "Sequence[ScanRow]", *, unsupported: int) -> str:
    from monitor.cli.scan.rows import station_toml

    if args.json:
        return json.dumps([row.facts for row in rows], indent=2)
    if args.toml:
        return station_toml([row.found for row in rows])
    if not rows:
        return (
            f"no supported sensor heard in {args.seconds:g} s ({unsupported} other devices): switch one on"
            " and bring it near; if a phone holds it, disconnect it there"
        )
    return "\n".join(row.line for row in rows)
