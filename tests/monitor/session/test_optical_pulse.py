"""The pulse in an oximeter's own waveform."""

import numpy as np
import pytest

from monitor.outputs import VitalUpdate
from monitor.samples import Code, ImuBlock, PpgBlock, Quality, Sample
from monitor.session.optical_pulse import OpticalPulse
from simulators.scenario.loader import Scenario
from tests.monitor.dsp.made_ppg import ppg
from tests.support.core_run import run_core

NS = 1_000_000_000


def wave(t_s: np.ndarray, x: np.ndarray, *, gap_before: bool = False) -> PpgBlock:
    t_ns = np.round(t_s * NS).astype(np.int64)
    return PpgBlock(
        device="ox", t_ns=t_ns, ppg=x, received_ns=int(t_ns[-1]) if t_ns.size else 0, gap_before=gap_before
    )


def shaken(t_s: np.ndarray, steps_hz: float) -> ImuBlock:
    t_ns = np.round(t_s * NS).astype(np.int64)
    acc = 9.81 + 3.0 * np.sin(2 * np.pi * steps_hz * t_s)[:, None] * np.ones(3)
    return ImuBlock(
        device="thigh", t_ns=t_ns, acc_m_s2=acc, gyr_rad_s=np.zeros_like(acc), received_ns=int(t_ns[-1])
    )


def run(
    x: np.ndarray, rate_hz: float, *, steps_hz: float | None = None, acc_rate_hz: float = 50.0
) -> tuple[OpticalPulse, list[Sample]]:
    optical = OpticalPulse()
    t = np.arange(x.size) / rate_hz
    out: list[Sample] = []
    for start in np.arange(0.0, t[-1], 0.2).tolist():
        if steps_hz is not None:
            optical.push_acc(shaken(np.arange(start, start + 0.2 - 1e-9, 1.0 / acc_rate_hz), steps_hz))
        part = (t >= start - 1e-9) & (t < start + 0.2 - 1e-9)
        out += optical.push_ppg(wave(t[part], x[part]), moving=steps_hz is not None)
    return optical, out


@pytest.mark.parametrize("rate_hz", [50.0, 100.0, 125.0, 250.0])
def test_beats_give_the_rate_at_rest(rate_hz: float) -> None:
    t = np.arange(0.0, 30.0, 1.0 / rate_hz)
    optical, found = run(ppg(np.arange(0.4, 30.0, 0.75), t), rate_hz)
    last = found[-1]
    assert (last.code, last.quality, last.flags) == (Code.PLETH_RATE_PER_MIN, Quality.GOOD, frozenset())
    assert last.value == pytest.approx(80.0, abs=1.5)
    assert len(found) == pytest.approx(27, abs=3)
    assert optical.cadence is not None
    assert optical.cadence[1] is None


def test_the_spectrum_gives_it_in_movement_and_steps_are_told() -> None:
    t = np.arange(0.0, 60.0, 0.01)
    clean = ppg(np.arange(0.4, 60.0, 0.5), t)
    x = clean + 1.5 * np.std(clean) * np.sin(2 * np.pi * 1.5 * t)
    optical, found = run(x, 100.0, steps_hz=1.5)
    assert found[-1].value == pytest.approx(120.0, abs=5.0)
    assert "motion" in found[-1].flags
    assert optical.cadence is not None
    assert optical.cadence[1] == pytest.approx(90.0, abs=3.0)
    assert found[-1].quality is not Quality.MISSING


def test_nothing_is_told_of_a_waveform_that_has_none() -> None:
    _, flat = run(np.full(2000, 7.0), 100.0)
    assert {one.quality for one in flat} == {Quality.MISSING}
    _, broken = run(np.full(2000, np.nan), 100.0)
    assert {one.value for one in broken} == {None}


def test_the_rate_is_learnt_from_an_unbroken_stretch() -> None:
    optical = OpticalPulse()
    assert optical.push_ppg(wave(np.empty(0), np.empty(0)), moving=False) == []
    t = np.arange(0.0, 2.0, 0.01)
    optical.push_ppg(wave(t, t), moving=False)
    optical.push_ppg(wave(t + 10.0, t, gap_before=True), moving=False)
    assert optical.cadence is None
    nothing = ImuBlock(
        device="thigh",
        t_ns=np.empty(0, dtype=np.int64),
        acc_m_s2=np.empty((0, 3)),
        gyr_rad_s=np.empty((0, 3)),
        received_ns=0,
    )
    optical.push_acc(nothing)
    # One sample a second is no waveform.
    slow = OpticalPulse()
    assert slow.push_ppg(wave(np.arange(0.0, 20.0), np.ones(20)), moving=False) == []


def test_blocks_that_come_together_are_told_once() -> None:
    t = np.arange(0.0, 20.0, 0.01)
    x = ppg(np.arange(0.4, 20.0, 0.75), t)
    _, found = run(x, 100.0)
    again = OpticalPulse()
    assert again.push_ppg(wave(t, x), moving=False)[-1].value == pytest.approx(found[-1].value, abs=1.0)


def test_an_oximeter_with_a_waveform_shows_its_pulse_in_the_session() -> None:
    scenario = Scenario.model_validate(
        {
            "name": "wave",
            "title": "wave",
            "seed": 3,
            "duration_s": 40.0,
            "devices": [{"name": "oximeter", "family": "berrymed", "role": "oximeter"}],
        }
    )
    run_ = run_core(scenario)
    shown = [one for one in run_.outputs if isinstance(one, VitalUpdate)]
    ours = [one for one in shown if one.code is Code.PLETH_RATE_PER_MIN and one.value is not None]
    theirs = [one for one in shown if one.code is Code.PULSE_RATE_PER_MIN and one.value is not None]
    assert len(ours) > 20
    assert ours[-1].value == pytest.approx(theirs[-1].value or 0.0, abs=4.0)
    assert ours[-1].unit == "/min"
