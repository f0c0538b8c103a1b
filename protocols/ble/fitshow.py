"""FitShow's module inside treadmills of many brands (Sportstech F15 and F31, VirtuFit, Hometro...): FFF0.

Sources: `aradix85/fitshow-treadmill-accessible` (tools/mysterie.txt: a belt's own words beside its FTMS
records), `syssi/esphome-treadmill-f15` (docs/protocol.md), `dvilelaf/hometro-fitshow-ble` (docs/findings.md),
`cagnulein/qdomyos-zwift` (fitshowtreadmill). 02, command, content, exclusive or of command and content, 03.
Numbers are little-endian. Newer modules speak FTMS as well, and say so in their advertisement.

The commands 53 (start, speed, incline, stop) move the belt under a person: they cannot be built here. Nobody
has published which value of the answer to 50 02 means miles: belts that count in miles send the same frames.
"""

from enum import IntEnum
from typing import Final

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.checksums import xor8
from protocols.ble.codec.errors import (
    EncodeError,
    Fitting,
    check_length,
    too_long,
    unknown_code,
    wrong_checksum,
    wrong_header,
)
from protocols.ble.codec.value import value

NAME_PREFIX: Final = "FS-"
SERVICE: Final = assigned_numbers.uuid16(0xFFF0)
NOTIFY: Final = assigned_numbers.uuid16(0xFFF1)
WRITE: Final = assigned_numbers.uuid16(0xFFF2)

_BEGIN, _END, _STATUS = 0x02, 0x03, 0x51
_QUESTION = bytes((_BEGIN, _STATUS, _STATUS, _END))
# Begin, command, state; checksum, end.
_BARE_SIZE = 5
_NUMBER_SIZE = _BARE_SIZE + 1
_RUN_SIZE = _BARE_SIZE + 12


class State(IntEnum):
    """What the belt does."""

    STANDS = 0
    ENDED = 1
    COUNTS_DOWN = 2
    RUNS = 3
    SLOWS_DOWN = 4
    FAILED = 5
    SAFETY_KEY_OUT = 6
    LEARNS = 7
    PAUSED = 10


@value
class Run:
    """What has been run. Byte 14 of the frame has no published meaning."""

    speed_raw: int
    incline_percent: int
    elapsed_s: int
    distance_m: int
    energy_raw: int
    steps: int
    heart_rate_per_min: int = 0
    byte_14: int = 0

    @property
    def speed_per_h(self) -> float:
        """Kilometres an hour, or miles where the belt counts in miles."""
        return self.speed_raw / 10

    @property
    def energy_kcal(self) -> float:
        """Spent since the start."""
        return self.energy_raw / 10


@value
class Status:
    """51: the state; a number in some (seconds before the start, a fault); a run in others."""

    state: State
    number: int | None = None
    run: Run | None = None


@value
class AskStatus:
    """The only command there is here: "what are you doing?"."""


ASK_STATUS: Final = AskStatus()


def decode_command(data: bytes) -> AskStatus:
    """The question for the status, 4 bytes. Raises DecodeError for anything else."""
    name = "fitshow.command"
    check_length(name, data, len(_QUESTION), 32)
    _check_envelope(name, data)
    if data[1] != _STATUS:
        raise unknown_code(name, data, 1, "command", "51: 53 would move the belt")
    if data != _QUESTION:
        raise too_long(name, data, len(_QUESTION))
    return ASK_STATUS


def encode_command(command: AskStatus) -> bytes:
    """The question for the status, 4 bytes."""
    del command
    return _QUESTION


def decode_status(data: bytes) -> Status:
    """51 from the belt: 5, 6 or 17 bytes. Raises DecodeError on other bytes."""
    name = "fitshow.status"
    check_length(name, data, _BARE_SIZE, _RUN_SIZE)
    if data[0] == _BEGIN and data[1] != _STATUS:
        raise unknown_code(name, data, 1, "command", "51")
    if len(data) > _NUMBER_SIZE:
        check_length(name, data, _RUN_SIZE)
    _check_envelope(name, data)
    try:
        state = State(data[2])
    except ValueError:
        raise unknown_code(name, data, 2, "state", "0 to 7 or 10") from None
    if len(data) == _BARE_SIZE:
        return Status(state=state)
    if len(data) == _NUMBER_SIZE:
        return Status(state=state, number=data[3])
    run = Run(
        speed_raw=data[3],
        incline_percent=int.from_bytes(data[4:5], "little", signed=True),
        elapsed_s=int.from_bytes(data[5:7], "little"),
        distance_m=int.from_bytes(data[7:9], "little"),
        energy_raw=int.from_bytes(data[9:11], "little"),
        steps=int.from_bytes(data[11:13], "little"),
        heart_rate_per_min=data[13],
        byte_14=data[14],
    )
    return Status(state=state, run=run)


def encode_status(status: Status) -> bytes:
    """51 from the belt: 5, 6 or 17 bytes. Raises EncodeError when a value does not fit."""
    name = "fitshow.status"
    if status.number is not None and status.run is not None:
        raise EncodeError(name, field="number", expected="a number or a run, not both")
    with Fitting(name, field="value", expected="values that fit their bytes"):
        body = bytes((_STATUS, status.state))
        if status.number is not None:
            body += bytes((status.number,))
        run = status.run
        if run is not None:
            body += (
                bytes((run.speed_raw,))
                + run.incline_percent.to_bytes(1, "little", signed=True)
                + run.elapsed_s.to_bytes(2, "little")
                + run.distance_m.to_bytes(2, "little")
                + run.energy_raw.to_bytes(2, "little")
                + run.steps.to_bytes(2, "little")
                + bytes((run.heart_rate_per_min, run.byte_14))
            )
    return bytes((_BEGIN,)) + body + bytes((xor8(body), _END))


def _check_envelope(name: str, data: bytes) -> None:
    if data[0] != _BEGIN or data[-1] != _END:
        raise wrong_header(name, data, 0, "02 ... 03")
    checksum = xor8(data[1:-2])
    if data[-2] != checksum:
        raise wrong_checksum(name, data, len(data) - 2, checksum)
