"""Streams that run at another rate than thought, and clocks that are set while they stream.

polar-ble-sdk #215, #317, #640, #818, #824; xsens_dot_server #13.
"""

from collections.abc import Callable

import numpy as np
import pytest

from devices.frames import Frame
from monitor.ingest.clock_map import ClockMap, ClockMapParams
from monitor.ingest.ingest import Ingest
from monitor.samples import ImuBlock
from monitor.sensors import SensorConfig, SensorRole
from protocols.ble import movella_dot, polar_pmd, polar_pmd_control
from protocols.ble.codec.polar_delta import delta_blocks
from protocols.ble.movella_dot import PayloadMode
from protocols.ble.polar_pmd import Measurement, PmdFrame, encode_data
from protocols.ble.polar_pmd_control import Opcode, Response, Setting, SettingKind

NS_PER_S = 1_000_000_000
# A Verity Sense counts from 2000; its clock stands in 2017.
BASE_NS = 537_048_300_822_218_240
NINE_YEARS_NS = 9 * 365 * 86_400 * NS_PER_S


def polar(**options: float) -> Ingest:
    return Ingest(
        [SensorConfig(device="imu", family="polar_pmd", role=SensorRole.IMU_DISTAL, options=options)]
    )


def pmd(measurement: Measurement, stamp_ns: int, count: int) -> bytes:
    acceleration = measurement is Measurement.ACC
    rows = tuple((0, 0, 1000) if acceleration else (n % 3, 0, 0) for n in range(count))
    return encode_data(
        PmdFrame(
            measurement=measurement,
            timestamp_ns=stamp_ns,
            frame_type=1 if acceleration else 0,
            samples=rows,
            blocks=delta_blocks(rows),
        )
    )


def streamed(
    ingest: Ingest,
    rate_hz: float,
    *,
    count: int = 26,
    until_s: float = 30.0,
    shift_ns: Callable[[float, Measurement], int] = lambda _, __: 0,
) -> list[ImuBlock]:
    """Both streams, each notification 20 ms after its newest sample."""
    out = []
    for number in range(1, round(until_s * rate_hz / count)):
        t_s = number * count / rate_hz
        for measurement in (Measurement.ACC, Measurement.GYR):
            stamp_ns = BASE_NS + round(t_s * NS_PER_S) + shift_ns(t_s, measurement)
            frame = Frame(
                device="imu",
                characteristic=polar_pmd.DATA,
                received_ns=10**12 + round(t_s * NS_PER_S) + 20_000_000,
                payload=pmd(measurement, stamp_ns, count),
            )
            out += [one for one in ingest.feed(frame) if isinstance(one, ImuBlock)]
    return out


