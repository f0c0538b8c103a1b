"""IMUs with their own protocols: halves that belong together, parts, factors, batteries."""

import struct

import numpy as np
import pytest

from devices.frames import Frame
from monitor.ingest.ingest import Ingest
from monitor.ingest.reader import Measured
from monitor.samples import Code, DecodeFailure, ImuBlock, Sample
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import heart_rate, metamotion, movella_dot_device, movesense, polar_pmd, polar_pmd_control
from protocols.ble.codec.polar_delta import delta_blocks
from protocols.ble.polar_pmd import Measurement, PmdFrame
from protocols.ble.polar_pmd_control import Opcode, Response, Setting, SettingKind

NS_PER_S = 1_000_000_000
G = 9.80665


class Sensor:
    """One IMU, fed with payloads a tenth of a second apart."""

    def __init__(self, family: str) -> None:
        self._ingest = Ingest([SensorConfig(device="it", family=family, role=SensorRole.IMU_DISTAL)])
        self._now_ns = NS_PER_S

    def feed(self, characteristic: str, payload: bytes) -> list[Measured]:
        self._now_ns += NS_PER_S // 10
        return self._ingest.feed(
            Frame(device="it", characteristic=characteristic, received_ns=self._now_ns, payload=payload)
        )

    def connected(self) -> None:
        self._ingest.connected("it")


def acceleration(x_mg: float) -> bytes:
    return metamotion.encode_fusion(metamotion.CorrectedAcceleration(acc_mg=(x_mg, 0, 0), accuracy=3))


RATE = metamotion.encode_fusion(metamotion.CorrectedRate(gyr_deg_s=(0, 90, 0), accuracy=3))


def test_metamotion_halves_make_a_sample() -> None:
    board = Sensor("metamotion")
    assert board.feed(metamotion.NOTIFY, RATE) == []  # its acceleration was lost
    assert board.feed(metamotion.NOTIFY, acceleration(500)) == []
    assert board.feed(metamotion.NOTIFY, acceleration(1000)) == []  # the rate between was lost
    (block,) = board.feed(metamotion.NOTIFY, RATE)
    assert isinstance(block, ImuBlock)
    assert block.acc_m_s2.tolist() == [[pytest.approx(G), 0, 0]]
    assert block.gyr_rad_s[0, 1] == pytest.approx(np.pi / 2)
    board.feed(metamotion.NOTIFY, acceleration(1000))
    board.connected()
    assert board.feed(metamotion.NOTIFY, RATE) == []  # the acceleration is the old link's


def test_movesense_data_in_two_parts() -> None:
    imu = movesense.Imu6(timestamp_ms=1000, acc_m_s2=((0, 0, G),) * 4, gyr_deg_s=((0, 90, 0),) * 4)
    content = movesense.encode_imu6(imu)
    sensor = Sensor("movesense")

    def data(part: bytes, *, continued: bool = False) -> bytes:
        return movesense.encode_notification(movesense.Data(reference=99, content=part, continued=continued))

    assert sensor.feed(movesense.NOTIFY, data(content[:50])) == []
    (block,) = sensor.feed(movesense.NOTIFY, data(content[50:], continued=True))
    assert isinstance(block, ImuBlock)
    assert block.acc_m_s2.shape == (4, 3)
    sensor.feed(movesense.NOTIFY, data(content[:50]))
    sensor.connected()
    (failure,) = sensor.feed(movesense.NOTIFY, data(content[50:], continued=True))
    assert isinstance(failure, DecodeFailure)


def test_movesense_answers_are_no_data() -> None:
    answer = movesense.encode_notification(movesense.Response(reference=99, status=200))
    assert Sensor("movesense").feed(movesense.NOTIFY, answer) == []


def test_a_dots_battery() -> None:
    level = movella_dot_device.encode_battery(
        movella_dot_device.BatteryStatus(level_percent=19, charging=False)
    )
    (found,) = Sensor("movella_dot").feed(movella_dot_device.BATTERY, level)
    assert isinstance(found, Sample)
    assert (found.code, found.value) == (Code.BATTERY_PERCENT, 19.0)


