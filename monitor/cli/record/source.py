"""A session as a person names it: a folder, a recording, an id or its beginning."""

import getpass
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import RunFailedError, WrongUseError

if TYPE_CHECKING:
    import argparse

    from monitor.record.facts import SessionFacts
    from monitor.store.beside import StoreBeside

DEFAULT_SESSIONS = Path("sessions")


def add_sessions_argument(parser: "argparse.ArgumentParser") -> None:
    """`--sessions` and `--station`: where sessions are kept."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--sessions",
        type=Path,
        metavar="FOLDER",
        help=f"where this station keeps its sessions (default: {DEFAULT_SESSIONS})",
    )
    group.add_argument(
        "--station", type=Path, metavar="FILE", help="the station's file, which names that folder"
    )


def sessions_folder(args: "argparse.Namespace") -> Path:
    """The folder that the arguments name."""
    if args.station is not None:
        from monitor.config import load_station

        return load_station(args.station).station.sessions_folder
    return args.sessions or DEFAULT_SESSIONS


def store_of(args: "argparse.Namespace") -> "StoreBeside":
    """The station's store.

    Raises:
        RunFailedError: there is none, or it cannot be read.
    """
    from monitor.app import STORE_NAME
    from monitor.store.beside import StoreBeside

    folder = sessions_folder(args)
    if not folder.is_dir():
        raise WrongUseError(f"{folder}: no such folder; name it with --sessions or --station")
    return StoreBeside(folder / STORE_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanResult:
    """A session's facts, where its recording lies, and the store that knows it; None where there is none."""

    facts: "SessionFacts"
    folder: Path | None
    store_path: Path | None


def find(name: str, args: "argparse.Namespace") -> ScanResult:
    """The facts of the session that `name` names, with its corrections.

    Made of the recording where there is one; otherwise as the store keeps them, without curves.

    Raises:
        WrongUseError: no such session, or several begin so.
        RunFailedError: it cannot be read.
    """
    from monitor.app import RECORDING_NAME, STORE_NAME

    path = Path(name)
    if path.is_dir() or path.is_file():
        recording = path / RECORDING_NAME if path.is_dir() else path
        if not recording.is_file():
            raise WrongUseError(f"{path}: holds no {RECORDING_NAME}; name a session's folder")
        return _recorded(recording)
    folder = sessions_folder(args)
    if not (folder / STORE_NAME).is_file():
        raise WrongUseError(
            f"{name}: neither a folder nor a recording, and {folder} holds no store in which to look for a "
            "session of that name; name the sessions' folder with --sessions or --station"
        )
    with store_of(args) as store:
        matches = store.records.match(name)
    recorded = folder / name / RECORDING_NAME
    if recorded.is_file():
        return _recorded(recorded)
    if not matches:
        raise WrongUseError(f"{name}: no such session in {folder}; `kinewatch sessions` lists them")
    if len(matches) > 1 and name not in matches:
        raise WrongUseError(f"{name}: several sessions begin so: {', '.join(matches)}; write more of it")
    session_id = name if name in matches else matches[0]
    recorded = folder / session_id / RECORDING_NAME
    return _recorded(recorded) if recorded.is_file() else _stored(folder / STORE_NAME, session_id)


def _recorded(recording: Path) -> ScanResult:
    from monitor.record.recorded import facts_of_recording
    from monitor.record.rows import amendment_of, stored_record
    from monitor.store.beside import StoreBeside

    facts = facts_of_recording(recording)
    store_path = _store_beside(recording)
    if store_path is not None:
        with StoreBeside(store_path) as store:
            # A session that was cut off has no record yet: this is it.
            if store.records.facts(facts.session_id) is None:
                store.records.keep(stored_record(facts))
            amendments = store.records.amendments(facts.session_id)
        facts = replace(facts, amendments=tuple(amendment_of(row, facts.clinic) for row in amendments))
    return ScanResult(facts=facts, folder=recording.parent, store_path=store_path)


def _stored(store_path: Path, session_id: str) -> ScanResult:
    from monitor.record.facts_json import from_json
    from monitor.record.rows import amendment_of
    from monitor.store.beside import StoreBeside

    with StoreBeside(store_path) as store:
        text = store.records.facts(session_id)
        amendments = store.records.amendments(session_id)
    if text is None:
        raise RunFailedError(f"{store_path}: has no record of session {session_id}")
    facts = from_json(text)
    facts = replace(facts, amendments=tuple(amendment_of(row, facts.clinic) for row in amendments))
    return ScanResult(facts=facts, folder=None, store_path=store_path)


def _store_beside(recording: Path) -> Path | None:
    """The store of a session's folder: inside it (a demo's) or above it (a station's)."""
    from monitor.app import STORE_NAME

    folder = recording.absolute().parent
    return next((path for path in (folder / STORE_NAME, folder.parent / STORE_NAME) if path.is_file()), None)


def audit_export(found: ScanResult, *, actor: str, detail: Mapping[str, object]) -> None:
    """Enter into the audit that the record left this station; without a store, say that nobody keeps it."""
    from monitor.store.beside import StoreBeside

    if found.store_path is None:
        print("no store beside the recording: this export is in no audit", file=sys.stderr)
        return
    with StoreBeside(found.store_path) as store:
        store.audit(actor=actor, action="export", subject=found.facts.session_id, detail=detail)


def whoever() -> str:
    """The login of who runs this command, for the audit."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
