"""What a session counts on recorded samples: the session's own `Training`, fed block by block.

Every figure of repetitions comes from here, so that what is validated is what runs: the same object in a live
session, in `kinewatch replay` and here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitor.outputs import CalibrationReported, RepetitionCounted
from monitor.plan.exercise import Exercise
from monitor.plan.pack import PackName
from monitor.plan.plan import Medication, Plan
from monitor.samples import ImuBlock
from monitor.sensors import SensorConfig, SensorRole
from monitor.session.effects import Effects
from monitor.session.training import Training

Floats = NDArray[np.float64]
NS_PER_S = 1_000_000_000
EPOCH_NS = 1_000 * NS_PER_S
DEVICE = "sensor"
BLOCK = 5


@dataclass(frozen=True)
class SessionCounts:
    """Turns (the middle of each repetition) in s after the work began; what was said of the calibration."""

    turns_s: Floats
    partial: NDArray[np.bool_]
    calibrated: bool
    messages: tuple[str, ...]


def count_in_session(
    exercise: Exercise, *, shown: Floats, work: Floats, rate_hz: float, rest_after_s: float = 12.0
) -> SessionCounts:
    """Feed `shown` (the calibration), then `work`, both (n, 6): acc m/s2, gyr rad/s; then hold the last pose.

    The hold ends the last movement, as a patient's rest does; it counts nothing by itself.
    """
    training = Training(plan_with(exercise), [sensor()], start_ns=EPOCH_NS)
    effects = Effects()
    training.begin(EPOCH_NS, effects, uncalibrated=False)
    now_ns = _feed(training, shown, EPOCH_NS, rate_hz, effects)
    began_ns = now_ns
    now_ns = _feed(training, work, now_ns, rate_hz, effects)
    _feed(training, _held(work, round(rest_after_s * rate_hz)), now_ns, rate_hz, effects)
    counted = [one for one in effects.outputs if isinstance(one, RepetitionCounted)]
    middles = [(one.t_start_ns + one.t_end_ns) / 2 for one in counted]
    turns_s = (np.array(middles) - began_ns) / NS_PER_S
    said = [one.message for one in effects.outputs if isinstance(one, CalibrationReported)]
    inside = turns_s >= 0.0
    return SessionCounts(
        turns_s=turns_s[inside],
        partial=np.array(["partial" in one.flags for one in counted], dtype=bool)[inside],
        calibrated=training.is_calibrated,
        messages=tuple(dict.fromkeys(said)),
    )


def _feed(training: Training, rows: Floats, start_ns: int, rate_hz: float, effects: Effects) -> int:
    """Returns the instant after the last row."""
    t_ns = start_ns + np.round(np.arange(rows.shape[0]) * NS_PER_S / rate_hz).astype(np.int64)
    for first in range(0, rows.shape[0], BLOCK):
        part = slice(first, first + BLOCK)
        now_ns = int(t_ns[part][-1])
        block = ImuBlock(
            device=DEVICE,
            t_ns=t_ns[part],
            acc_m_s2=rows[part, 0:3],
            gyr_rad_s=rows[part, 3:6],
            received_ns=now_ns,
        )
        training.accept(block, effects)
        if training.next_due_ns is not None and training.next_due_ns <= now_ns:
            training.pass_time(now_ns, effects)
    return start_ns + round(rows.shape[0] * NS_PER_S / rate_hz)


def _held(rows: Floats, count: int) -> Floats:
    """The last force, no turning, with a gyroscope's noise."""
    rng = np.random.default_rng(0)
    finite = rows[np.isfinite(rows).all(axis=1)]
    pose = finite[-1, 0:3] if finite.size else np.array([0.0, 0.0, 9.81])
    return np.hstack([np.tile(pose, (count, 1)), rng.normal(0.0, 0.002, (count, 3))])


def sensor() -> SensorConfig:
    return SensorConfig(device=DEVICE, family="witmotion", role=SensorRole.IMU_DISTAL)


def plan_with(exercise: Exercise) -> Plan:
    return Plan(
        patient_id="p1",
        age_years=40,
        pack=PackName.GENERAL,
        medication=Medication(beta_blocker=False),
        exercises=[exercise],
    )


def still_before(rows: Floats, seconds: float, rate_hz: float) -> Floats:
    """A still pose like the recording's first row, for recordings that begin amid a movement."""
    return _held(rows[:1], round(seconds * rate_hz))


def joined(parts: Sequence[Floats]) -> Floats:
    return np.vstack(list(parts))
