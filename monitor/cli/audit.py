"""`kinewatch audit`: who did what at this station, and whether anybody has changed that list."""

import argparse
import json
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Who did what at this station: every command of therapists and assistants with its answer, every\n"
        "confirmation, every removal. Each entry's digest covers the one before it; the chain is checked."
    )
    parser.add_argument("--station", type=Path, required=True, metavar="FILE", help="the station's settings")
    parser.add_argument("--session", metavar="ID", help="only this session's")
    parser.add_argument("--json", action="store_true", help="print a JSON list")


def run(args: argparse.Namespace) -> int:
    """Print it, oldest first; 1 when the chain is broken."""
    from monitor.app import STORE_NAME
    from monitor.clock import iso_utc
    from monitor.config import load_station
    from monitor.store import audit
    from monitor.store.beside import StoreBeside

    folder = load_station(args.station).station.sessions_folder
    with StoreBeside(folder / STORE_NAME) as store:
        entries = store.audit_entries()
    shown = [one for one in entries if args.session in (None, one.subject)]
    if args.json:
        rows = [
            {
                "entry": one.entry,
                "t": iso_utc(one.at_utc_ns),
                "actor": one.actor,
                "action": one.action,
                "subject": one.subject,
                "detail": json.loads(one.detail),
                "digest": one.digest,
            }
            for one in shown
        ]
        print(json.dumps(rows, indent=2))
    else:
        for one in shown:
            print(f"{one.entry:6d}  {iso_utc(one.at_utc_ns)}  {one.actor:<16} {one.action:<12} {one.detail}")
    broken = audit.first_break(entries)
    if broken is not None:
        print(f"the audit was changed: entry {broken.entry} does not follow", file=sys.stderr)
        return 1
    return 0
