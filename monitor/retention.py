"""The end of a session's retention: its folder and its rows are removed, and that is audited."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import RunFailedError
from monitor.store.purge import Expired
from monitor.store.store import Store

NS_PER_DAY = 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What is over: `due` can be removed, `waiting` still has messages that reached no therapist."""

    due: Sequence[Expired]
    waiting: Sequence[Expired]


def over(store: Store, *, now_utc_ns: int, days: int) -> Retention:
    """The sessions that began more than `days` ago."""
    sessions = store.expired(before_utc_ns=now_utc_ns - days * NS_PER_DAY)
    return Retention(
        due=[one for one in sessions if not one.open_messages],
        waiting=[one for one in sessions if one.open_messages],
    )


def remove(store: Store, folder: Path, sessions: Sequence[Expired], *, actor: str) -> None:
    """Remove the folders, then the rows: cut off between the two, the next purge finds the rows again.

    Raises:
        RunFailedError: a folder cannot be removed; its session's rows stay.
    """
    for session in sessions:
        own = folder / session.session_id
        # A session's id is a folder's name and never a way out of it.
        if own.parent != folder or not own.is_dir():
            continue
        try:
            shutil.rmtree(own)
        except OSError as exc:
            raise RunFailedError(f"{own}: cannot be removed ({exc.strerror or exc})") from exc
    store.remove_sessions([one.session_id for one in sessions], actor=actor)
