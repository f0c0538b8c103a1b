"""What can go wrong for the person at the command line.

MonitorError
├── WrongUseError          the person wrote something that cannot be meant: exit 2
│   └── SettingsError     a TOML file has a wrong key, type or value
└── RunFailedError         it was asked for rightly and could not be done: exit 1
"""

from pathlib import Path


class MonitorError(Exception):
    """A sentence for a person: what, where, what to do."""

    exit_code = 1


class WrongUseError(MonitorError):
    """Wrong arguments or files."""

    exit_code = 2


class SettingsError(WrongUseError):
    """A settings file does not say what it must.

    Attributes:
        path: the file.
        problems: (key path, what was expected), one for each wrong place.
    """

    def __init__(self, path: Path, problems: list[tuple[str, str]]) -> None:
        self.path = path
        self.problems = problems
        super().__init__(
            "\n".join(f"{path}: {where}: {what}" if where else f"{path}: {what}" for where, what in problems)
        )


class RunFailedError(MonitorError):
    """The run could not do what was asked."""
