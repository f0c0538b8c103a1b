"""One repetition, shown once, says what to count: which sensor, about which axis, how far, how long.

For exercises without a calibrated joint: any body-worn sensor that turns. The signal is the rotation about
the template's axis, integrated from the gyroscope without its offset; turning points do not mind its slow
drift, and it works about a vertical axis, where inclination sees nothing.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from monitor.exercise.definition import Direction, RepetitionDefinition, Signal
from monitor.exercise.repetitions import CounterParams
from monitor.motion.alignment import GridResampler, GridResamplerState, ImuGridParams, RowState
from monitor.motion.joint_angle import JointAngleBlock
from monitor.motion.orientation import OrientationState, SegmentOrientation
from monitor.motion.quaternion import Vector, dot
from monitor.samples import ImuBlock, Quality
from protocols.units import DEG

# A second turn within a repetition is one of its own from this share of the whole range on.
SAME_TURN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class RepetitionTemplate:
    """`sensor` is an index into the recording's sensors; the first half turns positively about `axis`.

    `axis_share` of the rotation's energy is about the axis (1 is a hinge); `left_share` of the range was
    left at the end (0: came back); `turns` is how often the sensor turned there and back in one repetition
    (a row may turn a wrist twice).
    """

    sensor: int
    axis: Vector
    amplitude_deg: float
    duration_s: float
    axis_share: float
    left_share: float = 0.0
    turns: int = 1


def learn_template(
    gyr_rad_s: Sequence[NDArray[np.float64]], *, sampling_rate_hz: float
) -> RepetitionTemplate:
    """Learn from one repetition: angular rates of every sensor, each (n, 3), from rest to rest.

    The sensor that turns most is taken, about its main axis of rotation. Raises ValueError for a recording
    without rotation.
    """
    energy = [float(np.mean(np.sum(g**2, axis=1))) if g.size else 0.0 for g in gyr_rad_s]
    if not energy or max(energy) <= 0.0:
        raise ValueError("gyr_rad_s: expected at least one sensor that turns")
    sensor = int(np.argmax(energy))
    gyr = gyr_rad_s[sensor]
    values, vectors = np.linalg.eigh(gyr.T @ gyr)
    axis = vectors[:, -1]
    angle = np.cumsum(gyr @ axis) / sampling_rate_hz
    if angle[int(np.argmax(np.abs(angle)))] < 0:
        axis, angle = -axis, -angle
    amplitude = float(np.ptp(angle))
    return RepetitionTemplate(
        sensor=sensor,
        axis=(float(axis[0]), float(axis[1]), float(axis[2])),
        amplitude_deg=amplitude / DEG,
        duration_s=gyr.shape[0] / sampling_rate_hz,
        axis_share=float(values[-1] / values.sum()),
        left_share=abs(float(angle[-1])) / amplitude if amplitude > 0.0 else 0.0,
        turns=_turns(angle, SAME_TURN * amplitude),
    )


def _turns(angle: NDArray[np.float64], prominence: float) -> int:
    """How often `angle` rises by `prominence` and comes back by as much."""
    count, low, high, rising = 0, float(angle[0]), float(angle[0]), False
    for x in angle.tolist():
        if rising:
            high = max(high, x)
            if high - x >= prominence:
                count, rising, low = count + 1, False, x
        else:
            low = min(low, x)
            if x - low >= prominence:
                rising, high = True, x
    return max(1, count)


def template_params(template: RepetitionTemplate) -> CounterParams:
    """How a `RepetitionCounter` on the `RotationSignal` of this template tells turning points from noise."""
    return CounterParams(
        cutoff_hz=2.0,
        prominence_fraction=0.25,
        longest_hold_s=3.0 + 1.5 * template.duration_s,
        # Who is told to go slowly may take twice as long as shown, not four times.
        longest_s=max(10.0, 4.0 * template.duration_s),
    )


def template_definition(
    template: RepetitionTemplate,
    planned: RepetitionDefinition | None = None,
    *,
    least_fraction: float = 0.2,
) -> RepetitionDefinition:
    """What counts: movements of at least `least_fraction` of the shown one. Low repetitions are still ones.

    Range, direction and tempo are those of `planned`; without a plan those of the template.
    """
    least_deg = max(2.0, least_fraction * template.amplitude_deg)
    shortest_s = min(0.6, 0.25 * template.duration_s)
    if planned is None:
        return RepetitionDefinition(
            signal=Signal.GYRO_COMPONENT,
            direction=Direction.INCREASING,
            target_low_deg=template.amplitude_deg,
            target_high_deg=1.5 * template.amplitude_deg,
            min_amplitude_deg=least_deg,
            min_duration_s=shortest_s,
        )
    return replace(
        planned,
        signal=Signal.GYRO_COMPONENT,
        min_amplitude_deg=min(least_deg, planned.target_high_deg),
        min_duration_s=shortest_s,
    )


@dataclass(slots=True, kw_only=True)
class RotationSignalState:
    """States of the parts, and the angle so far."""

    resampler: GridResamplerState
    orientation: OrientationState
    angle_deg: float = 0.0


class RotationSignal:
    """Blocks of one sensor -> rotation about a fixed axis in the sensor, as blocks a counter takes.

    The angle's zero is where it began and drifts by some degrees a minute: it is for turning points, not for
    reading. `error_deg` is that drift over one repetition.
    """

    def __init__(
        self, axis: Vector, *, rate_hz: float, name: str = "rotation", offset_rad_s: Vector | None = None
    ) -> None:
        self._axis = axis
        self._rate_hz = rate_hz
        self._name = name
        self._resampler = GridResampler(ImuGridParams(rate_hz=rate_hz))
        self._orientation = SegmentOrientation(rate_hz=rate_hz)
        if offset_rad_s is not None:
            self._orientation.assume_offset(offset_rad_s)
        self._period_ns = round(1e9 / rate_hz)
        self._angle_deg = 0.0

    @property
    def state(self) -> RotationSignalState:
        """A copy of everything that changes; assign it to go on from there."""
        return RotationSignalState(
            resampler=self._resampler.state, orientation=self._orientation.state, angle_deg=self._angle_deg
        )

    @state.setter
    def state(self, value: RotationSignalState) -> None:
        value = deepcopy(value)
        self._resampler.state = value.resampler
        self._orientation.state = value.orientation
        self._angle_deg = value.angle_deg

    def update(self, block: ImuBlock) -> JointAngleBlock | None:
        """Add samples; None when no row of the grid became due."""
        grid = self._resampler.update(block)
        if not grid:
            return None
        rates = []
        angles = []
        for row in self._orientation.update(grid):
            rate = dot(row.gyr_rad_s, self._axis) / DEG
            self._angle_deg += rate / self._rate_hz
            rates.append(rate)
            angles.append(self._angle_deg)
        valid = np.array([row.state is not RowState.BRIDGED for row in grid])
        return JointAngleBlock(
            joint=self._name,
            t_ns=np.array([row.k for row in grid], dtype=np.int64) * self._period_ns,
            angle_deg=np.where(valid, angles, np.nan),
            rate_deg_s=np.where(valid, rates, np.nan),
            valid=valid,
            error_deg=np.where(valid, 2.0, np.inf),
            quality=Quality.GOOD if valid[-1] else Quality.MISSING,
            gap_before=any(row.state is RowState.RESTART for row in grid),
        )
