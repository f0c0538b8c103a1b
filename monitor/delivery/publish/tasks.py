"""Tasks that live as long as one connection, and waiting inside them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from monitor.clock import now_ns
from monitor.delivery.errors import DeliveryError
from monitor.delivery.mqtt import Connection


async def all_of(connection: Connection, *loops: Callable[[Connection], Awaitable[None]]) -> None:
    """Run them together; the first that fails ends all, with its own error instead of a group."""
    failed: DeliveryError | None = None
    try:
        async with asyncio.TaskGroup() as tasks:
            for loop in loops:
                tasks.create_task(_awaited(loop(connection)), name=getattr(loop, "__name__", ""))
    except* DeliveryError as group:
        failed = _first(group)
    if failed is not None:
        raise failed


def _first(group: BaseExceptionGroup[DeliveryError]) -> DeliveryError:
    for error in group.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    raise AssertionError("an exception group is never empty")


async def _awaited(awaitable: Awaitable[None]) -> None:
    await awaitable


async def until(event: asyncio.Event, due_ns: int | None) -> None:
    """Until the event is set or the instant has come: a microsecond more, as instants are cut to whole ns."""
    wait_s = None if due_ns is None else max(0.0, (due_ns - now_ns()) / 1e9) + 1e-6
    with suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            await event.wait()