@pytest.mark.parametrize("family", ["movella_dot", "movesense", "metamotion", "sensortag", "thingy52"])
def test_other_characteristics_say_nothing(family: str) -> None:
    assert Sensor(family).feed("0000dead-0000-1000-8000-00805f9b34fb", b"\x00") == []


# -- Polar --------------------------------------------------------------------------------------------------


def stream(measurement: Measurement, last_s: float, rows: int, value: int, frame_type: int = 1) -> bytes:
    samples = ((0, 0, value),) * rows
    return polar_pmd.encode_data(
        PmdFrame(
            measurement=measurement,
            timestamp_ns=round(last_s * NS_PER_S),
            frame_type=frame_type,
            samples=samples,
            blocks=delta_blocks(samples),
        )
    )


def test_polars_streams_are_joined_where_both_are_known() -> None:
    sensor = Sensor("polar_pmd")
    assert sensor.feed(polar_pmd.DATA, stream(Measurement.ACC, 10.0, 13, 1000)) == []
    (block,) = sensor.feed(polar_pmd.DATA, stream(Measurement.GYR, 10.1, 13, 0, 0))
    assert isinstance(block, ImuBlock)
    assert 5 <= len(block.t_ns) < 13  # the rest waits for the acceleration to catch up
    assert block.acc_m_s2[:, 2] == pytest.approx(G)
    (later,) = sensor.feed(polar_pmd.DATA, stream(Measurement.ACC, 10.25, 13, 1000))
    assert isinstance(later, ImuBlock)
    assert later.t_ns[0] > block.t_ns[-1]
    assert len(block.t_ns) + len(later.t_ns) == 13


def test_polars_factor_is_what_the_control_point_told() -> None:
    sensor = Sensor("polar_pmd")
    told = polar_pmd_control.encode_settings((Setting(kind=SettingKind.FACTOR, values=(0.5,)),))
    response = Response(
        opcode=Opcode.START, measurement=Measurement.GYR, error=0, more=False, parameters=told
    )
    assert sensor.feed(polar_pmd_control.CONTROL_POINT, polar_pmd_control.encode_response(response)) == []
    sensor.feed(polar_pmd.DATA, stream(Measurement.ACC, 10.0, 13, 1000))
    (block,) = sensor.feed(polar_pmd.DATA, stream(Measurement.GYR, 10.0, 13, 180, 0))
    assert isinstance(block, ImuBlock)
    assert block.gyr_rad_s[:, 2] == pytest.approx(np.pi / 2)


def test_polars_rates_may_come_as_floats() -> None:
    sensor = Sensor("polar_pmd")
    bits = int.from_bytes(struct.pack("<f", 90.0), "little", signed=True)
    sensor.feed(polar_pmd.DATA, stream(Measurement.ACC, 10.0, 13, 1000))
    (block,) = sensor.feed(polar_pmd.DATA, stream(Measurement.GYR, 10.0, 13, bits, 1))
    assert isinstance(block, ImuBlock)
    assert block.gyr_rad_s[:, 2] == pytest.approx(np.pi / 2)


def test_polars_other_answers_and_streams_say_nothing() -> None:
    sensor = Sensor("polar_pmd")
    stopped = Response(opcode=Opcode.STOP, measurement=Measurement.GYR, error=0, more=False)
    assert sensor.feed(polar_pmd_control.CONTROL_POINT, polar_pmd_control.encode_response(stopped)) == []
    assert sensor.feed(polar_pmd.DATA, stream(Measurement.GYR, 10.0, 13, 0, 0)) == []
    sensor.connected()
    assert sensor.feed(polar_pmd.DATA, stream(Measurement.GYR, 20.0, 13, 0, 0)) == []


def test_polars_heart_rate_comes_by_the_standard_service() -> None:
    beat = heart_rate.encode_measurement(heart_rate.HeartRateMeasurement(71))
    (found,) = Sensor("polar_pmd").feed(heart_rate.MEASUREMENT, beat)
    assert isinstance(found, Sample)
    assert (found.code, found.value) == (Code.HEART_RATE_PER_MIN, 71.0)
