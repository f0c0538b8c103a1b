"""Which samples count. A gated-out sample is marked POOR with the reason; it is missing, never normal.

ox: no poor-signal or motion flag from the device, perfusion index at least 0.3 %, no cuff inflating on the
same arm. The cuff's excuse ends after 60 s: real hypoxaemia must not hide behind a cuff for longer.
hr: the oximeter's pulse obeys the same gate (the engine ranks the sources). bp: judged on the reading itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from monitor.samples import Code, Quality, Sample
from monitor.sensors import Arm, SensorConfig, SensorRole
from protocols.units import NS_PER_S

CUFF_INFLATING = "cuff_inflating"
LOW_PERFUSION = "low_perfusion"

# The device's own remarks that make SpO2 and pulse unusable. Inside ingest they are words, not bits.
POOR_SIGNAL_FLAGS = frozenset(
    {
        "motion",
        LOW_PERFUSION,
        "poor_signal",
        "inadequate_signal",
        "erratic_signal",
        "non_pulsatile",
        "signal_irregularity",
        "interference",
        "sensor_off",
        "sensor_displaced",
        "sensor_fault",
        "searching",
        "weak_signal",
        "unreliable",
        "no_contact",
        CUFF_INFLATING,
    }
)
# Below this the makers of finger sensors promise nothing.
PERFUSION_INDEX_MINIMUM_PERCENT = 0.3
PERFUSION_FRESH_NS = 5 * NS_PER_S
CUFF_GATE_AT_MOST_NS = 60 * NS_PER_S
# Cuffs tell their pressure 2 to 5 times a second while they measure; after this silence they have ended.
CUFF_QUIET_AFTER_NS = 3 * NS_PER_S
# An uninflated cuff drifts around zero.
CUFF_INFLATED_FROM_MMHG = 10.0
GATED_CODES = frozenset({Code.SPO2_PERCENT, Code.PULSE_RATE_PER_MIN})


class Gates:
    """Remembers perfusion and cuff; `mark` gives a sample back, downgraded where it must not count."""

    def __init__(self, sensors: Sequence[SensorConfig]) -> None:
        self._arms: Mapping[str, Arm | None] = {one.device: one.arm for one in sensors}
        self._cuffs = {one.device for one in sensors if one.role is SensorRole.CUFF}
        self._perfusion: dict[str, Sample] = {}
        self._inflating_since_ns: dict[str, int] = {}
        self._inflated_ns: dict[str, int] = {}

    def mark(self, sample: Sample) -> Sample:
        """`sample`, with quality POOR and the reason among its flags when it must not count."""
        if sample.code is Code.PERFUSION_INDEX_PERCENT:
            self._perfusion[sample.device] = sample
        elif sample.code is Code.CUFF_PRESSURE_MMHG:
            self._watch_cuff(sample)
        elif sample.code is Code.SYSTOLIC_MMHG:
            self._inflating_since_ns.pop(sample.device, None)
        if sample.code not in GATED_CODES:
            return sample
        reasons = self._reasons(sample)
        if not reasons and not sample.flags & POOR_SIGNAL_FLAGS:
            return sample
        quality = Quality.MISSING if sample.value is None else Quality.POOR
        return replace(sample, quality=quality, flags=sample.flags | reasons)

    def _watch_cuff(self, sample: Sample) -> None:
        if sample.value is None or sample.value < CUFF_INFLATED_FROM_MMHG:
            return
        quiet = sample.received_ns - self._inflated_ns.get(sample.device, 0) > CUFF_QUIET_AFTER_NS
        if quiet or sample.device not in self._inflating_since_ns:
            self._inflating_since_ns[sample.device] = sample.received_ns
        self._inflated_ns[sample.device] = sample.received_ns

    def _reasons(self, sample: Sample) -> frozenset[str]:
        reasons = set()
        perfusion = self._perfusion.get(sample.device)
        if (
            perfusion is not None
            and perfusion.value is not None
            and sample.received_ns - perfusion.received_ns <= PERFUSION_FRESH_NS
            and perfusion.value < PERFUSION_INDEX_MINIMUM_PERCENT
        ):
            reasons.add(LOW_PERFUSION)
        if any(self._hides(cuff, sample) for cuff in self._cuffs):
            reasons.add(CUFF_INFLATING)
        return frozenset(reasons)

    def _hides(self, cuff: str, sample: Sample) -> bool:
        since = self._inflating_since_ns.get(cuff)
        if since is None or self._arms[cuff] is None or self._arms[cuff] is not self._arms.get(sample.device):
            return False
        now = sample.received_ns
        return now - self._inflated_ns[cuff] <= CUFF_QUIET_AFTER_NS and now - since <= CUFF_GATE_AT_MOST_NS
