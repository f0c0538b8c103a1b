"""What a sensor that was tried for a moment said: values, battery, rate of its samples. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from devices.frames import Frame
from monitor.cli.demo.messages import VITAL_NAMES
from monitor.ingest.ingest import Ingest
from monitor.samples import DECIMALS, UNITS, Code, DecodeFailure, ImuBlock, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.families import registration

NS_PER_S = 1e9
_BATTERY = frozenset({Code.BATTERY_PERCENT, Code.BATTERY_V})


@dataclass(frozen=True, slots=True, kw_only=True)
class LastReading:
    """The newest of everything that came. A value of None was sent as "no value".

    `motion_hz` is the rate of the samples, None unless the sensor is an IMU that sent at least two;
    `unreadable` counts the frames that the family's decoder refused.
    """

    values: Mapping[Code, float | None]
    battery_percent: float | None = None
    motion_hz: float | None = None
    unreadable: int = 0

    @property
    def has_value(self) -> bool:
        """Whether something was measured; an index of quality alone is nothing."""
        return self.motion_hz is not None or any(self.values.get(code) is not None for code in VITAL_NAMES)

    @property
    def text(self) -> str:
        """For people: `SpO2 97 %, pulse 72 /min`; empty if nothing came that has a name."""
        words = [
            f"{name} {in_words(code, value) if value is not None else 'no value'}"
            for code, name in VITAL_NAMES.items()
            if code in self.values
            for value in [self.values[code]]
        ]
        if self.motion_hz is not None:
            words.append(f"motion at {self.motion_hz:.0f} Hz")
        return ", ".join(words)


def last_reading(sensor: SensorConfig, frames: Sequence[Frame]) -> LastReading:
    """Read the frames as a session would."""
    ingest = Ingest([sensor])
    values: dict[Code, float | None] = {}
    instants_ns: list[int] = []
    unreadable = 0
    for frame in frames:
        for one in ingest.feed(frame):
            if isinstance(one, Sample):
                values[one.code] = one.value
            elif isinstance(one, ImuBlock):
                instants_ns += [int(t_ns) for t_ns in one.t_ns]
            elif isinstance(one, DecodeFailure):
                unreadable += 1
    return LastReading(
        values={code: value for code, value in values.items() if code not in _BATTERY},
        battery_percent=values.get(Code.BATTERY_PERCENT),
        motion_hz=_rate_hz(instants_ns),
        unreadable=unreadable,
    )


def in_words(code: Code, value: float) -> str:
    """`4.5 km/h`, with the digits that the value has; a plain number has no unit."""
    unit = "" if UNITS[code] == "1" else f" {UNITS[code]}"
    return f"{value:.{DECIMALS.get(code, 0)}f}{unit}"


def likely_role(family: str) -> SensorRole:
    """What a sensor of this family is for, where no settings say it."""
    return SensorRole(registration(family).kind)


def _rate_hz(instants_ns: Sequence[int]) -> float | None:
    """By the median interval: the first samples may have come at the rate from before it was set."""
    intervals_ns = [after - before for before, after in pairwise(instants_ns)]
    typical_ns = median(intervals_ns) if intervals_ns else 0
    return NS_PER_S / typical_ns if typical_ns > 0 else None
