"""`kinewatch amend`: a correction, stored beside the fact that it corrects."""

import argparse
from dataclasses import fields

from monitor.cli.record.source import add_sessions_argument, find, whoever
from monitor.errors import RunFailedError, WrongUseError
from monitor.record.facts import NotRecorded, SessionFacts

MAX_TEXT = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("session", metavar="SESSION|FOLDER", help="a session's folder or its id")
    parser.add_argument("fact", metavar="FACT", help="what is corrected: set-2, rating-1, bp-3, G1-1 ...")
    parser.add_argument("correction", metavar="TEXT", help="what is right")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why")
    parser.add_argument("--by", metavar="NAME", help="who says so (default: your login)")
    add_sessions_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Store it; the fact itself stays as it was recorded."""
    from monitor.store.beside import StoreBeside

    for name, text in (("TEXT", args.correction), ("--reason", args.reason)):
        if not text.strip() or len(text) > MAX_TEXT or not text.isprintable():
            raise WrongUseError(f"{name}: expected one line of 1 to {MAX_TEXT} characters")
    found = find(args.session, args)
    known = fact_ids(found.facts)
    if args.fact not in known:
        raise WrongUseError(f"{args.fact}: no such fact in this session; known: {', '.join(known)}")
    if found.store_path is None:
        raise RunFailedError("no store beside the recording: a correction would be kept nowhere")
    with StoreBeside(found.store_path) as store:
        number = store.amend(
            found.facts.session_id,
            actor=args.by or whoever(),
            fact_id=args.fact,
            correction=args.correction,
            reason=args.reason,
        )
    print(f"correction {number} of {args.fact} is kept beside it; `kinewatch report` shows both")
    return 0


def fact_ids(facts: SessionFacts) -> list[str]:
    """Every fact that can be corrected."""
    ids = []
    for field in fields(facts):
        value = getattr(facts, field.name)
        if isinstance(value, tuple) and not isinstance(value, NotRecorded):
            ids += [one.fact_id for one in value if field.name != "amendments" and hasattr(one, "fact_id")]
    return ids
