"""`kinewatch compare`: two sessions side by side."""

import argparse
import json
import sys
from dataclasses import asdict

from monitor.cli.record.source import add_sessions_argument, find


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("first", metavar="A", help="a session's folder or id")
    parser.add_argument("second", metavar="B", help="the other one")
    add_sessions_argument(parser)
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Show both and what the differences mean."""
    from monitor.record.render.wording import MISSING, number, unit
    from monitor.record.trends.compare import compare

    first, second = find(args.first, args).facts, find(args.second, args).facts
    lines = compare(first, second)
    if args.json:
        content = {
            "first": first.session_id,
            "second": second.session_id,
            "same_patient": first.patient_id == second.patient_id,
            "lines": [asdict(line) for line in lines],
        }
        print(json.dumps(content, indent=2))
        return 0
    if first.patient_id != second.patient_id:
        print("these are two patients' sessions", file=sys.stderr)
    print(f"{'':44}  {first.utc(0.0)[:10]:>10}  {second.utc(0.0)[:10]:>10}  difference")
    for line in lines:
        values = [MISSING if value is None else number(value) for value in (line.first, line.second)]
        difference = "" if line.difference is None else f"{line.difference:+g}"
        name = f"{line.what} {unit(line.unit)}".strip()
        print(f"{name:44.44}  {values[0]:>10}  {values[1]:>10}  {difference:>10}  {line.remark}".rstrip())
    return 0
