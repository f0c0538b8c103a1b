"""Reading a recording, whole or cut off by a crash, from its start to its last whole chunk.

The MCAP index at the end of a file is not needed and not looked at: a crash leaves none.
"""

import json
import os
import stat
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import TypeVar

import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, Metadata
from mcap.stream_reader import get_chunk_data_stream

from monitor.inputs import Input
from monitor.recording import codec
from monitor.recording.errors import (
    NotARecordingError,
    RecordingDamagedError,
    RecordingTooNewError,
    RecordingUnavailableError,
)
from monitor.recording.header import (
    END_NAME,
    FORMAT,
    FORMAT_WITH_MONOTONIC_LOG_TIME,
    METADATA_NAME,
    Header,
    from_metadata,
)

_MAGIC = b"\x89MCAP0\r\n"
# Opcode and length. A record of ours is a chunk of a second or the plan; the limit keeps a damaged length
# from asking for all the memory there is.
_PREFIX = struct.Struct("<BQ")
MAX_RECORD_BYTES = 256 * 2**20
# Channel, sequence, log time, publish time (see `header.FORMAT`); the data follow to the record's end.
_MESSAGE = struct.Struct("<HIQQ")

# What mcap, zstandard and our own decoding raise at wrong bytes. CRC errors are ValueErrors.
_DAMAGE = (
    McapError,
    zstandard.ZstdError,
    struct.error,
    ValueError,
    KeyError,
    TypeError,
    MemoryError,
    OverflowError,
    MemoryError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedInput:
    """What the session was fed with."""

    value: Input


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedOutput:
    """What it said, as its canonical JSON line."""

    at_ns: int
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDelivery:
    """How a message fared."""

    at_ns: int
    record: Mapping[str, object]


Item = RecordedInput | RecordedOutput | RecordedDelivery


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedMessage:
    """One message as it stands in the file: `received_ns` on the session's clock, `utc_ns` on the wall's."""

    topic: str
    received_ns: int
    utc_ns: int
    data: bytes


_Made = TypeVar("_Made")


class Recording:
    """One recording; `header` is read at once, `items()` runs through the file each time it is called.

    `is_complete` and `end` are known once `items()` has come to its end: whether the recorder closed the
    file, and its last word. A recording that was cut off is good for all that it contains.
    `whole_bytes` is where its last whole record ends, `share_read` how much of the file `items()` has gone
    through, 0 to 1.

    Raises:
        RecordingUnavailableError, NotARecordingError, RecordingTooNewError
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_complete = False
        self.end: Mapping[str, str] = {}
        self.share_read = 0.0
        self.whole_bytes = 0
        self._size = 1
        self.header = self._read_header()

    def items(self, *, raw: bool = True) -> Iterator[Item]:
        """Everything recorded, in the order it was recorded; `raw` false leaves frames and ticks out.

        Those are nine tenths of a recording, and a record of the session needs none of them.

        Raises:
            RecordingDamagedError: bytes inside the file are wrong.
        """
        return self._made_of_messages(_item, wants=_is_any if raw else _is_no_raw_stream)

    def messages(self) -> Iterator[RecordedMessage]:
        """Every message as it stands in the file, for whoever copies it.

        Raises:
            RecordingDamagedError: bytes inside the file are wrong.
        """
        return self._made_of_messages(_message, wants=_is_any)

    def _made_of_messages(
        self, make: Callable[[str, int, int, bytes], _Made], *, wants: Callable[[str], bool]
    ) -> Iterator[_Made]:
        channels: dict[int, str] = {}
        has_utc_first = self.header.format > FORMAT_WITH_MONOTONIC_LOG_TIME
        for offset, opcode, content in self._records():
            if opcode == Opcode.CHUNK:
                with self._damage_at(offset):
                    made = _made_of_chunk(channels, content, make, wants=wants, has_utc_first=has_utc_first)
                self.share_read = min(1.0, offset / self._size)
                yield from made
            elif opcode == Opcode.METADATA:
                with self._damage_at(offset):
                    name, metadata = _metadata(content)
                if name == END_NAME:
                    self.end = metadata
                    self.is_complete = True

    def inputs(self) -> Iterator[Input]:
        """The inputs alone."""
        return (item.value for item in self.items() if isinstance(item, RecordedInput))

    def _read_header(self) -> Header:
        for offset, opcode, content in self._records():
            if opcode == Opcode.CHUNK:
                break
            if opcode == Opcode.METADATA:
                with self._damage_at(offset):
                    name, metadata = _metadata(content)
                    if name == METADATA_NAME:
                        version = int(metadata["format"])
                        if version > FORMAT:
                            raise RecordingTooNewError(self.path, version, FORMAT)
                        return from_metadata(metadata)
        raise NotARecordingError(self.path, "is an MCAP file, but no recording of kinewatch")

    def _records(self) -> Iterator[tuple[int, int, bytes]]:
        """(offset, opcode, content) of each whole record up to the end of the data."""
        try:
            # A pipe that nobody writes to is not waited for.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise NotARecordingError(self.path, "is no recording (no regular file)")
                self._size = max(1, os.fstat(file.fileno()).st_size)
                if file.read(len(_MAGIC)) != _MAGIC:
                    raise NotARecordingError(self.path, "is no recording (not an MCAP file)")
                yield from self._whole_records(file)
        except ValueError as exc:
            if isinstance(exc, UnicodeError) or "null" in str(exc):
                raise RecordingUnavailableError(self.path, "is no name of a file") from exc
            raise
        except OSError as exc:
            raise RecordingUnavailableError(self.path, f"cannot be read ({exc.strerror or exc})") from exc

    def _whole_records(self, file: BufferedReader) -> Iterator[tuple[int, int, bytes]]:
        offset = len(_MAGIC)
        while len(prefix := file.read(_PREFIX.size)) == _PREFIX.size:
            opcode, length = _PREFIX.unpack(prefix)
            if length > MAX_RECORD_BYTES:
                raise RecordingDamagedError(self.path, offset, f"a record of {length} bytes")
            content = file.read(length)
            if len(content) < length or opcode == Opcode.DATA_END:
                return
            yield offset, opcode, content
            offset += _PREFIX.size + length
            self.whole_bytes = offset

    @contextmanager
    def _damage_at(self, offset: int) -> Iterator[None]:
        """Whatever the MCAP package or a decoder makes of wrong bytes becomes one error."""
        try:
            yield
        except _DAMAGE as exc:
            raise RecordingDamagedError(self.path, offset, f"{type(exc).__name__}: {exc}"[:200]) from exc


def _check_size(chunk: Chunk) -> None:
    """What a chunk expands to is bounded before it is expanded: by what it claims, and by what we write.

    Raises:
        ValueError: it would be more.
    """
    claimed = chunk.uncompressed_size
    if claimed > MAX_RECORD_BYTES:
        raise ValueError(f"a chunk of {claimed} bytes")
    if chunk.compression == "zstd":
        # The package trusts what the frame itself says, whatever the chunk has claimed.
        if zstandard.frame_content_size(chunk.data) > claimed:
            raise ValueError("a chunk that holds more than it claims")
    elif chunk.compression:
        raise ValueError(f"a chunk compressed as {chunk.compression[:20]!r}")


def _metadata(content: bytes) -> tuple[str, Mapping[str, str]]:
    record = Metadata.read(ReadDataStream(BytesIO(content)))
    return record.name, record.metadata


def _made_of_chunk(
    channels: dict[int, str],
    content: bytes,
    make: Callable[[str, int, int, bytes], _Made],
    *,
    wants: Callable[[str], bool],
    has_utc_first: bool,
) -> list[_Made]:
    """The messages of a chunk; the channels it introduces are added to `channels`.

    Messages are taken apart here, not by the package: an hour has a million of them, and this halves the time
    of reading a recording.
    """
    items = []
    chunk = Chunk.read(ReadDataStream(BytesIO(content)))
    _check_size(chunk)
    stream, size = get_chunk_data_stream(chunk, validate_crc=True)
    records = stream.read(size)
    offset = 0
    while offset < size:
        opcode, length = _PREFIX.unpack_from(records, offset)
        offset += _PREFIX.size
        end = offset + length
        if opcode == Opcode.MESSAGE:
            channel, _, log_time_ns, publish_time_ns = _MESSAGE.unpack_from(records, offset)
            topic = channels[channel]
            if wants(topic):
                received_ns, utc_ns = log_time_ns, publish_time_ns
                if has_utc_first:
                    received_ns, utc_ns = utc_ns, received_ns
                items.append(make(topic, received_ns, utc_ns, records[offset + _MESSAGE.size : end]))
        elif opcode == Opcode.CHANNEL:
            introduced = Channel.read(ReadDataStream(BytesIO(records[offset:end])))
            channels[introduced.id] = introduced.topic
        offset = end
    return items


def _is_any(_topic: str) -> bool:
    return True


def _is_no_raw_stream(topic: str) -> bool:
    return not (topic == codec.TICKS or topic.startswith(codec.FRAMES))


def _message(topic: str, received_ns: int, utc_ns: int, data: bytes) -> RecordedMessage:
    return RecordedMessage(topic=topic, received_ns=received_ns, utc_ns=utc_ns, data=data)


def _item(topic: str, received_ns: int, _utc_ns: int, message: bytes) -> Item:
    if topic == codec.OUTPUTS:
        return RecordedOutput(at_ns=received_ns, line=message.decode())
    if topic == codec.DELIVERY:
        return RecordedDelivery(at_ns=received_ns, record=json.loads(message))
    return RecordedInput(value=codec.decode_input(topic, received_ns, message))
