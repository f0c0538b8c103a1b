"""A cancellation that somebody loses on the way arrives all the same."""

import asyncio

import pytest

from simulators.radio.cancellation import insistently

pytestmark = pytest.mark.clock("virtual")


class Deaf:
    """Work that loses the first `lost` cancellations, as bumble's waiting does."""

    def __init__(self, lost: int) -> None:
        self.lost = lost
        self.cancelled = 0
        self.ended = False

    async def work(self) -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                self.cancelled += 1
                if self.cancelled > self.lost:
                    self.ended = True
                    raise


@pytest.mark.parametrize("lost", [0, 1, 3])
async def test_it_is_asked_until_it_ends(lost: int) -> None:
    deaf = Deaf(lost)
    task = asyncio.create_task(insistently(deaf.work()))
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert deaf.ended
    assert deaf.cancelled == lost + 1


async def test_work_that_ends_by_itself_or_fails_is_as_without() -> None:
    async def fails() -> None:
        await asyncio.sleep(1)
        raise ValueError("broken")

    await insistently(asyncio.sleep(1))
    with pytest.raises(ValueError, match="broken"):
        await insistently(fails())


async def test_a_failure_while_ending_is_not_lost() -> None:
    async def fails_at_the_end() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            raise ValueError("at the end")

    task = asyncio.create_task(insistently(fails_at_the_end()))
    await asyncio.sleep(1)
    task.cancel()
    with pytest.raises(ValueError, match="at the end"):
        await task
