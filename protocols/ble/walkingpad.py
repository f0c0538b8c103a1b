"""KingSmith WalkingPad A1, R1, R2, P1, X21 and relatives: the belts before those that speak FTMS.

Source: `ph4r05/ph4-walkingpad` (pad.py, README); frames of real belts in its issues and in drivers made from
it. F7 (to the belt) or F8 (from it), A2, content, sum of all bytes between the first and itself, FD. Numbers
are big-endian. The belt answers a question and says nothing unasked.

The other commands of A2 (speed, start, mode) move the belt under a person: they cannot be built here.
"""

from enum import IntEnum
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.checksums import sum8
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    unknown_code,
    wrong_checksum,
    wrong_header,
)
from protocols.ble.codec.value import value

NAME_PREFIXES: Final = ("WalkingPad", "KS-R1", "KS-X21", "KS-A1", "R1 PRO", "R2 PRO")
SERVICE: Final = assigned_numbers.uuid16(0xFE00)
NOTIFY: Final = assigned_numbers.uuid16(0xFE01)
WRITE: Final = assigned_numbers.uuid16(0xFE02)

_TO_BELT, _FROM_BELT, _KIND, _END = 0xF7, 0xF8, 0xA2, 0xFD
_STATUS_SIZE = 20
_QUESTION = bytes.fromhex("f7a20000a2fd")
# The belt keeps the last speed that an application asked for in 1/30 km/h, and its own in 1/10.
_PER_APP_KM_H = 30


class Mode(IntEnum):
    """Who sets the speed."""

    AUTOMATIC = 0
    MANUAL = 1
    STANDBY = 2


class BeltState(IntEnum):
    """What is known of byte 2: belts count down through 9 to 7 before they start; others stay numbers."""

    IDLE = 0
    RUNNING = 1
    STANDBY = 5


@value
class Status:
    """A2: what the belt does. The bytes 15 and 17 have no published meaning."""

    belt_state: int
    speed_km_h: float
    mode: int
    elapsed_s: int
    distance_m: int
    steps: int
    application_speed_raw: int = 0
    byte_15: int = 0
    button: int = 0
    byte_17: int = 0

    @property
    def application_speed_km_h(self) -> float:
        """The speed that an application last asked for."""
        return self.application_speed_raw / _PER_APP_KM_H


@value
class AskStatus:
    """The only command there is here: "what are you doing?"."""


ASK_STATUS: Final = AskStatus()


def decode_command(data: bytes) -> AskStatus:
    """The question for the status, 6 bytes. Raises DecodeError for anything else."""
    name = "walkingpad.command"
    check_length(name, data, len(_QUESTION))
    if data[:2] != _QUESTION[:2] or data[-1] != _END:
        raise wrong_header(name, data, 0, "f7 a2 ... fd")
    if data[-2] != sum8(data[1:-2]):
        raise wrong_checksum(name, data, len(data) - 2, sum8(data[1:-2]))
    if data != _QUESTION:
        raise unknown_code(name, data, 2, "command", "00 00: the others move the belt")
    return ASK_STATUS


def encode_command(command: AskStatus) -> bytes:
    """The question for the status, 6 bytes."""
    del command
    return _QUESTION


def decode_status(data: bytes) -> Status:
    """A2 from the belt, 20 bytes. Raises DecodeError on another length, header or checksum."""
    name = "walkingpad.status"
    check_length(name, data, _STATUS_SIZE)
    if data[0] != _FROM_BELT or data[-1] != _END:
        raise wrong_header(name, data, 0, "f8 ... fd")
    if data[1] != _KIND:
        raise unknown_code(name, data, 1, "kind", "a2")
    if data[-2] != sum8(data[1:-2]):
        raise wrong_checksum(name, data, _STATUS_SIZE - 2, sum8(data[1:-2]))
    return Status(
        belt_state=data[2],
        speed_km_h=data[3] / 10,
        mode=data[4],
        elapsed_s=int.from_bytes(data[5:8], "big"),
        distance_m=10 * int.from_bytes(data[8:11], "big"),
        steps=int.from_bytes(data[11:14], "big"),
        application_speed_raw=data[14],
        byte_15=data[15],
        button=data[16],
        byte_17=data[17],
    )


def encode_status(status: Status) -> bytes:
    """A2 from the belt, 20 bytes. Raises EncodeError when a value does not fit."""
    name = "walkingpad.status"
    if status.distance_m % 10:
        raise EncodeError(name, field="distance_m", expected="tens of metres")
    with Fitting(name, field="value", expected="values that fit their bytes"):
        tenths = round(status.speed_km_h * 10)
        if tenths / 10 != status.speed_km_h:
            raise ValueError(status.speed_km_h)
        body = (
            bytes((_KIND, status.belt_state, tenths, status.mode))
            + status.elapsed_s.to_bytes(3, "big")
            + (status.distance_m // 10).to_bytes(3, "big")
            + status.steps.to_bytes(3, "big")
            + bytes((status.application_speed_raw, status.byte_15, status.button, status.byte_17))
        )
    return bytes((_FROM_BELT,)) + body + bytes((sum8(body), _END))
