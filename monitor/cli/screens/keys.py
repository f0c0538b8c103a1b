"""Single keys from the terminal, without Enter: hands are busy."""

import asyncio
import codecs
import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def keys(on_key: Callable[[str], None]) -> Iterator[bool]:
    """Call `on_key` with each key pressed, inside the context; False where stdin is no terminal.

    Ctrl-C stays what it is. The terminal is as before afterwards, whatever happens.
    """
    if not sys.stdin.isatty():
        yield False
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    loop = asyncio.get_running_loop()
    tty.setcbreak(descriptor)
    # Straight from the descriptor: a text stream would keep what was typed ahead until the next key.
    decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")

    def read() -> None:
        for key in decoder.decode(os.read(descriptor, 64)):
            on_key(key)

    loop.add_reader(descriptor, read)
    try:
        yield True
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
