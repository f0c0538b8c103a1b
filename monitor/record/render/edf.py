"""EDF+: the session's curves on one clock; phases, sets, alerts and gaps as annotations. Extra `record`.

EDF has no value for "nothing": a gap holds the signal's physical minimum, which no sensor gives, and an
annotation says from when to when. Records are whole seconds: the last one is filled up likewise.
"""

from collections.abc import Iterator, Sequence
from datetime import time
from math import ceil

import edfio
import numpy as np
from numpy.typing import NDArray

from monitor.record.facts import Series, SessionFacts
from monitor.record.render.wording import plain

# Samples a second, physical range (its minimum is the mark of a gap), label of at most 16 ASCII letters.
RATES = {"joint_angle_deg": 10.0}
RANGES = {
    "spo2_percent": (0.0, 100.0),
    "heart_rate_per_min": (0.0, 300.0),
    "pulse_rate_per_min": (0.0, 300.0),
    "pleth_rate_per_min": (0.0, 300.0),
    "perfusion_index_percent": (0.0, 50.0),
    "joint_angle_deg": (-180.0, 360.0),
}
LABELS = {
    "spo2_percent": "SpO2",
    "heart_rate_per_min": "HR",
    "pulse_rate_per_min": "Pulse",
    "pleth_rate_per_min": "Pleth rate",
    "perfusion_index_percent": "PI",
    "joint_angle_deg": "Angle",
}
# A gap shorter than this is an ordinary stall: the value before it stands.
SHORTEST_GAP_S = 2.0


def edf(facts: SessionFacts) -> bytes | None:
    """The file, or None without any curve."""
    curves = [series for series in facts.series if any(value is not None for value in series.values)]
    if not curves:
        return None
    seconds = max(1, ceil(facts.duration_s))
    signals, gaps = [], []
    for series in curves:
        values, missing = _on_grid(series, seconds)
        low, high = RANGES[series.code]
        label = f"{LABELS[series.code]} {series.source}"[:16]
        signals.append(
            edfio.EdfSignal(
                np.clip(values, low, high),
                sampling_frequency=_rate(series),
                label=label.encode("ascii", "replace").decode(),
                physical_dimension=series.unit,
                physical_range=(low, high),
            )
        )
        gaps += [(begin, end, f"gap: {label}") for begin, end in missing]
    start = facts.local(0.0)
    file = edfio.Edf(
        signals,
        patient=edfio.Patient(code=_word(facts.patient_id)),
        recording=edfio.Recording(
            startdate=start.date(),
            hospital_administration_code=_word(facts.session_id),
            equipment_code="kinewatch",
        ),
        starttime=time(start.hour, start.minute, start.second, start.microsecond),
        data_record_duration=1.0,
        annotations=[
            edfio.EdfAnnotation(onset, duration, text)
            for onset, duration, text in sorted(_annotations(facts, gaps), key=lambda one: (one[0], one[2]))
        ],
    )
    content: bytes = file.to_bytes()
    return content


def _rate(series: Series) -> float:
    return RATES.get(series.code, 1.0)


def _word(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum() or letter == "-") or "X"


def _on_grid(series: Series, seconds: int) -> tuple[NDArray[np.float64], list[tuple[float, float]]]:
    """The values at the signal's rate, and the stretches (s) in which there was none."""
    rate = _rate(series)
    count = round(seconds * rate)
    low = RANGES[series.code][0]
    values = np.full(count, low)
    filled = np.zeros(count, dtype=bool)
    positions = [min(count - 1, int(t_s * rate)) for t_s in series.t_s]
    for place, (position, value) in enumerate(zip(positions, series.values, strict=True)):
        if value is None:
            continue
        until = positions[place + 1] if place + 1 < len(positions) else position + 1
        until = min(max(until, position + 1), position + round(SHORTEST_GAP_S * rate), count)
        values[position:until] = value
        filled[position:until] = True
    return values, list(_stretches(~filled, rate))


def _stretches(mask: NDArray[np.bool_], rate: float) -> Iterator[tuple[float, float]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    for begin, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        yield begin / rate, end / rate


def _annotations(
    facts: SessionFacts, gaps: Sequence[tuple[float, float, str]]
) -> Iterator[tuple[float, float | None, str]]:
    for begin, end, text in gaps:
        yield begin, round(end - begin, 3), text
    for phase in facts.phases:
        if phase.from_s < facts.duration_s:
            yield phase.from_s, round(phase.to_s - phase.from_s, 3), f"phase: {phase.phase}"
    for one in facts.sets:
        yield one.from_s, round(one.to_s - one.from_s, 3), f"set: {plain(one.exercise)} {one.number}"
    for alert in facts.alerts:
        end_s = facts.duration_s if alert.resolved_s is None else alert.resolved_s
        text = f"alert {alert.priority}: {alert.fact_id} {plain(alert.condition)}"
        yield alert.fired_s, round(max(0.0, end_s - alert.fired_s), 3), text
    for reading in facts.pressures:
        if reading.systolic_mmhg is not None and reading.diastolic_mmhg is not None:
            yield reading.t_s, None, f"cuff: {reading.systolic_mmhg:g}/{reading.diastolic_mmhg:g} mmHg"
    for rating in facts.ratings:
        yield rating.t_s, None, f"{rating.scale}: {rating.value:g}"
