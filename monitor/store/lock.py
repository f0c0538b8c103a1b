"""Who may write a station's store, start its broker and speak for it: one process at a time.

The lock is taken before anything else of a station is touched, and is the kernel's: it ends with the process.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.store.errors import StoreBusyError, StoreUnavailableError


def lock_path(store: Path) -> Path:
    """The lock's file, beside the store."""
    return store.with_name(store.name + ".lock")


def open_lock(store: Path) -> int:
    """The descriptor of a store's lock, not yet taken.

    Raises:
        StoreUnavailableError: the folder or the file cannot be had.
    """
    try:
        store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(lock_path(store), os.O_RDWR | os.O_CREAT, 0o600)
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise StoreUnavailableError(store, f"cannot be opened ({reason})") from exc


def take_lock(descriptor: int, store: Path) -> None:
    """Take it.

    Raises:
        StoreBusyError: another process has it.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StoreBusyError(store) from None


@contextmanager
def locked_station(store: Path) -> Iterator[None]:
    """Nobody else works at this station inside the context.

    Raises:
        StoreBusyError: somebody does.
        StoreUnavailableError: the folder cannot be used.
    """
    descriptor = open_lock(store)
    try:
        take_lock(descriptor, store)
        yield
    finally:
        os.close(descriptor)
