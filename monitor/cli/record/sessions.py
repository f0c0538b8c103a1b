"""`kinewatch sessions`: the sessions that this station has kept, newest first."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from time import gmtime, strftime
from typing import TYPE_CHECKING

from monitor.cli.record.source import add_sessions_argument, store_of

if TYPE_CHECKING:
    from monitor.store.record_rows import RecordRow


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_sessions_argument(parser)
    parser.add_argument("--patient", metavar="ID", help="only this patient's (the pseudonym of the plan)")
    parser.add_argument(
        "--last", type=_count, default=20, metavar="N", help="how many; `all` (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a session")


def _count(text: str) -> int:
    if text == "all":
        return -1
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a positive number nor 'all'")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """List them."""
    with store_of(args) as store:
        rows = store.records.rows(patient_id=args.patient, limit=args.last)
    if args.json:
        for row in rows:
            print(json.dumps(asdict(row)))
        return 0
    if not rows:
        print("no session has been kept" + (f" of {args.patient}" if args.patient else ""))
        return 0
    print(
        f"{'started (UTC)':16}  {'session':20}  {'patient':20}  {'min':>5}  {'sets':>7}  {'reps':>9}  alerts"
    )
    print("\n".join(_lines(rows)))
    return 0


def _lines(rows: "list[RecordRow]") -> Iterator[str]:
    for row in rows:
        started = strftime("%Y-%m-%d %H:%M", gmtime(row.started_utc_ns // 10**9))
        high = f" ({row.alerts_high} high)" if row.alerts_high else ""
        cut = "" if row.is_complete else "  cut off"
        yield (
            f"{started:16}  {row.session_id:20.20}  {row.patient_id:20.20}  {row.duration_s / 60:5.1f}  "
            f"{f'{row.sets_done}/{row.sets_prescribed}':>7}  "
            f"{f'{row.repetitions_done}/{row.repetitions_prescribed}':>9}  {row.alerts}{high}{cut}"
        )
