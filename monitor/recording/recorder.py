"""The flight recorder: everything that went into the session and came out of it, in order, on disk.

The event loop only appends to a queue. A thread of the recorder's own makes the messages, compresses them and
writes a whole chunk to the disk (fsync) at least once a second: that is what a crash can cost.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor import canonical_json
from monitor.inputs import ClockAnchor, Input
from monitor.recording import codec
from monitor.recording.header import Header
from monitor.recording.mcap_file import McapFile

logger = logging.getLogger(__name__)

# Below the promised second, with room for the writing itself.
FLUSH_EVERY_S = 0.8

# A burst is written before the time has come: some hundred kilobytes.
FLUSH_AT_RECORDS = 4000

# While the disk hangs inside a write nothing can be taken out of the queue: some minutes of a session.
MAX_WAITING_RECORDS = 200_000

# A write that takes longer than this is said.
WRITTEN_WITHIN_S = 2.0
# At the end: a disk that has not answered by then is left alone; the process can end.
CLOSED_WITHIN_S = 10.0

_Entry = tuple[str, int, Input | str | Mapping[str, object]]


class Recorder:
    """A context manager around one recording; its methods are called from one thread.

    Raises (when made):
        RecordingUnavailableError: the file exists already or cannot be made.
    """

    def __init__(self, path: Path, header: Header, *, flush_every_s: float = FLUSH_EVERY_S) -> None:
        self.path = path
        self.lost_records = 0
        self._problem: str | None = None
        self._writing_since_s: float | None = None
        self._file = McapFile(path, header)
        self._flush_every_s = flush_every_s
        self._entries: deque[_Entry] = deque()
        self._anchor: ClockAnchor | None = None
        since_1970 = datetime.fromisoformat(header.started_utc) - datetime(1970, 1, 1, tzinfo=UTC)
        self._started_utc_ns = since_1970 // timedelta(microseconds=1) * 1000
        self._end: dict[str, str] = {}
        self._ended = False
        self._wake = threading.Event()
        self._flushed = threading.Condition()
        self._asked = 0
        self._done = 0
        self._thread = threading.Thread(target=self._work, name="kinewatch-recorder", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def input(self, value: Input) -> None:
        """Record an input; call it before the session is fed with it."""
        self._append((codec.topic_of(value), value.received_ns, value))

    def output(self, line: str, *, at_ns: int) -> None:
        """Record one output's canonical JSON line, right after the input that caused it."""
        self._append((codec.OUTPUTS, at_ns, line))

    def delivery(self, record: Mapping[str, object], *, at_ns: int) -> None:
        """Record how a message fared on its way: published, confirmed, broker lost. Not replayed."""
        self._append((codec.DELIVERY, at_ns, record))

    def flush(self) -> None:
        """Wait until everything recorded so far has been written (or has failed: see `problem`)."""
        with self._flushed:
            self._asked += 1
            asked = self._asked
            self._wake.set()
            self._flushed.wait_for(lambda: self._done >= asked)

    def close(self, **end: str) -> None:
        """Write what is left and the index. `end` is the last word, such as the audit's head."""
        if self._ended:
            return
        self._end = end
        self._ended = True
        self._wake.set()
        self._thread.join(CLOSED_WITHIN_S)
        if self._thread.is_alive():
            logger.error("%s: the disk does not answer; the end of the recording is lost", self.path)

    @property
    def problem(self) -> str | None:
        """A sentence while the disk does not take the recording, else None."""
        since_s = self._writing_since_s
        if since_s is not None and time.monotonic() - since_s > WRITTEN_WITHIN_S:
            return f"{self.path}: the recording cannot be written (the disk does not answer)"
        return self._problem

    def _append(self, entry: _Entry) -> None:
        if len(self._entries) >= MAX_WAITING_RECORDS:
            self.lost_records += 1
            return
        self._entries.append(entry)
        if len(self._entries) >= FLUSH_AT_RECORDS:
            self._wake.set()

    def _work(self) -> None:
        while not self._ended:
            self._wake.wait(self._flush_every_s)
            self._wake.clear()
            asked = self._asked
            self._drain()
            self._guarded(self._file.flush)
            with self._flushed:
                self._done = asked
                self._flushed.notify_all()
        self._drain()
        self._guarded(lambda: self._file.finish(self._end))

    def _drain(self) -> None:
        while self._entries:
            topic, at_ns, value = self._entries.popleft()
            if self._file.is_overfull:
                self.lost_records += 1
                continue
            if isinstance(value, str):
                message = value.encode()
            elif isinstance(value, Mapping):
                message = canonical_json.encode(value).encode()
            else:
                if isinstance(value, ClockAnchor):
                    self._anchor = value
                message = codec.encode_input(value)
            if self._anchor is None:
                # What comes before the first anchor is of the session's first instant.
                self._anchor = ClockAnchor(received_ns=at_ns, utc_ns=self._started_utc_ns)
            utc_ns = self._anchor.utc_ns + at_ns - self._anchor.received_ns
            self._file.add(topic, message, received_ns=at_ns, utc_ns=utc_ns)

    def _guarded(self, write: Callable[[], None]) -> None:
        self._writing_since_s = time.monotonic()
        try:
            write()
        except OSError as exc:
            if self._problem is None:
                logger.warning("the recording cannot be written: %s", exc)
            self._problem = f"{self.path}: the recording cannot be written ({exc.strerror or exc})"
        else:
            if self._problem is not None:
                logger.warning("the recording is written again; %d records were lost", self.lost_records)
            self._problem = None
        finally:
            self._writing_since_s = None
