"""What can be wrong with the store.

StoreError (a monitor.errors.RunFailedError)
├── StoreUnavailableError    the file cannot be opened, read or written: a path, a permission, a full disk
│   ├── StoreLockedError     another program has the file locked just now
│   └── StoreStalledError    no answer in time; the work stays handed over
├── StoreBusyError           another kinewatch holds it
├── StoreTooNewError         a later kinewatch wrote it
└── StoreConflictError       something else is already stored under this key: a programming error, told loudly
"""

from pathlib import Path

from monitor.errors import RunFailedError


class StoreError(RunFailedError):
    """Base.

    Attributes:
        path: the store's file.
    """

    def __init__(self, path: Path, sentence: str) -> None:
        self.path = path
        super().__init__(f"{path}: {sentence}")


class StoreUnavailableError(StoreError):
    """The disk or the file does not let us."""


class StoreLockedError(StoreUnavailableError):
    """Another program holds SQLite's own lock on the file; trying again may help."""


class StoreStalledError(StoreUnavailableError):
    """The disk has not answered in time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "the disk does not answer")


class StoreBusyError(StoreError):
    """One service at a time writes a store."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "another kinewatch is using this store; end it, or name another folder")


class StoreTooNewError(StoreError):
    """Reading it with older rules could lose what it means.

    Attributes:
        version: the file's schema version.
        known: the latest version this kinewatch knows.
    """

    def __init__(self, path: Path, version: int, known: int) -> None:
        self.version = version
        self.known = known
        super().__init__(
            path,
            f"was written by a later kinewatch (schema {version}; this one knows {known}); update kinewatch",
        )


class StoreConflictError(StoreError):
    """Different content under the same key."""
