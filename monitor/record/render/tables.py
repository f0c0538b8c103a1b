"""The facts as tables: one a kind of fact, columns read from the code; CSV and Parquet are made of them.

A missing value is None, never NaN. What consists of parts has one column a part; lists of words are one text.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from inspect import cleandoc
from typing import Any, get_args, get_type_hints

from monitor.record.facts import (
    AlertFacts,
    Amendment,
    CalibrationFacts,
    CueFacts,
    DeviceFacts,
    ExerciseFacts,
    FiledReadingFacts,
    FunctionTestFacts,
    GateLineFacts,
    LimitChangeFacts,
    LimitFacts,
    NoteFacts,
    NotRecorded,
    PersonFacts,
    PhaseFacts,
    PointFacts,
    PressureFacts,
    RatingFacts,
    RepetitionFacts,
    SessionFacts,
    SetFacts,
    VitalFacts,
)

Value = str | int | float | bool | None

# A name's ending says its unit (UCUM); longer endings first.
UNIT_OF_ENDING: Mapping[str, str] = {
    "_per_min": "/min",
    "_percent": "%",
    "_mmhg": "mm[Hg]",
    "_deg_s": "deg/s",
    "_deg": "deg",
    "_utc_ns": "ns",
    "_ms": "ms",
    "_s": "s",
}
LOINC_OF_COLUMN: Mapping[str, str] = {
    "systolic_mmhg": "8480-6",
    "diastolic_mmhg": "8462-4",
    "mean_mmhg": "8478-0",
    "pulse_per_min": "8867-4",
    "heart_rate_highest_per_min": "8867-4",
    "spo2_lowest_percent": "59408-5",
}
# What consists of parts, and how each part is called.
PARTS: Mapping[str, tuple[str, ...]] = {
    "tempo_s": ("tempo_lift_s", "tempo_hold_s", "tempo_lower_s"),
    "tempo_goal_s": ("tempo_goal_lift_s", "tempo_goal_hold_s", "tempo_goal_lower_s"),
    "range_goal_deg": ("range_goal_low_deg", "range_goal_high_deg"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `kind` is string, integer, number or boolean; `unit` is UCUM or empty."""

    name: str
    kind: str
    unit: str = ""
    loinc: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table with its rows."""

    name: str
    description: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Value]]


# Table -> its kind of fact, where the facts are.
_SOURCES: Mapping[str, tuple[type[Any], Callable[[SessionFacts], Any]]] = {
    "phases": (PhaseFacts, lambda facts: facts.phases),
    "exercises": (ExerciseFacts, lambda facts: facts.exercises),
    "sets": (SetFacts, lambda facts: facts.sets),
    "repetitions": (RepetitionFacts, lambda facts: facts.repetitions),
    "vitals": (VitalFacts, lambda facts: facts.vitals),
    "points": (PointFacts, lambda facts: facts.points),
    "pressures": (PressureFacts, lambda facts: facts.pressures),
    "filed_readings": (FiledReadingFacts, lambda facts: facts.filed_readings),
    "ratings": (RatingFacts, lambda facts: facts.ratings),
    "notes": (NoteFacts, lambda facts: facts.notes),
    "limits": (LimitFacts, lambda facts: facts.limits),
    "limit_changes": (LimitChangeFacts, lambda facts: facts.limit_changes),
    "alerts": (AlertFacts, lambda facts: facts.alerts),
    "devices": (DeviceFacts, lambda facts: facts.devices),
    "calibrations": (CalibrationFacts, lambda facts: facts.calibrations),
    "gate": (GateLineFacts, lambda facts: facts.gate),
    "cues": (CueFacts, lambda facts: facts.cues),
    "function_tests": (FunctionTestFacts, lambda facts: facts.function_tests),
    "people": (PersonFacts, lambda facts: facts.people),
    "amendments": (Amendment, lambda facts: facts.amendments),
}
_SIGNALS = (
    Column("session_id", "string"),
    Column("t_s", "number", "s"),
    Column("code", "string"),
    Column("source", "string"),
    Column("value", "number"),
    Column("unit", "string"),
)
_SESSION_FIELDS = (
    "patient_id",
    "clinic",
    "station",
    "pack",
    "plan_version",
    "software_version",
    "duration_s",
    "utc_offset_s",
    "is_complete",
    "has_ended",
    "messages",
    "messages_unconfirmed",
)


def tables(facts: SessionFacts) -> Iterator[Table]:
    """Every table, empty ones too: a file that is missing cannot be told from one that was forgotten."""
    yield _session(facts)
    for name, (kind, source) in _SOURCES.items():
        found = source(facts)
        values = () if isinstance(found, NotRecorded) else found
        yield Table(
            name, description_of(kind), columns_of(kind), [_row(facts.session_id, one) for one in values]
        )
    yield Table(
        "not_recorded",
        "What the recording does not have, and why.",
        (Column("session_id", "string"), Column("fact", "string"), Column("reason", "string")),
        list(_not_recorded(facts)),
    )
    yield _signals(facts)


def signals_description() -> str:
    """What the table of curves is."""
    return "The streamed vital signs and the joint's angle as they were shown; an empty value begins a gap."


def table_kinds() -> Mapping[str, type[Any]]:
    """Table -> the kind of fact in it."""
    return {name: kind for name, (kind, _) in _SOURCES.items()}


def description_of(kind: type[Any]) -> str:
    """A kind's docstring as one line."""
    return " ".join(cleandoc(kind.__doc__ or "").split())


