"""Repetitions, sets and the joint's angle."""

from statistics import fmean
from typing import Any, Protocol

from monitor.record.facts import RepetitionFacts, Series, SetFacts
from monitor.record.gather.times import SessionTime
from monitor.record.gather.vitals import VitalLog
from protocols.units import NS_PER_S


class Loads(Protocol):
    """Who knows an exercise's load."""

    def load_of(self, exercise: str) -> float | None:
        """The plan's number."""
        ...


class MovementLog:
    """Everything that was counted."""

    def __init__(self, time: SessionTime, vitals: VitalLog, *, keep_series: bool) -> None:
        self._time = time
        self._vitals = vitals
        self._keep_series = keep_series
        self._repetitions: list[dict[str, Any]] = []
        self._sets: list[dict[str, Any]] = []
        self._angles: dict[str, tuple[list[float], list[float | None]]] = {}
        self._seconds: set[int] = set()

    def repetition(self, record: dict[str, Any]) -> None:
        """One repetition is over."""
        self._repetitions.append(record)

    def set_ended(self, record: dict[str, Any]) -> None:
        """One set is over."""
        self._sets.append(record)

    def angle(self, record: dict[str, Any]) -> None:
        """The joint's angle, as it was shown."""
        usable = record["angle_deg"] is not None and record["quality"] in {"good", "questionable"}
        if usable:
            self._seconds.add(record["at_ns"] // NS_PER_S)
        if self._keep_series:
            times, values = self._angles.setdefault(record["joint"], ([], []))
            times.append(self._time.s(record["t_ns"]))
            values.append(round(float(record["angle_deg"]), 1) if usable else None)

    def seconds_seen(self) -> int:
        """How many whole seconds have a usable angle."""
        return len(self._seconds)

    def series(self) -> tuple[Series, ...]:
        """The angles' curves, one a joint."""
        return tuple(
            Series(code="joint_angle_deg", unit="deg", source=joint, t_s=tuple(times), values=tuple(values))
            for joint, (times, values) in sorted(self._angles.items())
        )

    def repetitions(self) -> tuple[RepetitionFacts, ...]:
        """Every repetition, counted or partial, in order; `number` counts whole ones within the set."""
        return tuple(
            RepetitionFacts(
                fact_id=f"rep-{position}",
                exercise=record["exercise"],
                set_number=record["set_number"],
                number=record["repetition"],
                from_s=self._time.s(record["t_start_ns"]),
                to_s=self._time.s(record["t_end_ns"]),
                range_deg=round(record["range_of_motion_deg"], 1),
                range_error_deg=_rounded(record.get("range_error_deg")),
                minimum_deg=round(record["minimum_deg"], 1),
                maximum_deg=round(record["maximum_deg"], 1),
                tempo_s=_tempo([record]),
                peak_speed_deg_s=_rounded(record.get("peak_speed_deg_s")),
                smoothness_sparc=_rounded(record.get("sparc"), 2),
                flags=tuple(record["flags"]),
            )
            for position, record in enumerate(self._repetitions, start=1)
        )

    def sets(self, loads: Loads) -> tuple[SetFacts, ...]:
        """Every set that ended."""
        return tuple(
            self._set(position, record, loads) for position, record in enumerate(self._sets, start=1)
        )

    def _set(self, position: int, record: dict[str, Any], loads: Loads) -> SetFacts:
        from_ns, to_ns = record["t_start_ns"], record["t_end_ns"]
        inside = [
            one
            for one in self._repetitions
            if one["exercise"] == record["exercise"]
            and from_ns <= one["t_start_ns"]
            and one["t_end_ns"] <= to_ns
        ]
        measured = [one for one in inside if "interrupted" not in one["flags"]]
        return SetFacts(
            fact_id=f"set-{position}",
            exercise=record["exercise"],
            number=record["set_number"],
            from_s=self._time.s(from_ns),
            to_s=self._time.s(to_ns),
            repetitions=record["repetitions"],
            repetitions_prescribed=record["repetition_target"],
            partial=record["partial"],
            too_fast=record["too_fast"],
            range_mean_deg=_rounded(record["range_of_motion_deg"]),
            range_best_deg=max((round(one["range_of_motion_deg"], 1) for one in measured), default=None),
            range_error_deg=_rounded(record["range_error_deg"]),
            detectable_change_deg=_rounded(record["minimal_detectable_change_deg"]),
            tempo_s=_tempo(measured),
            load=loads.load_of(record["exercise"]),
            symmetry_percent=_rounded(record["symmetry_percent"]),
            symmetry_detectable=record["symmetry_detectable"],
            unseen_s=float(record["unseen_s"]),
            heart_rate_highest_per_min=self._vitals.worst_between("heart_rate_per_min", from_ns, to_ns),
            spo2_lowest_percent=self._vitals.worst_between("spo2_percent", from_ns, to_ns),
        )


def _tempo(records: list[dict[str, Any]]) -> tuple[float, float, float] | None:
    tempos = [record["tempo_s"] for record in records if record.get("tempo_s") is not None]
    if not tempos:
        return None
    lifting, holding, lowering = (round(fmean(parts), 1) for parts in zip(*tempos, strict=True))
    return lifting, holding, lowering


def _rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(float(value), digits)