def spacing_s(blocks: list[ImuBlock]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.diff(np.concatenate([block.t_ns for block in blocks])) / NS_PER_S


@pytest.mark.parametrize("count", [13, 26, 71])
@pytest.mark.parametrize("rate_hz", [26.0, 52.0, 104.0, 208.0])
def test_a_polar_that_was_started_at_another_rate_keeps_its_time(rate_hz: float, count: int) -> None:
    blocks = streamed(polar(rate_hz=rate_hz), rate_hz, count=count)
    assert spacing_s(blocks) == pytest.approx(1.0 / rate_hz, rel=0.01)
    assert not any(block.gap_before for block in blocks[1:])


@pytest.mark.parametrize("true_hz", [26.3, 51.2, 105.9, 202.0])
def test_the_stamps_tell_the_rate_where_nobody_else_does(true_hz: float) -> None:
    blocks = streamed(polar(), true_hz)
    # From the second notification of each stream on.
    assert spacing_s(blocks[2:]) == pytest.approx(1.0 / true_hz, rel=0.01)
    assert not any(block.gap_before for block in blocks[3:])


def test_the_rate_that_the_driver_takes_from_what_is_offered_is_known_before_the_first_sample() -> None:
    ingest = polar(rate_hz=104)
    for measurement in (Measurement.ACC, Measurement.GYR):
        offered = Setting(kind=SettingKind.RATE_HZ, values=(26, 52, 104, 208, 416))
        response = Response(
            opcode=Opcode.GET_SETTINGS,
            measurement=measurement,
            error=0,
            more=False,
            parameters=polar_pmd_control.encode_settings((offered,)),
        )
        ingest.feed(
            Frame(
                device="imu",
                characteristic=polar_pmd_control.CONTROL_POINT,
                received_ns=1,
                payload=polar_pmd_control.encode_response(response),
            )
        )
    ingest.connected("imu")
    assert spacing_s(streamed(ingest, 104.0)) == pytest.approx(1 / 104.0, rel=0.01)


@pytest.mark.parametrize(
    "jump_ns", [NINE_YEARS_NS, -NINE_YEARS_NS, -NS_PER_S, -(10**10), 10**10, -(3 * 10**8)]
)
@pytest.mark.parametrize("only", [None, Measurement.ACC, Measurement.GYR])
def test_a_polar_whose_clock_is_set_while_it_streams_goes_on(jump_ns: int, only: Measurement | None) -> None:
    if only is not None and abs(jump_ns) < 5 * NS_PER_S:
        pytest.skip("two streams of one clock cannot be a second apart; nobody has seen it")

    def shift(t_s: float, measurement: Measurement) -> int:
        return jump_ns if t_s > 5.0 and only in (None, measurement) else 0

    blocks = streamed(polar(rate_hz=52), 52.0, shift_ns=shift)
    t_ns = np.concatenate([block.t_ns for block in blocks])
    assert np.all(np.diff(t_ns) > 0)
    # It says that something happened, and loses no more than a few notifications of it.
    # (The rate of turn is dated by the acceleration's clock: a step of its own alone costs nothing.)
    assert only is Measurement.GYR or sum(block.gap_before for block in blocks[1:]) >= 1
    assert len(t_ns) >= 30 * 52 - 6 * 26
    late_s = [
        (block.received_ns - block.t_ns[-1]) / NS_PER_S for block in blocks if block.t_ns[-1] > 10**12 + 8e9
    ]
    assert max(late_s) < 0.6
    assert min(late_s) > -0.05


def test_a_dot_that_sends_every_second_sample_is_a_dot_at_half_the_rate() -> None:
    ingest = Ingest([SensorConfig(device="imu", family="movella_dot", role=SensorRole.IMU_DISTAL)])
    payload_of = movella_dot.payload_characteristic(PayloadMode.RATE)
    blocks = []
    for number in range(300):
        t_s = number / 30.0
        said = movella_dot.DotSample(
            timestamp_us=round(t_s * 1e6), acc_m_s2=(0.0, 0.0, 9.81), gyr_deg_s=(0.0, 0.0, 0.0)
        )
        frame = Frame(
            device="imu",
            characteristic=payload_of,
            received_ns=10**12 + round(t_s * NS_PER_S),
            payload=movella_dot.encode_payload(PayloadMode.RATE, said),
        )
        blocks += [one for one in ingest.feed(frame) if isinstance(one, ImuBlock)]
    assert not any(block.gap_before for block in blocks[8:])


@pytest.mark.parametrize("wrap_at", [2**32, None])
def test_a_counter_that_wraps_is_no_gap_and_one_that_begins_anew_is(wrap_at: int | None) -> None:
    clock = ClockMap(ClockMapParams(nominal_rate_hz=60.0, tick_hz=1e6, tick_bits=32))
    gaps = []
    t_ns: list[int] = []
    for number in range(600):
        ticks = 2**32 - 5_500_000 + round(number / 60 * 1e6)
        if wrap_at is None and number >= 300:
            ticks = round((number - 300) / 60 * 1e6)
        stamps = clock.stamp(received_ns=10**12 + round(number / 60 * 1e9), count=1, ticks=ticks % 2**32)
        gaps.append(stamps.gap_before)
        t_ns += stamps.t_ns.tolist()
    assert np.all(np.diff(t_ns) > 0)
    assert sum(gaps) == (0 if wrap_at else 1)
    assert np.diff(t_ns) / 1e9 == pytest.approx(1 / 60, abs=0.004)


@pytest.mark.parametrize("true_hz", [50.0, 57.0, 130.0, 200.0])
def test_a_stream_without_a_counter_at_another_rate_finds_its_time(true_hz: float) -> None:
    """A vendor's application has set the sensor to another rate than the station's file says."""
    clock = ClockMap(ClockMapParams(nominal_rate_hz=100.0, drift_bound_ppm=10_000.0))
    late: list[float] = []
    gaps: list[bool] = []
    spacing: list[float] = []
    for number in range(round(40 * true_hz / 5)):
        received_s = number * 5 / true_hz
        stamps = clock.stamp(received_ns=10**12 + round(received_s * NS_PER_S), count=5)
        if received_s > 20:
            late.append(received_s - (int(stamps.t_ns[-1]) - 10**12) / NS_PER_S)
            gaps.append(stamps.gap_before)
            spacing += (np.diff(stamps.t_ns) / NS_PER_S).tolist()
    assert clock.rate_hz == pytest.approx(true_hz, rel=0.01)
    assert np.array(spacing) == pytest.approx(1.0 / true_hz, rel=0.01)
    assert max(abs(one) for one in late) < 0.1
    assert not any(gaps)
