"""Faults between the sensor and the air: what its firmware loses, repeats, holds back and damages.

On the air itself nothing of this happens, a link is reliable while it lasts. It happens in sensors whose
buffers are short and whose clocks are cheap, and in hosts that lose what they have acknowledged.
"""

import abc
import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from simulators.faults.schedule import End, Fault, nothing_to_undo
from simulators.radio.gatt.advertisement import full_uuid

if TYPE_CHECKING:
    from simulators.radio.air import VirtualRadio

Outcomes = Iterable[tuple[float, bytes]]
Effect = Callable[[bytes], Outcomes]


class _NotificationFilter:
    """An effect on one characteristic's values, or on all."""

    def __init__(self, effect: Effect, characteristic: int | str | None) -> None:
        self._effect = effect
        self._characteristic = None if characteristic is None else full_uuid(characteristic)

    def concerns(self, characteristic: str) -> bool:
        return self._characteristic in {None, characteristic}

    def spoil(self, value: bytes) -> Outcomes:
        return self._effect(value)


@dataclass(frozen=True, kw_only=True)
class ValueFault(Fault):
    """Spoils notifications and indications of the peripheral at `address`; all, or of one characteristic."""

    address: str
    characteristic: int | str | None = None

    @abc.abstractmethod
    def effect(self, rng: Random) -> Effect:
        """What becomes of each value, from the moment the fault takes hold."""

    async def begin(self, radio: "VirtualRadio") -> End:
        """Sit down between sensor and air."""
        peripheral = radio.peripheral(self.address)
        notification_filter = _NotificationFilter(self.effect(radio.rng(repr(self))), self.characteristic)
        peripheral.notification_filters.append(notification_filter)

        async def end() -> None:
            peripheral.notification_filters.remove(notification_filter)

        return end


@dataclass(frozen=True, kw_only=True)
class Loss(ValueFault):
    """A `share` of the values is lost, `burst` in a row on average (Gilbert-Elliott)."""

    share: float
    burst: float = 1.0

    def effect(self, rng: Random) -> Effect:
        """Walk between a good and a bad state: P(bad -> good) = 1/m, P(good -> bad) = L / (m (1 - L))."""
        recovers = 1.0 / self.burst
        fails = 1.0 if self.share >= 1.0 else min(1.0, self.share / (self.burst * (1.0 - self.share)))
        is_bad = rng.random() < self.share

        def lose(value: bytes) -> Outcomes:
            nonlocal is_bad
            outcome = [] if is_bad else [(0.0, value)]
            if self.share < 1.0 and rng.random() < (recovers if is_bad else fails):
                is_bad = not is_bad
            return outcome

        return lose


@dataclass(frozen=True, kw_only=True)
class Duplicate(ValueFault):
    """A `share` of the values comes twice."""

    share: float = 1.0

    def effect(self, rng: Random) -> Effect:
        """Send some again."""
        return lambda value: [(0.0, value)] * (2 if rng.random() < self.share else 1)


@dataclass(frozen=True, kw_only=True)
class Delay(ValueFault):
    """Values come `delay_s` late, and up to `jitter_s` more; their order stays."""

    delay_s: float
    jitter_s: float = 0.0

    def effect(self, rng: Random) -> Effect:
        """Hold each back, never past a later one."""
        loop = asyncio.get_running_loop()
        last_s = 0.0

        def hold(value: bytes) -> Outcomes:
            nonlocal last_s
            now_s = loop.time()
            last_s = max(last_s, now_s + self.delay_s + rng.random() * self.jitter_s)
            return [(last_s - now_s, value)]

        return hold


@dataclass(frozen=True, kw_only=True)
class Reorder(ValueFault):
    """A `share` of the values comes after the one that follows it."""

    share: float = 0.1

    def effect(self, rng: Random) -> Effect:
        """Keep one, send it behind the next."""
        kept: bytes | None = None

        def swap(value: bytes) -> Outcomes:
            nonlocal kept
            if kept is not None:
                before, kept = kept, None
                return [(0.0, value), (0.0, before)]
            if rng.random() < self.share:
                kept = value
                return []
            return [(0.0, value)]

        return swap


@dataclass(frozen=True, kw_only=True)
class Corrupt(ValueFault):
    """A `share` of the values has `bits` wrong bits."""

    share: float = 1.0
    bits: int = 1

    def effect(self, rng: Random) -> Effect:
        """Flip some."""

        def flip(value: bytes) -> Outcomes:
            if not value or rng.random() >= self.share:
                return [(0.0, value)]
            damaged = bytearray(value)
            for place in rng.sample(range(len(value) * 8), min(self.bits, len(value) * 8)):
                damaged[place // 8] ^= 1 << place % 8
            return [(0.0, bytes(damaged))]

        return flip


@dataclass(frozen=True, kw_only=True)
class Truncate(ValueFault):
    """A `share` of the values is cut off somewhere, down to nothing."""

    share: float = 1.0

    def effect(self, rng: Random) -> Effect:
        """Truncate the values that the seed chooses."""

        def cut(value: bytes) -> Outcomes:
            keep = rng.randrange(len(value)) if value and rng.random() < self.share else len(value)
            return [(0.0, value[:keep])]

        return cut


@dataclass(frozen=True, kw_only=True)
class Freeze(ValueFault):
    """The sensor goes on sending, always the first value it had when it froze."""

    def effect(self, rng: Random) -> Effect:
        """Repeat the first."""
        del rng
        first: bytes | None = None

        def repeat(value: bytes) -> Outcomes:
            nonlocal first
            first = value if first is None else first
            return [(0.0, first)]

        return repeat


@dataclass(frozen=True, kw_only=True)
class ClockDrift(Fault):
    """The sensor's clock runs `drift_ppm` faster than before: its rate and its time stamps."""

    address: str
    drift_ppm: float

    async def begin(self, radio: "VirtualRadio") -> End:
        """Add the drift."""
        clock = radio.peripheral(self.address).clock
        clock.drift_ppm += self.drift_ppm

        async def end() -> None:
            clock.drift_ppm -= self.drift_ppm

        return end


@dataclass(frozen=True, kw_only=True)
class ClockStep(Fault):
    """The sensor's clock jumps by `step_s`, for good."""

    address: str
    step_s: float

    async def begin(self, radio: "VirtualRadio") -> End:
        """Jump."""
        radio.peripheral(self.address).clock.step(self.step_s)
        return nothing_to_undo
