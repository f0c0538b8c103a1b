import asyncio
from typing import Any, cast

import pytest

from monitor.clock import now_ns
from monitor.delivery.errors import ConnectionLostError
from monitor.delivery.mqtt import Connection
from monitor.delivery.publish.tasks import all_of, until
from tests.support.virtual_time import in_virtual_time

NO_CONNECTION = cast("Connection", None)


async def for_ever(_: Connection) -> None:
    await asyncio.Event().wait()


async def lost(_: Connection) -> None:
    await asyncio.sleep(1)
    raise ConnectionLostError("gone")


async def nested(connection: Connection) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(lost(connection))
        tasks.create_task(lost(connection))


@pytest.mark.parametrize("failing", [lost, nested])
def test_the_first_that_fails_ends_all_with_its_own_error(failing: Any) -> None:
    @in_virtual_time
    async def run() -> None:
        with pytest.raises(ConnectionLostError, match="gone"):
            await all_of(NO_CONNECTION, for_ever, failing, for_ever)
        assert len(asyncio.all_tasks()) == 1

    run()


@in_virtual_time
async def test_another_error_is_not_swallowed() -> None:
    async def wrong(_: Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:
        await all_of(NO_CONNECTION, for_ever, wrong)
    assert isinstance(caught.value.exceptions[0], ZeroDivisionError)


@in_virtual_time
async def test_cancellation_ends_all() -> None:
    task = asyncio.create_task(all_of(NO_CONNECTION, for_ever, for_ever))
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(asyncio.all_tasks()) == 1


@in_virtual_time
async def test_waiting_for_an_event_or_an_instant() -> None:
    event = asyncio.Event()
    start = now_ns()
    await until(event, start + 5_000_000_000)
    assert 5_000_000_000 <= now_ns() - start < 5_001_000_000
    await until(event, start)  # long past: at once
    asyncio.get_running_loop().call_later(3, event.set)
    await until(event, None)
    assert now_ns() - start < 9_000_000_000
