"""`kinewatch doctor`: everything that `check` looks at, and what may be wrong with the machine itself."""

import argparse
import asyncio
import json
import sys
from functools import partial
from pathlib import Path

from monitor.cli.arguments import add_radio, positive_seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "What is wrong here? All of `kinewatch check`, and the machine: memory, open files, clock,\n"
        "Bluetooth switches, power, terminal, sound, secrets that others can read, the broker's\n"
        "certificate, and what earlier sessions have left."
    )
    parser.epilog = f"{parser.epilog}\n\nexit codes: 0 nothing, 1 something is wrong, 2 wrong use"
    parser.add_argument("--station", type=Path, required=True, metavar="FILE", help="the station's settings")
    parser.add_argument(
        "--seconds",
        type=positive_seconds,
        default=10.0,
        metavar="S",
        help="how long to listen for the devices (default: %(default)g)",
    )
    parser.add_argument(
        "--machine-only", action="store_true", help="leave out what `check` does: broker and devices"
    )
    add_radio(parser)
    parser.add_argument("--json", action="store_true", help="print the findings as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Look at everything; 1 if anything is wrong."""
    from monitor.cli.check.finding import Finding
    from monitor.cli.check.machine import machine
    from monitor.cli.check.station import check_station
    from monitor.cli.radio_access import radio_of
    from monitor.config import load_station
    from monitor.station_devices import check_devices

    station = load_station(args.station)
    check_devices(station, args.station)
    findings: list[Finding] = []

    def show(finding: Finding) -> None:
        findings.append(finding)
        if not args.json:
            print(finding.line, flush=True)

    for finding in machine(station):
        show(finding)
    if not args.machine_only:
        asyncio.run(
            check_station(
                station,
                listen_s=args.seconds,
                try_s=2 * args.seconds,
                on_finding=show,
                progress=lambda what: print(f"... {what}", file=sys.stderr, flush=True),
                radio=partial(radio_of, spec=args.radio),
            )
        )
    wrong = [one for one in findings if not one.is_ok]
    if args.json:
        rows = [
            {"subject": one.subject, "ok": one.is_ok, "found": one.found, "advice": one.advice}
            for one in findings
        ]
        print(json.dumps({"healthy": not wrong, "findings": rows}, indent=2))
    elif wrong:
        print(f"{len(wrong)} things are wrong: {', '.join(one.subject for one in wrong)}")
    else:
        print("nothing is wrong")
    return 1 if wrong else 0
