"""One MCAP file, written chunk by chunk so that a failing disk costs no more than it must."""

import contextlib
import json
import os
from io import BytesIO
from pathlib import Path
from typing import Any

from mcap.writer import CompressionType, Writer

from monitor.recording import codec
from monitor.recording.errors import RecordingUnavailableError
from monitor.recording.header import END_NAME, METADATA_NAME, Header, to_metadata

# What is kept in memory while the disk takes nothing (full, pulled out): some minutes of a session.
MAX_KEPT_BYTES = 16 * 2**20


class _Pending(BytesIO):
    """What the MCAP writer has written and the file has not got yet; offsets count from the file's start."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    def tell(self) -> int:
        return self.taken + super().tell()

    def take(self) -> bytes:
        content = self.getvalue()
        self.taken += len(content)
        self.seek(0)
        self.truncate()
        return content


class McapFile:
    """A new MCAP file; messages become durable at `flush`.

    Raises:
        RecordingUnavailableError: the file exists already or cannot be made.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self._path = path
        self._pending = _Pending()
        self._unwritten = b""
        self._on_disk = 0
        self._channels: dict[str, int] = {}
        self._schemas: dict[str, int] = {}
        self._sequence = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as exc:
            raise RecordingUnavailableError(path, f"cannot be made ({exc.strerror or exc})") from exc
        # Typed as Any: half of the package's methods have no annotations.
        self._writer: Any = Writer(self._pending, compression=CompressionType.ZSTD)
        self._writer.start(profile="", library=f"kinewatch {header.versions.get('kinewatch', '')}".strip())
        self._writer.add_metadata(METADATA_NAME, to_metadata(header))
        # A disk that takes nothing just now is asked again with the first chunk.
        with contextlib.suppress(OSError):
            self.flush()

    @property
    def is_overfull(self) -> bool:
        """Whether the disk has taken nothing for so long that more cannot be kept."""
        return len(self._unwritten) > MAX_KEPT_BYTES

    def add(self, topic: str, message: bytes, *, received_ns: int, utc_ns: int) -> None:
        """One message; the file's order is the order of the calls. Replay needs `received_ns`."""
        self._sequence += 1
        self._writer.add_message(
            self._channel(topic),
            log_time=max(0, utc_ns),
            data=message,
            publish_time=max(0, received_ns),
            sequence=self._sequence & 0xFFFF_FFFF,
        )

    def flush(self) -> None:
        """End the chunk and put it on the disk.

        Raises:
            OSError: the disk would not take it; it is kept and tried again with the next flush.
        """
        self._writer.flush()
        self._unwritten += self._pending.take()
        self._write()

    def finish(self, end: dict[str, str], *, name: str = END_NAME) -> None:
        """Write the index and the last word, under its name, then close the file.

        Raises:
            OSError: as for `flush`; the file is closed all the same and readable up to its last whole chunk.
        """
        try:
            self._writer.flush()
            self._writer.add_metadata(name, end)
            self._writer.finish()
            self._unwritten += self._pending.take()
            self._write()
        finally:
            os.close(self._fd)

    def _write(self) -> None:
        view = memoryview(self._unwritten)
        try:
            done = 0
            while done < len(view):
                done += os.pwrite(self._fd, view[done:], self._on_disk + done)
            os.fsync(self._fd)
        finally:
            view.release()
        # Only now: after an error the same bytes are written again to the same place.
        self._on_disk += done
        self._unwritten = b""

    def _channel(self, topic: str) -> int:
        known = self._channels.get(topic)
        if known is None:
            key = codec.FRAMES if topic.startswith(codec.FRAMES) else topic
            metadata = {"device": topic.removeprefix(codec.FRAMES)} if key == codec.FRAMES else {}
            known = self._writer.register_channel(topic, "json", self._schema(key), metadata)
            self._channels[topic] = known
        return known

    def _schema(self, key: str) -> int:
        known = self._schemas.get(key)
        if known is None:
            schema = codec.SCHEMAS[key]
            content = json.dumps(schema).encode()
            known = self._writer.register_schema(schema["title"], "jsonschema", content)
            self._schemas[key] = known
        return int(known)
