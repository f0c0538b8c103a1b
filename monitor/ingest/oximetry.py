"""One oximeter reading to samples, and pleth to blocks. Shared by the oximeters with their own protocols."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np

from devices.frames import Frame
from monitor.ingest.clock_map import ClockMap, ClockMapParams
from monitor.ingest.physiology import PULSE_RANGE_PER_MIN, SPO2_RANGE_PERCENT
from monitor.ingest.reader import Measured, Reader, within
from monitor.samples import Code, PpgBlock, Quality

# A pulse of a frame that has no saturation.
NO_SATURATION = "no_saturation"
# A pleth's clock is the device's processor clock.
DRIFT_BOUND_PPM = 1_000.0


def oximetry(
    reader: Reader,
    frame: Frame,
    *,
    spo2_percent: float | None,
    pulse_per_min: float | None,
    perfusion_index_percent: float | None = None,
    poor: AbstractSet[str] = frozenset(),
    doubtful: AbstractSet[str] = frozenset(),
) -> list[Measured]:
    """Perfusion first, for it qualifies the rest; then SpO2 and pulse. None and 0 are no values.

    With a `poor` remark the values must not be used; with a `doubtful` one they may warn, but not say that
    all is well. Both values come from one light path: where there is no saturation, the pulse is none.
    """
    flags = frozenset(poor) | frozenset(doubtful)
    quality = Quality.POOR if poor else Quality.QUESTIONABLE if doubtful else Quality.GOOD
    out: list[Measured] = []
    if perfusion_index_percent:
        out.append(reader.sample(frame, Code.PERFUSION_INDEX_PERCENT, float(perfusion_index_percent)))
    spo2 = None if spo2_percent is None else within(spo2_percent, *SPO2_RANGE_PERCENT)
    pulse = None if pulse_per_min is None else within(pulse_per_min, *PULSE_RANGE_PER_MIN)
    out.append(reader.sample(frame, Code.SPO2_PERCENT, spo2, quality=quality, flags=flags))
    if spo2 is None:
        quality, flags = Quality.POOR, flags | {NO_SATURATION}
    out.append(reader.sample(frame, Code.PULSE_RATE_PER_MIN, pulse, quality=quality, flags=flags))
    return out


class Pleth:
    """The pleth of one oximeter: samples without time, at a rate that its documents name."""

    def __init__(self, *, rate_hz: float) -> None:
        self._clock = ClockMap(ClockMapParams(nominal_rate_hz=rate_hz, drift_bound_ppm=DRIFT_BOUND_PPM))

    def block(self, reader: Reader, frame: Frame, samples: Sequence[float]) -> list[Measured]:
        """The samples of one notification, newest last."""
        if not samples:
            return []
        stamps = self._clock.stamp(received_ns=frame.received_ns, count=len(samples))
        return [
            PpgBlock(
                device=reader.device,
                t_ns=stamps.t_ns,
                ppg=np.array(samples, dtype=np.float64),
                received_ns=frame.received_ns,
                gap_before=stamps.gap_before,
            )
        ]


class OncePerSecond:
    """Lets the first of many equal reports through, then one a second: for devices that repeat themselves."""

    def __init__(self) -> None:
        self._next_ns: int | None = None

    def is_due(self, frame: Frame) -> bool:
        """Whether `frame` is the one of its second."""
        if self._next_ns is not None and frame.received_ns < self._next_ns:
            return False
        self._next_ns = frame.received_ns + 1_000_000_000
        return True
