"""BlueST: units, and a clock of 8 ms that goes over its end."""

import numpy as np
import pytest

from devices.frames import Frame
from monitor.ingest.ingest import Ingest
from monitor.samples import ImuBlock
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import bluest

NS_PER_S = 1_000_000_000


def blocks(rate_hz: float, seconds: float, *, begin_ms: int, lost: range = range(0)) -> list[ImuBlock]:
    ingest = Ingest([SensorConfig(device="it", family="bluest", role=SensorRole.IMU_DISTAL)])
    found: list[ImuBlock] = []
    for index in range(int(rate_hz * seconds)):
        if index in lost:
            continue
        at_s = index / rate_hz
        sample = bluest.AccGyr(
            timestamp=(begin_ms + int(1000 * at_s) >> 3) % 65_536,
            acc_mg=(0, 0, 1000),
            gyr_0_1_deg_s=(900, 0, 0),
        )
        frame = Frame(
            device="it",
            characteristic=bluest.ACC_GYR,
            received_ns=round((at_s + 0.02) * NS_PER_S),
            payload=bluest.encode_acc_gyr(sample),
        )
        found += [one for one in ingest.feed(frame) if isinstance(one, ImuBlock)]
    return found


def test_units_are_those_of_the_house() -> None:
    block = blocks(20.0, 0.1, begin_ms=0)[0]
    assert block.acc_m_s2[0] == pytest.approx([0.0, 0.0, 9.80665])
    assert block.gyr_rad_s[0] == pytest.approx([np.pi / 2, 0.0, 0.0])


@pytest.mark.parametrize("rate_hz", [10.0, 20.0, 50.0, 100.0])
def test_the_rate_is_that_of_the_stamps_also_where_the_counter_goes_over_its_end(rate_hz: float) -> None:
    found = blocks(rate_hz, 30.0, begin_ms=8 * 65_536 - 15_000)
    t_s = np.concatenate([block.t_ns for block in found]) / NS_PER_S
    assert np.all(np.diff(t_s) > 0)
    assert (t_s[-1] - t_s[0]) / (len(t_s) - 1) == pytest.approx(1.0 / rate_hz, rel=0.01)
    # The unit of the stamps is 8 ms: that far is a single interval off.
    assert np.abs(np.diff(t_s) - 1.0 / rate_hz).max() < 0.0085
    if rate_hz >= 20.0:
        assert not any(block.gap_before for block in found[1:])


def test_lost_samples_are_a_gap_and_time_goes_on() -> None:
    found = blocks(20.0, 10.0, begin_ms=0, lost=range(100, 106))
    gaps = [index for index, block in enumerate(found) if index and block.gap_before]
    assert gaps == [100]
    t_s = np.concatenate([block.t_ns for block in found]) / NS_PER_S
    assert t_s[100] - t_s[99] == pytest.approx(7 / 20, abs=0.01)
