import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from monitor.store.errors import StoreBusyError, StoreUnavailableError
from monitor.store.store import Store
from monitor.store.writer import StoreWriter


def audit(number: int) -> Callable[[Store], Any]:
    return lambda store: store.audit(actor="a", action="ack", subject="s", detail={"number": number})


async def test_work_is_done_in_order_and_durable_when_answered(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    async with StoreWriter(path) as writer:
        assert writer.boot > 1_700_000_000
        entries = await asyncio.gather(*(writer.submit(audit(number)) for number in range(50)))
        assert [entry.entry for entry in entries] == list(range(1, 51))
    with Store(path) as store:
        assert len(store.audit_entries()) == 50
        assert store.audit_break() is None


async def test_what_waits_is_one_commit(tmp_path: Path) -> None:
    commits = []
    running, gate = threading.Event(), threading.Event()

    class Counting(Store):
        def transaction(self) -> Any:
            commits.append(self)
            return super().transaction()

    async with StoreWriter(tmp_path / "s.sqlite", open_store=Counting) as writer:
        first = writer.submit(lambda _: (running.set(), gate.wait(10)))
        await asyncio.to_thread(running.wait, 10)
        rest = [writer.submit(audit(number)) for number in range(20)]
        gate.set()
        await asyncio.gather(first, *rest)
    # One transaction for the first job and one for all others, each with a savepoint a job.
    assert len(commits) == 2 + 21


async def test_one_that_fails_takes_nobody_with_it(tmp_path: Path) -> None:
    def fails(store: Store) -> None:
        store.audit(actor="a", action="half done", subject="s", detail={})
        raise ZeroDivisionError

    async with StoreWriter(tmp_path / "s.sqlite") as writer:
        results = await asyncio.gather(
            writer.submit(audit(1)), writer.submit(fails), writer.submit(audit(2)), return_exceptions=True
        )
        assert isinstance(results[1], ZeroDivisionError)
        actions = await writer.submit(lambda store: [entry.action for entry in store.audit_entries()])
    assert actions == ["ack", "ack"]


async def test_when_the_commit_fails_nobody_is_told_that_it_is_durable(tmp_path: Path) -> None:
    def fill(store: Store) -> None:
        pages = store._database.connection.execute("PRAGMA page_count").fetchone()[0]
        store._database.connection.execute(f"PRAGMA max_page_count = {pages}")

    def big(store: Store) -> None:
        store.audit(actor="a" * 1_000_000, action="", subject="", detail={})

    async with StoreWriter(tmp_path / "s.sqlite") as writer:
        await writer.submit(fill)
        with pytest.raises(StoreUnavailableError, match="full"):
            await writer.submit(big)
        assert await writer.submit(lambda store: store.audit_head()[0]) == 0


async def test_opening_fails_where_it_is_awaited(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    with Store(path), pytest.raises(StoreBusyError):
        async with StoreWriter(path):
            raise AssertionError("must not get here")
    async with StoreWriter(path) as writer:
        assert writer.boot > 1


async def test_leaving_waits_for_what_was_handed_over(tmp_path: Path) -> None:
    path = tmp_path / "s.sqlite"
    async with StoreWriter(path) as writer:
        for number in range(30):
            writer.submit_unawaited(audit(number))
    with pytest.raises(RuntimeError, match="not open"):
        writer.submit(audit(0))
    with Store(path) as store:
        assert store.audit_head()[0] == 30


async def test_cancelling_does_not_take_work_back(tmp_path: Path) -> None:
    async with StoreWriter(tmp_path / "s.sqlite") as writer:
        writer.submit(audit(1)).cancel()
        failing = writer.submit(lambda _: 1 // 0)
        failing.cancel()
        assert await writer.submit(lambda store: store.audit_head()[0]) == 1


async def test_an_unawaited_failure_is_only_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        async with StoreWriter(tmp_path / "s.sqlite") as writer:
            writer.submit_unawaited(lambda _: 1 // 0)
            await writer.submit(lambda _: None)
            await asyncio.sleep(0)
    assert "little weight" in caplog.text


async def test_the_clock_is_held_exactly_while_the_disk_works(tmp_path: Path) -> None:
    held = 0
    most = 0

    @contextmanager
    def hold() -> Iterator[None]:
        nonlocal held, most
        held += 1
        most = max(most, held)
        yield
        held -= 1

    async with StoreWriter(tmp_path / "s.sqlite", hold=hold) as writer:
        assert held == 0
        waiting = [writer.submit(audit(number)) for number in range(3)]
        assert held == 1
        await asyncio.gather(*waiting)
        assert held == 0
    assert (held, most) == (0, 1)
