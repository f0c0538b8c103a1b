"""One sensor on one segment: its inclination against the rest pose.

For a joint whose other segment stays put (arm raising on a seated patient, straight leg raise): tilt in
all, signed by the first movement, or with an axis the signed angle about it. Sees nothing of turns about
the vertical, and says so.
"""

import math
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np

from monitor.motion.alignment import GridResampler, GridResamplerState, ImuGridParams, RowState
from monitor.motion.goniometer_values import quality_of_error
from monitor.motion.joint_angle import JointAngleBlock
from monitor.motion.orientation import OrientationState, SegmentOrientation
from monitor.motion.quaternion import Vector, cross, dot, unit, up, wrapped_rad
from monitor.samples import ImuBlock
from protocols.units import DEG, NS_PER_S

NEUTRAL_RAD = 0.15
# A sensor that turns faster than this (rms over the time) about the vertical, and twice as fast as about
# any level axis, does something that inclination does not see.
TURN_RAD_S, TURN_SHARE, TURN_TAU_S = 0.35, 4.0, 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InclinometerParams:
    """`axis` (sensor frame) makes the angle signed, right-handed about it; without it tilt is never negative.

    `rest_angle_deg` is what the rest pose counts as; the pose is taken as zero after `still_s` of stillness.
    With `first_deg` and without an axis the first tilt of so much says which way is up: the other way is
    negative.
    """

    name: str = "inclination"
    axis: Vector | None = None
    rest_angle_deg: float = 0.0
    still_s: float = 2.0
    first_deg: float | None = None
    grid: ImuGridParams = field(default_factory=ImuGridParams)


@dataclass(slots=True, kw_only=True)
class InclinometerState:
    """States of the parts, and up at the zero pose in sensor coordinates."""

    resampler: GridResamplerState
    orientation: OrientationState
    zero_up: Vector | None = None
    first_axis: Vector | None = None
    side: float = 1.0
    vertical: float = 0.0
    level: float = 0.0


