"""What a device sends, before any radio: values at instants. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedNotification:
    """At `at_s` of the scenario the device hands `payload` of a characteristic (full UUID) to its radio."""

    at_s: float
    characteristic: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultWindow:
    """A device-level fault: its kind, when, and its numbers."""

    kind: str
    start_s: float
    end_s: float
    numbers: dict[str, float] = field(default_factory=dict)


class FaultPlan:
    """The faults of one device over a session."""

    def __init__(self, windows: Sequence[FaultWindow] = ()) -> None:
        self.windows = tuple(windows)

    def active(self, kind: str, t_s: float) -> FaultWindow | None:
        """The window of that kind around `t_s`, if there is one."""
        for window in self.windows:
            if window.kind == kind and window.start_s <= t_s < window.end_s:
                return window
        return None

    def freeze(self, t_s: float) -> float:
        """The instant whose values the device shows at `t_s`: `t_s`, or the start of its freeze."""
        window = self.active("freeze", t_s)
        return t_s if window is None else window.start_s


class SignalSource(Protocol):
    """A device's measuring part: what it would send from an instant on, in order of time, for ever."""

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Give the emissions at or after `start_s`."""
        ...
