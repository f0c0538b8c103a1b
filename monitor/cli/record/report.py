"""`kinewatch report`: a session's record in the forms that people and programs read."""

import argparse
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.record.source import add_sessions_argument, audit_export, find, whoever
from monitor.errors import RunFailedError, WrongUseError

if TYPE_CHECKING:
    from monitor.record.formats import Format

ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    from monitor.record.formats import FORMATS

    parser.add_argument(
        "session", metavar="SESSION|FOLDER", help="a session's folder, its id, or the beginning of its id"
    )
    add_sessions_argument(parser)
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        help="where the files go (default: the session's folder); `-` prints the one file that was asked for",
    )
    parser.add_argument(
        "--format",
        default="html",
        metavar="NAMES",
        help="separated by commas, or `all`: "
        + ", ".join(f"{name} ({one.what})" for name, one in FORMATS.items()),
    )
    parser.add_argument(
        "--free-text",
        action="store_true",
        help="keep what people have typed (symptoms, notes, reasons); left out unless you ask for it",
    )
    parser.add_argument("--by", metavar="NAME", help="who exports, for the audit (default: your login)")
    parser.add_argument("--json", action="store_true", help="print the paths of the files as one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write the files, and enter the export into the audit."""
    from monitor.record.facts import without_free_text

    formats = _chosen(args.format)
    if args.out == "-" and (len(formats) > 1 or not formats[0].is_one_text):
        raise WrongUseError("--out -: prints one text; ask for html, json, soap, fhir or hl7 alone")
    found = find(args.session, args)
    facts = found.facts if args.free_text else without_free_text(found.facts)
    detail = {"formats": [one.name for one in formats], "free_text": args.free_text}
    if args.out == "-":
        ((_, content),) = list(formats[0].files(facts))
        audit_export(found, actor=args.by or whoever(), detail=detail)
        sys.stdout.write(content.decode())
        return 0
    folder = Path(args.out) if args.out else found.folder
    if folder is None:
        raise WrongUseError("this session's recording is not here; say where the files go with --out")
    # Nothing leaves before the audit knows of it.
    audit_export(found, actor=args.by or whoever(), detail=detail)
    written: dict[str, list[str]] = {}
    for one in formats:
        target = folder / one.folder if one.folder else folder
        written[one.name] = [str(path) for path in _write(target, one.files(facts))]
    if args.json:
        print(json.dumps({"session_id": facts.session_id, "files": written}, indent=2))
    else:
        for paths in written.values():
            if not paths:
                print("nothing to write: the recording's curves are not here", file=sys.stderr)
            elif len(paths) == 1:
                print(paths[0])
            else:
                print(f"{Path(paths[0]).parent} ({len(paths)} files)")
    return 0


def _chosen(names: str) -> "list[Format]":
    from monitor.record.formats import FORMATS

    if names == ALL:
        return [one for one in FORMATS.values() if one.is_installed()]
    chosen = []
    for name in dict.fromkeys(part.strip() for part in names.split(",")):
        if name not in FORMATS:
            raise WrongUseError(f"--format {name}: no such format; known: {', '.join(FORMATS)}, {ALL}")
        one = FORMATS[name]
        if not one.is_installed():
            raise RunFailedError(f"--format {name}: needs an extra: pip install 'kinewatch[record]'")
        chosen.append(one)
    return chosen


def _write(folder: Path, files: Iterable[tuple[str, bytes]]) -> list[Path]:
    """The files, readable for their owner only: they hold health data."""
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, content in files:
            path = folder / name
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
            paths.append(path)
    except OSError as exc:
        raise RunFailedError(f"{folder}: cannot be written ({exc.strerror or exc})") from exc
    return paths
