"""The values that travel through the core. Pure; time is data."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

# The flag of a value that comes out of a device's memory: a record, no observation of now.
STORED = "stored"
# The flag of a rate whose sensor cannot tell whether it is worn.
CONTACT_UNKNOWN = "contact_unknown"
# The flags of a value of which it is not known whether it is of now, or of this patient: it is shown with
# that doubt and may warn, but neither confirms nor clears anything.
AGE_UNKNOWN = "age_unknown"
CLOCK_LOST = "clock_lost"
BEFORE_SESSION = "before_session"
USER_UNKNOWN = "user_unknown"
UNCERTAIN = frozenset({AGE_UNKNOWN, CLOCK_LOST, BEFORE_SESSION, USER_UNKNOWN})


class Quality(StrEnum):
    """What a value may be used for. Only GOOD may clear an alert; MISSING is never a number."""

    GOOD = "good"
    QUESTIONABLE = "questionable"
    POOR = "poor"
    MISSING = "missing"


class Code(StrEnum):
    """What a scalar sample or feature is; the unit is part of the name (UCUM in `UNITS`)."""

    SPO2_PERCENT = "spo2_percent"
    PULSE_RATE_PER_MIN = "pulse_rate_per_min"
    PLETH_RATE_PER_MIN = "pleth_rate_per_min"  # ours, from an oximeter's waveform
    HEART_RATE_PER_MIN = "heart_rate_per_min"
    RR_INTERVAL_S = "rr_interval_s"
    PERFUSION_INDEX_PERCENT = "perfusion_index_percent"
    SYSTOLIC_MMHG = "systolic_mmhg"
    DIASTOLIC_MMHG = "diastolic_mmhg"
    MEAN_ARTERIAL_PRESSURE_MMHG = "mean_arterial_pressure_mmhg"
    CUFF_PRESSURE_MMHG = "cuff_pressure_mmhg"
    CUFF_PULSE_RATE_PER_MIN = "cuff_pulse_rate_per_min"
    BATTERY_PERCENT = "battery_percent"
    BATTERY_V = "battery_v"
    JOINT_ANGLE_DEG = "joint_angle_deg"
    BODY_TEMPERATURE_CEL = "body_temperature_cel"
    SPEED_KM_H = "speed_km_h"  # of a belt, a wheel, a flywheel: an exercise machine
    INCLINE_PERCENT = "incline_percent"
    CADENCE_PER_MIN = "cadence_per_min"  # turns, steps or strokes, as the machine counts
    POWER_W = "power_w"
    DISTANCE_M = "distance_m"  # since the machine was started
    RESISTANCE_LEVEL = "resistance_level"


UNITS: Mapping[Code, str] = {
    Code.SPO2_PERCENT: "%",
    Code.PULSE_RATE_PER_MIN: "/min",
    Code.PLETH_RATE_PER_MIN: "/min",
    Code.HEART_RATE_PER_MIN: "/min",
    Code.RR_INTERVAL_S: "s",
    Code.PERFUSION_INDEX_PERCENT: "%",
    Code.SYSTOLIC_MMHG: "mm[Hg]",
    Code.DIASTOLIC_MMHG: "mm[Hg]",
    Code.MEAN_ARTERIAL_PRESSURE_MMHG: "mm[Hg]",
    Code.CUFF_PRESSURE_MMHG: "mm[Hg]",
    Code.CUFF_PULSE_RATE_PER_MIN: "/min",
    Code.BATTERY_PERCENT: "%",
    Code.BATTERY_V: "V",
    Code.JOINT_ANGLE_DEG: "deg",
    Code.BODY_TEMPERATURE_CEL: "Cel",
    Code.SPEED_KM_H: "km/h",
    Code.INCLINE_PERCENT: "%",
    Code.CADENCE_PER_MIN: "/min",
    Code.POWER_W: "W",
    Code.DISTANCE_M: "m",
    Code.RESISTANCE_LEVEL: "1",
}
# Digits behind the point that a person is shown; 0 where nothing is said.
DECIMALS: Mapping[Code, int] = {
    Code.BODY_TEMPERATURE_CEL: 1,
    Code.SPEED_KM_H: 1,
    Code.INCLINE_PERCENT: 1,
}
# What exercise machines report.
MACHINE_CODES = frozenset(
    {
        Code.SPEED_KM_H,
        Code.INCLINE_PERCENT,
        Code.CADENCE_PER_MIN,
        Code.POWER_W,
        Code.DISTANCE_M,
        Code.RESISTANCE_LEVEL,
    }
)
# What a session's record sums up without a curve: machines, and readings that come one by one.
COUNTED_CODES = MACHINE_CODES | {Code.BODY_TEMPERATURE_CEL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One scalar at one instant. `value` is None exactly when `quality` is MISSING.

    `t_ns` is the sample time and `received_ns` the receive time, both on the host's monotonic clock.
    `flags` are the device's own remarks in short words (`motion`, `low_perfusion`, `irregular_pulse`).
    """

    device: str
    code: Code
    t_ns: int
    received_ns: int
    value: float | None
    quality: Quality = Quality.GOOD
    flags: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse a value without quality and a quality without value."""
        if (self.value is None) != (self.quality is Quality.MISSING):
            raise ValueError(f"{self.code}: value {self.value!r} does not go with quality {self.quality}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImuBlock:
    """Consecutive 6-axis samples of one IMU.

    `t_ns` int64 (n,); `acc_m_s2` and `gyr_rad_s` float64 (n, 3) in the sensor frame (acc is specific
    force, +9.81 along up at rest). A gap before the first sample is marked, never filled here.
    """

    device: str
    t_ns: NDArray[np.int64]
    acc_m_s2: NDArray[np.float64]
    gyr_rad_s: NDArray[np.float64]
    received_ns: int
    gap_before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PpgBlock:
    """Consecutive samples of one PPG channel, arbitrary units: `t_ns` int64 (n,), `ppg` float64 (n,)."""

    device: str
    t_ns: NDArray[np.int64]
    ppg: NDArray[np.float64]
    received_ns: int
    gap_before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledReading:
    """A cuff's reading that is no observation of now: a record of its memory, or another person's.

    `reason` says which (`memory`, `repeated`, `other_user`). `taken` is the cuff's own date and time as it
    stands, None without one. Another person's values are not told.
    """

    device: str
    received_ns: int
    reason: str
    systolic_mmhg: float | None = None
    diastolic_mmhg: float | None = None
    taken: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeFailure:
    """A frame that its family's decoder refused, or whose characteristic it does not know."""

    device: str
    characteristic: str
    received_ns: int
    reason: str
