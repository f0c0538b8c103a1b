"""One cuff reading to samples: failed or doubtful, of now or out of memory. Shared by all cuffs."""

from collections.abc import Set as AbstractSet
from datetime import datetime

from devices.frames import Frame
from monitor.ingest.reader import Measured, Reader, within
from monitor.samples import Code, Quality, Sample

PRESSURE_RANGE_MMHG = (0.0, 320.0)
PULSE_RANGE_PER_MIN = (0.0, 400.0)
# Oscillometric cuffs fail beyond these rates (an irregular or very fast pulse shows no clean envelope).
PULSE_TRUSTED_PER_MIN = (40.0, 240.0)
# Less than this between systolic and diastolic is an artefact far more often than a pressure.
PULSE_PRESSURE_MINIMUM_MMHG = 15.0


def cuff_reading(
    reader: Reader,
    frame: Frame,
    *,
    systolic_mmhg: float,
    diastolic_mmhg: float,
    mean_mmhg: float | None = None,
    pulse_per_min: float | None = None,
    taken: datetime | None = None,
    remarks: AbstractSet[str] = frozenset(),
) -> list[Measured]:
    """Systolic, diastolic, and what else there is, as the cuff sent them; NaN and 0 are no values.

    `taken` is the reading's own time (local), `remarks` the cuff's own doubts: each makes it doubtful.
    """
    systolic = within(systolic_mmhg, *PRESSURE_RANGE_MMHG)
    diastolic = within(diastolic_mmhg, *PRESSURE_RANGE_MMHG)
    mean = None if mean_mmhg is None else within(mean_mmhg, *PRESSURE_RANGE_MMHG)
    pulse = None if pulse_per_min is None else within(pulse_per_min, *PULSE_RANGE_PER_MIN)
    doubts = set(remarks) | _doubts(systolic, diastolic, mean, pulse)
    age = reader.clock.judge(taken, frame.received_ns, key=(systolic, diastolic, mean, pulse))
    quality = Quality.QUESTIONABLE if doubts or "age_unknown" in age.flags else Quality.GOOD
    if systolic is not None and diastolic is not None and systolic <= diastolic:
        quality = Quality.POOR
    flags = frozenset(doubts) | age.flags

    def sample(code: Code, value: float | None) -> Sample:
        return reader.sample(frame, code, value, quality=quality, flags=flags, t_ns=age.t_ns)

    out: list[Measured] = [
        sample(Code.SYSTOLIC_MMHG, systolic),
        sample(Code.DIASTOLIC_MMHG, diastolic),
    ]
    if mean is not None:
        out.append(sample(Code.MEAN_ARTERIAL_PRESSURE_MMHG, mean))
    if pulse is not None:
        out.append(sample(Code.CUFF_PULSE_RATE_PER_MIN, pulse))
    return out


def _doubts(
    systolic: float | None, diastolic: float | None, mean: float | None, pulse: float | None
) -> set[str]:
    found = set()
    if pulse is not None and not PULSE_TRUSTED_PER_MIN[0] <= pulse <= PULSE_TRUSTED_PER_MIN[1]:
        found.add("pulse_out_of_range")
    if systolic is None or diastolic is None:
        found.add("failed")
        return found
    if systolic - diastolic < PULSE_PRESSURE_MINIMUM_MMHG:
        found.add("implausible")
    # Some cuffs send 0 or leave it out; only a mean outside its two neighbours is a contradiction.
    if mean is not None and not diastolic < mean < systolic:
        found.add("implausible")
    return found
