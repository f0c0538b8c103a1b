"""The one way in: recorded before it is acted on, stored before it is told, finished once it is begun."""

import asyncio

import pytest

from devices.frames import Frame
from monitor.alerts.transition import Transition
from monitor.inputs import Input, Tick
from monitor.intake import Intake
from monitor.outputs import Output
from tests.support.alert_transitions import transition


class Log:
    """Each part writes what it does into one list."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.stored = asyncio.Event()
        self.stored.set()

    def input(self, value: Input) -> None:
        self.lines.append(f"recorded {type(value).__name__}")

    def output(self, line: str, *, at_ns: int) -> None:
        self.lines.append(f"recorded output at {at_ns}" if line else "recorded nothing")

    def feed(self, item: Input) -> list[Output]:
        self.lines.append("fed")
        return [transition(seq=1, at_ns=item.received_ns)] if isinstance(item, Tick) else []

    async def keep_reading(self, frame: Frame) -> None:
        await self.stored.wait()
        self.lines.append(f"stored {frame.device}")

    def keep_transition(self, moved: Transition) -> None:
        self.lines.append(f"handed on transition {moved.seq}")

    def observe(self, output: Output) -> None:
        self.lines.append(f"told {type(output).__name__}")

    def intake(self) -> Intake:
        return Intake(
            session=self,
            recorder=self,
            keep_reading=self.keep_reading,
            keep_transition=self.keep_transition,
            observe=self.observe,
        )


def a_frame() -> Frame:
    return Frame(device="cuff", characteristic="2a35", received_ns=5, payload=b"\0")


async def test_a_reading_is_recorded_and_stored_before_the_session_hears_of_it() -> None:
    log = Log()
    intake = log.intake()
    intake.put(a_frame())
    await intake.drain()
    assert log.lines == ["recorded Frame", "stored cuff", "fed"]


async def test_an_alert_is_recorded_and_shown_before_anything_waits_for_a_disk() -> None:
    log = Log()
    intake = log.intake()
    intake.put(Tick(received_ns=7))
    await intake.drain()
    assert log.lines == [
        "recorded Tick",
        "fed",
        "recorded output at 7",
        "told Transition",
        "handed on transition 1",
    ]
    assert intake.taken_ns == 7


async def test_an_input_that_was_begun_is_finished_when_the_service_ends() -> None:
    log = Log()
    log.stored.clear()
    intake = log.intake()
    intake.put(a_frame())
    intake.put(Tick(received_ns=8))
    task = asyncio.create_task(intake.run())
    while "recorded Frame" not in log.lines:  # noqa: ASYNC110 - one turn of the loop at a time is the point
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    log.stored.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert log.lines.count("fed") == 1
    assert intake.waiting == 1
    await intake.drain()
    assert log.lines.count("fed") == 2
