"""Ingest as a whole: every family has its reader, and nothing that comes in makes it raise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.frames import Frame
from monitor.ingest.errors import UnknownFamilyError
from monitor.ingest.ingest import READERS, Ingest
from monitor.samples import Code, DecodeFailure, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import (
    battery,
    blood_pressure,
    microlife,
    movella_dot_device,
    nonin,
    polar_pmd_control,
    pulse_oximeter,
    viatom_bp2,
    yonker,
)

SENSORS = [SensorConfig(device=family, family=family, role=SensorRole.OXIMETER) for family in sorted(READERS)]
CHARACTERISTICS = sorted(
    {one for reader in READERS.values() for one in reader.streams}
    | {
        battery.LEVEL,
        blood_pressure.MEASUREMENT,
        blood_pressure.INTERMEDIATE_CUFF_PRESSURE,
        pulse_oximeter.SPOT_CHECK,
        microlife.NOTIFY,
        movella_dot_device.BATTERY,
        nonin.PPG,
        nonin.STATUS,
        polar_pmd_control.CONTROL_POINT,
        viatom_bp2.NOTIFY,
        yonker.NOTIFY,
        "0000dead-0000-1000-8000-00805f9b34fb",
    }
)


def frame(device: str, characteristic: str, payload: bytes, received_ns: int = 5) -> Frame:
    return Frame(device=device, characteristic=characteristic, received_ns=received_ns, payload=payload)


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(READERS)), st.sampled_from(CHARACTERISTICS), st.binary(max_size=64)),
        max_size=8,
    )
)
def test_any_bytes_become_values(frames: list[tuple[str, str, bytes]]) -> None:
    ingest = Ingest(SENSORS)
    for number, (device, characteristic, payload) in enumerate(frames):
        for one in ingest.feed(frame(device, characteristic, payload, received_ns=1000 * number)):
            assert one.device == device


def test_every_device_may_tell_its_battery() -> None:
    for family in READERS:
        (level,) = Ingest(SENSORS).feed(frame(family, battery.LEVEL, b"\x13"))
        assert isinstance(level, Sample)
        assert (level.code, level.value) == (Code.BATTERY_PERCENT, 19.0)


def test_damage_is_a_value() -> None:
    (failure,) = Ingest(SENSORS).feed(frame("pulse_oximeter", pulse_oximeter.CONTINUOUS, b"\x00"))
    assert isinstance(failure, DecodeFailure)
    assert failure.characteristic == pulse_oximeter.CONTINUOUS
    assert "pulse_oximeter.continuous" in failure.reason


def test_a_device_that_is_not_of_the_session() -> None:
    ingest = Ingest(SENSORS)
    assert ingest.feed(frame("stranger", battery.LEVEL, b"\x13")) == []
    assert not ingest.is_stream(frame("stranger", battery.LEVEL, b"\x13"))
    ingest.connected("stranger")


def test_streams() -> None:
    ingest = Ingest(SENSORS)
    assert ingest.is_stream(frame("pulse_oximeter", pulse_oximeter.CONTINUOUS, b""))
    assert not ingest.is_stream(frame("pulse_oximeter", battery.LEVEL, b""))
    ingest.connected("witmotion")


def test_an_unknown_family() -> None:
    with pytest.raises(UnknownFamilyError, match="known: ") as refused:
        Ingest([SensorConfig(device="x", family="toaster", role=SensorRole.CUFF)])
    assert (refused.value.device, refused.value.family) == ("x", "toaster")
    assert "witmotion" in refused.value.known
