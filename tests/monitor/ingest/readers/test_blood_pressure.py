"""BLP frames to samples: failed readings, the cuff's own doubts, what no artery does."""

import math

import pytest

from devices.frames import Frame
from monitor.ingest.readers.blood_pressure import BloodPressureReader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code, Quality, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import blood_pressure
from protocols.ble.blood_pressure import (
    BloodPressureMeasurement,
    BloodPressureStatus,
    IntermediateCuffPressure,
    PressureUnit,
)

CONFIG = SensorConfig(device="cuff", family="blood_pressure", role=SensorRole.CUFF)
READER = BloodPressureReader(CONFIG, StationClock())


def read(measurement: BloodPressureMeasurement) -> dict[Code, Sample]:
    """What a cuff says that has just measured: its pressure, and then the reading."""
    reader = BloodPressureReader(CONFIG, StationClock())
    for characteristic, payload in (
        (
            blood_pressure.INTERMEDIATE_CUFF_PRESSURE,
            blood_pressure.encode_intermediate_cuff_pressure(IntermediateCuffPressure(60)),
        ),
        (blood_pressure.MEASUREMENT, blood_pressure.encode_measurement(measurement)),
    ):
        reader.read(Frame(device="cuff", characteristic=characteristic, received_ns=7, payload=payload))
    return {one.code: one for one in reader.pass_time(10**10) if isinstance(one, Sample)}


def test_a_plain_reading() -> None:
    found = read(BloodPressureMeasurement(128, 78, 95, pulse_rate_per_min=71))
    assert [(code, one.value, one.quality) for code, one in found.items()] == [
        (Code.SYSTOLIC_MMHG, 128.0, Quality.GOOD),
        (Code.DIASTOLIC_MMHG, 78.0, Quality.GOOD),
        (Code.MEAN_ARTERIAL_PRESSURE_MMHG, 95.0, Quality.GOOD),
        (Code.CUFF_PULSE_RATE_PER_MIN, 71.0, Quality.GOOD),
    ]


def test_kilopascals() -> None:
    found = read(BloodPressureMeasurement(17.0, 10.4, 12.6, unit=PressureUnit.KPA))
    assert found[Code.SYSTOLIC_MMHG].value == pytest.approx(127.5, abs=0.05)


def test_a_failed_reading_has_no_values() -> None:
    found = read(BloodPressureMeasurement(math.nan, math.nan, math.nan, pulse_rate_per_min=math.nan))
    assert set(found) == {Code.SYSTOLIC_MMHG, Code.DIASTOLIC_MMHG}
    assert all(one.quality is Quality.MISSING and "failed" in one.flags for one in found.values())


@pytest.mark.parametrize(
    ("status", "flag"),
    [
        (BloodPressureStatus.BODY_MOVEMENT, "motion"),
        (BloodPressureStatus.CUFF_TOO_LOOSE, "loose_cuff"),
        (BloodPressureStatus.IRREGULAR_PULSE, "irregular_pulse"),
        (BloodPressureStatus.PULSE_RATE_ABOVE_RANGE, "pulse_out_of_range"),
        (BloodPressureStatus.PULSE_RATE_BELOW_RANGE, "pulse_out_of_range"),
        (BloodPressureStatus.IMPROPER_POSITION, "improper_position"),
    ],
)
def test_the_cuffs_own_doubts(status: BloodPressureStatus, flag: str) -> None:
    systolic = read(BloodPressureMeasurement(128, 78, 95, status=status))[Code.SYSTOLIC_MMHG]
    assert (systolic.value, systolic.quality, systolic.flags) == (128.0, Quality.QUESTIONABLE, {flag})


@pytest.mark.parametrize(
    ("systolic", "diastolic", "mean", "pulse", "quality"),
    [
        (128, 78, 95, 39, Quality.QUESTIONABLE),
        (128, 78, 95, 241, Quality.QUESTIONABLE),
        (128, 78, 95, 40, Quality.GOOD),
        (100, 86, 92, 70, Quality.QUESTIONABLE),  # pulse pressure of 14
        (128, 78, 130, 70, Quality.QUESTIONABLE),  # a mean above the systolic
        (128, 78, 0, 70, Quality.GOOD),  # a cuff that does not measure it
        (78, 128, 95, 70, Quality.POOR),  # the wrong way round
    ],
)
def test_what_no_artery_does(
    systolic: float, diastolic: float, mean: float, pulse: float, quality: Quality
) -> None:
    found = read(BloodPressureMeasurement(systolic, diastolic, mean, pulse_rate_per_min=pulse))
    assert found[Code.SYSTOLIC_MMHG].quality is quality


def test_the_cuffs_pressure_while_it_measures() -> None:
    def pressure(value: float) -> Sample:
        frame = Frame(
            device="cuff",
            characteristic=blood_pressure.INTERMEDIATE_CUFF_PRESSURE,
            received_ns=7,
            payload=blood_pressure.encode_intermediate_cuff_pressure(IntermediateCuffPressure(value)),
        )
        (found,) = READER.read(frame)
        assert isinstance(found, Sample)
        return found

    assert pressure(140).value == 140
    assert pressure(math.nan).quality is Quality.MISSING


def test_other_characteristics_say_nothing() -> None:
    frame = Frame(device="cuff", characteristic=blood_pressure.FEATURE, received_ns=7, payload=b"\0\0")
    assert READER.read(frame) == []
