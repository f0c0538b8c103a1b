import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from monitor.delivery.commands.clock_hold import ClockHold
from tests.support.virtual_time import in_virtual_time


class Held:
    def __init__(self) -> None:
        self.now = 0

    @contextmanager
    def hold(self) -> Iterator[None]:
        self.now += 1
        yield
        self.now -= 1


@in_virtual_time
async def test_held_from_the_question_to_the_answer() -> None:
    held = Held()
    answers = ClockHold(held.hold)
    assert not answers.is_held
    answers.expect()
    answers.expect()
    assert (held.now, answers.is_held) == (1, True)
    answers.release()
    answers.release()
    assert (held.now, answers.is_held) == (0, False)


@in_virtual_time
async def test_not_for_ever() -> None:
    held = Held()
    answers = ClockHold(held.hold, within_s=2.0)
    answers.expect()
    await asyncio.sleep(1.5)
    answers.expect()  # another question
    await asyncio.sleep(1.5)
    assert held.now == 1
    await asyncio.sleep(1.0)
    assert (held.now, answers.is_held) == (0, False)
    answers.expect()
    assert held.now == 1
    answers.release()
