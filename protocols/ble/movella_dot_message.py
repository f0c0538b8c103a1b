"""Movella DOT message service: synchronisation and recording.

Source: Movella DOT BLE Services Specification XD0506P rev. C, section 5. Subsystem, length, content (its
first byte says which message), and a checksum that makes the sum of all bytes 0. Write to 7001, read the
acknowledgement from 7002, results are notified on 7003.

To synchronise: write `start_sync(root)` to every sensor, disconnect, wait about 14 s, reconnect, read the
acknowledgement.
"""

from enum import IntEnum
from typing import Final

from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import (
    EncodeError,
    check_length,
    unknown_code,
    wrong_checksum,
    wrong_length_field,
)
from protocols.ble.codec.value import value

SERVICE: Final = "15177000-4947-11e9-8646-d663bd873d93"
CONTROL: Final = "15177001-4947-11e9-8646-d663bd873d93"
ACKNOWLEDGE: Final = "15177002-4947-11e9-8646-d663bd873d93"
NOTIFY: Final = "15177003-4947-11e9-8646-d663bd873d93"

# Seconds between starting the synchronisation and reading its acknowledgement.
SYNC_TIME_S: Final = 14

_LONGEST_CONTENT = 157
_OVERHEAD = 3
_NAME = "movella_dot_message.message"


class Subsystem(IntEnum):
    """Table 24."""

    RECORDING = 1
    SYNCHRONISATION = 2
    CONFIGURATION = 3


class SyncId(IntEnum):
    """First byte of the content of synchronisation messages; section 5.3."""

    START = 0x01
    STOP = 0x02
    ACKNOWLEDGE = 0x03
    GET_STATUS = 0x08
    STOP_RESULT = 0x50
    STATUS = 0x51


class SyncState(IntEnum):
    """Second byte of STATUS."""

    SYNCED = 0x04
    NOT_SYNCED = 0x09


@value
class Message:
    """One message, either direction; `content` begins with the message's own identifier."""

    subsystem: Subsystem
    content: bytes

    @property
    def sync_id(self) -> SyncId | None:
        """Which synchronisation message this is; None for others."""
        if self.subsystem is not Subsystem.SYNCHRONISATION or not self.content:
            return None
        return SyncId(self.content[0]) if self.content[0] in tuple(SyncId) else None

    @property
    def sync_state(self) -> SyncState | None:
        """What STATUS says; None in other messages."""
        if self.sync_id is not SyncId.STATUS or len(self.content) < 2:
            return None
        return SyncState(self.content[1]) if self.content[1] in tuple(SyncState) else None

    @property
    def succeeded(self) -> bool | None:
        """Whether an ACKNOWLEDGE or STOP_RESULT reports success; None in other messages."""
        if self.sync_id not in (SyncId.ACKNOWLEDGE, SyncId.STOP_RESULT) or len(self.content) < 2:
            return None
        return self.content[1] == 0


def _sync(content: bytes) -> Message:
    return Message(subsystem=Subsystem.SYNCHRONISATION, content=content)


GET_SYNC_STATUS: Final = _sync(bytes((SyncId.GET_STATUS,)))
STOP_SYNC: Final = _sync(bytes((SyncId.STOP,)))


def start_sync(root_address: str) -> Message:
    """Synchronise to the sensor with that Bluetooth address, such as `D4:22:CD:AA:BB:CC`.

    Raises:
        EncodeError: when it is no address.
    """
    try:
        address = bytes.fromhex(root_address.replace(":", ""))
    except ValueError:
        address = b""
    if len(address) != 6:
        raise EncodeError(
            _NAME, field="root_address", expected=f"six bytes in hexadecimal, not {root_address!r}"
        )
    return _sync(bytes((SyncId.START,)) + address[::-1])


def decode_message(data: bytes) -> Message:
    """A message, 4 to 160 bytes.

    Raises:
        DecodeError: on a wrong length or checksum, and for unknown subsystems.
    """
    check_length(_NAME, data, _OVERHEAD + 1, _LONGEST_CONTENT + _OVERHEAD)
    if data[1] != len(data) - _OVERHEAD:
        raise wrong_length_field(_NAME, data, 1, len(data) - _OVERHEAD)
    if sum8(data):
        raise wrong_checksum(_NAME, data, len(data) - 1, -sum8(data[:-1]) & 0xFF)
    try:
        return Message(subsystem=Subsystem(data[0]), content=data[2:-1])
    except ValueError:
        raise unknown_code(_NAME, data, 0, "subsystem", "1, 2 or 3") from None


def encode_message(message: Message) -> bytes:
    """A message, 4 to 160 bytes. Raises EncodeError for empty or too long content."""
    if not 1 <= len(message.content) <= _LONGEST_CONTENT:
        raise EncodeError(_NAME, field="content", expected=f"1 to {_LONGEST_CONTENT} bytes")
    body = bytes((message.subsystem, len(message.content))) + message.content
    return body + bytes((-sum8(body) & 0xFF,))
