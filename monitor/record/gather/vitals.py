"""Vital signs: statistics of each period, the flowsheet's instants, cuff readings, curves."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from monitor.record.facts import FiledReadingFacts, PointFacts, PressureFacts, Series, VitalFacts
from monitor.record.gather.phases import PERIODS, PhaseLog
from monitor.record.gather.times import SessionTime
from monitor.samples import COUNTED_CODES, STORED
from protocols.units import NS_PER_S

USABLE = frozenset({"good", "questionable"})
PRESSURES = {
    "systolic_mmhg": "systolic_mmhg",
    "diastolic_mmhg": "diastolic_mmhg",
    "mean_arterial_pressure_mmhg": "mean_mmhg",
    "cuff_pulse_rate_per_min": "pulse_per_min",
}
# Curves and their statistics; a cuff's numbers are readings, its inflation pressure is nobody's vital sign.
STREAMED = (
    "spo2_percent",
    "heart_rate_per_min",
    "pulse_rate_per_min",
    "pleth_rate_per_min",
    "perfusion_index_percent",
)
SUMMARISED = (*STREAMED, "systolic_mmhg", "diastolic_mmhg", *sorted(COUNTED_CODES))
# The flowsheet's instants: which end of the exercise's values is the worst.
PEAK_OF: Mapping[str, Callable[[Sequence[float]], float]] = {
    "spo2_percent": min,
    "heart_rate_per_min": max,
    "pulse_rate_per_min": max,
    "systolic_mmhg": max,
    "diastolic_mmhg": max,
}
RECOVERY_MINUTES = (1, 3, 5)
# A streamed sign at an instant is the median of what came around it; a cuff takes half a minute to answer.
NEAR_STREAM_NS = 10 * NS_PER_S
NEAR_READING_NS = 60 * NS_PER_S


@dataclass(slots=True)
class _Curve:
    unit: str
    at_ns: list[int] = field(default_factory=list)
    values: list[float | None] = field(default_factory=list)
    questionable: set[int] = field(default_factory=set)  # positions

    def usable(self, from_ns: int, to_ns: int) -> list[tuple[int, float]]:
        first, last = bisect_left(self.at_ns, from_ns), bisect_right(self.at_ns, to_ns)
        return [
            (at_ns, value)
            for at_ns, value in zip(self.at_ns[first:last], self.values[first:last], strict=True)
            if value is not None
        ]


@dataclass(slots=True)
class _Reading:
    at_ns: int
    source: str
    t_ns: int
    values: dict[str, float | None] = field(default_factory=dict)
    quality: str = "good"
    flags: set[str] = field(default_factory=set)


class VitalLog:
    """Every shown value of every vital sign."""

    def __init__(self, time: SessionTime, phases: PhaseLog, *, keep_series: bool) -> None:
        self._time = time
        self._phases = phases
        self._keep_series = keep_series
        self._curves: dict[tuple[str, str], _Curve] = {}
        self._readings: list[_Reading] = []
        self._filed: list[dict[str, Any]] = []

    def vital(self, record: dict[str, Any]) -> None:
        """One value, or that there is none any more."""
        code, source = record["code"], record["source"]
        usable = record["value"] is not None and record["quality"] in USABLE
        if code in PRESSURES:
            self._reading(record)
        if code not in SUMMARISED or (code not in STREAMED and STORED in record["flags"]):
            return
        curve = self._curves.setdefault((code, source), _Curve(record["unit"]))
        if usable and record["quality"] == "questionable":
            curve.questionable.add(len(curve.values))
        curve.at_ns.append(record["at_ns"])
        curve.values.append(round(float(record["value"]), 1) if usable else None)

    def _reading(self, record: dict[str, Any]) -> None:
        last = self._readings[-1] if self._readings else None
        name = PRESSURES[record["code"]]
        if (
            last is None
            or (last.t_ns, last.source) != (record["t_ns"], record["source"])
            or name in last.values
        ):
            last = _Reading(record["at_ns"], record["source"], record["t_ns"])
            self._readings.append(last)
        value = record["value"]
        last.values[name] = None if value is None else round(float(value), 1)
        last.flags |= set(record["flags"])
        order = ("good", "questionable", "poor", "missing")
        last.quality = max(last.quality, record["quality"], key=order.index)

    def filed(self, record: dict[str, Any]) -> None:
        """A reading that no rule uses."""
        self._filed.append(record)

    # -- what came of it ------------------------------------------------------------------------------------

    def worst_between(self, code: str, from_ns: int, to_ns: int) -> float | None:
        """The highest (of SpO2 the lowest) value of any source within these instants."""
        found = [
            value
            for (known, _), curve in self._curves.items()
            if known == code
            for _, value in curve.usable(from_ns, to_ns)
        ]
        return PEAK_OF[code](found) if found else None

    def periods(self) -> tuple[VitalFacts, ...]:
        """Statistics by code, source and period."""
        facts = []
        for (code, source), curve in sorted(self._curves.items()):
            by_period: dict[str, list[tuple[float, bool]]] = {}
            for position, (at_ns, value) in enumerate(zip(curve.at_ns, curve.values, strict=True)):
                if value is not None:
                    period = by_period.setdefault(self._phases.period_at(at_ns), [])
                    period.append((value, position in curve.questionable))
            for period_name in PERIODS:
                if found := by_period.get(period_name):
                    values = [value for value, _ in found]
                    facts.append(
                        VitalFacts(
                            code=code,
                            unit=curve.unit,
                            source=source,
                            period=period_name,
                            samples=len(values),
                            questionable=sum(doubt for _, doubt in found),
                            minimum=min(values),
                            mean=round(sum(values) / len(values), 1),
                            maximum=max(values),
                            last=values[-1],
                        )
                    )
        return tuple(facts)

    def points(self) -> tuple[PointFacts, ...]:
        """Peak and recovery, for each sign that was measured at all."""
        codes = sorted({code for code, _ in self._curves if code in PEAK_OF})
        return tuple(point for code in codes for point in (self._peak(code), *self._recovery(code)))

    def _peak(self, code: str) -> PointFacts:
        unit = self._unit(code)
        during = [
            (at_ns, value) for at_ns, value in self._all(code) if self._phases.period_at(at_ns) == "during"
        ]
        if not during:
            return _no_point(code, unit, "peak", "no usable value during exercise")
        worst = PEAK_OF[code]([value for _, value in during])
        at_ns = next(at_ns for at_ns, value in during if value == worst)
        return PointFacts(code=code, unit=unit, point="peak", t_s=self._time.s(at_ns), value=worst, reason="")

    def _recovery(self, code: str) -> list[PointFacts]:
        unit, ended_ns = self._unit(code), self._phases.exercise_ended_ns
        is_reading = code not in STREAMED
        near_ns = NEAR_READING_NS if is_reading else NEAR_STREAM_NS
        found = []
        for minute in RECOVERY_MINUTES:
            name = f"recovery_{minute}_min"
            if ended_ns is None:
                found.append(_no_point(code, unit, name, "the last exercise has no recorded end"))
                continue
            target_ns = ended_ns + minute * 60 * NS_PER_S
            values = [(at_ns, value) for at_ns, value in self._all(code) if abs(at_ns - target_ns) <= near_ns]
            if not values:
                over = self._time.last_ns < target_ns - near_ns
                why = (
                    "the recording ended before"
                    if over
                    else f"no usable value within {near_ns // NS_PER_S} s"
                )
                found.append(_no_point(code, unit, name, why))
                continue
            if is_reading:
                at_ns, value = min(values, key=lambda pair: abs(pair[0] - target_ns))
            else:
                at_ns, value = target_ns, round(median(value for _, value in values), 1)
            found.append(
                PointFacts(code=code, unit=unit, point=name, t_s=self._time.s(at_ns), value=value, reason="")
            )
        return found

    def _unit(self, code: str) -> str:
        return next(curve.unit for (known, _), curve in sorted(self._curves.items()) if known == code)

    def _all(self, code: str) -> list[tuple[int, float]]:
        """The usable values of the first source that has any: two sources of one sign are not mixed."""
        for (known, _), curve in sorted(self._curves.items()):
            if known == code and (found := curve.usable(0, 1 << 62)):
                return found
        return []

    def pressures(
        self, devices: Sequence[Mapping[str, Any]], posture_at: Callable[[int], str | None]
    ) -> tuple[PressureFacts, ...]:
        """Every cuff reading that was shown."""
        arms = {device.get("device"): device.get("arm") for device in devices}
        facts = []
        for number, reading in enumerate(self._readings, start=1):
            facts.append(
                PressureFacts(
                    fact_id=f"bp-{number}",
                    t_s=self._time.s(reading.at_ns),
                    phase=self._phases.phase_at(reading.at_ns),
                    period=self._phases.period_at(reading.at_ns),
                    systolic_mmhg=reading.values.get("systolic_mmhg"),
                    diastolic_mmhg=reading.values.get("diastolic_mmhg"),
                    mean_mmhg=reading.values.get("mean_mmhg"),
                    pulse_per_min=reading.values.get("pulse_per_min"),
                    quality=reading.quality,
                    flags=tuple(sorted(reading.flags)),
                    source=reading.source,
                    arm=arms.get(reading.source),
                    posture=posture_at(reading.at_ns),
                )
            )
        return tuple(facts)

    def filed_readings(self) -> tuple[FiledReadingFacts, ...]:
        """Every reading that was listed and not used."""
        return tuple(
            FiledReadingFacts(
                fact_id=f"filed-{number}",
                t_s=self._time.s(record["at_ns"]),
                source=record["device"],
                reason=record["reason"],
                systolic_mmhg=_rounded(record.get("systolic_mmhg")),
                diastolic_mmhg=_rounded(record.get("diastolic_mmhg")),
                taken=record.get("taken"),
            )
            for number, record in enumerate(self._filed, start=1)
        )

    def seconds_seen(self) -> dict[str, int]:
        """By source: how many whole seconds have a usable value of any of its signs."""
        seconds: dict[str, set[int]] = {}
        for (_, source), curve in self._curves.items():
            seen = seconds.setdefault(source, set())
            seen.update(
                at_ns // NS_PER_S
                for at_ns, value in zip(curve.at_ns, curve.values, strict=True)
                if value is not None
            )
        return {source: len(seen) for source, seen in seconds.items()}

    def series(self) -> tuple[Series, ...]:
        """The streamed signs' curves."""
        if not self._keep_series:
            return ()
        return tuple(
            Series(
                code=code,
                unit=curve.unit,
                source=source,
                t_s=tuple(map(self._time.s, curve.at_ns)),
                values=tuple(curve.values),
            )
            for (code, source), curve in sorted(self._curves.items())
            if code in STREAMED
        )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)


def _no_point(code: str, unit: str, point: str, reason: str) -> PointFacts:
    return PointFacts(code=code, unit=unit, point=point, t_s=None, value=None, reason=reason)
