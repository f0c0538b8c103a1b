"""What the watchdog has to say, past all that may stand still: straight to the terminal, with its bell."""

import contextlib
import os
import sys


def call_out(sentence: str) -> None:
    """Ring and write; from any thread, without the event loop, without a buffer."""
    with contextlib.suppress(OSError, ValueError):
        os.write(sys.stderr.fileno(), f"\a\r\n*** {sentence} ***\r\n".encode())
