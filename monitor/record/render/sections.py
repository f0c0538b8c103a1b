"""The report's tables and sentences as plain text, for every form that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.record.facts import Amendment, FiledReadingFacts, NotRecorded, SessionFacts, iso_utc
from monitor.record.render.wording import (
    CODE_WORDS,
    MISSING,
    PERIOD_WORDS,
    SCALE_WORDS,
    clock,
    limit_name,
    minutes,
    number,
    plain,
    quantity,
    with_error,
)

# What is told of machines and thermometers: no curve, a table.
COUNTED = frozenset(
    {
        "body_temperature_cel",
        "speed_km_h",
        "incline_percent",
        "cadence_per_min",
        "power_w",
        "distance_m",
        "resistance_level",
    }
)
_DISTANCE = "distance_m"
# What stands before a correction in a cell, so that a form can set it apart.
CORRECTED = " corrected: "
_SHOWN_LIMITS = frozenset(
    {
        "spo2_low_percent",
        "spo2_sudden_percent",
        "heart_rate_upper_per_min",
        "heart_rate_low_per_min",
        "systolic_stop_mmhg",
        "diastolic_stop_mmhg",
        "rpe_stop",
        "pain_stop",
        "flexion_cap_deg",
        "extension_cap_deg",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A titled table, or the reason why it is empty; a head that begins with `#` is a column of numbers."""

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    none: str
    note: str = ""


def warnings(facts: SessionFacts) -> list[str]:
    """What a reader must know before anything else."""
    sentences = []
    if not facts.is_complete:
        sentences.append("The recording was cut off: what came after its end is not in this record.")
    if facts.messages_unconfirmed:
        sentences.append(
            f"{facts.messages_unconfirmed} of {facts.messages} alert messages were not confirmed by the "
            "therapist's application before the recording ended."
        )
    unseen = [one for one in facts.sets if one.unseen_s >= 1.0]
    if unseen:
        which = ", ".join(
            f"{plain(one.exercise)} set {one.number} ({number(one.unseen_s)} s)" for one in unseen
        )
        sentences.append(f"No sensor saw the joint for part of: {which}. Repetitions may be missing.")
    return sentences


def tiles(facts: SessionFacts) -> list[tuple[str, str]]:
    """The session in six figures: (figure, what it is)."""
    done = sum(one.repetitions_done for one in facts.exercises)
    asked = sum(one.repetitions_prescribed for one in facts.exercises)
    best = max(
        (one for one in facts.sets if one.range_best_deg is not None),
        key=lambda one: one.range_best_deg or 0.0,
        default=None,
    )
    range_text = MISSING
    if best is not None and best.range_best_deg is not None:
        range_text = with_error(best.range_best_deg, best.range_error_deg) + "°"
    high = sum(one.priority == "high" for one in facts.alerts)
    peaks = {one.code: one.value for one in facts.points if one.point == "peak"}
    return [
        (f"{done} of {asked}", "repetitions done of prescribed"),
        (range_text, "best range of motion ± 1 SD"),
        (_peak(peaks.get("heart_rate_per_min"), "/min"), "highest heart rate, exercise"),
        (_peak(peaks.get("spo2_percent"), "%"), "lowest SpO₂, exercise"),
        (_peak(peaks.get("systolic_mmhg"), "mm[Hg]"), "highest systolic, exercise"),
        (f"{len(facts.alerts)}", f"alerts, {high} of them high"),
    ]


def _peak(value: float | None, unit: str) -> str:
    return MISSING if value is None else quantity(value, unit)


def left(facts: SessionFacts) -> list[Section]:
    """What was measured by hand, said, and allowed."""
    counted = machines(facts)
    return [readings(facts), *([counted] if counted.rows else []), said(facts), limits(facts)]


def right(facts: SessionFacts) -> list[Section]:
    """With what, after which checks, by whom."""
    return [devices(facts), gate(facts), function_tests(facts), people(facts)]


def correction(one: Amendment) -> str:
    """One correction as it stands beside its fact."""
    return f"corrected: {one.correction} (no. {one.number})"


def _amended(facts: SessionFacts, fact_id: str) -> str:
    return "".join(f" {correction(one)}" for one in facts.amendments_of(fact_id))


