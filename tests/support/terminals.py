"""A command in a terminal of its own, as a person has it: keys in, text out."""

import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

KINEWATCH = (sys.executable, "-m", "monitor.cli.main")


class Terminal:
    """A process in a terminal of its own, read line by line; keys are typed into it."""

    def __init__(self, *words: str, environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        everything = {**os.environ, "TERM": "dumb", "PYTHONUNBUFFERED": "1", **environment}
        self.process = subprocess.Popen(
            [*KINEWATCH, *words], stdin=slave, stdout=slave, stderr=slave, env=everything
        )
        os.close(slave)
        self._text = ""
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def text(self) -> str:
        return self._text

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def until(self, pattern: str, *, within_s: float = 30) -> re.Match[str]:
        deadline_s = time.monotonic() + within_s
        while time.monotonic() < deadline_s:
            found = re.search(pattern, self._text)
            if found:
                return found
            assert self.process.poll() is None or self._reader.is_alive(), self._text
            time.sleep(0.05)
        raise AssertionError(f"no {pattern!r} in:\n{self._text}")

    def close(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(20)
        self._reader.join(5)
        os.close(self._master)
        return code

    def _read(self) -> None:
        while True:
            try:
                read = os.read(self._master, 65536)
            except OSError:
                return
            if not read:
                return
            self._text += read.decode(errors="replace")


@contextmanager
def terminals() -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def opener(*words: str, environment: Mapping[str, str] | None = None) -> Terminal:
        opened.append(Terminal(*words, environment=environment or {}))
        return opened[-1]

    try:
        yield opener
    finally:
        for one in reversed(opened):
            one.close()
