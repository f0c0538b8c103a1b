"""The heart rate that rules look at: one number from several sensors, its recent past, its baseline."""

from collections import deque
from statistics import median

from monitor.freshness import is_fresh
from monitor.samples import CONTACT_UNKNOWN, STORED, UNCERTAIN, Code, Quality, Sample
from protocols.units import NS_PER_S

# In order of trust. The strap sees the heart itself; an optical pulse can lock on to the movement's cadence.
SOURCES = (Code.HEART_RATE_PER_MIN, Code.PULSE_RATE_PER_MIN, Code.CUFF_PULSE_RATE_PER_MIN)
# Further apart, two sensors do not count the same heart.
DISAGREE_PER_MIN = 10.0
HISTORY_NS = 60 * NS_PER_S
# Fewer samples than this make no baseline: the settled minute before exercise has sixty.
BASELINE_SAMPLES = 10


def counts(sample: Sample) -> bool:
    """Whether `sample` may be judged at all: a record out of a memory is no observation."""
    usable = sample.value is not None and sample.quality in (Quality.GOOD, Quality.QUESTIONABLE)
    return usable and STORED not in sample.flags


def is_of_now(sample: Sample) -> bool:
    """Whether it is known that `sample` tells of the patient now: not so of an uncertain cuff reading."""
    return not sample.flags & UNCERTAIN


class Newest:
    """The newest sample of each code that counted."""

    def __init__(self) -> None:
        self._by_code: dict[Code, Sample] = {}

    def absorb(self, sample: Sample) -> None:
        """Remember it."""
        self._by_code[sample.code] = sample

    def fresh(self, code: Code, now_ns: int) -> Sample | None:
        """The newest of `code` while it still stands for now."""
        sample = self._by_code.get(code)
        return sample if sample is not None and is_fresh(sample, now_ns) else None

    def heart_rate(self, now_ns: int, *, optical_allowed: bool) -> Sample | None:
        """The best fresh source; an optical pulse only while no other sensor contradicts it.

        A strap that cannot tell whether it is worn does not outrank a good pulse that contradicts it.
        """
        strap = self.fresh(Code.HEART_RATE_PER_MIN, now_ns)
        pulse = self.fresh(Code.PULSE_RATE_PER_MIN, now_ns)
        if strap is not None and pulse is not None and _is_outranked(strap, pulse):
            return pulse
        for code in SOURCES:
            sample = self.fresh(code, now_ns)
            if sample is not None and (optical_allowed or code is not Code.PULSE_RATE_PER_MIN):
                return sample
        return None


def _is_outranked(strap: Sample, pulse: Sample) -> bool:
    if strap.value is None or pulse.value is None or CONTACT_UNKNOWN not in strap.flags:
        return False
    return pulse.quality is Quality.GOOD and abs(strap.value - pulse.value) > DISAGREE_PER_MIN


class HeartHistory:
    """The last minute of heart rate from the best source, and the highest of the exercise."""

    def __init__(self) -> None:
        self.peak_per_min: float | None = None
        self.at_exercise_end_per_min: float | None = None
        self._recent: deque[tuple[int, float]] = deque()

    def absorb(self, sample: Sample, *, in_effort: bool) -> None:
        """A sample of the best source."""
        if sample.value is None:
            return
        self._recent.append((sample.t_ns, sample.value))
        while self._recent[0][0] < sample.t_ns - HISTORY_NS:
            self._recent.popleft()
        if in_effort:
            self.peak_per_min = max(sample.value, self.peak_per_min or 0.0)

    def highest_since(self, since_ns: int) -> float | None:
        """The highest rate of the last minute, not looking back beyond `since_ns`."""
        return max((value for t_ns, value in self._recent if t_ns >= since_ns), default=None)

    @property
    def latest_per_min(self) -> float | None:
        """The newest rate."""
        return self._recent[-1][1] if self._recent else None


class Baseline:
    """The median of a vital sign before exercise; fixed when exercise begins."""

    def __init__(self) -> None:
        self.value: float | None = None
        self._seen: deque[float] = deque(maxlen=600)

    def absorb(self, value: float) -> None:
        """One more value of the rest before exercise."""
        self._seen.append(value)

    def fix(self) -> None:
        """Exercise begins."""
        if self.value is None and len(self._seen) >= BASELINE_SAMPLES:
            self.value = float(median(self._seen))