def alerts(facts: SessionFacts) -> Section:
    """Every alert with its times."""
    rows = []
    for one in facts.alerts:
        acknowledged = MISSING
        if one.acknowledged_s is not None:
            verb = "overridden by" if one.overridden else "by"
            acknowledged = f"{_after(one.acknowledged_s - one.fired_s)} {verb} {one.acknowledged_by}"
        rows.append(
            (
                one.fact_id + (" (poor signal)" if one.by_artefact else ""),
                one.priority,
                one.text + _amended(facts, one.fact_id),
                clock(facts, one.offending_s),
                clock(facts, one.fired_s),
                MISSING if one.confirmed_after_ms is None else f"{number(one.confirmed_after_ms)} ms",
                acknowledged,
                f"open ({one.state})" if one.resolved_s is None else _after(one.resolved_s - one.fired_s),
            )
        )
    head = (
        "Alert",
        "Priority",
        "",
        "First sample",
        "Raised",
        "#Confirmed after",
        "Acknowledged after",
        "Over after",
    )
    return Section(title="Alerts", head=head, rows=rows, none="no alert was raised")


def _after(seconds: float) -> str:
    return f"{number(round(seconds, 1))} s" if seconds < 100 else f"{minutes(seconds)} min"


def readings(facts: SessionFacts) -> Section:
    """Every cuff reading."""
    rows = [
        (
            clock(facts, one.t_s) + _amended(facts, one.fact_id),
            plain(one.phase),
            _pair(one.systolic_mmhg, one.diastolic_mmhg),
            MISSING if one.mean_mmhg is None else number(one.mean_mmhg),
            MISSING if one.pulse_per_min is None else number(one.pulse_per_min),
            " ".join([one.quality, *map(plain, one.flags)]),
            ", ".join(filter(None, (one.arm and f"{one.arm} arm", one.posture or "posture not said"))),
        )
        for one in facts.pressures
    ]
    head = ("Time", "Phase", "#mmHg", "#Mean", "#Pulse /min", "Quality", "Where")
    filed = "; ".join(_filed(facts, one) for one in facts.filed_readings)
    none = "no cuff reading came in this session" + (f"; {filed}" if filed else "")
    return Section(title="Cuff readings", head=head, rows=rows, none=none, note=filed)


def _filed(facts: SessionFacts, one: FiledReadingFacts) -> str:
    """A reading that was listed and not used, in a sentence."""
    values = "" if one.systolic_mmhg is None else f" {_pair(one.systolic_mmhg, one.diastolic_mmhg)}"
    taken = "" if one.taken is None else f", taken {one.taken} by its clock"
    return f"{clock(facts, one.t_s)}{values} filed, not used ({plain(one.reason)}{taken})"


def machines(facts: SessionFacts) -> Section:
    """What exercise machines counted and thermometers read: each period's mean, of a distance its end."""
    rows = [
        (
            CODE_WORDS[one.code],
            PERIOD_WORDS[one.period],
            quantity(one.last if one.code == _DISTANCE else one.mean, one.unit),
            MISSING if one.code == _DISTANCE else f"{number(one.minimum)}–{number(one.maximum)}",
            one.source,
        )
        for one in facts.vitals
        if one.code in COUNTED
    ]
    head = ("What", "When", "#Mean or last", "#Range", "Source")
    none = "no exercise machine and no thermometer in this session"
    return Section(title="Machine and temperature", head=head, rows=rows, none=none)


def _pair(systolic: float | None, diastolic: float | None) -> str:
    if systolic is None or diastolic is None:
        return "no value"
    return f"{number(systolic)}/{number(diastolic)}"


def said(facts: SessionFacts) -> Section:
    """Ratings, symptoms and notes in the order of their time."""
    lines = [
        (
            one.t_s,
            SCALE_WORDS.get(one.scale, one.scale),
            number(one.value) + (f" ({one.site})" if one.site else ""),
            one.fact_id,
            one.phase,
            one.by,
        )
        for one in facts.ratings
    ]
    lines += [(one.t_s, plain(one.kind), one.text, one.fact_id, one.phase, one.by) for one in facts.notes]
    rows = [
        (clock(facts, t_s), what, text + _amended(facts, fact_id), plain(phase), by)
        for t_s, what, text, fact_id, phase, by in sorted(lines)
    ]
    none = "no rating, symptom or note was entered"
    return Section(
        title="What the patient said", head=("Time", "What", "", "Phase", "Entered by"), rows=rows, none=none
    )


