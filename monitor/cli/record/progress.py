"""`kinewatch progress`: a patient's plan over visits."""

import argparse
import json
from dataclasses import asdict

from monitor.cli.record.source import add_sessions_argument, store_of
from monitor.errors import WrongUseError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("patient", metavar="PATIENT", help="the pseudonym that the plan names")
    add_sessions_argument(parser)
    parser.add_argument(
        "--last", type=int, default=12, metavar="N", help="visits shown (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Show it."""
    from monitor.record.trends.progress import as_text, progress

    with store_of(args) as store:
        found = progress(store.records.exercises_of_patient(args.patient))
    if not found:
        raise WrongUseError(
            f"{args.patient}: no session of this patient has been kept; `kinewatch sessions` lists them"
        )
    if args.json:
        content = {"patient_id": args.patient, "exercises": [asdict(one) for one in found]}
        print(json.dumps(content, indent=2))
    else:
        print("\n".join(as_text(found, last=max(1, args.last))))
    return 0
