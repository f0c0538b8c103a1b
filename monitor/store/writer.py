"""The store for the event loop: one thread that writes, in order; the loop never waits for a disk.

The loop hands over functions of the `Store` and awaits their results. The thread takes everything that waits
and commits it as one transaction, each function inside its own savepoint: ten alerts at once cost one fsync.
A result is given back only after that commit, so whoever awaits it knows that it is on disk.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from monitor.store.errors import StoreLockedError, StoreStalledError
from monitor.store.store import Store

logger = logging.getLogger(__name__)

T = TypeVar("T")

# What a person waits for is not held up longer than this by a disk.
ANSWERED_WITHIN_S = 0.5

# A batch that finds the file locked by another process is tried again for this long, then it has failed.
LOCKED_FOR_AT_MOST_S = 60.0
# At the end: a disk that has not answered by then is left alone; the process can end.
CLOSED_WITHIN_S = 10.0

Hold = Callable[[], AbstractContextManager[object]]


class OpenStore(Protocol):
    """How a store is opened: `Store` itself, or a test's."""

    def __call__(self, path: Path, *, utc_ns: Callable[[], int]) -> Store:
        """Open it. Raises as `Store` does."""
        ...


@dataclass(slots=True)
class _Job:
    run: Callable[[Store], Any]
    future: asyncio.Future[Any]
    handed_over_ns: int
    result: Any = None
    error: BaseException | None = None


class StoreWriter:
    """An async context manager around one `Store`.

    `hold` is entered while the thread works: on a virtual clock, time must not run ahead of the disk.
    `utc_ns` is the wall clock, asked on the loop when work is handed over: a virtual one lives only there.

    Raises (on entering):
        StoreUnavailableError, StoreBusyError, StoreTooNewError
    """

    def __init__(
        self,
        path: Path,
        *,
        hold: Hold = nullcontext,
        utc_ns: Callable[[], int] = time.time_ns,
        open_store: OpenStore = Store,
    ) -> None:
        self.path = path
        self._open_store = open_store
        self._hold = hold
        self._utc_ns = utc_ns
        self._handed_over_ns = 0  # written and read by the thread alone, once it runs
        self._held = ExitStack()
        self._handed_over_s: deque[float] = deque()  # of the jobs not yet given back, by the wall
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._is_open = False
        self._is_ending = threading.Event()
        self.boot = 0
        self.client_id = ""

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        opened: asyncio.Future[tuple[int, str]] = self._loop.create_future()
        self._handed_over_ns = self._utc_ns()
        with self._hold():
            self._thread = threading.Thread(
                target=self._work, args=(opened,), name="kinewatch-store", daemon=True
            )
            self._thread.start()
            self.boot, self.client_id = await opened
        self._is_open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Everything handed over is written, then the file is closed."""
        self._jobs.put(None)
        self._is_open = False
        self._is_ending.set()
        with self._hold():
            await asyncio.shield(asyncio.to_thread(self._thread.join, CLOSED_WITHIN_S))
        if self._thread.is_alive():
            logger.error("%s: the disk does not answer; %d entries are not stored", self.path, self.waiting)

    @property
    def is_open(self) -> bool:
        """Whether work can be handed over."""
        return self._is_open

    @property
    def waiting(self) -> int:
        """How many pieces of work are not yet durable."""
        return len(self._handed_over_s)

    @property
    def stalled_s(self) -> float:
        """For how long the oldest of them has waited, by the wall; 0 when none does."""
        return time.monotonic() - self._handed_over_s[0] if self._handed_over_s else 0.0

    async def submit_within(self, run: Callable[[Store], T], within_s: float = ANSWERED_WITHIN_S) -> T:
        """Hand over one piece of work and wait for it, but not for ever: it stays handed over.

        A disk that is known to be slow is not waited for at all.

        Raises:
            StoreStalledError: not durable within `within_s`.
        """
        is_slow = self.stalled_s > within_s
        future = self.submit(run)
        try:
            async with asyncio.timeout(0 if is_slow else within_s):
                return await asyncio.shield(future)
        except TimeoutError:
            future.add_done_callback(_log_error)
            raise StoreStalledError(self.path) from None

    def submit(self, run: Callable[[Store], T]) -> asyncio.Future[T]:
        """Hand over one piece of work; the future is done once it is durable, in the order handed over.

        Cancelling the future does not take the work back.
        """
        if not self._is_open:
            raise RuntimeError("the store is not open")
        future: asyncio.Future[T] = self._loop.create_future()
        if not self._handed_over_s:
            self._held.enter_context(self._hold())
        self._handed_over_s.append(time.monotonic())
        self._jobs.put(_Job(run, future, self._utc_ns()))
        return future

    def submit_unawaited(self, run: Callable[[Store], object]) -> None:
        """Hand over work that is worth doing, and not worth failing for: an error is only logged."""
        self.submit(run).add_done_callback(_log_error)

    def _work(self, opened: asyncio.Future[tuple[int, str]]) -> None:
        try:
            store = self._open_store(self.path, utc_ns=lambda: self._handed_over_ns)
        except BaseException as exc:  # noqa: BLE001 - handed to the loop, whatever it is
            self._loop.call_soon_threadsafe(_set_error, opened, exc)
            return
        with store:
            self._loop.call_soon_threadsafe(_set_result, opened, (store.boot, store.client_id))
            ended = False
            while not ended:
                batch, ended = self._next_batch()
                if batch:
                    self._commit(store, batch)
                    self._loop.call_soon_threadsafe(self._give_back, batch)

    def _next_batch(self) -> tuple[list[_Job], bool]:
        job = self._jobs.get()
        batch: list[_Job] = []
        while job is not None:
            batch.append(job)
            if self._jobs.empty():
                return batch, False
            job = self._jobs.get()
        return batch, True

    def _commit(self, store: Store, batch: list[_Job]) -> None:
        """One transaction; a file that somebody else has locked is tried again until it is free."""
        give_up_s = time.monotonic() + LOCKED_FOR_AT_MOST_S
        while self._tried(store, batch) is StoreLockedError and time.monotonic() < give_up_s:
            if self._is_ending.wait(0.05):
                self._tried(store, batch)
                return

    def _tried(self, store: Store, batch: list[_Job]) -> type[Exception] | None:
        for job in batch:
            job.error = None
        try:
            with store.transaction():
                for job in batch:
                    self._handed_over_ns = job.handed_over_ns
                    try:
                        with store.transaction():
                            job.result = job.run(store)
                    except Exception as exc:  # noqa: BLE001 - given to whoever awaits this job
                        job.error = exc
        except Exception as exc:  # noqa: BLE001 - the commit failed: nothing of the batch is durable
            for job in batch:
                job.error = job.error or exc
            return type(exc)
        return None

    def _give_back(self, batch: list[_Job]) -> None:
        for _ in batch:
            self._handed_over_s.popleft()
        if not self._handed_over_s:
            self._held.close()
        for job in batch:
            if job.error is not None:
                _set_error(job.future, job.error)
            else:
                _set_result(job.future, job.result)


def _log_error(future: asyncio.Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        logger.warning("the store could not take something of little weight: %s", error)


def _set_result(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


def _set_error(future: asyncio.Future[Any], error: BaseException) -> None:
    if not future.done():
        future.set_exception(error)
