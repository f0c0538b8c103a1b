"""What a device gives to the monitor: raw frames and the state of its link. Pure values."""

from dataclasses import dataclass
from enum import StrEnum


class LinkState(StrEnum):
    """Where a supervised connection is in its life; the table of moves is in `devices.link.states`."""

    SEARCHING = "searching"
    FOUND = "found"
    CONNECTING = "connecting"
    DISCOVERING = "discovering"
    SUBSCRIBING = "subscribing"
    LIVE = "live"
    LOST = "lost"
    BACKING_OFF = "backing_off"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One value as it came off the air: a notification, an indication or a read.

    `device` is the station's own name for the sensor (`station.toml`), `characteristic` the full
    lower-case 128-bit UUID, `received_ns` the host's monotonic clock, stamped before anything else.
    """

    device: str
    characteristic: str
    received_ns: int
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEvent:
    """A supervised link changed its state, or reports its signal strength."""

    device: str
    state: LinkState
    received_ns: int
    reason: str = ""
    reconnects: int = 0
    rssi_dbm: int | None = None
