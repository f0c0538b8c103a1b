"""Every code that leaves this station, in one reviewed table: LOINC, MDC, SNOMED CT, UCUM, our own.

Where each was read is in docs/record.md. LOINC's last digit is a check digit (`has_check_digit`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

LOINC = "http://loinc.org"
MDC = "urn:iso:std:iso:11073:10101"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
OURS = "https://kinewatch.invalid/fhir/code"

Coding = Mapping[str, str]

LOINC_CODES: Mapping[str, str] = {
    "8867-4": "Heart rate",
    "2708-6": "Oxygen saturation in Arterial blood",
    "59408-5": "Oxygen saturation in Arterial blood by Pulse oximetry",
    "85354-9": "Blood pressure panel with all children optional",
    "8480-6": "Systolic blood pressure",
    "8462-4": "Diastolic blood pressure",
    "8478-0": "Mean blood pressure",
    "8310-5": "Body temperature",
    "41343-5": "Knee - left Flexion Active Range of Motion Quantitative",
    "41345-0": "Knee - left Extension Active Range of Motion Quantitative",
    "41347-6": "Knee - right Flexion Active Range of Motion Quantitative",
    "41349-2": "Knee - right Extension Active Range of Motion Quantitative",
    "82289-0": "Rating of perceived exertion [Score]",
    "72514-3": "Pain severity - 0-10 verbal numeric rating [Score] - Reported",
    "64098-7": "6 minute walk test",
    "11506-3": "Progress note",
    "61150-9": "Subjective Narrative",
    "61149-1": "Objective Narrative",
    "51848-0": "Evaluation note",
    "18776-5": "Plan of care note",
}
MDC_CODES: Mapping[str, str] = {
    "150456": "MDC_PULS_OXIM_SAT_O2",
    "149530": "MDC_PULS_OXIM_PULS_RATE",
    "147842": "MDC_ECG_HEART_RATE",
    "150020": "MDC_PRESS_BLD_NONINV",
    "150021": "MDC_PRESS_BLD_NONINV_SYS",
    "150022": "MDC_PRESS_BLD_NONINV_DIA",
    "150023": "MDC_PRESS_BLD_NONINV_MEAN",
    "150364": "MDC_TEMP_BODY",
}
SNOMED_CODES: Mapping[str, str] = {
    "229065009": "Exercise therapy",
    "307166007": "Before exercise (qualifier value)",
    "309604004": "During exercise (qualifier value)",
    "255214003": "After exercise (qualifier value)",
    "82169009": "Left knee region structure",
    "6757004": "Right knee region structure",
}
OUR_CODES: Mapping[str, str] = {
    "exercise-session": "Exercise session watched by sensors",
    "exercise": "Prescribed exercise as done",
    "exercise-set": "One set of an exercise",
    "repetitions-done": "Whole repetitions done",
    "repetitions-prescribed": "Repetitions prescribed",
    "repetitions-partial": "Partial repetitions",
    "repetitions-too-fast": "Repetitions faster than the plan allows",
    "range-mean": "Mean range of motion of the set",
    "range-best": "Best range of motion of the set",
    "range-error": "Standard deviation of the range's measurement",
    "range-detectable-change": "Smallest change of the range beyond measurement error",
    "tempo-lift": "Mean time of lifting",
    "tempo-hold": "Mean time of holding",
    "tempo-lower": "Mean time of lowering",
    "load": "Load as the plan numbers it",
    "unseen": "Time of the set in which no sensor saw the joint",
    "heart-rate-highest": "Highest heart rate within the set",
    "spo2-lowest": "Lowest oxygen saturation within the set",
    "minimum": "Lowest value of the period",
    "mean": "Mean of the period",
    "maximum": "Highest value of the period",
    "samples": "Values in the period",
    "peak": "Worst value during exercise",
    "recovery_1_min": "One minute after the last exercise",
    "recovery_3_min": "Three minutes after the last exercise",
    "recovery_5_min": "Five minutes after the last exercise",
    "trend": "Value each second of the session",
    "flexion-active": "Largest active flexion reached",
    "extension-active": "Smallest active flexion reached (extension)",
    "perfusion-index": "Perfusion index",
    "pulse-rate-waveform": "Pulse rate counted on the oximeter's waveform",
    "rpe-6-20": "Borg rating of perceived exertion, 6 to 20",
    "dyspnoea-0-10": "Dyspnoea, 0 to 10",
    "symptom": "Symptom reported in the session",
    "note": "Note of the session",
    "correction": "Correction of a fact of this session",
    "cuff-pulse-rate": "Pulse rate counted by the cuff",
    "alert": "Alert raised in the session",
    "alert-value": "Value that raised the alert",
    "alert-limit": "Limit in force",
    "alert-priority": "Priority by IEC 60601-1-8",
    "alert-delay": "Time from the first offending sample to the alert",
    "alert-by-artefact": "Raised while a poor signal was being reported",
    "alert-state": "State at the end of the record",
    "function-test": "Function test",
    "joint-axis": "Joint angle between two motion sensors",
    "gateway": "Station that watches the session",
    "oximeter": "Pulse oximeter",
    "heart_rate_strap": "Heart rate strap",
    "cuff": "Blood pressure cuff",
    "imu_proximal": "Motion sensor, proximal segment",
    "imu_distal": "Motion sensor, distal segment",
    "imu_foot_left": "Motion sensor, left foot",
    "imu_foot_right": "Motion sensor, right foot",
    "imu_shank_left": "Motion sensor, left shank",
    "imu_shank_right": "Motion sensor, right shank",
    "imu_thigh_left": "Motion sensor, left thigh",
    "imu_thigh_right": "Motion sensor, right thigh",
    "imu_lumbar": "Motion sensor, lower back",
    "exercise_machine": "Exercise machine",
    "thermometer": "Thermometer",
    "home-programme": "Exercises as prescribed",
}
# UCUM codes that leave; the npm validator of UCUM is asked about each in CI.
UCUM_CODES: Mapping[str, str] = {
    "/min": "/min",
    "%": "%",
    "mm[Hg]": "mmHg",
    "deg": "deg",
    "deg/s": "deg/s",
    "s": "s",
    "ms": "ms",
    "m": "m",
    "m/s": "m/s",
    "kg": "kg",
    "1": "1",
    "{score}": "score",
    "{repetitions}": "repetitions",
    "{samples}": "samples",
    "{steps}/min": "steps/min",
    "Cel": "°C",
}

_TABLES: Mapping[str, Mapping[str, str]] = {
    LOINC: LOINC_CODES,
    MDC: MDC_CODES,
    SNOMED: SNOMED_CODES,
    OURS: OUR_CODES,
}
_EXERTION = {"before": "307166007", "during": "309604004", "after": "255214003"}


@dataclass(frozen=True, slots=True)
class Sign:
    """How one vital sign is coded: profile, codings, UCUM unit, how it was measured."""

    codings: tuple[tuple[str, str], ...]
    unit: str
    method: str
    profile: str | None = None


CORE = "http://hl7.org/fhir/StructureDefinition/"
HEART_RATE, SATURATION, PRESSURE = f"{CORE}heartrate", f"{CORE}oxygensat", f"{CORE}bp"
SIGNS: Mapping[str, Sign] = {
    "heart_rate_per_min": Sign(
        ((MDC, "147842"), (LOINC, "8867-4")), "/min", "heart rate strap (ECG)", HEART_RATE
    ),
    "pulse_rate_per_min": Sign(((MDC, "149530"), (LOINC, "8867-4")), "/min", "pulse oximeter", HEART_RATE),
    "spo2_percent": Sign(
        ((MDC, "150456"), (LOINC, "2708-6"), (LOINC, "59408-5")), "%", "pulse oximeter", SATURATION
    ),
    "body_temperature_cel": Sign(
        ((MDC, "150364"), (LOINC, "8310-5")), "Cel", "thermometer", f"{CORE}bodytemp"
    ),
    "pleth_rate_per_min": Sign(((OURS, "pulse-rate-waveform"),), "/min", "oximeter waveform"),
    "perfusion_index_percent": Sign(((OURS, "perfusion-index"),), "%", "pulse oximeter"),
}
RATINGS: Mapping[str, tuple[tuple[str, str], str]] = {
    "rpe": ((OURS, "rpe-6-20"), "Borg 6-20"),
    "cr10": ((LOINC, "82289-0"), "Borg CR10"),
    "dyspnoea": ((OURS, "dyspnoea-0-10"), "Borg 0-10"),
    "pain": ((LOINC, "72514-3"), "numeric 0-10, verbal"),
}


def coding(system: str, code: str) -> Coding:
    """A coding of the table.

    Raises:
        KeyError: the table has no such code; it must be reviewed first.
    """
    return {"system": system, "code": code, "display": _TABLES[system][code]}


def is_known(system: str, code: str) -> bool:
    """Whether the table has the code; of systems that are not in it, anything is."""
    if system == UCUM:
        return code in UCUM_CODES
    return system not in _TABLES or code in _TABLES[system]


def exertion(period: str) -> Coding:
    """The exertion phase of a period, from the US vital signs value set."""
    return coding(SNOMED, _EXERTION[period])


def has_check_digit(code: str) -> bool:
    """Whether a LOINC code's last digit is right (mod 10, as on a credit card)."""
    digits, _, check = code.partition("-")
    if not (digits.isdecimal() and len(check) == 1 and check.isdecimal()):
        return False
    doubled = str(int(digits[::-1][0::2][::-1]) * 2)
    total = sum(map(int, doubled)) + sum(map(int, digits[::-1][1::2]))
    return (10 - total % 10) % 10 == int(check)
