"""What every streaming filter keeps: any chunking gives equal results, state restores, bad input is harmless.

One row of `FILTERS` for each; a new filter is a new row.
"""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.dsp.biquad import Biquad, band_pass
from monitor.dsp.cross_check import PulseAgreement
from monitor.dsp.heart_rate_motion import MotionHeartRate, MotionRateParams
from monitor.dsp.pulse import Beat, PulseDetector, PulseParams
from monitor.dsp.pulse_rate import PulseRateMeter
from monitor.dsp.rate import RateFilter
from monitor.dsp.rr import RrMeter
from monitor.dsp.spo2 import Spo2Filter
from monitor.exercise.cycles import CycleCounter, CycleParams
from monitor.exercise.definition import Direction, RepetitionDefinition
from monitor.exercise.lift import LiftSignal, LiftTemplate
from monitor.exercise.one_sensor import OneSensor, OneSensorParams, OneSensorSignal
from monitor.exercise.repetitions import RepetitionCounter
from monitor.exercise.sets import SetTracker
from monitor.exercise.template import RotationSignal
from monitor.exercise.zeroing import ZeroShift
from monitor.ingest.clock_map import ClockMap, ClockMapParams
from monitor.motion.alignment import GridResampler, ImuGridParams
from monitor.motion.free_joint import FreeJoint
from monitor.motion.goniometer import Goniometer, GoniometerParams
from monitor.motion.inclinometer import Inclinometer, InclinometerParams
from monitor.samples import Code, ImuBlock, PpgBlock, Quality, Sample
from tests.monitor.dsp.made_ppg import ppg
from tests.monitor.exercise.made import angle_block, repetition
from tests.monitor.motion.two_imus import seated_knee, swings

KNEE = seated_knee(
    duration_s=34.0,
    seed=4,
    excursion=lambda t: (
        swings(t, 4.0, 5, lift=0.9, hold=0.2, lower=0.9, rest=0.3)
        + swings(t, 19.0, 5, lift=0.9, hold=0.2, lower=0.9, rest=0.3)
    ),
)
T = np.arange(0.0, 24.0, 0.02)
PPG = ppg(np.arange(0.4, 24.0, 0.8), T)
ANGLE = 90.0 - 70.0 * swings(np.arange(0.0, 20.0, 0.01), 1.0, 5, lift=1.0, hold=0.2, lower=1.0, rest=0.5)
ROTATION = 2.0 * np.sin(np.pi * T)[:, None] * np.array([0.6, -0.64, 0.48])


def imu(start: int, stop: int, side: int = 1) -> ImuBlock:
    return KNEE.block(side, start, stop)


def watch(start: int, stop: int) -> ImuBlock:
    n = ROTATION[start:stop].shape[0]
    t_ns = (np.arange(start, start + n) * 20_000_000).astype(np.int64)
    return ImuBlock(
        device="watch",
        t_ns=t_ns,
        acc_m_s2=np.tile([0.0, 0.0, 9.81], (n, 1)) + 0.01 * ROTATION[start:stop],
        gyr_rad_s=ROTATION[start:stop],
        received_ns=0,
    )


def wave(start: int, stop: int) -> PpgBlock:
    t_ns = np.round(T[start:stop] * 1e9).astype(np.int64)
    return PpgBlock(device="ppg", t_ns=t_ns, ppg=PPG[start:stop], received_ns=0)


def reading(code: Code, i: int) -> Sample:
    value = {Code.SPO2_PERCENT: 96.0 - i % 7, Code.HEART_RATE_PER_MIN: 80.0 + 3.0 * (i % 5)}[code]
    return Sample(
        device="d",
        code=code,
        t_ns=i * 10**9,
        received_ns=i * 10**9,
        value=value,
        flags=frozenset({"motion"}) if i % 11 == 3 else frozenset(),
    )


def flat(blocks: Iterable[Any]) -> list[Any]:
    """Rows of blocks, one after another, so that only their content is compared."""
    out: list[Any] = []
    for block in blocks:
        arrays = {
            f.name: getattr(block, f.name)
            for f in dataclasses.fields(block)
            if isinstance(getattr(block, f.name), np.ndarray)
        }
        rows = len(next(iter(arrays.values())))
        out += [tuple(repr(a[i].tolist()) for a in arrays.values()) for i in range(rows)]
    return out


