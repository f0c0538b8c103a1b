"""What a method of measuring offers to the trial that uses it."""

from typing import Protocol

from monitor.function.placement import Placement
from monitor.function.result import MeasuredValue, TrialMark
from monitor.samples import ImuBlock
from protocols.units import NS_PER_S


class Measure(Protocol):
    """Follows one trial. Instants are the core's; the trial asks in order of time."""

    @property
    def complete_ns(self) -> int | None:
        """When the protocol was fulfilled by what was measured (the fifth sitting); None before."""
        ...

    def begin(self, at_ns: int) -> None:
        """The clock starts."""
        ...

    def imu(self, placement: Placement, block: ImuBlock) -> list[TrialMark]:
        """Take samples of a sensor; before `begin`, too."""
        ...

    def lap(self, at_ns: int) -> list[TrialMark]:
        """The assistant's tap."""
        ...

    def values(self, end_ns: int, *, finished: bool) -> tuple[MeasuredValue, ...]:
        """The figures of the trial that ended at `end_ns`."""
        ...


def seconds(begin_ns: int, end_ns: int) -> float:
    """The time between two instants, s."""
    return (end_ns - begin_ns) / NS_PER_S


def measured(
    name: str, value: float | None, unit: str, *, missing: str, error: float | None = None
) -> MeasuredValue:
    """A figure, or why there is none."""
    return MeasuredValue(
        name=name,
        value=value,
        unit=unit,
        error=error if value is not None else None,
        missing=missing if value is None else None,
    )
