"""A cancellation that comes together with a broker's answer is not lost."""

import asyncio
from contextlib import nullcontext

import pytest

from monitor.delivery.mqtt import Connection


class AnswersAsItIsCancelled:
    """A client like aiomqtt on Python 3.11: `wait_for` gives back an answer that came with a cancellation."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def publish(self, *_: object, **__: object) -> None:
        await asyncio.wait_for(self.answer, timeout=10)


async def test_a_publish_that_is_cancelled_as_its_answer_comes_is_cancelled() -> None:
    client = AnswersAsItIsCancelled()
    connection = Connection(client, "broker", nullcontext)  # type: ignore[arg-type]  # a foreign seam

    async def publish_for_ever() -> None:
        while True:
            await connection.publish("topic", b"", qos=0)

    task = asyncio.create_task(publish_for_ever())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    client.answer.set_result(None)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(1):
            await task
    assert task.cancelled()