def limits(facts: SessionFacts) -> Section:
    """The limits that matter most, those that were loosened, and every change."""
    rows = [
        (
            limit_name(one.name),
            quantity(one.value, one.unit),
            "loosened in the plan, with a reason" if one.loosened_from_pack else "",
        )
        for one in facts.limits
        if one.name in _SHOWN_LIMITS or one.loosened_from_pack
    ]
    for change in facts.limit_changes:
        old = "none" if change.old is None else quantity(change.old, change.unit)
        rows.append(
            (
                limit_name(change.name),
                quantity(change.new, change.unit),
                f"from {clock(facts, change.t_s)}, was {old}, by {change.by}",
            )
        )
    return Section(
        title="Limits in force", head=("Limit", "#Value", ""), rows=rows, none="the plan has no such limit"
    )


def devices(facts: SessionFacts) -> Section:
    """Every sensor, its data, battery and calibration."""
    rows = []
    for one in facts.devices:
        share = one.completeness_percent
        rows.append(
            (
                one.device,
                plain(one.role),
                "readings" if isinstance(share, NotRecorded) else f"{number(share)} %",
                MISSING if one.battery_percent is None else f"{number(one.battery_percent)} %",
                str(one.reconnects),
                str(one.decode_failures),
                MISSING if isinstance(one.firmware, NotRecorded) else one.firmware,
            )
        )
    head = ("Sensor", "Role", "#Usable data", "#Battery", "#Reconn.", "#Unread.", "Firmware")
    notes = sorted({one.firmware.reason for one in facts.devices if isinstance(one.firmware, NotRecorded)})
    if isinstance(facts.calibrations, NotRecorded):
        notes.append(f"calibration: {facts.calibrations.reason}")
    else:
        notes += [
            f"{clock(facts, one.t_s)} {plain(one.joint)} calibrated"
            + ("" if one.axis_error_deg is None else f", axis within {number(one.axis_error_deg)}°")
            for one in facts.calibrations
        ]
    return Section(
        title="Sensors and calibration", head=head, rows=rows, none="no sensor", note="; ".join(notes)
    )


def gate(facts: SessionFacts) -> Section:
    """The readiness check."""
    found = () if isinstance(facts.gate, NotRecorded) else facts.gate
    rows = [
        (
            clock(facts, one.t_s),
            plain(one.check),
            "passed" if one.passed else "NOT passed",
            MISSING if one.value is None else quantity(one.value, one.unit),
            MISSING if one.limit is None else quantity(one.limit, one.unit),
            one.by,
            one.text,
        )
        for one in found
    ]
    none = facts.gate.reason if isinstance(facts.gate, NotRecorded) else "the check had no line"
    head = ("Time", "Check", "Result", "#Value", "#Limit", "By", "")
    return Section(title="Readiness", head=head, rows=rows, none=none)


def function_tests(facts: SessionFacts) -> Section:
    """Function tests, and how many cues were given."""
    found = () if isinstance(facts.function_tests, NotRecorded) else facts.function_tests
    rows = [
        (
            clock(facts, one.t_s),
            plain(one.test),
            "; ".join(
                f"{plain(name)} {with_error(value, error)} {unit}".strip()
                for name, value, unit, error in one.measures
            ),
            "; ".join([*(() if one.valid else ("NOT valid",)), *one.remarks]),
        )
        for one in found
    ]
    cues = facts.cues.reason if isinstance(facts.cues, NotRecorded) else f"{len(facts.cues)} cues were given"
    none = facts.function_tests.reason if isinstance(facts.function_tests, NotRecorded) else "none"
    return Section(
        title="Function tests and cues",
        head=("Time", "Test", "Result", ""),
        rows=rows,
        none=f"{none}; {cues}",
        note=cues,
    )


def people(facts: SessionFacts) -> Section:
    """Who took part, by role and code."""
    rows = [(one.code, one.role, str(one.acts)) for one in facts.people]
    none = "nobody gave a command in this session"
    return Section(title="Who took part", head=("Code", "Role", "#Entries"), rows=rows, none=none)


def amendments(facts: SessionFacts) -> Section:
    """Every correction."""
    rows = [
        (str(one.number), iso_utc(one.at_utc_ns), one.by, one.fact_id, one.correction, one.reason)
        for one in facts.amendments
    ]
    head = ("#No.", "Made (UTC)", "By", "Corrects", "Correction", "Reason")
    title = "Corrections (the original stands above, unchanged)"
    return Section(title=title, head=head, rows=rows, none="none")