def both_sides(push: Callable[[Any, ImuBlock], list[Any]], roles: Sequence[Any], a: int, b: int) -> list[Any]:
    """Both streams of the knee, neither ahead of the other by more than the playout time."""
    found = []
    for start in range(a, b, 15):
        stop = min(b, start + 15)
        for side, role in enumerate(roles):
            found += push(role, imu(start, stop, side))
    return flat(found)


def agree(check: PulseAgreement, a: int, b: int) -> list[Any]:
    out = []
    for i in range(a, b):
        check.strap(i * 10**9, 90.0)
        out.append(check.pulse(i * 10**9, 90.0 if i % 40 < 20 else 130.0))
    return out


def meter_rr(meter: RrMeter, a: int, b: int) -> list[Any]:
    out = []
    for i in range(a, b):
        meter.add(i * 10**9, (0.8, 0.79 + 0.01 * (i % 4)))
        out.append(meter.at(i * 10**9))
    return out


def meter_pulse(meter: PulseRateMeter, a: int, b: int) -> list[Any]:
    out = []
    for i in range(a, b):
        meter.add(Beat(t_ns=i * 800_000_000, known_ns=0, interval_s=0.8 + 0.02 * (i % 3), height=1.0))
        out.append(meter.at(i * 800_000_000))
    return out


def heart(tracker: MotionHeartRate, a: int, b: int) -> list[Any]:
    out = []
    for start in range(a, b, 25):
        out += tracker.push_acc(watch(start, min(b, start + 25)))
        out += tracker.push_ppg(wave(start, min(b, start + 25)))
    return out


