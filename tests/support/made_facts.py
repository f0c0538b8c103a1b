"""Facts of sessions that nobody did: random ones for properties, an hour for speed."""

from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from monitor.record.facts import (
    AlertFacts,
    CalibrationFacts,
    DeviceFacts,
    ExerciseFacts,
    LimitFacts,
    NoteFacts,
    NotRecorded,
    PersonFacts,
    PhaseFacts,
    PointFacts,
    PressureFacts,
    RatingFacts,
    RepetitionFacts,
    Series,
    SessionFacts,
    SetFacts,
    VitalFacts,
)
from monitor.record.render.flowsheet import POINTS

START_UTC_NS = 1_796_000_000_000_000_000
CODES = {
    "spo2_percent": ("%", 70.0, 100.0),
    "heart_rate_per_min": ("/min", 40.0, 200.0),
    "pulse_rate_per_min": ("/min", 40.0, 200.0),
    "systolic_mmhg": ("mm[Hg]", 80.0, 250.0),
    "diastolic_mmhg": ("mm[Hg]", 40.0, 130.0),
}
SOURCES = {"spo2_percent": "oximeter", "pulse_rate_per_min": "oximeter", "heart_rate_per_min": "strap"}


def made_facts(seed: int, *, sets: int = 3, repetitions: int = 8, duration_s: float = 900.0) -> SessionFacts:
    """One random session: things missing, doubtful and partial as they come."""
    random = Random(seed)

    def maybe(value: float | None, chance: float = 0.85) -> float | None:
        return value if random.random() < chance else None

    def some(low: float, high: float) -> float:
        return round(random.uniform(low, high), 1)

    length = duration_s / (sets + 2)
    set_facts, repetition_facts, phases = [], [], [_phase("before", 0.0, length)]
    for number in range(1, sets + 1):
        from_s, to_s = round(number * length, 3), round((number + 0.6) * length, 3)
        phases += [_phase("exercise", from_s, to_s), _phase("rest", to_s, round((number + 1) * length, 3))]
        step = (to_s - from_s) / repetitions
        for index in range(repetitions):
            repetition_facts.append(
                RepetitionFacts(
                    fact_id=f"rep-{len(repetition_facts) + 1}",
                    exercise="knee_extension",
                    set_number=number,
                    number=index + 1,
                    from_s=round(from_s + index * step, 3),
                    to_s=round(from_s + (index + 1) * step, 3),
                    range_deg=some(20, 110),
                    range_error_deg=maybe(some(0.5, 5)),
                    minimum_deg=some(-5, 15),
                    maximum_deg=some(60, 120),
                    tempo_s=(some(0.3, 2), some(0, 2), some(0.3, 2)),
                    peak_speed_deg_s=some(50, 300),
                    smoothness_sparc=-3.1,
                    flags=("partial",) if random.random() < 0.1 else (),
                )
            )
        mean = maybe(some(20, 110))
        set_facts.append(
            SetFacts(
                fact_id=f"set-{number}",
                exercise="knee_extension",
                number=number,
                from_s=from_s,
                to_s=to_s,
                repetitions=random.randrange(0, 15),
                repetitions_prescribed=10,
                partial=random.randrange(0, 3),
                too_fast=0,
                range_mean_deg=mean,
                range_best_deg=None if mean is None else some(20, 120),
                range_error_deg=None if mean is None else maybe(some(0.5, 6)),
                detectable_change_deg=None,
                tempo_s=None if mean is None else (some(0.3, 3), some(0, 3), some(0.3, 3)),
                load=maybe(some(0, 40)),
                symmetry_percent=None,
                symmetry_detectable=False,
                unseen_s=some(0, 9) if random.random() < 0.3 else 0.0,
                heart_rate_highest_per_min=maybe(some(60, 180)),
                spo2_lowest_percent=maybe(some(75, 99)),
            )
        )
    phases.append(_phase("recovery", round((sets + 1) * length, 3), duration_s))
    vitals, points = [], []
    for code, (unit, low, high) in CODES.items():
        for period in ("before", "during", "after"):
            if random.random() < 0.85:
                values = sorted(some(low, high) for _ in range(4))
                vitals.append(
                    VitalFacts(
                        code=code,
                        unit=unit,
                        source=SOURCES.get(code, "cuff"),
                        period=period,
                        samples=random.randrange(1, 600),
                        questionable=0,
                        minimum=values[0],
                        mean=values[1],
                        maximum=values[3],
                        last=values[2],
                    )
                )
        for point in POINTS:
            value = maybe(some(low, high), 0.7)
            points.append(
                PointFacts(
                    code=code,
                    unit=unit,
                    point=point,
                    t_s=None if value is None else some(0, duration_s),
                    value=value,
                    reason="" if value is not None else "no usable value within 10 s",
                )
            )
    # The points of a pressure are readings: the cuff's own.
    pressures = []
    for number in range(1, random.randrange(2, 6)):
        t_s = some(1, duration_s - 1)
        valid = random.random() < 0.9
        pressures.append(
            PressureFacts(
                fact_id=f"bp-{number}",
                t_s=t_s,
                phase="rest",
                period="before" if t_s < length else "after" if t_s >= (sets + 1) * length else "during",
                systolic_mmhg=some(80, 250) if valid else None,
                diastolic_mmhg=some(40, 130) if valid else None,
                mean_mmhg=maybe(some(60, 150)),
                pulse_per_min=maybe(some(50, 150)),
                quality=random.choice(("good", "questionable")),
                flags=(),
                source="cuff",
                arm="left",
                posture=random.choice((None, "sitting")),
            )
        )
    points = [_as_reading(point, pressures) for point in points]
    ratings = tuple(
        RatingFacts(
            fact_id=f"rating-{number}",
            t_s=some(0, duration_s),
            phase="rest",
            scale=scale,
            value=float(random.randrange(6, 21) if scale == "rpe" else random.randrange(0, 11)),
            by="assistant-1",
        )
        for number, scale in enumerate(random.choices(("rpe", "cr10", "dyspnoea", "pain"), k=4), start=1)
    )
    return SessionFacts(
        session_id=f"made-{seed}",
        patient_id="p-1",
        clinic="north",
        station="gym-2",
        software_version="0.1.0",
        plan_version="0123456789abcdef",
        pack="general",
        start_utc_ns=START_UTC_NS,
        utc_offset_s=3600,
        duration_s=duration_s,
        is_complete=random.random() < 0.9,
        has_ended=True,
        phases=tuple(phases),
        exercises=(_exercise(set_facts),),
        sets=tuple(set_facts),
        repetitions=tuple(repetition_facts),
        vitals=tuple(vitals),
        points=tuple(points),
        pressures=tuple(sorted(pressures, key=lambda one: one.t_s)),
        ratings=tuple(sorted(ratings, key=lambda one: one.t_s)),
        notes=(NoteFacts(fact_id="note-1", t_s=5.0, phase="before", kind="symptom", text="dizzy", by="x-1"),),
        limits=(LimitFacts(name="spo2_low_percent", unit="%", value=90.0, loosened_from_pack=False),),
        limit_changes=(),
        alerts=tuple(_alert(random, number, duration_s) for number in range(random.randrange(0, 6))),
        devices=tuple(
            DeviceFacts(
                device=name,
                family="pulse_oximeter",
                role=role,
                arm=None,
                firmware=NotRecorded(reason="not read"),
                battery_percent=maybe(80.0),
                reconnects=1,
                decode_failures=0,
                completeness_percent=97.5,
            )
            for name, role in (("oximeter", "oximeter"), ("strap", "heart_rate_strap"), ("cuff", "cuff"))
        ),
        calibrations=(
            CalibrationFacts(fact_id="calibration-1", t_s=1.0, joint="knee_left", axis_error_deg=0.4),
        ),
        gate=NotRecorded(reason="none"),
        cues=NotRecorded(reason="none"),
        function_tests=NotRecorded(reason="none"),
        people=(PersonFacts(code="assistant-1", role="assistant", acts=3),),
        messages=4,
        messages_unconfirmed=0,
        series=tuple(_series(random, code, duration_s, every_s=1.0) for code in SOURCES),
    )


