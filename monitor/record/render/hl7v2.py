r"""HL7 v2.5.1 ORU^R01: the second door, for sites without FHIR. Escaping and framing are our own.

Measured: one library leaves `^` and `&` in a text, which readers then split; another writes a line break as
an escape that the standard does not have. Here every delimiter is escaped (2.5.1 chapter 2.7); in an FT field
a line break is the standard's `\.br\`, in an ST field, which has none, it becomes a blank.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from monitor.record.facts import SessionFacts
from monitor.record.fhir.codes import LOINC, LOINC_CODES, MDC, MDC_CODES, OUR_CODES, OURS, RATINGS, SIGNS
from monitor.record.render import soap
from monitor.record.render.wording import number, plain

_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
_SYSTEMS = {LOINC: "LN", MDC: "MDC", OURS: "L"}
_NAMES = {LOINC: LOINC_CODES, MDC: MDC_CODES, OURS: OUR_CODES}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What MLLP puts around a message.
START, END = b"\x0b", b"\x1c\r"


def escaped(text: str, *, breaks: str = " ") -> str:
    """`text` with every delimiter escaped; control characters are left out, line breaks become `breaks`."""
    whole = "".join(_ESCAPES.get(letter, letter) for letter in text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = ("".join(letter for letter in line if letter.isprintable()) for line in whole.split("\n"))
    return breaks.join(lines)


def formatted(text: str) -> str:
    """`text` for an FT field: line breaks as the standard's formatting command."""
    return escaped(text, breaks="\\.br\\")


def framed(message: str) -> bytes:
    """The message as MLLP sends it."""
    return START + message.encode() + END


def oru(facts: SessionFacts) -> str:
    """The whole message, segments ended by carriage returns."""
    return "".join(f"{segment}\r" for segment in _segments(facts))


def _segments(facts: SessionFacts) -> Iterator[str]:
    end = _time(facts, facts.duration_s)
    # At most 20 characters, the same for the same session.
    control_id = sha256(f"{facts.clinic}/{facts.session_id}".encode()).hexdigest()[:20]
    to = [escaped(facts.station), "", escaped(facts.clinic), end, "", "ORU^R01^ORU_R01", control_id]
    yield "|".join(["MSH", "^~\\&", "KINEWATCH", *to, "P", "2.5.1", *[""] * 5, "UNICODE UTF-8"])
    yield f"PID|1||{escaped(facts.patient_id)}^^^{escaped(facts.clinic)}^PI||^^^^^^S"
    yield "PV1|1|O"
    begin = _time(facts, 0.0)
    filler = f"{escaped(facts.session_id)}^KINEWATCH"
    code = _code(OURS, "exercise-session")
    yield "|".join(["OBR", "1", "", filler, code, "", "", begin, end, *[""] * 13, end, "", "", "P"])
    for position, (kind, code, sub_id, value, unit, t_s) in enumerate(_observations(facts), start=1):
        # P, preliminary: nobody has signed.
        yield "|".join(
            [
                "OBX",
                str(position),
                kind,
                code,
                sub_id,
                value,
                escaped(unit),
                "",
                "",
                "",
                "",
                "P",
                "",
                "",
                _time(facts, t_s),
            ]
        )


Observation = tuple[str, str, str, str, str, float]


def _observations(facts: SessionFacts) -> Iterator[Observation]:
    yield from _vitals(facts)
    yield from _sets(facts)
    for rating in facts.ratings:
        (system, code), _ = RATINGS[rating.scale]
        yield "NM", _code(system, code), rating.fact_id, number(rating.value), "{score}", rating.t_s
    for note in facts.notes:
        yield (
            "ST",
            _code(OURS, "symptom" if note.kind == "symptom" else "note"),
            note.fact_id,
            (escaped(note.text or "reported")),
            "",
            note.t_s,
        )
    for alert in facts.alerts:
        text = f"{alert.priority}: {alert.text}; {alert.state}"
        yield "ST", _code(OURS, "alert"), escaped(alert.fact_id), escaped(text), "", alert.fired_s
    for amendment in facts.amendments:
        text = f"correction {amendment.number} of {amendment.fact_id}: {amendment.correction}"
        yield "ST", _code(OURS, "note"), f"amendment-{amendment.number}", escaped(text), "", facts.duration_s
    yield "FT", _code(LOINC, "11506-3"), "note", formatted(soap.soap(facts)), "", facts.duration_s


