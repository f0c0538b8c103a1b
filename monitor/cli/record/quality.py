"""`kinewatch quality`: completion, adherence, alarms and data over stations and months."""

import argparse
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from monitor.cli.record.source import add_sessions_argument, store_of

FAR_NS = 1 << 62


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_sessions_argument(parser)
    parser.add_argument("--since", type=_month, metavar="YYYY-MM", help="from this month on")
    parser.add_argument("--until", type=_month, metavar="YYYY-MM", help="before this month")
    parser.add_argument(
        "--also",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="another station's sessions, counted in; can be given again",
    )
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")


def _month(text: str) -> int:
    try:
        return int(datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).timestamp()) * 10**9
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no month; expected YYYY-MM") from None


def run(args: argparse.Namespace) -> int:
    """Show it."""
    from monitor.app import STORE_NAME
    from monitor.record.trends.quality import as_text, quality
    from monitor.store.beside import StoreBeside

    since, until = args.since or 0, args.until or FAR_NS
    totals, alarms = [], []
    stores = [store_of(args), *(StoreBeside(folder / STORE_NAME) for folder in args.also)]
    for opened in stores:
        with opened as store:
            totals += store.records.totals(since, until)
            alarms += store.records.alarms(since, until)
    found = quality(totals, alarms)
    if args.json:
        print(json.dumps(asdict(found), indent=2))
    else:
        print("\n".join(as_text(found)))
    return 0
