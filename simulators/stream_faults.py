"""What a bad radio path does to a stream of values: lose, repeat, delay, damage, cut. Pure and seeded.

Losses come in bursts (Gilbert-Elliott): with a share L of lost values and m of them in a row on average,
P(bad -> good) = 1/m and P(good -> bad) = L / (m (1 - L)).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from simulators.emission import Emission, FaultWindow
from simulators.randomness import generator

_DEFAULT_SHARE = 0.05
_DEFAULT_BURST = 2.0
_DEFAULT_DELAY_S = 0.3


class _Loss:
    def __init__(self, window: FaultWindow, random: np.random.Generator) -> None:
        share = window.numbers.get("share", _DEFAULT_SHARE)
        burst = window.numbers.get("burst", _DEFAULT_BURST)
        self._random = random
        self._recovers = 1.0 / burst
        self._fails = 1.0 if share >= 1.0 else share / (burst * (1.0 - share))
        self._bad = False

    def __call__(self, emission: Emission) -> Iterator[Emission]:
        chance = self._recovers if self._bad else self._fails
        if self._random.random() < chance:
            self._bad = not self._bad
        if not self._bad:
            yield emission


class _Duplicate:
    def __init__(self, window: FaultWindow, random: np.random.Generator) -> None:
        self._share = window.numbers.get("share", _DEFAULT_SHARE)
        self._random = random

    def __call__(self, emission: Emission) -> Iterator[Emission]:
        yield emission
        if self._random.random() < self._share:
            yield emission


class _Delay:
    def __init__(self, window: FaultWindow, random: np.random.Generator) -> None:
        del random
        self._delay_s = window.numbers.get("delay_s", _DEFAULT_DELAY_S)

    def __call__(self, emission: Emission) -> Iterator[Emission]:
        yield replace(emission, at_s=emission.at_s + self._delay_s)


class _Corrupt:
    def __init__(self, window: FaultWindow, random: np.random.Generator) -> None:
        self._share = window.numbers.get("share", _DEFAULT_SHARE)
        self._random = random

    def __call__(self, emission: Emission) -> Iterator[Emission]:
        payload = bytearray(emission.payload)
        if payload and self._random.random() < self._share:
            payload[int(self._random.integers(len(payload)))] ^= 1 << int(self._random.integers(8))
        yield replace(emission, payload=bytes(payload))


class _Truncate:
    def __init__(self, window: FaultWindow, random: np.random.Generator) -> None:
        self._share = window.numbers.get("share", _DEFAULT_SHARE)
        self._random = random

    def __call__(self, emission: Emission) -> Iterator[Emission]:
        payload = emission.payload
        if payload and self._random.random() < self._share:
            payload = payload[: int(self._random.integers(len(payload)))]
        yield replace(emission, payload=payload)


_Effect = Callable[[Emission], Iterator[Emission]]
_EFFECTS: Mapping[str, Callable[[FaultWindow, np.random.Generator], _Effect]] = {
    "loss": _Loss,
    "duplicate": _Duplicate,
    "delay": _Delay,
    "corrupt": _Corrupt,
    "truncate": _Truncate,
}
STREAM_FAULTS = frozenset(_EFFECTS)


class StreamFaults:
    """The faults of one device's stream; emissions go in one by one, in order.

    Faults that hold at the same time act one after the other, in the order of their start.
    """

    def __init__(self, windows: Sequence[FaultWindow], *, seed: int, device: str) -> None:
        self._effects = [
            (window, _EFFECTS[window.kind](window, generator(seed, "stream", device, index)))
            for index, window in enumerate(sorted(windows, key=lambda one: one.start_s))
            if window.kind in _EFFECTS
        ]

    def apply(self, emission: Emission) -> list[Emission]:
        """What comes out at the other end for one value: none, itself, several, another."""
        out = [emission]
        for window, effect in self._effects:
            if window.start_s <= emission.at_s < window.end_s:
                out = [changed for one in out for changed in effect(one)]
        return out
