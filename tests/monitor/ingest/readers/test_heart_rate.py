"""HRS frames to samples: contact, no reading, RR intervals in time."""

import pytest

from devices.frames import Frame
from monitor.ingest.readers.heart_rate import HeartRateReader
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code, Quality, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import heart_rate
from protocols.ble.heart_rate import HeartRateMeasurement, SensorContact

NS_PER_S = 1_000_000_000
CONFIG = SensorConfig(device="strap", family="heart_rate", role=SensorRole.HEART_RATE_STRAP)
READER = HeartRateReader(CONFIG, StationClock())


def read(measurement: HeartRateMeasurement, received_ns: int = 10 * NS_PER_S) -> list[Sample]:
    frame = Frame(
        device="strap",
        characteristic=heart_rate.MEASUREMENT,
        received_ns=received_ns,
        payload=heart_rate.encode_measurement(measurement),
    )
    return [one for one in READER.read(frame) if isinstance(one, Sample)]


@pytest.mark.parametrize(
    ("contact", "quality"),
    [
        (SensorContact.DETECTED, Quality.GOOD),
        (SensorContact.UNSUPPORTED, Quality.GOOD),
        (SensorContact.UNSUPPORTED_BUT_SET, Quality.GOOD),
        (SensorContact.NOT_DETECTED, Quality.POOR),
    ],
)
def test_contact(contact: SensorContact, quality: Quality) -> None:
    (rate,) = read(HeartRateMeasurement(120, contact))
    assert (rate.value, rate.quality) == (120.0, quality)
    assert ("no_contact" in rate.flags) is (quality is Quality.POOR)


def test_zero_is_no_reading() -> None:
    (rate,) = read(HeartRateMeasurement(0))
    assert (rate.value, rate.quality) == (None, Quality.MISSING)


def test_intervals_end_at_their_beats() -> None:
    _, first, second = read(HeartRateMeasurement(75, rr_intervals_1_1024_s=(1024, 512)))
    assert (first.code, first.value, first.t_ns) == (Code.RR_INTERVAL_S, 1.0, round(9.5 * NS_PER_S))
    assert (second.value, second.t_ns) == (0.5, 10 * NS_PER_S)


def test_intervals_of_no_heart_are_left_out() -> None:
    found = read(HeartRateMeasurement(75, rr_intervals_1_1024_s=(0, 65535, 800)))
    assert [one.value for one in found[1:]] == [800 / 1024]


def test_a_flag_without_intervals_is_tolerated() -> None:
    frame = Frame(device="strap", characteristic=heart_rate.MEASUREMENT, received_ns=1, payload=b"\x10\x4b")
    assert [one.value for one in READER.read(frame) if isinstance(one, Sample)] == [75.0]


def test_other_characteristics_say_nothing() -> None:
    frame = Frame(device="strap", characteristic=heart_rate.CONTROL_POINT, received_ns=1, payload=b"\x01")
    assert READER.read(frame) == []
