"""The store for the event loop: one thread that writes, in order; the loop never waits for a disk.

The loop hands over functions of the `Store` and awaits their results. The thread takes everything that waits
and commits it as one transaction, each function inside its own savepoint: ten alerts at once cost one fsync.
A result is given back only after that commit, so whoever awaits it knows that it is on disk.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from monitor.store.store import Store

logger = logging.getLogger(__name__)

T = TypeVar("T")

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
        self._path = path
        self._open_store = open_store
        self._hold = hold
        self._utc_ns = utc_ns
        self._handed_over_ns = 0  # written and read by the thread alone, once it runs
        self._held = ExitStack()
        self._waiting = 0
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._is_open = False
        self.boot = 0

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        opened: asyncio.Future[int] = self._loop.create_future()
        self._handed_over_ns = self._utc_ns()
        with self._hold():
            self._thread = threading.Thread(
                target=self._work, args=(opened,), name="kinewatch-store", daemon=True
            )
            self._thread.start()
            self.boot = await opened
        self._is_open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Everything handed over is written, then the file is closed."""
        self._jobs.put(None)
        self._is_open = False
        with self._hold():
            await asyncio.shield(self._loop.run_in_executor(None, self._thread.join))

    def submit(self, run: Callable[[Store], T]) -> asyncio.Future[T]:
        """Hand over one piece of work; the future is done once it is durable, in the order handed over.

        Cancelling the future does not take the work back.
        """
        if not self._is_open:
            raise RuntimeError("the store is not open")
        future: asyncio.Future[T] = self._loop.create_future()
        if self._waiting == 0:
            self._held.enter_context(self._hold())
        self._waiting += 1
        self._jobs.put(_Job(run, future, self._utc_ns()))
        return future

    def submit_unawaited(self, run: Callable[[Store], object]) -> None:
        """Hand over work that is worth doing, and not worth failing for: an error is only logged."""
        self.submit(run).add_done_callback(_log_error)

    def _work(self, opened: asyncio.Future[int]) -> None:
        try:
            store = self._open_store(self._path, utc_ns=lambda: self._handed_over_ns)
        except BaseException as exc:  # noqa: BLE001 - handed to the loop, whatever it is
            self._loop.call_soon_threadsafe(_set_error, opened, exc)
            return
        with store:
            self._loop.call_soon_threadsafe(_set_result, opened, store.boot)
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

    def _give_back(self, batch: list[_Job]) -> None:
        self._waiting -= len(batch)
        if self._waiting == 0:
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