def track_sets(tracker: SetTracker, a: int, b: int) -> list[Any]:
    out: list[Any] = []
    for i in range(a, b):
        out += tracker.add(repetition(at_s=3.0 * i + 12.0 * (i // 5)))
        out += tracker.advance(round((3.0 * i + 12.0 * (i // 5) + 2.5) * 1e9))
    return out


def stamp(clock: ClockMap, a: int, b: int) -> list[Any]:
    return [
        clock.stamp(received_ns=10**9 + i * 10_000_000 + (i * 7919) % 9_000_000, count=1).t_ns.tolist()
        for i in range(a, b)
    ]


def rotate_signal(signal: RotationSignal | LiftSignal, a: int, b: int) -> list[Any]:
    block = signal.update(imu(a, b))
    return [] if block is None else flat([block])


def zero_again(shift: ZeroShift, a: int, b: int) -> list[Any]:
    """A wish for a zero comes with sample 500."""
    out = []
    for start, stop in pairwise([a, *([500] if a < 500 < b else []), b]):
        if start == 500:
            shift.ask()
        out += flat([shift.update(angle_block(np.full(stop - start, 88.0), start=start))])
    return out


@dataclass(frozen=True)
class Filter:
    """`feed(filter, a, b)` gives samples a..b-1 and returns what came out, comparable."""

    make: Callable[[], Any]
    feed: Callable[[Any, int, int], list[Any]]
    length: int


KNEE_DEFINITION = RepetitionDefinition(
    direction=Direction.DECREASING, target_low_deg=50.0, target_high_deg=90.0
)
FILTERS: dict[str, Filter] = {
    "biquad": Filter(
        lambda: Biquad(band_pass(order=2, low_hz=0.5, high_hz=8.0, sampling_rate_hz=50.0)),
        lambda f, a, b: f.update(PPG[a:b]).tolist(),
        1000,
    ),
    "spo2": Filter(
        Spo2Filter, lambda f, a, b: [f.update(reading(Code.SPO2_PERCENT, i)) for i in range(a, b)], 60
    ),
    "rate": Filter(
        lambda: RateFilter(Code.HEART_RATE_PER_MIN),
        lambda f, a, b: [f.update(reading(Code.HEART_RATE_PER_MIN, i)) for i in range(a, b)],
        60,
    ),
    "rr": Filter(RrMeter, meter_rr, 60),
    "pulse": Filter(
        lambda: PulseDetector(PulseParams(sampling_rate_hz=50.0)),
        lambda f, a, b: f.update(wave(a, b)),
        1200,
    ),
    "pulse_rate": Filter(PulseRateMeter, meter_pulse, 60),
    "heart_rate_motion": Filter(
        lambda: MotionHeartRate(MotionRateParams(ppg_rate_hz=50.0, acc_rate_hz=50.0)), heart, 1200
    ),
    "agreement": Filter(PulseAgreement, agree, 120),
    "clock_map": Filter(
        lambda: ClockMap(ClockMapParams(nominal_rate_hz=100.0, drift_bound_ppm=10_000.0)), stamp, 1500
    ),
    "grid": Filter(lambda: GridResampler(ImuGridParams()), lambda f, a, b: f.update(imu(a, b)), 600),
    "goniometer": Filter(
        lambda: Goniometer(GoniometerParams()),
        lambda f, a, b: both_sides(f.push, ("proximal", "distal"), a, b),
        3400,
    ),
    "free_joint": Filter(
        lambda: FreeJoint(grid=ImuGridParams()), lambda f, a, b: both_sides(f.push, (0, 1), a, b), 900
    ),
    "inclinometer": Filter(
        lambda: Inclinometer(InclinometerParams()), lambda f, a, b: flat(f.push(imu(a, b))), 900
    ),
    "lift": Filter(
        lambda: LiftSignal(LiftTemplate(amplitude_m_s2=2.0, duration_s=2.0), rate_hz=100.0),
        rotate_signal,
        900,
    ),
    "zero": Filter(lambda: ZeroShift(pose_deg=90.0), zero_again, 1000),
    "one_sensor_tilt": Filter(
        lambda: OneSensor(OneSensorParams(name="knee")), lambda f, a, b: flat(f.push(imu(a, b))), 900
    ),
    "one_sensor_rotation": Filter(
        lambda: OneSensor(
            OneSensorParams(name="knee", signal=OneSensorSignal.ROTATION, longest_shown_s=60.0)
        ),
        lambda f, a, b: flat(f.push(imu(a, b))),
        2100,
    ),
    "rotation": Filter(lambda: RotationSignal((0.0, 1.0, 0.0), rate_hz=100.0), rotate_signal, 900),
    "cycles": Filter(
        lambda: CycleCounter(CycleParams(rate_hz=50.0)), lambda f, a, b: f.update(watch(a, b)), 1200
    ),
    "repetitions": Filter(
        lambda: RepetitionCounter(KNEE_DEFINITION),
        lambda f, a, b: f.update(angle_block(ANGLE[a:b], start=a)),
        2000,
    ),
    "sets": Filter(SetTracker, track_sets, 15),
}


def whole(one: Filter) -> list[Any]:
    return one.feed(one.make(), 0, one.length)


WHOLE = {name: whole(one) for name, one in FILTERS.items()}
# The repetition counter's rates are numerical derivatives of the test's own chunks: only times and angles
# are the filter's.
COMPARED: dict[str, Callable[[Any], Any]] = {
    "repetitions": lambda r: (r.index, r.turn_ns, r.min_deg, r.max_deg),
}


def comparable(name: str, found: list[Any]) -> list[Any]:
    return [COMPARED[name](x) for x in found] if name in COMPARED else found


@pytest.mark.parametrize("name", FILTERS)
def test_there_is_something_to_compare(name: str) -> None:
    assert len(WHOLE[name]) > 0


@pytest.mark.parametrize("name", FILTERS)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_any_chunking_and_any_restart_give_equal_results(name: str, data: st.DataObject) -> None:
    one = FILTERS[name]
    cuts = data.draw(st.lists(st.integers(1, one.length - 1), max_size=5, unique=True))
    edges = [0, *sorted(cuts), one.length]
    running = one.make()
    found: list[Any] = []
    for a, b in pairwise(edges):
        found += one.feed(running, a, b)
        fresh = one.make()
        fresh.state = running.state
        running = fresh
    assert comparable(name, found) == comparable(name, WHOLE[name])


@pytest.mark.parametrize("name", FILTERS)
def test_a_state_is_a_copy(name: str) -> None:
    one = FILTERS[name]
    half = one.length // 2
    running = one.make()
    first = one.feed(running, 0, half)
    kept = running.state
    one.feed(running, half, one.length)
    other = one.make()
    other.state = kept
    again = first + one.feed(other, half, one.length)
    assert comparable(name, again) == comparable(name, WHOLE[name])


# Bad input: one sample spoilt in one way, and the filters that take such samples.
FAULTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "nan": lambda x: np.full_like(x, np.nan),
    "infinite": lambda x: np.full_like(x, np.inf),
    "negative infinite": lambda x: np.full_like(x, -np.inf),
    "frozen": lambda x: np.broadcast_to(x[:1], x.shape).copy(),
    "saturated": lambda x: np.full_like(x, 34.9),
    "zero": np.zeros_like,
    "huge": lambda x: np.full_like(x, 1e300),
}


def spoilt_imu(block: ImuBlock, fault: Callable[[np.ndarray], np.ndarray]) -> ImuBlock:
    return dataclasses.replace(block, acc_m_s2=fault(block.acc_m_s2), gyr_rad_s=fault(block.gyr_rad_s))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seconds", [0.05, 0.3, 2.0])
def test_a_spoilt_sensor_never_raises_and_the_angle_comes_back(fault: str, seconds: float) -> None:
    goniometer = Goniometer(GoniometerParams(grid=ImuGridParams(gyr_range_rad_s=34.9, acc_range_m_s2=156.9)))
    blocks = []
    start, stop = 2400, 2400 + round(seconds * 100)
    for i in range(0, 3400, 5):
        blocks += goniometer.push("proximal", imu(i, i + 5, 0))
        distal = imu(i, i + 5, 1)
        blocks += goniometer.push(
            "distal", spoilt_imu(distal, FAULTS[fault]) if start <= i < stop else distal
        )
    t_s = (np.concatenate([b.t_ns for b in blocks]) - 10**12) / 1e9
    angle = np.concatenate([b.angle_deg for b in blocks])
    valid = np.concatenate([b.valid for b in blocks])
    rate = np.concatenate([b.rate_deg_s for b in blocks])
    # Nothing that is not a number is called valid, and nothing valid is absurd.
    assert np.isfinite(angle[valid]).all()
    assert np.isfinite(rate[valid]).all()
    assert np.isnan(angle[~valid]).all()
    if fault != "frozen":
        inside = (t_s > 24.0 + 0.05) & (t_s < 24.0 + seconds - 0.05)
        assert not valid[inside].any()
    after = t_s > 24.0 + seconds + 4.0
    error = np.abs(angle - np.interp(t_s, KNEE.t_s, KNEE.angle_deg))
    assert valid[after].all()
    assert error[after].max() < 8.0


@pytest.mark.parametrize("fault", FAULTS)
def test_spoilt_samples_make_no_repetition(fault: str) -> None:
    def count(spoil: bool) -> int:
        counter = CycleCounter(CycleParams(rate_hz=50.0))
        found = []
        for i in range(0, 1200, 10):
            block = watch(i, i + 10)
            found += counter.update(spoilt_imu(block, FAULTS[fault]) if spoil and 500 <= i < 550 else block)
        return len(found)

    assert count(spoil=True) <= count(spoil=False) + (1 if fault in ("saturated", "huge") else 0)


@pytest.mark.parametrize("fault", ["nan", "infinite", "negative infinite", "frozen", "zero"])
def test_a_spoilt_ppg_gives_no_beats(fault: str) -> None:
    detector = PulseDetector(PulseParams(sampling_rate_hz=50.0))
    beats: list[Beat] = []
    for i in range(0, 1200, 10):
        block = wave(i, i + 10)
        bad = 500 <= i < 900
        spoilt = dataclasses.replace(
            block, ppg=FAULTS[fault](block.ppg) if fault != "frozen" else np.full(10, 11.0)
        )
        beats += detector.update(spoilt if bad else block)
    inside = [b for b in beats if 12.0 < b.t_ns / 1e9 < 17.5]
    assert inside == []
    assert [b for b in beats if b.t_ns / 1e9 > 20.5]


def test_out_of_order_samples_change_nothing() -> None:
    resampler = GridResampler(ImuGridParams())
    rows = resampler.update(imu(0, 100))
    assert resampler.update(imu(0, 50)) == []
    rows += resampler.update(imu(100, 200))
    assert rows == GridResampler(ImuGridParams()).update(imu(0, 200))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0.0, 127.0, 1e12])
def test_spoilt_readings_are_held_as_doubtful_then_gone(value: float) -> None:
    spo2 = Spo2Filter()
    for i in range(5):
        spo2.update(dataclasses.replace(reading(Code.SPO2_PERCENT, i), value=97.0, flags=frozenset()))
    qualities = [
        spo2.update(
            dataclasses.replace(reading(Code.SPO2_PERCENT, i), value=value, flags=frozenset())
        ).quality
        for i in range(5, 20)
    ]
    assert qualities[:9] == [Quality.QUESTIONABLE] * 9
    assert qualities[9:] == [Quality.MISSING] * 6


# Every filter that takes samples of a sensor, fed with each fault for a second and then with good ones again.
IMU_FED: dict[str, Callable[[Any, ImuBlock], list[Any]]] = {
    "grid": lambda f, block: f.update(block),
    "goniometer": lambda f, block: f.push("distal", block),
    "free_joint": lambda f, block: f.push(1, block),
    "inclinometer": lambda f, block: f.push(block),
    "one_sensor_tilt": lambda f, block: f.push(block),
    "one_sensor_rotation": lambda f, block: f.push(block),
    "rotation": lambda f, block: [one for one in [f.update(block)] if one is not None],
    "lift": lambda f, block: [one for one in [f.update(block)] if one is not None],
    "cycles": lambda f, block: f.update(block),
    "heart_rate_motion": lambda f, block: f.push_acc(block),
}
OTHER_SIDE: dict[str, Callable[[Any, ImuBlock], list[Any]]] = {
    "goniometer": lambda f, block: f.push("proximal", block),
    "free_joint": lambda f, block: f.push(0, block),
}
ORDERS = ("out of order", "twice", "missing")


def delivered(block: ImuBlock, fault: str) -> list[ImuBlock]:
    """What reaches the filter of a block that something has happened to."""
    if fault == "missing":
        return []
    if fault == "twice":
        return [block, block]
    if fault == "out of order":
        turned = {name: getattr(block, name)[::-1] for name in ("t_ns", "acc_m_s2", "gyr_rad_s")}
        return [dataclasses.replace(block, **turned)]
    return [spoilt_imu(block, FAULTS[fault])]


def numbers(found: Iterable[Any]) -> Iterable[float]:
    """Every number that an output calls valid, except instants."""
    for one in found:
        valid = getattr(one, "valid", None)
        fields = (
            zip(one._fields, one, strict=True)
            if hasattr(one, "_fields")
            else ((f.name, getattr(one, f.name)) for f in dataclasses.fields(one))
        )
        for name, value in fields:
            if isinstance(value, np.ndarray) and name != "t_ns" and valid is not None:
                yield from np.asarray(value[valid], dtype=np.float64).ravel().tolist()
            elif isinstance(value, float):
                yield value
            elif isinstance(value, tuple):
                yield from (x for x in value if isinstance(x, float))


@pytest.mark.parametrize("fault", [*FAULTS, *ORDERS])
@pytest.mark.parametrize("name", IMU_FED)
def test_no_fault_of_a_motion_sensor_raises_or_invents(name: str, fault: str) -> None:
    one, before, after = FILTERS[name].make(), [], []
    for start in range(0, 1500, 10):
        if name in OTHER_SIDE:
            OTHER_SIDE[name](one, imu(start, start + 10, 0))
        block = imu(start, start + 10)
        hit = 1000 <= start < 1100
        for part in delivered(block, fault) if hit else [block]:
            found = IMU_FED[name](one, part)
            (before if start < 1000 else after).extend(found)
    values = list(numbers(before + after))
    assert all(np.isfinite(x) and abs(x) < 1e6 for x in values)
    if before:
        assert after


@pytest.mark.parametrize("fault", [*FAULTS, *ORDERS])
@pytest.mark.parametrize("name", ["pulse", "heart_rate_motion"])
def test_no_fault_of_a_waveform_raises_or_invents(name: str, fault: str) -> None:
    one = FILTERS[name].make()
    feed = one.update if name == "pulse" else one.push_ppg
    found: list[Any] = []
    for start in range(0, 1200, 10):
        block = wave(start, start + 10)
        parts = [block]
        if 500 <= start < 600:
            parts = {
                "missing": [],
                "twice": [block, block],
                "out of order": [dataclasses.replace(block, t_ns=block.t_ns[::-1], ppg=block.ppg[::-1])],
            }.get(fault, [dataclasses.replace(block, ppg=FAULTS.get(fault, np.zeros_like)(block.ppg))])
        for part in parts:
            found += feed(part)
    assert all(np.isfinite(x) for x in numbers(found))
    assert [b for b in found if b.t_ns > 18 * 10**9]


@pytest.mark.parametrize("code", [Code.SPO2_PERCENT, Code.HEART_RATE_PER_MIN])
@pytest.mark.parametrize(
    "fault", ["nan", "infinite", "zero", "huge", "frozen", "twice", "out of order", "missing"]
)
def test_no_fault_of_a_reading_raises_or_invents(code: Code, fault: str) -> None:
    one: Any = Spo2Filter() if code is Code.SPO2_PERCENT else RateFilter(code)
    out = []
    for i in range(60):
        sample = dataclasses.replace(reading(code, i), flags=frozenset())
        if not 20 <= i < 35:
            out.append(one.update(sample))
        elif fault == "twice":
            out += [one.update(sample), one.update(sample)]
        elif fault == "out of order":
            out.append(one.update(dataclasses.replace(sample, t_ns=sample.t_ns - 40 * 10**9)))
        elif fault == "missing":
            out.append(one.update(dataclasses.replace(sample, value=None, quality=Quality.MISSING)))
        elif fault == "frozen":
            out.append(one.update(dataclasses.replace(sample, value=90.0)))
        else:
            value = float(FAULTS[fault](np.array([sample.value]))[0])
            out.append(one.update(dataclasses.replace(sample, value=value)))
    assert all(x.value is None or 40.0 <= x.value <= 130.0 for x in out)
    assert out[-1].quality is Quality.GOOD
    # Held for ten seconds at most, and never as a good value.
    held = out[20:35] if fault in ("nan", "infinite", "zero", "huge", "missing") else []
    assert all(x.quality is not Quality.GOOD for x in held)
    assert all(x.value is None for x in held[10:])


@pytest.mark.parametrize("interval_s", [float("nan"), float("inf"), -1.0, 0.0, 1e300])
def test_no_fault_of_an_interval_raises_or_invents(interval_s: float) -> None:
    meter = RrMeter()
    for i in range(40):
        meter.add(i * 10**9, (interval_s, 0.8) if i % 4 == 0 else (0.8,))
    summary = meter.at(40 * 10**9)
    assert summary.rate_per_min == pytest.approx(75.0)
    pulses = PulseRateMeter()
    for i in range(20):
        pulses.add(
            Beat(t_ns=i * 800_000_000, known_ns=0, interval_s=interval_s if i % 4 == 0 else 0.8, height=1.0)
        )
    rate = pulses.at(20 * 800_000_000)
    assert rate.rate_per_min is None or rate.rate_per_min == pytest.approx(75.0)


@pytest.mark.parametrize("name", ["repetitions", "zero"])
@pytest.mark.parametrize("fault", ["invalid", "out of order", "twice", "frozen"])
def test_no_fault_of_an_angle_makes_a_repetition_or_a_zero(name: str, fault: str) -> None:
    one = FILTERS[name].make()
    if name == "zero":
        one.ask()
    found: list[Any] = []
    for start in range(0, 2000, 20):
        block = angle_block(ANGLE[start : start + 20], start=start)
        parts = [block]
        if 500 <= start < 600:
            parts = {
                "invalid": [angle_block(block.angle_deg, start=start, valid=np.zeros(20, dtype=bool))],
                "out of order": [angle_block(block.angle_deg[::-1], start=max(0, start - 400))],
                "twice": [block, block],
                "frozen": [angle_block(np.full(20, ANGLE[500]), start=start)],
            }[fault]
        for part in parts:
            result = one.update(part)
            found += result if isinstance(result, list) else [result]
    if name == "repetitions":
        assert 4 <= len(found) <= 5
        assert all(np.isfinite(r.rom_deg) and r.rom_deg < 75.0 for r in found)
    else:
        assert all(np.isfinite(b.angle_deg[b.valid]).all() for b in found)
        assert abs(one.shift_deg) < 20.0


@pytest.mark.parametrize("jump_ns", [-(10**12), -(10**9), 0, 10**12])
def test_no_fault_of_a_clock_turns_time_back(jump_ns: int) -> None:
    clock = FILTERS["clock_map"].make()
    stamps: list[int] = []
    received_ns = 10**13
    for i in range(600):
        received_ns += 10_000_000 + (jump_ns if i == 300 else 0)
        stamps += clock.stamp(received_ns=received_ns, count=1).t_ns.tolist()
    assert all(b > a for a, b in pairwise(stamps))


def test_a_set_takes_repetitions_in_any_order() -> None:
    tracker = SetTracker()
    for at_s in (3.0, 9.0, 6.0, 6.0, 0.0):
        tracker.add(repetition(at_s=at_s))
    assert tracker.current is not None
    assert tracker.current.full == 5


def test_strap_and_pulse_that_are_no_numbers_agree_with_nobody() -> None:
    check = PulseAgreement()
    for i in range(30):
        check.strap(i * 10**9, float("nan"))
        assert check.pulse(i * 10**9, 90.0) in (True, False)
    for i in range(30, 60):
        check.strap(i * 10**9, 90.0)
        check.pulse(i * 10**9, 91.0)
    assert not check.disagrees
