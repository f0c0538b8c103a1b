"""What a terminal can show, and what must not write over it."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

# One line of a screen; the rest of a long message is in the service's own log.
MAX_LINE = 300


def can_redraw(console: Console) -> bool:
    """Whether a live screen works: a terminal that moves its cursor (`TERM=dumb` does not)."""
    return console.is_terminal and not console.is_dumb_terminal


class _ToScreen(logging.Handler):
    """Each different message once in a row: a fault that repeats must not push everything else away."""

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._show = show
        self._last = ""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if message != self._last:
            self._last = message
            self._show(f"log: {message[:MAX_LINE]}")


@contextmanager
def log_shown_by(show: Callable[[str], None]) -> Iterator[None]:
    """Inside, warnings of the log go to `show` (from any thread) and not onto the terminal."""
    root = logging.getLogger()
    handler = _ToScreen(show)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