class Inclinometer:
    """`push` blocks of one sensor; angles come once a zero pose was seen."""

    def __init__(self, params: InclinometerParams) -> None:
        self.params = params
        rate_hz = params.grid.rate_hz
        self._rate_hz = rate_hz
        self._period_ns = round(NS_PER_S / rate_hz)
        self._resampler = GridResampler(params.grid)
        self._orientation = SegmentOrientation(rate_hz=rate_hz)
        self._zero_up: Vector | None = None
        self._first_axis: Vector | None = None
        self._side = 1.0
        # Mean squares of the rate about the vertical and beside it, (rad/s)^2.
        self._vertical = self._level = 0.0
        self._gain = 1.0 / (TURN_TAU_S * rate_hz)

    @property
    def state(self) -> InclinometerState:
        """A copy of everything that changes; assign it to go on from there."""
        return InclinometerState(
            resampler=self._resampler.state,
            orientation=self._orientation.state,
            zero_up=self._zero_up,
            first_axis=self._first_axis,
            side=self._side,
            vertical=self._vertical,
            level=self._level,
        )

    @state.setter
    def state(self, value: InclinometerState) -> None:
        value = deepcopy(value)
        self._resampler.state = value.resampler
        self._orientation.state = value.orientation
        self._zero_up = value.zero_up
        self._first_axis, self._side = value.first_axis, value.side
        self._vertical, self._level = value.vertical, value.level

    @property
    def turns_unseen(self) -> bool:
        """Whether the sensor mostly turns about the vertical now, which inclination does not see."""
        return self._vertical > TURN_RAD_S**2 and self._vertical > TURN_SHARE * self._level

    @property
    def ready(self) -> bool:
        """Whether there is a zero pose."""
        return self._zero_up is not None

    @property
    def offset_rad_s(self) -> Vector:
        """The gyroscope's offset, measured in the zero pose."""
        return self._orientation.fixed_bias_rad_s

    def zero(self) -> None:
        """Take the next still pose as zero."""
        self._zero_up = self._first_axis = None
        self._side = 1.0
        self._orientation.learn_offset()

    def push(self, block: ImuBlock) -> list[JointAngleBlock]:
        """Add samples; returns at most one block of angles."""
        rows = []
        for row in self._orientation.update(self._resampler.update(block)):
            u = up(row.q)
            if self._zero_up is None:
                if not row.offset_known or row.still_s < self.params.still_s:
                    continue
                self._zero_up = u
            usable = row.state is not RowState.BRIDGED
            angle, rate = self._angle(u, self._zero_up, row.gyr_rad_s) if usable else (math.nan, math.nan)
            # After a restart the inclination settles within seconds.
            error_deg = math.hypot(1.0, 10.0 * math.exp(-row.settled_s / 3.0))
            self._watch_turning(row.gyr_rad_s, u)
            if self.turns_unseen:
                # What it turns in a second or so, and none of it is seen.
                error_deg = math.hypot(error_deg, math.sqrt(self._vertical) / DEG)
            rows.append((row.k, angle, rate, error_deg if usable else math.inf))
        if not rows:
            return []
        k, angles, rates, errors = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
        return [
            JointAngleBlock(
                joint=self.params.name,
                t_ns=k.astype(np.int64) * self._period_ns,
                angle_deg=angles,
                rate_deg_s=rates,
                valid=np.isfinite(angles),
                error_deg=errors,
                quality=quality_of_error(errors[-1]),
            )
        ]

    def _angle(self, u: Vector, zero_up: Vector, gyr: Vector) -> tuple[float, float]:
        """(angle, its rate), deg and deg/s."""
        rest_deg, axis = self.params.rest_angle_deg, self.params.axis
        if axis is None:
            normal = cross(u, zero_up)
            sine = math.sqrt(dot(normal, normal))
            tilt = math.atan2(sine, dot(u, zero_up))
            # Up moves against the sensor's own rotation; along the tilt's axis that is the tilt's rate.
            rate = dot(gyr, unit(normal)) if sine > 1e-6 else math.sqrt(dot(gyr, gyr))
            side = self._side_of(normal, sine, tilt)
            if self._first_axis is not None and tilt < NEUTRAL_RAD:
                # Near the zero pose the direction of the tilt is noise; that of the first movement is not.
                return rest_deg + side * tilt / DEG, dot(gyr, self._first_axis) / DEG
            return rest_deg + side * tilt / DEG, side * rate / DEG
        e = unit(cross(axis, zero_up) if abs(dot(axis, zero_up)) < 0.94 else cross(axis, _other(axis)))
        f = cross(axis, e)
        about = math.atan2(dot(zero_up, f), dot(zero_up, e)) - math.atan2(dot(u, f), dot(u, e))
        return rest_deg + wrapped_rad(about) / DEG, dot(gyr, axis) / DEG

    def _side_of(self, normal: Vector, sine: float, tilt_rad: float) -> float:
        """+1 on the side of the first movement, -1 on the other one."""
        first_deg = self.params.first_deg
        if first_deg is None:
            return 1.0
        if self._first_axis is None:
            if tilt_rad >= first_deg * DEG:
                self._first_axis = unit(normal)
            return 1.0
        along = dot(normal, self._first_axis)
        # Across the first movement's plane neither side is right: the last one stays.
        if abs(along) > 0.4 * sine:
            self._side = 1.0 if along > 0.0 else -1.0
        return self._side

    def _watch_turning(self, gyr: Vector, u: Vector) -> None:
        about = dot(gyr, u)
        square = about * about
        self._vertical += self._gain * (square - self._vertical)
        self._level += self._gain * (max(0.0, dot(gyr, gyr) - square) - self._level)


def _other(axis: Vector) -> Vector:
    return (1.0, 0.0, 0.0) if abs(axis[0]) < 0.8 else (0.0, 1.0, 0.0)
