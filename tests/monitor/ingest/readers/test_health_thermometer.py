"""Thermometers: one unit, one range, and a reading out of memory is no reading of now."""

from datetime import datetime, timedelta

import pytest

from devices.frames import Frame
from monitor.ingest.ingest import Ingest
from monitor.ingest.station_clock import EPOCH
from monitor.inputs import ClockAnchor
from monitor.samples import AGE_UNKNOWN, STORED, Code, Quality, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import health_thermometer as hts
from protocols.ble.date_time import DateTime
from protocols.ble.ieee11073 import FLOAT_NAN, medical_float

NS_PER_S = 1_000_000_000
NOW = datetime(2026, 3, 4, 11, 0)  # noqa: DTZ001 - as the thermometer's clock has it


class Thermometer:
    """A thermometer on a bench."""

    def __init__(self) -> None:
        config = SensorConfig(device="it", family="health_thermometer", role=SensorRole.THERMOMETER)
        self._ingest = Ingest([config])
        utc_ns = round((NOW - EPOCH).total_seconds() * NS_PER_S)
        self._ingest.anchor(ClockAnchor(received_ns=0, utc_ns=utc_ns))

    def says(
        self,
        temperature: float,
        *,
        fahrenheit: bool = False,
        taken: datetime | None = None,
        uuid: str = hts.MEASUREMENT,
    ) -> Sample:
        measurement = hts.TemperatureMeasurement(
            temperature=medical_float(temperature),
            unit=hts.TemperatureUnit(fahrenheit),
            timestamp=None if taken is None else DateTime.from_datetime(taken),
        )
        payload = hts.encode_measurement(measurement)
        frame = Frame(device="it", characteristic=uuid, received_ns=NS_PER_S, payload=payload)
        (sample,) = [*self._ingest.feed(frame), *self._ingest.pass_time(10 * NS_PER_S)]
        assert isinstance(sample, Sample)
        return sample


def test_fahrenheit_becomes_celsius() -> None:
    sample = Thermometer().says(101.3, fahrenheit=True, taken=NOW)
    assert sample.code is Code.BODY_TEMPERATURE_CEL
    assert sample.value == pytest.approx(38.5)
    assert sample.quality is Quality.GOOD


@pytest.mark.parametrize("temperature", [FLOAT_NAN, 21.4, 45.1, 0.0])
def test_what_nobody_alive_has_is_no_value(temperature: float) -> None:
    sample = Thermometer().says(temperature, taken=NOW)
    assert (sample.value, sample.quality, sample.flags) == (None, Quality.MISSING, {"failed"})


def test_a_temperature_that_still_rises_is_doubtful() -> None:
    sample = Thermometer().says(35.2, uuid=hts.INTERMEDIATE)
    assert (sample.quality, sample.flags) == (Quality.QUESTIONABLE, {"settling"})


def test_a_reading_of_yesterday_is_stored_once_the_clock_has_been_right() -> None:
    thermometer = Thermometer()
    assert thermometer.says(36.6, taken=NOW).flags == frozenset()
    assert STORED in thermometer.says(38.9, taken=NOW - timedelta(days=1)).flags


def test_a_reading_without_a_date_may_be_an_old_one() -> None:
    sample = Thermometer().says(38.9)
    assert (sample.value, sample.quality, sample.flags) == (38.9, Quality.QUESTIONABLE, {AGE_UNKNOWN})


def test_a_clock_that_was_never_right_makes_the_reading_doubtful() -> None:
    sample = Thermometer().says(38.9, taken=NOW - timedelta(days=400))
    assert (sample.value, sample.quality) == (38.9, Quality.QUESTIONABLE)
