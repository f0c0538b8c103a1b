"""Every write and sync of a session fails in turn: what was said to be durable is there, the file is sound.

SQLite's own tests fail the n-th I/O call, for every n, and check the file after each. Here the same is done
to the real store and recorder in processes, below Python (tests/support/faulty_disk.py says why).
"""

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.inputs import Input
from monitor.recording.errors import RecordingError
from monitor.recording.reader import RecordedInput, Recording
from monitor.store.store import Store
from tests.support.faulty_disk import EIO, ENOSPC, FaultyDisk, is_available

pytestmark = [
    pytest.mark.skipif(not is_available(), reason="needs Linux and a C compiler (cc)"),
    pytest.mark.timeout(600),
]


def session(disk: FaultyDisk, folder: Path) -> subprocess.CompletedProcess[str]:
    folder.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "tests.chaos.short_session", str(folder)],
        env=disk.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def check(folder: Path, ran: subprocess.CompletedProcess[str], what: str) -> None:
    """The invariants after a session on a failing disk, on a disk that works again."""
    assert "Traceback" not in ran.stderr, f"{what}: {ran.stderr[-2000:]}"
    durable = set(ran.stdout.split())
    path = folder / "station.sqlite"
    if path.exists():
        with contextlib.closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)], what
    with Store(path) as store:  # the next start finds it usable
        kept = {row.message_id for row in store.rows_after("s1", boot=0, seq=0, limit=100)}
        assert {word for word in durable if word.startswith("m")} <= kept, what
        # A transition and its messages: both or none.
        rows = store._database.connection.execute("SELECT COUNT (*) FROM transitions").fetchone()[0]
        assert rows == len(kept) == len(store.retained()), what
        assert ("reading" in durable) <= bool(store.spot_readings("s1")), what
        # A commit whose sync failed is reported as failed; SQLite may yet find it whole in its log at the
        # next start: such a message comes back open and is sent again. What was said to be kept stays so.
        if {"confirmed", "m1"} <= durable:
            assert "m1" not in {row.message_id for row in store.open_rows()}, what
        if "ended" in durable and "begun" in durable:
            record = store.session("s1")
            assert record is not None
            assert record.ended_utc_ns is not None, what
        assert store.audit_break() is None, what
    frames = {word for word in durable if word.startswith("frame-")}
    if frames:
        values = [
            item.value
            for item in Recording(folder / "recording.mcap").items()
            if isinstance(item, RecordedInput)
        ]
        read = {f"frame-{value.received_ns}" for value in values}
        assert frames <= read, what


def inputs_of(path: Path) -> list[Input]:
    """As far as a recording can be read."""
    return [item.value for item in Recording(path).items() if isinstance(item, RecordedInput)]


def cut_recordings(folder: Path) -> None:
    """Whatever a failing disk left of a recording is read as far as it goes, or refused in a sentence."""
    path = folder / "recording.mcap"
    if path.exists():
        with contextlib.suppress(RecordingError):
            list(Recording(path).items())


def all_operations(tmp_path: Path) -> int:
    folder = tmp_path / "sound" / "disk"
    disk = FaultyDisk(tmp_path, folder)
    ran = session(disk, folder)
    check(folder, ran, "no fault")
    count = disk.operations
    disk.close()
    assert {"opened", "m1", "m2", "m3", "reading", "ended", "frame-5"} <= set(ran.stdout.split())
    return count


def faults(tmp_path: Path, *, points: int | None) -> int:
    """`points` operations of each kind of fault (None: every one)."""
    count = all_operations(tmp_path)
    step = 1 if points is None else max(1, count // points)
    for number, (errno, times) in enumerate(((ENOSPC, 0), (EIO, 1), (ENOSPC, 1), (EIO, 0))):
        for begin in range(number * step // 4, count, step):
            folder = tmp_path / f"{errno}-{times}-{begin}" / "disk"
            disk = FaultyDisk(tmp_path, folder)
            with contextlib.closing(disk):
                disk.does(errno, begin=begin, times=times)
                ran = session(disk, folder)
                disk.works()
                what = f"{os.strerror(errno)} from operation {begin}, {times or 'all that follow'}"
                check(folder, ran, what)
                cut_recordings(folder)
    return count


def test_a_disk_that_fails_at_some_operations_leaves_a_sound_store(tmp_path: Path) -> None:
    count = faults(tmp_path, points=2)
    assert count > 50


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_disk_that_fails_at_every_operation_in_turn_leaves_a_sound_store(tmp_path: Path) -> None:
    faults(tmp_path, points=None)
