"""Keys from a real terminal (a pseudo-terminal pair)."""

import asyncio
import os
import sys
import termios
from pathlib import Path

import pytest

from monitor.cli.screens.keys import keys


async def test_each_key_comes_at_once_and_the_terminal_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        before = termios.tcgetattr(theirs)
        heard: asyncio.Queue[str] = asyncio.Queue()
        with keys(heard.put_nowait) as has_keys:
            assert has_keys
            # Typed ahead, in one write, and a letter of two bytes: nothing waits for a further key.
            os.write(ours, "r13\u00e4".encode())
            async with asyncio.timeout(5):
                assert [await heard.get() for _ in range(4)] == ["r", "1", "3", "\u00e4"]
        assert termios.tcgetattr(theirs) == before
    os.close(ours)


def test_without_a_terminal_there_are_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with keys(lambda _: None) as has_keys:
            assert not has_keys
