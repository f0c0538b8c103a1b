"""The one way in: every input is recorded, a spot reading handed to the store, and only then acted on.

One queue, one task. Links, the ticker, people and the delivery loop put; the task takes in order: record,
store what the device will never send again, feed the pure session, record what it said, hand on what must
be delivered. What must be shown and sounded never waits for a disk. Nothing here decides anything.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from devices.frames import Frame
from monitor.alerts.transition import Transition
from monitor.inputs import Input
from monitor.outputs import Output, to_json


class Core(Protocol):
    """The pure session."""

    def feed(self, item: Input) -> list[Output]:
        """Take one input; return what it caused."""
        ...


class FlightRecorder(Protocol):
    """Where everything goes first."""

    def input(self, value: Input) -> None:
        """Append what came in."""
        ...

    def output(self, line: str, *, at_ns: int) -> None:
        """Append what the session said."""
        ...


class Intake:
    """Brings inputs to the session, in the order of their arrival.

    `keep_reading` makes a frame durable if it carries what its device sends only once; it raises nothing and
    returns soon, whatever the disk does. `keep_transition` hands on an alert's move to be stored and sent,
    and waits for nothing. `observe` gets each output at once: displays and streams hang on it.
    """

    def __init__(
        self,
        *,
        session: Core,
        recorder: FlightRecorder,
        keep_reading: Callable[[Frame], Awaitable[None]],
        keep_transition: Callable[[Transition], object],
        observe: Callable[[Output], None],
    ) -> None:
        self._session = session
        self._recorder = recorder
        self._keep_reading = keep_reading
        self._keep_transition = keep_transition
        self._observe = observe
        # Unbounded on purpose: what a sensor has sent is never dropped. `taken_ns` shows when we fall
        # behind, and the session raises that as a technical alert.
        self._queue: asyncio.Queue[Input] = asyncio.Queue()
        self._taken_ns: int | None = None

    def put(self, item: Input) -> None:
        """Queue one input; never blocks."""
        self._queue.put_nowait(item)

    @property
    def waiting(self) -> int:
        """How many inputs wait."""
        return self._queue.qsize()

    @property
    def taken_ns(self) -> int | None:
        """The instant of the input that was taken last: how far the session has come."""
        return self._taken_ns

    async def run(self) -> None:
        """Take inputs for ever; cancellation is the only end, and `drain` takes the rest."""
        while True:
            taking = asyncio.ensure_future(self._take(await self._queue.get()))
            try:
                await asyncio.shield(taking)
            except asyncio.CancelledError:
                # What was recorded is also acted on, or a replay would say more than the session did.
                await taking
                raise

    async def drain(self) -> None:
        """Take what is still queued: at the end nothing that came in is left out of the recording."""
        while not self._queue.empty():
            await self._take(self._queue.get_nowait())

    async def _take(self, item: Input) -> None:
        self._recorder.input(item)
        if isinstance(item, Frame):
            await self._keep_reading(item)
        for output in self._session.feed(item):
            self._recorder.output(to_json(output), at_ns=output.at_ns)
            # A person first: on no account does a screen or a bell stand behind a disk or a broker.
            self._observe(output)
            if isinstance(output, Transition):
                self._keep_transition(output)
        self._taken_ns = item.received_ns
