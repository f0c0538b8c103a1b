"""How a link is doing, as data."""

from dataclasses import dataclass

from devices.frames import LinkState


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkHealth:
    """A link at one instant; `data_age_s` is None before the first data of this connection."""

    device: str
    state: LinkState
    in_state_s: float
    reason: str
    reconnects: int
    failures_in_a_row: int
    data_age_s: float | None
    data_count: int
    rssi_dbm: int | None
    address: str
