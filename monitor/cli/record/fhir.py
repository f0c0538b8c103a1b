"""`kinewatch fhir push`: the records that a FHIR server lacks, each sent until it is accepted."""

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.record.source import add_sessions_argument, find, store_of, whoever
from monitor.errors import RunFailedError

if TYPE_CHECKING:
    from monitor.record.facts import SessionFacts
    from monitor.record.fhir.push import Answer, Target
    from monitor.store.beside import StoreBeside


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="push", required=True)
    push = actions.add_parser(
        "push",
        help="send to a server what it lacks",
        description="Sends each session's transaction bundle; what was accepted is not sent again.",
        epilog="example: kinewatch fhir push https://fhir.clinic/r4 --token-file ./token",
    )
    push.add_argument("url", metavar="URL", help="the base of the FHIR R4 server; https, or http on loopback")
    push.add_argument(
        "session", nargs="*", metavar="SESSION", help="these sessions (default: all that the server lacks)"
    )
    add_sessions_argument(push)
    push.add_argument("--token-file", type=Path, metavar="FILE", help="a file with the bearer token, alone")
    push.add_argument("--ca", type=Path, metavar="FILE", help="the authority of the server's certificate")
    push.add_argument("--free-text", action="store_true", help="keep what people have typed")
    push.add_argument("--by", metavar="NAME", help="who exports, for the audit (default: your login)")
    push.add_argument("--json", action="store_true", help="print one JSON object a session")


def run(args: argparse.Namespace) -> int:
    """Send; 0 if the server accepted everything."""
    from monitor.record.fhir.push import target_of

    target = target_of(args.url, ca_file=args.ca, token_file=args.token_file)
    with store_of(args) as store:
        names = args.session or store.pushes.waiting(args.url)
        if not names:
            print("the server has everything", file=sys.stderr)
        refused = sum(not _push_one(name, args, target, store) for name in names)
    if refused:
        raise RunFailedError(
            f"{refused} of {len(names)} sessions were not accepted; send them again with this command"
        )
    return 0


def _push_one(name: str, args: argparse.Namespace, target: "Target", store: "StoreBeside") -> bool:
    from monitor.record.facts import without_free_text
    from monitor.record.fhir.bundle import to_json
    from monitor.record.fhir.check import problems
    from monitor.record.fhir.push import push
    from monitor.store.pushes import Push

    found = find(name, args)
    facts = found.facts if args.free_text else without_free_text(found.facts)
    text = to_json(facts)
    wrong = problems(json.loads(text))
    if wrong:
        raise RunFailedError(
            f"session {facts.session_id}: its bundle is not sound and was not sent: {wrong[0]}"
        )
    content = text.encode()
    digest = hashlib.sha256(content).hexdigest()
    if store.pushes.digest_at(args.url, facts.session_id) == digest:
        _say(facts, "already there", args, accepted=True)
        return True
    detail = {"server": args.url, "digest": digest, "free_text": args.free_text}
    # Nothing leaves before the audit knows of it.
    store.audit(actor=args.by or whoever(), action="export", subject=facts.session_id, detail=detail)
    answer: Answer = push(
        content, target, on_try=lambda why: print(f"{facts.session_id}: {why}", file=sys.stderr)
    )
    store.pushes.note(
        Push(
            session_id=facts.session_id,
            server=args.url,
            digest=digest,
            at_utc_ns=time.time_ns(),
            accepted=answer.accepted,
            status=answer.status,
            answer=answer.text,
        )
    )
    _say(facts, _summary(answer), args, accepted=answer.accepted)
    return answer.accepted


def _summary(answer: "Answer") -> str:
    if not answer.accepted:
        return f"NOT accepted: {answer.text[:300]}"
    entries = json.loads(answer.text)
    created = sum(entry["status"].startswith("201") for entry in entries)
    return f"accepted: {created} created, {len(entries) - created} already there"


def _say(facts: "SessionFacts", words: str, args: argparse.Namespace, *, accepted: bool) -> None:
    if args.json:
        print(json.dumps({"session_id": facts.session_id, "accepted": accepted, "answer": words}))
    else:
        print(f"{facts.session_id}: {words}")
