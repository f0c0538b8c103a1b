"""The measuring itself: on folders made here, in the format of the recordings, with known answers."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.monitor.dsp.made_ppg import ppg
from tests.monitor.motion.two_imus import seated_knee, swings
from tests.validation import broad, oximetry, people, physical_therapy, pulse, rig, shoulder, validate
from tests.validation.metric import Metric, table, write_json


def metric(value: float, **more: object) -> Metric:
    fields = {
        "metric": "a.b",
        "value": value,
        "unit": "deg",
        "target": 3.0,
        "baseline": 4.0,
        "better": "lower",
        "n": 7,
        "protocol": "how",
    }
    return Metric(**{**fields, **more})  # type: ignore[arg-type]


def test_a_metric_knows_whether_it_is_met(tmp_path: Path) -> None:
    metrics = [metric(2.0), metric(4.0), metric(2.0, better="higher"), metric(1.0, target=None)]
    assert [m.met for m in metrics] == [True, False, False, None]
    write_json(metrics, tmp_path / "deep" / "out.json")
    written = json.loads((tmp_path / "deep" / "out.json").read_text())
    assert set(written[0]) == {"metric", "value", "unit", "target", "baseline", "better", "n", "protocol"}
    assert "MISSED" in table(metrics)


@pytest.mark.parametrize("part", [broad, physical_therapy, pulse, rig, shoulder])
def test_an_empty_folder_gives_no_figures(part, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert part.measure(tmp_path) == []


def test_a_missing_folder_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate.main(["--data", str(tmp_path / "none")]) == 2
    assert "no folder of recordings" in capsys.readouterr().err


def test_the_command_writes_what_it_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validate, "PARTS", {"one": lambda _: [metric(5.0)], "none": lambda _: []})
    assert validate.main(["--data", str(tmp_path), "--out", str(tmp_path / "v.json")]) == 0
    out = capsys.readouterr()
    assert "missed: a.b" in out.out
    assert "none: no recordings" in out.err
    assert len(json.loads((tmp_path / "v.json").read_text())) == 1


def session(counts: tuple[int, int, int], subject: int) -> np.ndarray:
    """A test session of 165 s+: three blocks of repetitions on the second of two units, 25 Hz."""

    def excursion(t: np.ndarray) -> np.ndarray:
        out = np.zeros_like(t)
        for start, count, lift, scale in zip(
            (5.0, 105.0, 165.0), counts, (1.5, 0.6, 1.2), (1.0, 1.0, 0.45), strict=True
        ):
            out += scale * swings(t, start, count, lift=lift, hold=0.5, lower=lift, rest=0.6)
        return out

    return units(excursion, 225.0, subject)


def units(excursion, seconds: float, subject: int) -> np.ndarray:  # type: ignore[no-untyped-def]
    knee = seated_knee(duration_s=seconds, rate_hz=25.0, seed=subject, excursion=excursion, sway_deg=1.0)
    both = [np.hstack([knee.acc[i], knee.gyr[i], np.zeros((knee.t_s.size, 3))]) for i in (0, 1)]
    return np.stack(both, axis=1).astype(np.float32)


def test_physical_therapy_counts_what_was_done(tmp_path: Path) -> None:
    folder = tmp_path / "physical_therapy_5imu"
    folder.mkdir()
    rows = ["subject,exercise,session,rep,execution_type,start_idx,end_idx"]
    for subject, counts in ((7, (10, 10, 10)), (8, (10, 10, 9))):
        shown = units(lambda t: swings(t, 5.0, 1, lift=1.5, hold=0.5, lower=1.5, rest=0.5), 12.0, subject)
        np.savez(
            folder / f"subject_{subject}.npz",
            **{f"s{subject}_e1_test": session(counts, subject), f"s{subject}_e1_tmpl": shown},
        )
        rows.append(f"{subject},1,template,1,1,120.0,220.0")
    (folder / "annotations.csv").write_text("\n".join(rows) + "\n")
    found = {m.metric: m for m in physical_therapy.measure(tmp_path)}
    assert found["reps.physical_therapy.mae"].value == pytest.approx(1 / 6)
    assert found["reps.physical_therapy.mae"].n == 6
    assert found["reps.physical_therapy.within_1"].value == 100.0
    assert found["reps.physical_therapy.idle_false"].value == 0.0
    assert found["reps.physical_therapy.idle_false"].n == 4


def test_shoulder_watch_counts_cycles(tmp_path: Path) -> None:
    folder = tmp_path / "shoulder_watch"
    folder.mkdir()
    t = np.arange(0.0, 40.0, 0.02)
    rate = 2.0 * np.sin(np.pi * t)
    rows = np.column_stack([0.0 * t, 0.0 * t, 1.0 + 0.0 * t, 0.6 * rate, -0.64 * rate, 0.48 * rate])
    np.savez(
        folder / "shoulder_watch.npz",
        X=np.vstack([rows, rows]).astype(np.float32),
        start=np.array([0, t.size]),
        length=np.array([t.size, t.size]),
        subject=np.array([1, 2], dtype=np.int8),
        reps_nominal=np.array([20, 22], dtype=np.int8),
        fs=np.array(50.0),
    )
    found = {m.metric: m.value for m in shoulder.measure(tmp_path)}
    assert found["reps.shoulder_watch.exact"] == 50.0
    assert found["reps.shoulder_watch.mae"] == 1.0
    assert found["reps.shoulder_watch.offline_agreement_within_1"] == 100.0


def test_the_rig_is_measured_against_its_optics(tmp_path: Path) -> None:
    folder = tmp_path / "dual_imu_optical"
    folder.mkdir()
    knee = seated_knee(
        duration_s=40.0,
        rate_hz=50.0,
        seed=3,
        mounting_deg=0.0,
        sway_deg=20.0,
        turn_deg=40.0,
        turn_hz=0.3,
        # Its first second is still.
        excursion=lambda t: 0.5 * (1.0 - np.cos(2 * np.pi * 0.45 * np.maximum(t - 1.3, 0.0))),
    )
    n = knee.t_s.size
    identity = np.tile([1.0, 0.0, 0.0, 0.0], (n, 1))
    distal = Rotation.from_euler("y", knee.angle_deg[:, None], degrees=True).as_quat(scalar_first=True)
    reference = np.zeros((n, 17))
    # The optics lead by one sample.
    reference[:, 0:4] = identity
    reference[:-1, 4:8] = distal[1:]
    reference[-1, 4:8] = distal[-1]
    np.savez(
        folder / "rig.npz",
        **{
            "1D_99_sensor": np.hstack([knee.acc[0], knee.gyr[0], knee.acc[1], knee.gyr[1]]).astype(
                np.float32
            ),
            "1D_99_ref": reference.astype(np.float32),
            "1D_99_r12": np.array([0.2, -0.05, -0.02]),
            "1D_99_r21": np.array([-0.15, -0.05, -0.02]),
            "1D_99_rate": np.array(50),
        },
    )
    found = {m.metric: m for m in rig.measure(tmp_path)}
    assert found["angle.rig.rmse_deg"].value < 4.0
    assert found["angle.rig.rmse_given_levers_deg"].value < 4.0
    assert found["angle.rig.hinge_rmse_deg"].value < 2.0
    assert found["angle.rig.hinge_goniometer_rmse_deg"].value < 3.0
    assert found["angle.rig.goniometer_good_while_wrong"].value == 0.0
    assert found["angle.rig.rom_error_deg"].value < 2.0
    assert found["angle.rig.rom_error_deg"].n > 3


def test_simulated_people_are_counted_as_what_became_of_them() -> None:
    persons = people.people(6)
    outcomes = [people.outcome(person) for person in persons[:2]]
    assert all(one is not None for one in outcomes)
    found = {m.metric: m for m in people.metrics_of(persons, [*outcomes, None, None, None, None])}
    assert found["people.wrong_pairings"].value == 0.0
    assert found["people.refused_worn_alike"].value == 50.0
    assert found["people.refused_worn_otherwise"].value == 100.0
    assert found["people.honest_error"].value == 100.0
    assert found["people.rmse_deg"].value < 3.0
    assert {person.worn for person in people.people(40)} == {"alike", "flipped", "anyhow"}


def test_a_swapped_marker_is_a_glitch_of_the_reference(tmp_path: Path) -> None:
    still = np.zeros((500, 3))
    flipped = np.tile([1.0, 0.0, 0.0, 0.0], (500, 1))
    flipped[400:402] = [0.0, 1.0, 0.0, 0.0]
    trial = rig.Trial(
        name="3D_01",
        rate_hz=50.0,
        acc1=still,
        gyr1=still,
        acc2=still,
        gyr2=still,
        reference=Rotation.from_quat(flipped, scalar_first=True),
        levers=None,
    )
    bad = rig.glitches(trial)
    assert bad.size == 500 - 1 - 250
    assert set(np.flatnonzero(bad) + 250) == set(range(394, 407))
    assert not trial.is_hinge


def test_inclination_is_measured_where_it_moves(tmp_path: Path) -> None:
    folder = tmp_path / "broad_subset"
    folder.mkdir()
    n, rate_hz = 3000, 100.0
    tilt = 20.0 * np.sin(2 * np.pi * 0.2 * np.arange(n) / rate_hz)
    truth = Rotation.from_euler("x", tilt[:, None], degrees=True)
    np.savez(
        folder / "a.npz",
        imu_gyr=np.column_stack([np.gradient(np.radians(tilt), 1 / rate_hz), np.zeros((n, 2))]),
        imu_acc=truth.inv().apply([0.0, 0.0, 9.81]),
        # Two degrees off, and unknown for a while.
        opt_quat=np.where(
            (np.arange(n) < 100)[:, None],
            np.nan,
            (Rotation.from_euler("x", 2.0, degrees=True) * truth).as_quat(scalar_first=True),
        ),
        movement=np.arange(n) > 500,
        sampling_rate=np.array(rate_hz),
    )
    found = {m.metric: m.value for m in broad.measure(tmp_path)}
    assert found["orientation.broad.inclination_rmse_deg"] == pytest.approx(2.0, abs=0.3)


def ecg(beats_s: np.ndarray, t: np.ndarray) -> np.ndarray:
    noise = 0.02 * np.random.default_rng(0).normal(size=t.size)
    return noise + sum(np.exp(-0.5 * ((t - b) / 0.012) ** 2) for b in beats_s)


def test_pulse_is_matched_beat_for_beat_where_the_ecg_can_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "mimic_numerics_ppg_samples"
    folder.mkdir()
    t = np.arange(0.0, 90.0, 0.008)
    beats = np.arange(0.3, 89.0, 0.75)
    lead = ecg(beats, t)
    spoilt = lead.copy()
    spoilt[t > 70.0] = 0.02 * np.random.default_rng(1).normal(size=(t > 70.0).sum())
    np.savez(
        folder / "x.npz",
        signal=np.column_stack([lead, spoilt, ppg(beats + 0.2, t)]),
        fs=np.array(125),
        names=np.array(["II", "V", "PLETH"]),
    )
    header = "t_s,III[mV],PLETH[mV]"
    body = [f"{a:.3f},{b:.4f},{c:.4f}" for a, b, c in zip(t[:1000], lead, ppg(beats, t[:1000]), strict=False)]
    (folder / "short.csv").write_text("\n".join([header, *body]) + "\n")
    (folder / "numerics.csv").write_text("HR,PULSE\n80,80\n")
    found = {m.metric: m for m in pulse.measure(tmp_path)}
    assert found["pulse.f1"].value > 0.99
    assert found["pulse.f1"].n == pytest.approx(60.0 / 0.75, abs=2)
    assert found["pulse.latency_s"].value < 0.5
    names = [r.name for r in pulse.recordings(tmp_path)]
    assert names == ["x"]


def test_alarms_are_scored_against_the_truth() -> None:
    n = oximetry.SECONDS
    none = np.zeros(n, dtype=bool)
    truth = np.full(n, 95.0)
    truth[300:360] = 85.0
    made = oximetry.SimulatedSession(truth=truth, reading=truth, flagged=none, missing=none)
    value = truth.copy()
    value[500:515] = 80.0
    score = oximetry.Score()
    score.add(made, value)
    assert (score.events, score.missed, score.false_alarms) == (1, 0, 1)
    assert score.delays_s == [10.0]
    silent = oximetry.Score()
    silent.add(made, np.full(n, np.nan))
    assert (silent.missed, silent.false_alarms) == (1, 0)


def test_the_baseline_follows_its_description() -> None:
    rng = np.random.default_rng(0)
    made = oximetry.simulate(rng, desaturates=True, flagged_share=1.0)
    smooth = oximetry.median_and_slew(made)
    assert (np.diff(smooth[np.isfinite(smooth)]) >= -1.0 - 1e-9).all()
    assert made.truth.min() < 90.0
    assert made.flagged.any()


def test_what_cannot_be_read_is_left_out_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("broad_subset", "shoulder_watch", "dual_imu_optical", "physical_therapy_5imu"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "subject_torn.npz").write_bytes(b"PK torn")
    shown = np.zeros((100, 2, 9), dtype=np.float32)
    np.savez(
        tmp_path / "physical_therapy_5imu" / "subject_4.npz",
        s4_e1_test=shown,
        s4_e2_test=shown,
        s4_e2_tmpl=shown,
    )
    np.savez(tmp_path / "broad_subset" / "x.npz", imu_gyr=np.zeros((9, 3)))
    rig_arrays = {"a_sensor": np.zeros((99, 12)), "b_sensor": np.zeros((99, 12)), "b_ref": np.zeros((99, 8))}
    np.savez(tmp_path / "dual_imu_optical" / "x.npz", b_rate=50, **rig_arrays)
    np.savez(
        tmp_path / "shoulder_watch" / "x.npz",
        X=np.zeros((9, 6)),
        fs=50.0,
        start=[0],
        length=[9],
        subject=[1],
        reps_nominal=[20],
    )
    pulses = tmp_path / "mimic_numerics_ppg_samples"
    pulses.mkdir()
    (pulses / "empty.csv").write_text("")
    (pulses / "words.csv").write_text("t_s,II,PLETH\n0,1,2\n1,one,2\n2,1,2\n")
    np.savez(pulses / "no_ecg.npz", signal=np.zeros((99, 1)), fs=125, names=["PLETH"])
    np.savez(pulses / "short.npz", signal=np.zeros((99, 2)), fs=125, names=["PLETH", "ECG"])
    np.savez(pulses / "flat.npz", signal=np.zeros((9000, 2)), fs=125, names=["PLETH", "ECG"])
    for part in (broad, physical_therapy, pulse, rig, shoulder):
        assert part.measure(tmp_path) == []  # type: ignore[attr-defined]
    said = capsys.readouterr().err
    for words in (
        "has no imu_acc, movement, opt_quat, sampling_rate",
        "has no template session s4_e1_tmpl",
        "shows no movement in s4_e2_tmpl",
        "no rate of a",
        "without optical truth in b",
        "less than a second, number 0",
        "words.csv is left out: it cannot be read",
        "has no PPG with an ECG beside it",
        "lasts only 1 s",
        "its ECG cannot be read",
    ):
        assert words in said
    assert said.count("torn.npz is left out: it cannot be read") == 4


def test_a_hinge_is_known_by_its_name_or_by_its_movement() -> None:
    def trial(name: str, axes: np.ndarray) -> rig.Trial:
        still = np.zeros((500, 3))
        return rig.Trial(
            name=name,
            rate_hz=50.0,
            acc1=still,
            gyr1=still,
            acc2=still,
            gyr2=still,
            reference=Rotation.from_rotvec(axes),
            levers=None,
        )

    t = np.arange(500) / 50.0
    hinge = np.sin(t)[:, None] * np.array([0.6, 0.8, 0.0])
    free = np.column_stack([np.sin(t), np.cos(2.0 * t), 0.0 * t])
    assert trial("alpha", hinge).is_hinge
    assert not trial("alpha", free).is_hinge
    assert trial("1d_alpha", free).is_hinge
    assert not trial("2D_alpha", hinge).is_hinge


@pytest.mark.parametrize("which", pulse.DEGRADED)
def test_other_devices_would_find_the_same_beats(which: str) -> None:
    t = np.arange(0.0, 60.0, 0.004)
    beats = np.arange(0.5, 59.0, 0.8)
    recording = pulse.Recording(name="x", rate_hz=250.0, ppg=ppg(beats, t), leads=[])
    wave, rate_hz = pulse.degraded(recording, which)
    found = pulse.times_s(pulse.beats_of(wave, rate_hz))
    assert wave.size / rate_hz == pytest.approx(60.0, abs=0.1)
    assert np.diff(found) == pytest.approx(np.full(found.size - 1, 0.8), abs=0.06)
    assert found.size >= 68
