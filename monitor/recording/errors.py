"""What can be wrong with a recording.

RecordingError (a monitor.errors.RunFailedError)
├── RecordingUnavailableError   the file cannot be opened, read or made
├── NotARecordingError          the file is no MCAP, or an MCAP that kinewatch did not write
├── RecordingTooNewError        a later kinewatch wrote it in a form that this one does not know
└── RecordingDamagedError       bytes inside it are wrong (a cut-off end is not damage)
"""

from pathlib import Path

from monitor.errors import RunFailedError


class RecordingError(RunFailedError):
    """Base.

    Attributes:
        path: the recording's file.
    """

    def __init__(self, path: Path, sentence: str) -> None:
        self.path = path
        super().__init__(f"{path}: {sentence}")


class RecordingUnavailableError(RecordingError):
    """The disk or the file does not let us."""


class NotARecordingError(RecordingError):
    """The file is not an MCAP written by kinewatch."""


class RecordingTooNewError(RecordingError):
    """Replaying it with older rules would mean something else.

    Attributes:
        version: the file's format version.
        known: the latest version this kinewatch knows.
    """

    def __init__(self, path: Path, version: int, known: int) -> None:
        self.version = version
        self.known = known
        super().__init__(
            path,
            f"was recorded by a later kinewatch (format {version}; this one knows {known}); update kinewatch",
        )


class RecordingDamagedError(RecordingError):
    """Some bytes are not what was written.

    Attributes:
        offset: where in the file the damaged record begins, in bytes.
    """

    def __init__(self, path: Path, offset: int, what: str) -> None:
        self.offset = offset
        super().__init__(path, f"is damaged at byte {offset} ({what}); what comes before it can be used")
