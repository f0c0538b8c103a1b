"""From a stream of bytes to frames: one shape for all formats that do not keep to their notifications.

A framer is fed whatever arrives. What it returns depends on the bytes alone, not on how they were cut into
notifications. Between frames it skips until a frame can begin; a frame that turns out to be damaged costs its
first byte only, so that a false beginning cannot swallow the true one behind it. It never holds more than one
frame.

A new format subclasses `Framer` with two pure methods.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from protocols.ble.codec.errors import Damage, DecodeError, too_short

T = TypeVar("T")

# What `Framer._size` answers when no frame begins at a place, and when it cannot tell yet.
NO_FRAME = -1
UNDECIDED = 0


class Framer(ABC, Generic[T]):
    """Cuts a byte stream into frames and decodes them.

    Attributes:
        format_name: the catalogue name that errors carry.
        longest: the longest frame in bytes; also how much skipped garbage makes one error.
        header: what a frame begins with, in words, for errors.
    """

    format_name: ClassVar[str]
    longest: ClassVar[int]
    header: ClassVar[str]

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skipped = bytearray()

    @property
    def pending(self) -> int:
        """Bytes held back for a frame that is not complete; less than `longest`."""
        return len(self._buffer)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is held back and no garbage waits to be told: the next bytes begin afresh."""
        return not self._buffer and not self._skipped

    def reset(self) -> None:
        """Forget what is held back: after a new connection the stream begins anew."""
        self._buffer.clear()
        self._skipped.clear()

    def feed(self, data: bytes) -> list[T | DecodeError]:
        """Take the next bytes; return the measurements and errors that they complete, in order.

        Garbage is one error each time it ends or has grown to `longest` bytes. Nothing is ever raised.
        """
        found: list[T | DecodeError] = []
        buffer = self._buffer
        buffer += data
        at = 0
        while at < len(buffer):
            size = self._size(buffer, at)
            if size == NO_FRAME or size > self.longest:
                self._skip(buffer[at], found)
                at += 1
            elif size == UNDECIDED or at + size > len(buffer):
                break
            else:
                frame = bytes(buffer[at : at + size])
                try:
                    measurement = self._decode(frame)
                except DecodeError as error:
                    self._report_skipped(found)
                    found.append(error)
                    at += 1
                else:
                    self._report_skipped(found)
                    found.append(measurement)
                    at += size
        del buffer[:at]
        return found

    def finish(self) -> list[DecodeError]:
        """The stream is over: what was skipped last, and a frame that is not complete, as errors."""
        found: list[T | DecodeError] = []
        self._report_skipped(found)
        errors = [error for error in found if isinstance(error, DecodeError)]
        if self._buffer:
            size = max(self._size(self._buffer, 0), len(self._buffer) + 1)
            errors.append(too_short(self.format_name, bytes(self._buffer), "frame", 0, size))
        self.reset()
        return errors

    @abstractmethod
    def _size(self, buffer: bytearray, at: int) -> int:
        """The size of the frame that begins at `at`, NO_FRAME, or UNDECIDED when its head is not complete.

        The answer must not change when more bytes arrive, except from UNDECIDED.
        """

    @abstractmethod
    def _decode(self, frame: bytes) -> T:
        """The measurement in one whole frame; raises DecodeError."""

    def _skip(self, byte: int, found: list[T | DecodeError]) -> None:
        self._skipped.append(byte)
        if len(self._skipped) == self.longest:
            self._report_skipped(found)

    def _report_skipped(self, found: list[T | DecodeError]) -> None:
        if self._skipped:
            found.append(
                DecodeError(
                    self.format_name,
                    bytes(self._skipped),
                    Damage.HEADER,
                    offset=0,
                    field="header",
                    expected=f"{self.header}, skipped {len(self._skipped)} bytes",
                )
            )
            self._skipped.clear()
