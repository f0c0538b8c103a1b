"""The one way in: every input is recorded, a spot reading stored, and only then acted on.

One queue, one task. Links, the ticker, people and the delivery loop put; the task takes in order: record,
store what the device will never send again, feed the pure session, record what it said, store what must
be delivered. Nothing here decides anything.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Protocol

from devices.frames import Frame, LinkEvent
from monitor.alerts.transition import Transition
from monitor.outputs import Output
from monitor.samples import ClockAnchor, Command, DeliveryStatus, StationStatus, Tick

Input = Frame | LinkEvent | Command | Tick | ClockAnchor | DeliveryStatus | StationStatus


class Core(Protocol):
    """The pure session."""

    def feed(self, item: Input) -> list[Output]:
        """Take one input; return what it caused."""
        ...


class FlightRecorder(Protocol):
    """Where everything goes first."""

    def record_input(self, item: Input) -> None:
        """Append what came in."""
        ...

    def record_output(self, output: Output) -> None:
        """Append what the session said."""
        ...


class DurableStore(Protocol):
    """What must never be lost; each call returns when it is on disk."""

    async def keep_spot_reading(self, frame: Frame) -> None:
        """Store a reading that its device sends only once."""
        ...

    async def keep_transition(self, transition: Transition) -> None:
        """Store an alert's move together with its outbox rows."""
        ...


class Intake:
    """Brings inputs to the session, in the order of their arrival.

    `spot_devices` are those whose frames are stored durably before use. `observe` is called with each
    output after it is recorded and stored: displays and delivery hang on it.
    """

    def __init__(
        self,
        *,
        session: Core,
        recorder: FlightRecorder,
        store: DurableStore,
        spot_devices: Collection[str],
        observe: Callable[[Output], None],
    ) -> None:
        self._session = session
        self._recorder = recorder
        self._store = store
        self._spot_devices = frozenset(spot_devices)
        self._observe = observe
        # Unbounded on purpose: what a sensor has sent is never dropped. `oldest_ns` shows when we fall behind
        # and the session raises it as a technical alert.
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
                # An input that was recorded is also acted on, or a replay would say more than the session did.
                await taking
                raise

    async def drain(self) -> None:
        """Take what is still queued: at the end nothing that came in is left out of the recording."""
        while not self._queue.empty():
            await self._take(self._queue.get_nowait())

    async def _take(self, item: Input) -> None:
        self._recorder.record_input(item)
        if isinstance(item, Frame) and item.device in self._spot_devices:
            await self._store.keep_spot_reading(item)
        for output in self._session.feed(item):
            self._recorder.record_output(output)
            if isinstance(output, Transition):
                await self._store.keep_transition(output)
            self._observe(output)
        self._taken_ns = item.received_ns
