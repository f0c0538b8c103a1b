"""Each failure has one sentence for the person with the sensor in the hand."""

import inspect

import pytest

from devices import errors
from devices.errors import (
    ConfigurationError,
    DeviceError,
    MissingCharacteristicError,
    RadioUnavailableError,
    UnexpectedLinkError,
    WrongDeviceError,
)
from monitor.cli.check.device_advice import advice_for, battery_of, cuff_advice
from monitor.cli.check.device_finding import adapter_problem
from monitor.cli.check.last_reading import LastReading, last_reading, likely_role
from monitor.config import DeviceSettings
from monitor.ingest.ingest import READERS
from monitor.samples import Code
from monitor.sensors import SensorConfig, SensorRole

# Abstract, or said in words of their own: pairing by the driver, silence by the sensor's role, a radio that
# is not there by its own table, settings before anything runs.
ELSEWHERE = {
    "DeviceError",
    "RadioError",
    "LinkError",
    "AttentionError",
    "PairingError",
    "SilenceError",
    "RadioUnavailableError",
    "UnexpectedLinkError",
}
KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, DeviceError)
    and not issubclass(kind, ConfigurationError)
    and kind.__name__ not in ELSEWHERE
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_failure_has_a_sentence(kind: type[DeviceError]) -> None:
    advice = advice_for(kind.__new__(kind))
    assert advice
    assert advice == advice_for(kind.__new__(kind)).rstrip(".")
    assert "\n" not in advice


def test_the_particular_failure_is_advised_on_and_not_its_kind() -> None:
    assert "another piece" in advice_for(WrongDeviceError("S-1", "S-2"))
    assert "another product" in advice_for(MissingCharacteristicError("2a37"))
    assert advice_for(UnexpectedLinkError("?")) == advice_for(None) == ""


def test_a_radio_that_is_not_there_says_what_to_do() -> None:
    for problem in errors.RadioProblem:
        finding = adapter_problem(RadioUnavailableError(problem))
        assert (finding.is_ok, finding.found) == (False, str(problem))
        assert finding.advice
    assert adapter_problem(UnexpectedLinkError("?")).advice == "see the system's Bluetooth log"


def test_every_family_has_a_likely_role() -> None:
    roles = {family: likely_role(family) for family in READERS}
    assert roles["witmotion"] is SensorRole.IMU_PROXIMAL
    assert roles["omron"] is SensorRole.CUFF
    assert roles["heart_rate"] is SensorRole.HEART_RATE_STRAP
    assert roles["nonin"] is SensorRole.OXIMETER


def test_a_reading_of_nothing() -> None:
    strap = SensorConfig(device="strap", family="heart_rate", role=SensorRole.HEART_RATE_STRAP)
    nothing = last_reading(strap, [])
    assert (nothing.text, nothing.has_value, nothing.battery_percent, nothing.motion_hz) == (
        "",
        False,
        None,
        None,
    )
    assert battery_of(None) is None


def test_an_index_of_quality_is_no_value() -> None:
    reading = LastReading(values={Code.PERFUSION_INDEX_PERCENT: 4.0, Code.SPO2_PERCENT: None})
    assert not reading.has_value
    assert reading.text == "SpO2 no value"


def test_a_cuff_that_was_only_connected_to_is_left_alone() -> None:
    cuff = DeviceSettings(device="cuff", family="omron", role=SensorRole.CUFF)
    assert cuff_advice(cuff, None) == (True, "")
