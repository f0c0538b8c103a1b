"""Scalar samples: gated, filtered, shown with quality and age, and taken back when they have grown old."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitor.alerts.gates import Gates
from monitor.dsp.rate import RateFilter
from monitor.dsp.spo2 import Spo2Filter
from monitor.freshness import FRESHNESS, stale_at_ns
from monitor.outputs import VitalUpdate
from monitor.samples import STORED, UNITS, Code, Quality, Sample
from monitor.sensors import SensorConfig
from monitor.session.cross_checks import USABLE, CrossChecks
from monitor.session.effects import Effects
from protocols.units import NS_PER_S

SHOWN = frozenset(code for code, row in FRESHNESS.items() if row.stale_after_ns is not None) | {
    Code.SYSTOLIC_MMHG,
    Code.DIASTOLIC_MMHG,
    Code.MEAN_ARTERIAL_PRESSURE_MMHG,
    Code.CUFF_PULSE_RATE_PER_MIN,
    Code.BODY_TEMPERATURE_CEL,
}
FILTERED = frozenset({Code.SPO2_PERCENT, Code.PULSE_RATE_PER_MIN, Code.HEART_RATE_PER_MIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalView:
    """A vital sign as a display sees it at an instant."""

    code: Code
    value: float | None
    unit: str
    quality: Quality
    age_s: float
    source: str


def _rounded(sample: Sample) -> Sample:
    """To a tenth: more no sensor tells, and the last bits of a filter may differ from machine to machine."""
    return sample if sample.value is None else replace(sample, value=round(sample.value, 1))


class VitalSigns:
    """All scalars of one session.

    Attributes:
        next_due_ns: when the next value grows too old to be shown.
    """

    def __init__(self, sensors: Sequence[SensorConfig]) -> None:
        self._gates = Gates(sensors)
        self._spo2: dict[str, Spo2Filter] = {}
        self._rates: dict[tuple[str, Code], RateFilter] = {}
        self.checks = CrossChecks()
        self._shown: dict[Code, VitalUpdate] = {}
        self._stale_at_ns: dict[Code, int] = {}
        self.next_due_ns: int | None = None

    def accept(self, sample: Sample, *, moving: bool, effects: Effects) -> Sample:
        """Gate and filter `sample`, show it, and hand it to the rules; returns what they get."""
        judged = self.checks.mark(self._filtered(self._gates.mark(sample), moving=moving))
        effects.observations.append(judged)
        if judged.code in SHOWN and STORED not in judged.flags:
            self._display(judged, effects)
        return judged

    def display(self, sample: Sample, effects: Effects) -> None:
        """Show what no rule stands on."""
        self._display(sample, effects)

    def _filtered(self, marked: Sample, *, moving: bool) -> Sample:
        if marked.code not in FILTERED:
            return marked
        if marked.code is Code.SPO2_PERCENT:
            if marked.device not in self._spo2:
                self._spo2[marked.device] = Spo2Filter()
            smooth = self._spo2[marked.device].update(marked, moving=moving)
        else:
            key = (marked.device, marked.code)
            if key not in self._rates:
                self._rates[key] = RateFilter(marked.code)
            smooth = self._rates[key].update(marked)
        # The filters hold their value over what they refuse; for rules and displays a refused reading is
        # poor or missing, never the one before.
        return _rounded(smooth) if marked.quality in USABLE else marked

    def _display(self, sample: Sample, effects: Effects) -> None:
        update = VitalUpdate(
            at_ns=sample.received_ns,
            t_ns=sample.t_ns,
            code=sample.code,
            value=sample.value,
            unit=UNITS[sample.code],
            quality=sample.quality,
            age_s=(sample.received_ns - sample.t_ns) / NS_PER_S,
            source=sample.device,
            flags=tuple(sorted(sample.flags)),
        )
        self._shown[sample.code] = update
        at_ns = stale_at_ns(sample)
        if at_ns is not None:
            self._stale_at_ns[sample.code] = at_ns
        else:
            self._stale_at_ns.pop(sample.code, None)
        self.next_due_ns = min(self._stale_at_ns.values(), default=None)
        effects.outputs.append(update)

    def pass_time(self, now_ns: int, effects: Effects) -> None:
        """Take back what has become too old at `now_ns`: once, without a value, with what it came from."""
        for code in sorted(code for code, at in self._stale_at_ns.items() if at <= now_ns):
            del self._stale_at_ns[code]
            last = self._shown[code]
            gone = VitalUpdate(
                at_ns=now_ns,
                t_ns=last.t_ns,
                code=code,
                value=None,
                unit=last.unit,
                quality=Quality.MISSING,
                age_s=(now_ns - last.t_ns) / NS_PER_S,
                source=last.source,
                flags=("stale",),
            )
            self._shown[code] = gone
            effects.outputs.append(gone)
        self.next_due_ns = min(self._stale_at_ns.values(), default=None)

    def view(self, now_ns: int) -> tuple[VitalView, ...]:
        """Every vital sign seen so far, as it stands at `now_ns`."""
        return tuple(
            VitalView(
                code=code,
                value=one.value,
                unit=one.unit,
                quality=one.quality,
                age_s=(now_ns - one.t_ns) / NS_PER_S,
                source=one.source,
            )
            for code, one in sorted(self._shown.items())
        )