def _phase(phase: str, from_s: float, to_s: float) -> PhaseFacts:
    return PhaseFacts(phase=phase, from_s=from_s, to_s=to_s, reason="")


def _as_reading(point: PointFacts, pressures: list[PressureFacts]) -> PointFacts:
    if point.code not in {"systolic_mmhg", "diastolic_mmhg"}:
        return point
    found = next((one for one in pressures if one.systolic_mmhg is not None), None)
    value = None if found is None else getattr(found, point.code)
    t_s = None if found is None else found.t_s
    return replace(point, value=value, t_s=t_s, reason="" if found else "no cuff reading")


def _exercise(sets: list[SetFacts]) -> ExerciseFacts:
    return ExerciseFacts(
        name="knee_extension",
        joint="knee",
        side="left",
        load=None,
        load_unit=None,
        sets_prescribed=len(sets),
        repetitions_prescribed=10 * len(sets),
        sets_done=len(sets),
        repetitions_done=sum(one.repetitions for one in sets),
        rest_angle_deg=90.0,
        target_angle_deg=10.0,
        range_goal_deg=(60.0, 90.0),
        tempo_goal_s=None,
        active_s=100.0,
        elapsed_s=300.0,
    )


def _alert(random: Random, number: int, duration_s: float) -> AlertFacts:
    fired_s = round(random.uniform(5, duration_s - 1), 3)
    answered = random.random() < 0.7
    return AlertFacts(
        fact_id=f"G1-{number}",
        rule="G1",
        condition="spo2_low",
        kind="physiological",
        priority=random.choice(("low", "medium", "high")),
        text="SpO2 87 %, below 90 %",
        text_is_free=False,
        phase="exercise",
        offending_s=round(fired_s - 5.0, 3),
        fired_s=fired_s,
        value=87.0,
        unit="%",
        limit=90.0,
        sources=("oximeter",),
        firings=1,
        confirmed_after_ms=12.0 if random.random() < 0.9 else None,
        acknowledged_s=round(fired_s + 6, 3) if answered else None,
        acknowledged_by="therapist-1" if answered else None,
        resolved_s=round(fired_s + 30, 3) if random.random() < 0.9 else None,
        state="resolved",
        overridden=False,
        by_artefact=random.random() < 0.2,
        verdict=None,
    )