def _vitals(facts: SessionFacts) -> Iterator[Observation]:
    for one in facts.vitals:
        sign = SIGNS.get(one.code)
        if sign is None:
            continue
        value = one.mean if one.period == "during" else one.last
        yield (
            "NM",
            _both(sign.codings),
            f"{one.source}/{one.period}",
            number(value),
            sign.unit,
            _end(facts, one.period),
        )
    for point in facts.points:
        sign = SIGNS.get(point.code)
        if sign is not None and point.value is not None and point.t_s is not None:
            yield "NM", _both(sign.codings), point.point, number(point.value), sign.unit, point.t_s
    for reading in facts.pressures:
        for codings, found, unit in (
            (((MDC, "150021"), (LOINC, "8480-6")), reading.systolic_mmhg, "mm[Hg]"),
            (((MDC, "150022"), (LOINC, "8462-4")), reading.diastolic_mmhg, "mm[Hg]"),
            (((MDC, "150023"), (LOINC, "8478-0")), reading.mean_mmhg, "mm[Hg]"),
            (((OURS, "cuff-pulse-rate"),), reading.pulse_per_min, "/min"),
        ):
            if found is not None:
                yield "NM", _both(codings), reading.fact_id, number(found), unit, reading.t_s


def _sets(facts: SessionFacts) -> Iterator[Observation]:
    for one in facts.sets:
        lift, hold, lower = one.tempo_s or (None, None, None)
        name = escaped(f"{plain(one.exercise)}, set {one.number}")
        yield "ST", _code(OURS, "exercise-set"), one.fact_id, name, "", one.to_s
        for code, value, unit in (
            ("repetitions-done", float(one.repetitions), "{repetitions}"),
            ("repetitions-prescribed", float(one.repetitions_prescribed), "{repetitions}"),
            ("repetitions-partial", float(one.partial), "{repetitions}"),
            ("range-mean", one.range_mean_deg, "deg"),
            ("range-error", one.range_error_deg, "deg"),
            ("range-best", one.range_best_deg, "deg"),
            ("tempo-lift", lift, "s"),
            ("tempo-hold", hold, "s"),
            ("tempo-lower", lower, "s"),
            ("load", one.load, "1"),
            ("unseen", one.unseen_s, "s"),
            ("heart-rate-highest", one.heart_rate_highest_per_min, "/min"),
            ("spo2-lowest", one.spo2_lowest_percent, "%"),
        ):
            if value is not None:
                yield "NM", _code(OURS, code), one.fact_id, number(value), unit, one.to_s


def _end(facts: SessionFacts, period: str) -> float:
    phases = {"before": {"before", "calibration"}, "during": {"exercise", "rest"}}
    inside = phases.get(period, {"recovery", "ended"})
    ends = [phase.to_s for phase in facts.phases if phase.phase in inside]
    return min(ends[-1], facts.duration_s) if ends else facts.duration_s


def _code(system: str, code: str) -> str:
    return f"{code}^{escaped(_NAMES[system][code])}^{_SYSTEMS[system]}"


def _both(codings: Sequence[tuple[str, str]]) -> str:
    """The code of LOINC (or ours) first, MDC as the alternate: CWE has room for two."""
    ordered = sorted(codings, key=lambda one: one[0] == MDC)
    first = next((one for one in ordered if one[1] == "59408-5"), ordered[0])
    alternate = ordered[-1] if ordered[-1][0] == MDC and ordered[-1] != first else None
    return _code(*first) + ("" if alternate is None else f"^{_code(*alternate)}")


def _time(facts: SessionFacts, t_s: float) -> str:
    """UTC with exactly three digits of a second: a known reader takes fewer for whole milliseconds."""
    milliseconds = facts.start_utc_ns // 1_000_000 + round(t_s * 1000)
    instant = _EPOCH + timedelta(milliseconds=milliseconds)
    return instant.strftime("%Y%m%d%H%M%S.") + f"{instant.microsecond // 1000:03d}+0000"
