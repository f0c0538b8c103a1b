"""`kinewatch check`: is this station ready? One line a subject, and what to do where it is not."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from monitor.cli.arguments import add_radio, positive_seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Is this station ready: disk, clock, broker, a test alert from end to end, the adapter, and each\n"
        "device of the settings: heard, connected to, its battery and a reading. Cuffs are only listened\n"
        "to: a cuff sends each reading once, and it belongs into a session."
    )
    parser.epilog = (
        f"{parser.epilog}\n\nexit codes: 0 ready, 1 something is not, 2 wrong use, 130 stopped by Ctrl-C"
    )
    parser.add_argument("--station", type=Path, required=True, metavar="FILE", help="the station's settings")
    parser.add_argument(
        "--seconds",
        type=positive_seconds,
        default=10.0,
        metavar="S",
        help="how long to listen for the devices (default: %(default)g)",
    )
    parser.add_argument(
        "--try-seconds",
        type=positive_seconds,
        default=20.0,
        metavar="S",
        help="how long to try to get a reading, from all at once (default: %(default)g)",
    )
    add_radio(parser)
    parser.add_argument("--quiet", action="store_true", help="do not say on stderr what is being done")
    parser.add_argument("--json", action="store_true", help="print the findings as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Look at everything; 0 if the station is ready, 1 if anything is not."""
    from functools import partial

    from monitor.cli.check.finding import Finding
    from monitor.cli.check.station import check_station
    from monitor.cli.radio_access import radio_of
    from monitor.config import load_station
    from monitor.station_devices import check_devices

    station = load_station(args.station)
    check_devices(station, args.station)

    def show(finding: Finding) -> None:
        if not args.json:
            print(finding.line, flush=True)

    def progress(what: str) -> None:
        if not args.quiet:
            print(f"... {what}", file=sys.stderr, flush=True)

    findings = asyncio.run(
        check_station(
            station,
            listen_s=args.seconds,
            try_s=args.try_seconds,
            on_finding=show,
            progress=progress,
            radio=partial(radio_of, spec=args.radio),
        )
    )
    is_ready = all(finding.is_ok for finding in findings)
    if args.json:
        rows = [
            {
                "subject": one.subject,
                "ok": one.is_ok,
                "found": one.found,
                "advice": one.advice,
                "facts": dict(one.facts),
            }
            for one in findings
        ]
        print(json.dumps({"ready": is_ready, "findings": rows}, indent=2))
    else:
        print("ready" if is_ready else "not ready")
    return 0 if is_ready else 1
