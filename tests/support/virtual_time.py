"""Tests that live in virtual time: an hour of waiting takes milliseconds."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

from simulators.radio.clock import run

P = ParamSpec("P")


def in_virtual_time(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Run a coroutine test on a loop whose time jumps to the next timer."""

    @functools.wraps(test)
    def on_virtual_loop(*args: P.args, **kwargs: P.kwargs) -> None:
        run(lambda: test(*args, **kwargs), clock="virtual")

    return on_virtual_loop


def now_ns() -> int:
    """The running loop's clock, as the service reads it."""
    return int(asyncio.get_running_loop().time() * 1e9)
