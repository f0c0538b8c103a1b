"""The pulse in an oximeter's own waveform: beats at rest, a spectrum against the accelerometer in movement.

A second opinion beside the oximeter's pulse, shown under a code of its own; no rule stands on it. The
cadence that it finds serves the cross-checks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from monitor.dsp.heart_rate_motion import MotionHeartRate, MotionRate, MotionRateParams
from monitor.dsp.pulse import PulseDetector, PulseParams
from monitor.dsp.pulse_rate import PulseRateMeter
from monitor.samples import Code, ImuBlock, PpgBlock, Quality, Sample
from protocols.units import NS_PER_S

# The waveform's rate is taken from its first seconds.
LEARN_RATE_NS = 3 * NS_PER_S
# An estimate in movement describes eight seconds and comes every two: older ones are of another effort.
MOTION_FRESH_NS = 5 * NS_PER_S
# Below this a waveform shows no pulse, above it is none of an oximeter's.
USUAL_ACC_RATE_HZ = 100.0
LEAST_RATE_HZ, MOST_RATE_HZ = 20.0, 1000.0


@dataclass(slots=True)
class _Wave:
    """One oximeter's detectors."""

    beats: PulseDetector
    meter: PulseRateMeter
    motion: MotionHeartRate
    told_ns: int
    newest: MotionRate | None = None


@dataclass(slots=True)
class _Learning:
    """Blocks of a waveform whose rate is not known yet."""

    blocks: list[PpgBlock] = field(default_factory=list)


class OpticalPulse:
    """`push_ppg` with waveforms, `push_acc` with one motion sensor; a sample a second comes out."""

    def __init__(self) -> None:
        self._acc_first_ns: int | None = None
        self._acc_last_ns = 0
        self._acc_rows = 0
        self._waves: dict[str, _Wave | _Learning] = {}

    @property
    def cadence(self) -> tuple[int, float | None] | None:
        """(instant, rhythm of the newest window or None at rest); None before there was one."""
        newest = [w.newest for w in self._waves.values() if isinstance(w, _Wave) and w.newest is not None]
        last = max(newest, key=lambda one: one.t_ns, default=None)
        return None if last is None else (last.t_ns, last.cadence_per_min)

    def push_acc(self, block: ImuBlock) -> None:
        """Samples of the motion sensor whose rhythm counts against the waveform's."""
        if block.t_ns.size:
            self._acc_first_ns = int(block.t_ns[0]) if self._acc_first_ns is None else self._acc_first_ns
            self._acc_last_ns = int(block.t_ns[-1])
            self._acc_rows += int(block.t_ns.size)
        for wave in self._waves.values():
            if isinstance(wave, _Wave):
                wave.newest = _last(wave.motion.push_acc(block), wave.newest)

    def push_ppg(self, block: PpgBlock, *, moving: bool) -> list[Sample]:
        """Samples of a waveform."""
        wave = self._waves.setdefault(block.device, _Learning())
        if isinstance(wave, _Learning):
            return [one for late in self._learn(wave, block) for one in self.push_ppg(late, moving=moving)]
        for beat in wave.beats.update(block):
            wave.meter.add(beat)
        wave.newest = _last(wave.motion.push_ppg(block), wave.newest)
        if block.t_ns.size == 0 or int(block.t_ns[-1]) < wave.told_ns:
            return []
        t_ns = int(block.t_ns[-1])
        wave.told_ns = t_ns + NS_PER_S
        return [_sample(block, wave, t_ns, moving=moving)]

    def _acc_rate_hz(self) -> float:
        """Of the motion sensor so far; the usual rate before it was heard for long enough."""
        first_ns = self._acc_first_ns
        if first_ns is None or self._acc_last_ns - first_ns < LEARN_RATE_NS:
            return USUAL_ACC_RATE_HZ
        rate_hz = (self._acc_rows - 1) * NS_PER_S / (self._acc_last_ns - first_ns)
        return min(max(rate_hz, LEAST_RATE_HZ), MOST_RATE_HZ)

    def _learn(self, learning: _Learning, block: PpgBlock) -> Iterator[PpgBlock]:
        """Once the rate is known: what was kept, to be taken as if it came now."""
        if block.gap_before:
            learning.blocks.clear()
        if block.t_ns.size:
            learning.blocks.append(block)
        first_ns = int(learning.blocks[0].t_ns[0]) if learning.blocks else 0
        span_ns = int(learning.blocks[-1].t_ns[-1]) - first_ns if learning.blocks else 0
        if span_ns < LEARN_RATE_NS:
            return
        samples = sum(one.t_ns.size for one in learning.blocks)
        rate_hz = float(round((samples - 1) * NS_PER_S / span_ns))
        if not LEAST_RATE_HZ <= rate_hz <= MOST_RATE_HZ:
            learning.blocks.clear()
            return
        self._waves[block.device] = _Wave(
            beats=PulseDetector(PulseParams(sampling_rate_hz=rate_hz)),
            meter=PulseRateMeter(),
            motion=MotionHeartRate(MotionRateParams(ppg_rate_hz=rate_hz, acc_rate_hz=self._acc_rate_hz())),
            told_ns=0,
        )
        yield from learning.blocks


def _last(found: list[MotionRate], before: MotionRate | None) -> MotionRate | None:
    return found[-1] if found else before


def _sample(block: PpgBlock, wave: _Wave, t_ns: int, *, moving: bool) -> Sample:
    """Of the second that ends at `t_ns`: beats while nobody moves, else the spectrum."""
    rate = wave.meter.at(t_ns, moving=moving)
    value, quality, flags = rate.rate_per_min, rate.quality, frozenset[str]()
    newest = wave.newest
    if moving and newest is not None and t_ns - newest.t_ns <= MOTION_FRESH_NS:
        value, quality = newest.rate_per_min, newest.quality
        flags = frozenset({"near_cadence"} if newest.near_cadence else set())
    if moving:
        flags |= {"motion"}
    return Sample(
        device=block.device,
        code=Code.PLETH_RATE_PER_MIN,
        t_ns=t_ns,
        received_ns=max(block.received_ns, t_ns),
        value=None if value is None else round(value, 1),
        quality=Quality.MISSING if value is None else quality,
        flags=flags,
    )
