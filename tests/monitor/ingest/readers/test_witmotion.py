"""WitMotion notifications to blocks: any cut, battery, damage, the link's return."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.frames import Frame
from monitor.ingest.readers.witmotion import BATTERY_CURVE_V, WitMotionReader, battery_percent
from monitor.ingest.station_clock import StationClock
from monitor.samples import Code, DecodeFailure, ImuBlock, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import witmotion
from protocols.ble.witmotion import MotionFrame, Register, RegisterFrame

NS_PER_S = 1_000_000_000
CONFIG = SensorConfig(device="thigh", family="witmotion", role=SensorRole.IMU_PROXIMAL)


def motion(x: int = 0) -> bytes:
    return witmotion.encode_frame(MotionFrame((x, 0, 2048), (0, 16384, 0), (0, 0, 0)))


def notification(payload: bytes, received_ns: int = NS_PER_S) -> Frame:
    return Frame(device="thigh", characteristic=witmotion.NOTIFY, received_ns=received_ns, payload=payload)


def test_units_and_times() -> None:
    (block,) = WitMotionReader(CONFIG, StationClock()).read(notification(motion() + motion()))
    assert isinstance(block, ImuBlock)
    assert block.acc_m_s2[0] == pytest.approx([0, 0, 9.80665])
    assert block.gyr_rad_s[0] == pytest.approx([0, np.deg2rad(1000), 0])
    assert block.t_ns.dtype == np.int64
    assert np.diff(block.t_ns) == pytest.approx(NS_PER_S / 100)


def test_the_rate_is_the_stations_option() -> None:
    slow = SensorConfig(
        device="thigh", family="witmotion", role=SensorRole.IMU_PROXIMAL, options={"rate_hz": 50.0}
    )
    (block,) = WitMotionReader(slow, StationClock()).read(notification(motion() + motion()))
    assert isinstance(block, ImuBlock)
    assert np.diff(block.t_ns) == pytest.approx(NS_PER_S / 50)


@pytest.mark.parametrize("cut", range(1, 40))
def test_any_cut_gives_the_same_samples(cut: int) -> None:
    stream = motion(1) + motion(2)
    reader = WitMotionReader(CONFIG, StationClock())
    found = reader.read(notification(stream[:cut])) + reader.read(notification(stream[cut:], 2 * NS_PER_S))
    x = [row[0] for block in found if isinstance(block, ImuBlock) for row in block.acc_m_s2.tolist()]
    assert x == pytest.approx([9.80665 * 16 / 32768, 2 * 9.80665 * 16 / 32768])


words = st.integers(-32768, 32767)
triples = st.tuples(words, words, words)


@given(st.lists(st.builds(MotionFrame, triples, triples, triples), min_size=1, max_size=12))
def test_whole_frames_read_as_a_table_are_those_read_one_by_one(frames: list[MotionFrame]) -> None:
    whole = notification(b"".join(map(witmotion.encode_frame, frames)))
    (table,) = WitMotionReader(CONFIG, StationClock()).read(whole)
    (single,) = WitMotionReader(CONFIG, StationClock())._read_frames(whole)
    assert isinstance(table, ImuBlock)
    assert isinstance(single, ImuBlock)
    assert table.t_ns.tolist() == single.t_ns.tolist()
    assert table.acc_m_s2.tolist() == single.acc_m_s2.tolist() == [list(one.acc_m_s2) for one in frames]
    assert table.gyr_rad_s.tolist() == single.gyr_rad_s.tolist() == [list(one.gyr_rad_s) for one in frames]


def test_garbage_is_told_in_front_of_whole_frames() -> None:
    reader = WitMotionReader(CONFIG, StationClock())
    assert reader.read(notification(b"\x00\x01")) == []
    failure, block = reader.read(notification(motion() + motion()))
    assert isinstance(failure, DecodeFailure)
    assert isinstance(block, ImuBlock)


def test_half_a_frame_of_the_old_link_is_forgotten() -> None:
    reader = WitMotionReader(CONFIG, StationClock())
    reader.read(notification(motion()[:13]))
    reader.connected()
    (block,) = reader.read(notification(motion(5)))
    assert isinstance(block, ImuBlock)
    assert len(block.t_ns) == 1


def test_battery() -> None:
    register = witmotion.encode_frame(
        RegisterFrame(register=Register.BATTERY, values=(372, 0, 0, 0, 0, 0, 0, 0))
    )
    volts, percent = WitMotionReader(CONFIG, StationClock()).read(notification(register))
    assert isinstance(volts, Sample)
    assert isinstance(percent, Sample)
    assert (volts.code, volts.value) == (Code.BATTERY_V, 3.72)
    assert (percent.code, percent.value) == (Code.BATTERY_PERCENT, 27.0)


def test_other_registers_say_nothing() -> None:
    register = witmotion.encode_frame(
        RegisterFrame(register=Register.VERSION, values=(1, 0, 0, 0, 0, 0, 0, 0))
    )
    assert WitMotionReader(CONFIG, StationClock()).read(notification(register)) == []


def test_the_battery_curve_is_monotone_and_bounded() -> None:
    levels = [battery_percent(volts / 100) for volts in range(300, 430)]
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (0.0, 100.0)
    assert battery_percent(BATTERY_CURVE_V[4]) == 20.0


def test_damage_is_reported_and_costs_no_more_than_itself() -> None:
    found = WitMotionReader(CONFIG, StationClock()).read(notification(b"\x00" * 20 + motion()))
    failure, block = found
    assert isinstance(failure, DecodeFailure)
    assert "skipped 20 bytes" in failure.reason
    assert isinstance(block, ImuBlock)


def test_other_characteristics_say_nothing() -> None:
    frame = Frame(device="thigh", characteristic=witmotion.WRITE, received_ns=1, payload=motion())
    assert WitMotionReader(CONFIG, StationClock()).read(frame) == []
