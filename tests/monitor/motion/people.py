"""A person with two IMUs on one joint: segments, soft tissue, wobble, tremor, mountings of any kind.

After the model of docs/signals.md ("simulated people"): the sensor of a segment is turned by up to some
degrees as the joint bends (muscle bulges, skin shifts) about an axis of its own, differently when the joint
straightens (hysteresis), and wobbles after quick movement. None of it is known to the estimator.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from tests.monitor.motion.two_imus import TwoImus, minimum_jerk

Floats = NDArray[np.float64]
G = 9.81
Work = Literal["swing", "squat", "curl", "step"]
Worn = Literal["alike", "flipped", "anyhow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One session of one person; every figure is a standard deviation, an amplitude or a rate as it says."""

    seed: int
    work: Work = "swing"
    worn: Worn = "alike"
    range_deg: float = 90.0
    repetitions: int = 6
    still_s: float = 5.0
    soft_tissue_deg: float = 2.0
    wobble_deg: float = 0.5
    tremor_deg: float = 0.0
    strap_deg: float = 12.0
    turn_deg: float = 10.0
    sway_deg: float = 3.0
    rate_hz: float = 100.0
    then: Work | None = None  # what follows the calibration; the same movement without one


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What the sensors gave, and the truth: flexion, and the axis in either sensor."""

    imus: TwoImus
    axes: tuple[Floats, Floats]
    zero_pose_deg: float
    first: Literal["flexion", "extension"]


def session_of(person: Person) -> Session:
    """Simulate `still_s` of stillness, the calibration movement, a rest, and as much work again."""
    rng = np.random.default_rng(person.seed)
    fine = 5
    rate = person.rate_hz * fine
    lift, hold = rng.uniform(0.9, 1.4), rng.uniform(0.1, 0.4)
    rest = rng.uniform(0.3, 0.8)
    cycle = 2.0 * lift + hold + rest
    first_s = person.still_s
    second_s = first_s + person.repetitions * cycle + 3.0
    t = np.arange(round((second_s + person.repetitions * cycle + 3.0) * person.rate_hz) * fine) / rate
    thigh_deg = np.zeros_like(t)
    knee_deg = np.zeros_like(t)
    parts = ((first_s, person.work, second_s - 1.5), (second_s, person.then or person.work, np.inf))
    pose = _pose(person.work)
    for start, work, _ in parts:
        y = np.zeros_like(t)
        for i in range(person.repetitions):
            at = start + i * cycle
            size = rng.uniform(0.85, 1.0)
            y += size * (minimum_jerk(t, at, lift) - minimum_jerk(t, at + lift + hold, lift))
        thigh, knee = _movement(work, y, person.range_deg, rng)
        thigh_deg += thigh
        knee_deg += knee
    knee_deg += pose[1]
    moving = minimum_jerk(t, first_s - 0.1, 0.4)
    roll = 0.5 * person.sway_deg * moving * np.sin(2 * np.pi * rng.uniform(0.2, 0.4) * t + rng.uniform(0, 6))
    pitch = pose[0] + thigh_deg + moving * person.sway_deg * np.sin(2 * np.pi * rng.uniform(0.2, 0.4) * t)
    yaw = moving * person.turn_deg * np.sin(2 * np.pi * 0.07 * t)
    # Thigh: x towards the knee, y to the left (the axis), z out of the front when it lies level.
    thigh_body = Rotation.from_euler("ZYX", np.column_stack([yaw, pitch, roll]), degrees=True)
    shank_body = thigh_body * Rotation.from_euler("y", knee_deg[:, None], degrees=True)
    # The hip stays over the seat or the standing leg; in a squat the foot stays on the ground.
    seated = thigh_body.apply([0.42, 0.0, 0.0])
    footed = -shank_body.apply([0.42, 0.0, 0.0])
    switch = int((second_s - 1.0) * rate)
    before = footed if person.work == "squat" else seated
    after = footed if (person.then or person.work) == "squat" else seated
    blend = minimum_jerk(t, second_s - 1.0, 0.5)[:, None]
    knee_at = (1.0 - blend) * before + blend * (after + before[switch] - after[switch])
    sensors, axes = [], []
    bend = (knee_deg - pose[1]) / 90.0
    speed = np.gradient(bend, 1.0 / rate)
    for side, (body, lever) in enumerate(
        ((thigh_body, [-0.2, 0.06, 0.02]), (shank_body, [0.16, 0.06, 0.02]))
    ):
        tissue_axis = rng.normal(size=3)
        tissue_axis /= np.linalg.norm(tissue_axis)
        late_axis = rng.normal(size=3)
        late_axis /= np.linalg.norm(late_axis)
        tissue = (
            person.soft_tissue_deg
            * rng.uniform(0.7, 1.3)
            * (bend[:, None] * tissue_axis + 0.4 * np.tanh(2.0 * speed)[:, None] * late_axis)
        )
        wobble = person.wobble_deg * np.column_stack([_wobble(speed, rate, rng) for _ in range(3)])
        tremor = person.tremor_deg * np.column_stack(
            [np.sin(2 * np.pi * rng.uniform(4, 7) * t + rng.uniform(0, 6)) * _slow(t, rng) for _ in range(3)]
        )
        mounting = _mounting(person, side, rng)
        sensor = body * Rotation.from_rotvec(np.radians(tissue + wobble + tremor)) * mounting
        sensors.append(_imu(sensor, knee_at + body.apply(lever), rate, fine, rng))
        axes.append(mounting.inv().apply([0.0, 1.0, 0.0]))
    gyr, acc = zip(*sensors, strict=True)
    first: Literal["flexion", "extension"] = "extension" if person.work == "swing" else "flexion"
    return Session(
        imus=TwoImus(t_s=t[::fine], angle_deg=knee_deg[::fine], gyr=(gyr[0], gyr[1]), acc=(acc[0], acc[1])),
        axes=(axes[0], axes[1]),
        zero_pose_deg=pose[1],
        first=first,
    )


def _pose(work: Work) -> tuple[float, float]:
    """(thigh's pitch, knee flexion) of the still pose: seated, or standing."""
    return (0.0, 90.0) if work == "swing" else (90.0, 0.0)


def _movement(work: Work, y: Floats, range_deg: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """(thigh's change of pitch, knee's change), deg."""
    if work == "swing":
        return rng.uniform(-6.0, 6.0) * y, -range_deg * y
    if work == "squat":
        # The thigh comes up to level, the shank leans forward by the rest.
        return -rng.uniform(0.55, 0.68) * range_deg * y, range_deg * y
    if work == "curl":
        return rng.uniform(-8.0, 8.0) * y, range_deg * y
    return -rng.uniform(0.5, 0.9) * range_deg * y, range_deg * y


def _wobble(speed: Floats, rate: float, rng: np.random.Generator) -> Floats:
    """A damped oscillation of 6-10 Hz, driven by changes of speed."""
    w, d = 2 * np.pi * rng.uniform(6.0, 10.0), 0.15
    drive = np.gradient(speed, 1.0 / rate) * rng.normal()
    x = v = 0.0
    out = np.empty_like(speed)
    dt = 1.0 / rate
    for i, f in enumerate(drive.tolist()):
        v += dt * (w * w * (0.03 * f - x) - 2 * d * w * v)
        x += dt * v
        out[i] = x
    return out


def _slow(t: Floats, rng: np.random.Generator) -> Floats:
    return 1.0 + 0.3 * np.sin(2 * np.pi * rng.uniform(0.1, 0.5) * t + rng.uniform(0, 6))


def _mounting(person: Person, side: int, rng: np.random.Generator) -> Rotation:
    strap = Rotation.from_rotvec(np.radians(person.strap_deg) * rng.normal(size=3) / np.sqrt(3))
    if person.worn == "anyhow":
        return Rotation.random(random_state=int(rng.integers(2**31)))
    if person.worn == "flipped" and side == 1:
        turn = Rotation.from_rotvec(np.pi * np.eye(3)[int(rng.choice([0, 2]))])
        return turn * strap
    return strap


def _imu(
    sensor: Rotation, p: Floats, rate: float, fine: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    dt = 1.0 / rate
    a = np.gradient(np.gradient(p, dt, axis=0), dt, axis=0)
    force = sensor.apply(a + np.array([0.0, 0.0, G]), inverse=True)
    rates = (sensor[:-1].inv() * sensor[1:]).as_rotvec() / dt
    rates = np.vstack([rates, rates[-1]])
    # Means of the fine samples, as a sensor's own low-pass makes them.
    n = rates.shape[0] // fine
    g = rates[: n * fine].reshape(n, fine, 3).mean(axis=1)
    f = force[: n * fine].reshape(n, fine, 3).mean(axis=1)
    g = g + np.radians(rng.normal(0, 0.07, g.shape) + rng.uniform(-1, 1, 3))
    f = f + rng.normal(0, 0.03, f.shape)
    return g, f


def excursion_after(session: Session, at_s: float) -> Callable[[Floats], Floats]:
    """The truth at any instants, from the simulated grid."""
    return lambda t: np.interp(t, session.imus.t_s, session.imus.angle_deg)
