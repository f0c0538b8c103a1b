"""Sensors of one heart against each other, within a session: they mark, they never substitute.

oximeter against strap   its pulse contradicts the strap: pulse and SpO2 are doubtful (the same pulses);
                         a strap that cannot tell whether it is worn is doubtful itself
oximeter against steps   its pulse is near the rhythm of the steps, and no strap confirms it
cuff against heart       its pulse is off the heart rate around it: the whole reading is doubtful
strap against itself     its intervals jump or do not fill the time
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from statistics import fmean

from monitor.dsp.cross_check import PulseAgreement, cuff_disagrees, near_cadence
from monitor.dsp.rr import RrMeter
from monitor.samples import CONTACT_UNKNOWN, Code, Quality, Sample
from protocols.units import NS_PER_S

RATES_DISAGREE = "rates_disagree"
NEAR_CADENCE = "near_cadence"
IRREGULAR_RR = "irregular_rr"
RR_GAPS = "rr_gaps"
USABLE = frozenset({Quality.GOOD, Quality.QUESTIONABLE})
FROM_THE_PULSE = frozenset({Code.SPO2_PERCENT, Code.PULSE_RATE_PER_MIN})
FROM_THE_CUFF = frozenset(
    {
        Code.SYSTOLIC_MMHG,
        Code.DIASTOLIC_MMHG,
        Code.MEAN_ARTERIAL_PRESSURE_MMHG,
        Code.CUFF_PULSE_RATE_PER_MIN,
    }
)
# A cuff measures for half a minute before it tells: its pulse is the mean of that time.
CUFF_MEASURES_NS = 40 * NS_PER_S
CADENCE_FRESH_NS = 5 * NS_PER_S
# One ectopic beat in five is told; at less the mean rate is right to a few beats a minute.
ECTOPIC_SHARE = 0.2
# Straps leave out what they do not trust: less than half of the time explained is a bad contact.
COVERED = 0.5


class CrossChecks:
    """`mark` every judged sample; a doubt makes it QUESTIONABLE and adds its word to the flags."""

    def __init__(self) -> None:
        self._agreement = PulseAgreement()
        self._rr: dict[str, RrMeter] = {}
        self._heart: deque[tuple[int, float]] = deque()
        self._strap_tells_contact = True
        self._cadence: tuple[int, float] | None = None
        self._cuff_doubted: tuple[str, int] | None = None

    def cadence(self, t_ns: int, per_min: float | None) -> None:
        """The rhythm of the wearer's movement at `t_ns`; None at rest."""
        self._cadence = None if per_min is None else (t_ns, per_min)

    def cuff(self, reading: Iterable[Sample]) -> None:
        """Look at a cuff's reading as a whole, before its samples are marked one by one."""
        for sample in reading:
            if sample.code is not Code.CUFF_PULSE_RATE_PER_MIN or sample.value is None or not self._heart:
                continue
            around = [
                rate for t_ns, rate in self._heart if abs(sample.received_ns - t_ns) <= CUFF_MEASURES_NS
            ]
            if around and cuff_disagrees(sample.value, fmean(around)):
                self._cuff_doubted = (sample.device, sample.t_ns)

    def mark(self, sample: Sample) -> Sample:
        """`sample`, or the same with a doubt."""
        if sample.value is None or sample.quality not in USABLE:
            return sample
        words = self._words(sample, sample.value)
        # Intervals that do not fit are a fact about the heart as often as about the strap: only told.
        quality = sample.quality if words <= {IRREGULAR_RR, RR_GAPS} else Quality.QUESTIONABLE
        return replace(sample, quality=quality, flags=sample.flags | words) if words else sample

    def _words(self, sample: Sample, value: float) -> frozenset[str]:
        code = sample.code
        if code is Code.RR_INTERVAL_S:
            self._rr.setdefault(sample.device, RrMeter()).add(sample.t_ns, (value,))
        elif code is Code.HEART_RATE_PER_MIN:
            self._agreement.strap(sample.t_ns, value)
            self._heart.append((sample.t_ns, value))
            while self._heart[0][0] < sample.t_ns - CUFF_MEASURES_NS:
                self._heart.popleft()
            self._strap_tells_contact = CONTACT_UNKNOWN not in sample.flags
            words = self._intervals(sample)
            doubted = self._agreement.disagrees and not self._strap_tells_contact
            return words | {RATES_DISAGREE} if doubted else words
        elif code is Code.PULSE_RATE_PER_MIN:
            self._agreement.pulse(sample.t_ns, value)
        elif code in FROM_THE_CUFF and self._cuff_doubted == (sample.device, sample.t_ns):
            return frozenset({RATES_DISAGREE})
        if code not in FROM_THE_PULSE:
            return frozenset()
        if self._agreement.disagrees and self._strap_tells_contact:
            return frozenset({RATES_DISAGREE})
        steps = code is Code.PULSE_RATE_PER_MIN and self._may_be_steps(sample.t_ns, value)
        return frozenset({NEAR_CADENCE}) if steps else frozenset()

    def _may_be_steps(self, t_ns: int, value: float) -> bool:
        if self._cadence is None or abs(t_ns - self._cadence[0]) > CADENCE_FRESH_NS:
            return False
        return near_cadence(value, self._cadence[1]) and not self._agreement.confirms(t_ns, value)

    def _intervals(self, sample: Sample) -> frozenset[str]:
        meter = self._rr.get(sample.device)
        if meter is None:
            return frozenset()
        summary = meter.at(sample.t_ns)
        if summary.quality is Quality.MISSING:
            return frozenset()
        words = {
            IRREGULAR_RR: summary.ectopic_share > ECTOPIC_SHARE and summary.covered >= COVERED,
            RR_GAPS: summary.covered < COVERED,
        }
        return frozenset(word for word, true in words.items() if true)
