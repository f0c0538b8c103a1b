"""Words and numbers as people read them; every artefact uses these, so that all say the same."""

from collections.abc import Mapping

from monitor.record.facts import NotRecorded, SessionFacts

ADJUNCT = (
    "Made by kinewatch, an adjunct for supervised exercise therapy and not a medical device. "
    "It makes no diagnosis; a clinician judges what it shows."
)

# What a missing value looks like; the reason stands beside or below it.
MISSING = "–"

UNIT_WORDS: Mapping[str, str] = {
    "mm[Hg]": "mmHg",
    "/min": "/min",
    "%": "%",
    "deg": "°",
    "deg/s": "°/s",
    "{score}": "",
    "s": "s",
    "Cel": "°C",
    "1": "",
    "": "",
}
CODE_WORDS: Mapping[str, str] = {
    "spo2_percent": "SpO₂",
    "heart_rate_per_min": "Heart rate",
    "pulse_rate_per_min": "Pulse rate",
    "pleth_rate_per_min": "Pulse rate (waveform)",
    "perfusion_index_percent": "Perfusion index",
    "systolic_mmhg": "Systolic",
    "diastolic_mmhg": "Diastolic",
    "joint_angle_deg": "Joint angle",
    "body_temperature_cel": "Body temperature",
    "speed_km_h": "Speed",
    "incline_percent": "Incline",
    "cadence_per_min": "Cadence",
    "power_w": "Power",
    "distance_m": "Distance",
    "resistance_level": "Resistance",
}
PERIOD_WORDS: Mapping[str, str] = {"before": "before", "during": "exercise", "after": "after"}
SCALE_WORDS: Mapping[str, str] = {
    "rpe": "Exertion (Borg 6–20)",
    "cr10": "Exertion (Borg CR10)",
    "dyspnoea": "Dyspnoea (0–10)",
    "pain": "Pain (0–10)",
}
POINT_WORDS: Mapping[str, str] = {
    "peak": "Peak",
    "recovery_1_min": "Recovery 1 min",
    "recovery_3_min": "Recovery 3 min",
    "recovery_5_min": "Recovery 5 min",
}


def number(value: float) -> str:
    """Shortest text of a rounded number: 97.0 is "97"."""
    return f"{value:.0f}" if value == int(value) else f"{value:g}" if abs(value) >= 1e-4 else "0"


def with_error(value: float, error: float | None) -> str:
    """`76.8 ± 2.8`; `± ?` says that the error is not known."""
    return f"{number(value)} ± {'?' if error is None else number(error)}"


def tempo(parts: tuple[float, float, float]) -> str:
    """Lifting, holding, lowering in seconds: `1.1-0.7-1.1`."""
    return "-".join(number(part) for part in parts)


def minutes(seconds: float) -> str:
    """Minutes and seconds: `6:12`, with hours from an hour on."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def unit(ucum: str) -> str:
    """A UCUM unit as people write it."""
    return UNIT_WORDS.get(ucum, ucum)


def quantity(value: float, ucum: str) -> str:
    """Number and unit: `97 %`, `129 mmHg`, `38°`."""
    words = unit(ucum)
    return number(value) + words if words.startswith("°") else f"{number(value)} {words}".rstrip()


def plain(name: str) -> str:
    """`knee_extension` as `knee extension`."""
    return name.replace("_", " ")


def limit_name(name: str) -> str:
    """`spo2_low_percent` as `SpO₂ low`: the unit stands with the value."""
    for ending in ("_percent", "_per_min", "_mmhg", "_deg_s", "_deg", "_points"):
        name = name.removesuffix(ending)
    return plain(name).replace("spo2", "SpO₂").replace("rpe", "RPE").replace("cr10", "CR10")


def clock(facts: SessionFacts, t_s: float) -> str:
    """Local time of day with seconds."""
    return facts.local(t_s).strftime("%H:%M:%S")


def day(facts: SessionFacts) -> str:
    """Local date and time of the start, with the offset to UTC."""
    start = facts.local(0.0)
    offset = start.strftime("%z")
    return start.strftime("%Y-%m-%d %H:%M ") + f"UTC{offset[:3]}:{offset[3:]}"


def reason_of(value: object) -> str | None:
    """Why a fact is missing, or None when it is there."""
    return value.reason if isinstance(value, NotRecorded) else None