def columns_of(kind: type[Any]) -> tuple[Column, ...]:
    """The columns of a kind of fact, `session_id` first."""
    hints = get_type_hints(kind)
    columns = [Column("session_id", "string")]
    for field in fields(kind):
        for name in PARTS.get(field.name, (field.name,)):
            column_kind = "number" if field.name in PARTS else _kind_of(hints[field.name])
            columns.append(Column(name, column_kind, unit_of(name), LOINC_OF_COLUMN.get(name, "")))
    return tuple(columns)


def unit_of(name: str) -> str:
    """The UCUM unit that a name's ending says, or none."""
    return next((unit for ending, unit in UNIT_OF_ENDING.items() if name.endswith(ending)), "")


def _kind_of(hint: Any) -> str:
    kinds = set(get_args(hint)) or {hint}
    if bool in kinds:
        return "boolean"
    if float in kinds:
        return "number"
    return "integer" if int in kinds else "string"


def _row(session_id: str, fact: Any) -> list[Value]:
    row: list[Value] = [session_id]
    for field in fields(fact):
        value = getattr(fact, field.name)
        parts = PARTS.get(field.name)
        if parts is not None:
            row += [None] * len(parts) if value is None else value
        elif isinstance(value, NotRecorded):
            row.append(None)
        elif isinstance(value, tuple):
            simple = all(isinstance(one, str) for one in value)
            row.append(" ".join(value) if simple else json.dumps(value, ensure_ascii=False))
        else:
            row.append(value)
    return row


def _session(facts: SessionFacts) -> Table:
    hints = get_type_hints(SessionFacts)
    columns = [
        Column("session_id", "string"),
        Column("started_utc", "string"),
        *(Column(name, _kind_of(hints[name]), unit_of(name)) for name in _SESSION_FIELDS),
    ]
    row = [facts.session_id, facts.utc(0.0), *(getattr(facts, name) for name in _SESSION_FIELDS)]
    return Table("session", "The session itself.", tuple(columns), [row])


def _not_recorded(facts: SessionFacts) -> Iterator[list[Value]]:
    for name in ("calibrations", "gate", "cues", "function_tests"):
        value = getattr(facts, name)
        if isinstance(value, NotRecorded):
            yield [facts.session_id, name, value.reason]
    for device in facts.devices:
        for name in ("firmware", "completeness_percent"):
            value = getattr(device, name)
            if isinstance(value, NotRecorded):
                yield [facts.session_id, f"devices/{device.device}/{name}", value.reason]
    for point in facts.points:
        if point.value is None:
            yield [facts.session_id, f"points/{point.code}/{point.point}", point.reason]


def _signals(facts: SessionFacts) -> Table:
    rows = [
        (facts.session_id, t_s, series.code, series.source, value, series.unit)
        for series in facts.series
        for t_s, value in zip(series.t_s, series.values, strict=True)
    ]
    return Table("signals", signals_description(), _SIGNALS, rows)
