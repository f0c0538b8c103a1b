"""What the settings ask for is known to drivers and readers, or refused before anything starts."""

from pathlib import Path

import pytest

from devices.frames import Frame
from monitor.config import DeviceSettings, Station, StationSettings
from monitor.errors import SettingsError
from monitor.sensors import SensorRole
from monitor.spot_readings import spot_reading
from monitor.station_devices import check_devices, readings_sent_once
from protocols.ble.codec.assigned_numbers import BATTERY_LEVEL, BLOOD_PRESSURE_MEASUREMENT


def station(**device: object) -> Station:
    fields = {"device": "one", "family": "blood_pressure", "role": SensorRole.CUFF, **device}
    return Station(
        station=StationSettings(clinic="north", station="gym-1"),
        devices=[DeviceSettings(**fields)],  # type: ignore[arg-type]
    )


def frame(characteristic: str, payload: str) -> Frame:
    return Frame(device="one", characteristic=characteristic, received_ns=7, payload=bytes.fromhex(payload))


def test_known_devices_pass() -> None:
    check_devices(station(), Path("station.toml"))


@pytest.mark.parametrize(
    ("device", "words"),
    [({"family": "toaster"}, "'toaster'"), ({"options": {"sped": 3}}, "option sped is not known")],
)
def test_unknown_families_and_options_are_refused_with_their_place(
    device: dict[str, object], words: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        check_devices(station(**device), Path("station.toml"))
    assert caught.value.problems[0][0] == "devices[0]"
    assert words in str(caught.value)


def test_a_cuffs_readings_are_sent_once_and_an_oximeters_are_not() -> None:
    assert ("one", BLOOD_PRESSURE_MEASUREMENT) in readings_sent_once(station())
    assert ("one", BATTERY_LEVEL) not in readings_sent_once(station())
    oximeter = station(family="pulse_oximeter", role=SensorRole.OXIMETER)
    assert readings_sent_once(oximeter) == frozenset()


def test_a_reading_is_stored_with_its_values_and_the_devices_own_time() -> None:
    # A published frame of a Beurer BM54: 124/86, pulse 51, 2024-06-15 17:17:27.
    reading = spot_reading(frame(BLOOD_PRESSURE_MEASUREMENT, "167c0056006100e807060f11111b33000000"))
    assert reading.taken_at == "2024-06-15T17:17:27"
    assert (reading.values["systolic_mmhg"], reading.values["diastolic_mmhg"]) == (124, 86)


def test_an_error_frame_has_no_numbers() -> None:
    # A published error frame of a boso medicus: NaN everywhere.
    reading = spot_reading(frame(BLOOD_PRESSURE_MEASUREMENT, "16ff07ff07ff07e80706170e230aff070000"))
    assert set(reading.values.values()) == {None}


@pytest.mark.parametrize(
    ("characteristic", "payload"),
    [(BLOOD_PRESSURE_MEASUREMENT, "16ff"), ("0000fff1-0000-1000-8000-00805f9b34fb", "4d3a0002810a")],
)
def test_what_cannot_be_read_is_kept_raw(characteristic: str, payload: str) -> None:
    reading = spot_reading(frame(characteristic, payload))
    assert reading.payload == bytes.fromhex(payload)
    assert reading.values == {}