def _series(random: Random, code: str, duration_s: float, *, every_s: float) -> Series:
    unit, low, high = CODES.get(code, ("deg", 0.0, 90.0))
    times = tuple(round(place * every_s, 3) for place in range(int(duration_s / every_s)))
    values = tuple(None if random.random() < 0.02 else round(random.uniform(low, high), 1) for _ in times)
    return Series(code=code, unit=unit, source=SOURCES.get(code, "knee_left"), t_s=times, values=values)


def an_hour() -> SessionFacts:
    """An hour as the product records it: 20 sets of 20, angles ten times a second, four signs each second."""
    facts = made_facts(7, sets=20, repetitions=20, duration_s=3600.0)
    random = Random(8)
    more = _series(random, "joint_angle_deg", 3600.0, every_s=0.1)
    extra = replace(_series(random, "spo2_percent", 3600.0, every_s=1.0), code="perfusion_index_percent")
    alerts = tuple(_alert(random, number, 3600.0) for number in range(40))
    return replace(facts, series=(*facts.series, extra, more), alerts=alerts)


def any_session() -> st.SearchStrategy[SessionFacts]:
    """Random sessions."""
    return st.builds(
        made_facts,
        st.integers(0, 2**31),
        sets=st.integers(1, 6),
        repetitions=st.integers(1, 12),
        duration_s=st.floats(120.0, 4000.0).map(lambda value: round(value, 3)),
    )
