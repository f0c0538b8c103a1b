"""PLX frames to samples: sentinels, status bits, the fast pair."""

import math

import pytest

from devices.frames import Frame
from monitor.ingest.readers.pulse_oximeter import PulseOximeterReader, judge
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code, Quality, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import pulse_oximeter
from protocols.ble.pulse_oximeter import (
    DeviceAndSensorStatus,
    MeasurementStatus,
    PlxContinuousMeasurement,
    PlxSpotCheckMeasurement,
    SpO2PulseRate,
)

READER = PulseOximeterReader(
    SensorConfig(device="oximeter", family="pulse_oximeter", role=SensorRole.OXIMETER), StationClock()
)


def read(measurement: PlxContinuousMeasurement) -> dict[Code, Sample]:
    frame = Frame(
        device="oximeter",
        characteristic=pulse_oximeter.CONTINUOUS,
        received_ns=7,
        payload=pulse_oximeter.encode_continuous(measurement),
    )
    found = READER.read(frame)
    assert all(isinstance(one, Sample) for one in found)
    return {one.code: one for one in found if isinstance(one, Sample)}


def test_a_plain_reading() -> None:
    found = read(PlxContinuousMeasurement(97, 72))
    assert set(found) == {Code.SPO2_PERCENT, Code.PULSE_RATE_PER_MIN}
    spo2 = found[Code.SPO2_PERCENT]
    assert (spo2.value, spo2.quality, spo2.t_ns, spo2.received_ns) == (97.0, Quality.GOOD, 7, 7)
    assert found[Code.PULSE_RATE_PER_MIN].value == 72.0


@pytest.mark.parametrize(("spo2", "pulse"), [(math.nan, math.nan), (127, 255), (0, 0), (math.inf, -5)])
def test_sentinels_are_missing(spo2: float, pulse: float) -> None:
    found = read(PlxContinuousMeasurement(spo2, pulse))
    assert found[Code.SPO2_PERCENT].quality is Quality.MISSING
    assert found[Code.PULSE_RATE_PER_MIN].quality is Quality.MISSING


def test_the_fast_pair_is_used_where_there_is_one() -> None:
    found = read(PlxContinuousMeasurement(97, 72, fast=SpO2PulseRate(91, 75)))
    assert found[Code.SPO2_PERCENT].value == 91
    assert found[Code.PULSE_RATE_PER_MIN].value == 75


def test_a_perfusion_index_comes_before_what_it_qualifies() -> None:
    found = list(read(PlxContinuousMeasurement(97, 72, pulse_amplitude_index_percent=0.2)).values())
    assert found[0].code is Code.PERFUSION_INDEX_PERCENT
    assert found[0].value == 0.2
    for none in (0.0, math.nan):
        missing = read(PlxContinuousMeasurement(97, 72, pulse_amplitude_index_percent=none))
        assert Code.PERFUSION_INDEX_PERCENT not in missing
        assert missing[Code.SPO2_PERCENT].quality is Quality.GOOD


@pytest.mark.parametrize(
    ("status", "quality", "flags"),
    [
        (MeasurementStatus.VALIDATED | MeasurementStatus.FULLY_QUALIFIED, Quality.GOOD, set()),
        (MeasurementStatus.ONGOING, Quality.GOOD, set()),
        (MeasurementStatus.QUESTIONABLE, Quality.QUESTIONABLE, {"questionable"}),
        (MeasurementStatus.EARLY_ESTIMATE, Quality.QUESTIONABLE, {"early_estimate"}),
        (MeasurementStatus.DEMONSTRATION, Quality.POOR, {"demonstration"}),
        (MeasurementStatus.FROM_STORAGE, Quality.POOR, {"stored"}),
        (MeasurementStatus.INVALID, Quality.MISSING, {"no_measurement"}),
        (MeasurementStatus.UNAVAILABLE, Quality.MISSING, {"no_measurement"}),
    ],
)
def test_measurement_status(status: MeasurementStatus, quality: Quality, flags: set[str]) -> None:
    found = read(PlxContinuousMeasurement(97, 72, measurement_status=status))
    assert (found[Code.SPO2_PERCENT].quality, found[Code.SPO2_PERCENT].flags) == (quality, flags)


@pytest.mark.parametrize("bit", list(DeviceAndSensorStatus))
def test_every_sensor_status_says_something(bit: DeviceAndSensorStatus) -> None:
    poor, doubtful = judge(None, bit)
    assert len(poor | doubtful) == 1
    doubts = DeviceAndSensorStatus.EXTENDED_DISPLAY_UPDATE | DeviceAndSensorStatus.QUESTIONABLE_PULSE
    assert bool(doubtful) is (bit in doubts)


def test_poor_beats_doubtful() -> None:
    both = DeviceAndSensorStatus.LOW_PERFUSION | DeviceAndSensorStatus.QUESTIONABLE_PULSE
    found = read(PlxContinuousMeasurement(97, 72, sensor_status=both))
    assert found[Code.SPO2_PERCENT].quality is Quality.POOR
    assert found[Code.SPO2_PERCENT].flags == {"low_perfusion", "questionable_pulse"}


def test_a_spot_check_is_read_as_well() -> None:
    frame = Frame(
        device="oximeter",
        characteristic=pulse_oximeter.SPOT_CHECK,
        received_ns=7,
        payload=pulse_oximeter.encode_spot_check(PlxSpotCheckMeasurement(96, 70)),
    )
    assert [one.value for one in READER.read(frame) if isinstance(one, Sample)] == [96.0, 70.0]


def test_other_characteristics_say_nothing() -> None:
    frame = Frame(device="oximeter", characteristic=pulse_oximeter.FEATURES, received_ns=7, payload=b"\0\0")
    assert READER.read(frame) == []
