import errno
import logging
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from mcap.reader import make_reader

from monitor.inputs import Tick
from monitor.recording import mcap_file
from monitor.recording.errors import RecordingUnavailableError
from monitor.recording.reader import RecordedInput, Recording
from monitor.recording.recorder import Recorder
from tests.support.recordings import HEADER, inputs, record

ROOT = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "session" / "recording.mcap"


def ticks(path: Path) -> list[int]:
    return [item.value.received_ns for item in Recording(path).items() if isinstance(item, RecordedInput)]


def test_any_mcap_reader_opens_it(path: Path) -> None:
    record(path)
    with path.open("rb") as file:
        reader = make_reader(file)
        summary = reader.get_summary()
        assert summary is not None
        assert summary.statistics is not None
        assert summary.statistics.message_count == len(list(reader.iter_messages()))
        topics = {channel.topic for channel in summary.channels.values()}
        assert {"/frames/thigh", "/frames/shank", "/outputs", "/delivery"} < topics
        assert {channel.message_encoding for channel in summary.channels.values()} == {"json"}
        # In a viewer, messages stand at their UTC time.
        _, _, first = next(iter(reader.iter_messages("/ticks")))
        assert first.log_time == 1_795_316_400_000_000_000 + first.publish_time
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_recording_is_never_overwritten(path: Path) -> None:
    record(path, frames=1)
    before = path.read_bytes()
    with pytest.raises(RecordingUnavailableError, match="File exists"):
        Recorder(path, HEADER)
    assert path.read_bytes() == before


def test_a_place_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RecordingUnavailableError) as caught:
        Recorder(tmp_path / "file" / "recording.mcap", HEADER)
    assert caught.value.path == tmp_path / "file" / "recording.mcap"


def test_the_header_is_on_disk_before_anything_happens(path: Path) -> None:
    with Recorder(path, HEADER):
        assert Recording(path).header == HEADER


def test_what_was_flushed_is_readable_while_it_goes_on(path: Path) -> None:
    with Recorder(path, HEADER, flush_every_s=60) as recorder:
        recorder.input(Tick(received_ns=1))
        recorder.flush()
        assert ticks(path) == [1]
        recorder.input(Tick(received_ns=2))
        recorder.flush()
        recorder.flush()
        assert ticks(path) == [1, 2]
        assert not Recording(path).is_complete
    assert ticks(path) == [1, 2]


def test_it_is_written_within_the_promised_second(path: Path) -> None:
    with Recorder(path, HEADER) as recorder:
        recorder.input(Tick(received_ns=1))
        deadline = time.monotonic() + 5
        while not ticks(path) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert time.monotonic() < deadline - 4


def test_a_burst_is_written_before_the_time_has_come(path: Path) -> None:
    with Recorder(path, HEADER, flush_every_s=3600) as recorder:
        for number in range(4000):
            recorder.input(Tick(received_ns=number))
        deadline = time.monotonic() + 5
        while len(ticks(path)) < 4000 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(ticks(path)) == 4000


def test_the_last_word(path: Path) -> None:
    record(path, frames=3)
    recording = Recording(path)
    assert (recording.is_complete, recording.end) == (False, {})
    list(recording.items())
    assert (recording.is_complete, recording.end) == (True, {"audit_head": "3:abc"})


def test_closing_twice_is_closing_once(path: Path) -> None:
    with Recorder(path, HEADER) as recorder:
        recorder.close()
    size = path.stat().st_size
    recorder.close()
    assert path.stat().st_size == size


class FailingDisk:
    """`os.pwrite` that takes nothing, or half, for as long as it is full."""

    def __init__(self) -> None:
        self.is_full = False
        self.takes_half = False
        self._pwrite = os.pwrite

    def __call__(self, fd: int, content: Any, offset: int) -> int:
        if self.is_full:
            if self.takes_half and len(content) > 1:
                self.takes_half = False
                return self._pwrite(fd, content[: len(content) // 2], offset)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._pwrite(fd, content, offset)


@pytest.mark.parametrize("takes_half", [False, True])
def test_a_full_disk_costs_nothing_when_it_recovers(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, takes_half: bool
) -> None:
    disk = FailingDisk()
    monkeypatch.setattr(mcap_file.os, "pwrite", disk)
    with caplog.at_level(logging.WARNING), Recorder(path, HEADER, flush_every_s=3600) as recorder:
        recorder.input(Tick(received_ns=1))
        recorder.flush()
        disk.is_full, disk.takes_half = True, takes_half
        for number in (2, 3):
            recorder.input(Tick(received_ns=number))
            recorder.flush()
            assert recorder.problem is not None
            assert "No space left" in recorder.problem
        assert ticks(path) == [1]
        disk.is_full = False
        recorder.input(Tick(received_ns=4))
        recorder.flush()
        assert recorder.problem is None
        assert ticks(path) == [1, 2, 3, 4]
    assert ticks(path) == [1, 2, 3, 4]
    assert recorder.lost_records == 0
    assert len(caplog.records) == 2  # once when it began, once when it was over


def test_a_disk_that_stays_full_costs_bounded_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FailingDisk()
    monkeypatch.setattr(mcap_file.os, "pwrite", disk)
    monkeypatch.setattr(mcap_file, "MAX_KEPT_BYTES", 200)
    with Recorder(path, HEADER, flush_every_s=3600) as recorder:
        disk.is_full = True
        for number in range(6):
            recorder.input(Tick(received_ns=number))
            recorder.flush()
        assert recorder.lost_records == 5
    assert ticks(path) == []


CRASHING = """
import sys
from pathlib import Path
from monitor.recording.recorder import Recorder
from monitor.inputs import Tick
from tests.support.recordings import HEADER
with Recorder(Path(sys.argv[1]), HEADER, flush_every_s=0.01) as recorder:
    number = 0
    while True:
        number += 1
        recorder.input(Tick(received_ns=number))
        if number % 500 == 0:
            recorder.flush()
            print(number, flush=True)
"""


def test_killed_in_the_middle_it_is_readable_up_to_the_last_flush(path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", CRASHING, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    flushed = 0
    while flushed < 5000:
        flushed = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    flushed = int(([str(flushed), *process.stdout.read().split()])[-1])
    process.stdout.close()
    found = ticks(path)
    assert found == list(range(1, len(found) + 1))
    assert len(found) >= flushed
    assert not Recording(path).is_complete


def test_everything_is_recorded_in_order(path: Path) -> None:
    record(path, frames=500)
    assert [item.value for item in Recording(path).items() if isinstance(item, RecordedInput)] == list(
        inputs(500)
    )
