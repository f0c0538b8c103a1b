"""One motion sensor instead of two: inclination against the rest pose, or rotation about a shown axis.

Inclination is an angle to be read, blind to turns about the vertical. Rotation sees those as well: its axis,
and which way is out, come from one repetition that the patient shows; its zero creeps by some degrees a
minute, its range within a repetition does not.

    WAITING      nothing has come yet
    STILL        the rest pose: zero and gyroscope offset
    CALIBRATING  rotation only: one repetition is shown, from rest to rest
    READY        angles flow
"""

import math
from copy import deepcopy
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from monitor.exercise.template import RepetitionTemplate, RotationSignal, RotationSignalState, learn_template
from monitor.motion.goniometer_values import GoniometerStage, GoniometerStatus
from monitor.motion.inclinometer import Inclinometer, InclinometerParams, InclinometerState
from monitor.motion.joint_angle import JointAngleBlock
from monitor.samples import ImuBlock
from protocols.units import NS_PER_S

RATE_HZ = 100.0
LOOK_EVERY_NS = 500_000_000


class OneSensorSignal(StrEnum):
    """What one sensor measures."""

    TILT = "tilt"
    ROTATION = "rotation"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSensorParams:
    """`rest_angle_deg` is the plan's angle of the still pose; `increasing` whether a repetition raises it."""

    name: str
    signal: OneSensorSignal = OneSensorSignal.TILT
    rest_angle_deg: float = 0.0
    increasing: bool = True
    still_s: float = 2.0
    # The first tilt by this much is the plan's direction.
    first_deg: float = 10.0
    # A shown repetition turns by this much at least. It ends when the sensor has turned back to this share of
    # its range and is still; who holds it at its end for longer than that has taken another position.
    least_turn_deg: float = 8.0
    back_share: float = 0.3
    longest_hold_s: float = 6.0
    moving_rad_s: float = 0.35
    longest_shown_s: float = 30.0


@dataclass(slots=True, kw_only=True)
class OneSensorState:
    """States of the parts; `shown` has (t_ns, angular rate) since the shown repetition began."""

    tilt: InclinometerState
    rotation: RotationSignalState | None = None
    template: RepetitionTemplate | None = None
    started: bool = False
    shown: list[tuple[int, tuple[float, ...]]] = field(default_factory=list)
    moved_ns: int | None = None
    look_ns: int = 0
    from_ns: int | None = None
    zero_deg: float | None = None
    reason: str = ""


class OneSensor:
    """`push` blocks of the sensor; angles in the plan's convention come once it is ready."""

    def __init__(self, params: OneSensorParams) -> None:
        self.params = params
        self._sign = 1.0 if params.increasing else -1.0
        self._tilt = Inclinometer(
            InclinometerParams(name=params.name, still_s=params.still_s, first_deg=params.first_deg)
        )
        self._rotation: RotationSignal | None = None
        self._state = OneSensorState(tilt=self._tilt.state)

    @property
    def state(self) -> OneSensorState:
        """A copy of everything that changes; assign it to go on from there."""
        state = deepcopy(self._state)
        state.tilt = self._tilt.state
        state.rotation = None if self._rotation is None else self._rotation.state
        return state

    @state.setter
    def state(self, value: OneSensorState) -> None:
        self._state = deepcopy(value)
        self._tilt.state = value.tilt
        self._rotation = self._rotation_signal()
        if self._rotation is not None and value.rotation is not None:
            self._rotation.state = value.rotation

    @property
    def template(self) -> RepetitionTemplate | None:
        """The repetition that was shown."""
        return self._state.template

    @property
    def warning(self) -> str:
        """Why the angle says nothing now and what to do about it; empty otherwise."""
        if self.params.signal is OneSensorSignal.TILT and self._tilt.turns_unseen:
            return (
                "the sensor turns about the vertical, which its tilt does not show: lean less, or use "
                'signal = "rotation" in the plan'
            )
        return ""

    @property
    def ready(self) -> bool:
        """Whether angles flow."""
        return self._tilt.ready and (self.params.signal is OneSensorSignal.TILT or self.template is not None)

    @property
    def status(self) -> GoniometerStatus:
        """Stage and instruction, for the screen."""
        if self.ready:
            stage, progress, instruction = GoniometerStage.READY, 1.0, ""
        elif not self._state.started:
            stage, progress, instruction = GoniometerStage.WAITING, 0.0, "Put on the motion sensor"
        elif not self._tilt.ready:
            stage, progress = GoniometerStage.STILL, 0.0
            instruction = f"Hold the starting position for {self.params.still_s:.0f} seconds"
        else:
            stage, progress = GoniometerStage.CALIBRATING, 0.5
            instruction = "Show one whole repetition, then be still"
        return GoniometerStatus(
            stage=stage, progress=progress, instruction=instruction, swings=0, reason=self._state.reason
        )

    def begin_calibration(self) -> None:
        """Take the rest pose, and the shown repetition, again."""
        self._tilt.zero()
        self._rotation = None
        self._state = OneSensorState(tilt=self._tilt.state, started=self._state.started)

    def push(self, block: ImuBlock) -> list[JointAngleBlock]:
        """Add samples; returns at most one block of angles."""
        state = self._state
        state.started = state.started or block.t_ns.size > 0
        tilts = self._tilt.push(block)
        if self.params.signal is OneSensorSignal.TILT:
            return [self._in_plan(one, zero_deg=0.0) for one in tilts]
        if state.from_ns is None and tilts:
            state.from_ns = int(tilts[0].t_ns[0])
        rest = block
        if self._rotation is None:
            rest = self._watch(block)
        turned = None if self._rotation is None else self._rotation.update(rest)
        if turned is None:
            return []
        if state.zero_deg is None:
            state.zero_deg = float(turned.angle_deg[0])
        return [self._in_plan(turned, zero_deg=state.zero_deg)]

    def _in_plan(self, block: JointAngleBlock, *, zero_deg: float) -> JointAngleBlock:
        angle_deg = self.params.rest_angle_deg + self._sign * (block.angle_deg - zero_deg)
        return replace(block, angle_deg=angle_deg, rate_deg_s=self._sign * block.rate_deg_s)

    def _watch(self, block: ImuBlock) -> ImuBlock:
        """Collect the shown repetition, which ends with a second of stillness; returns what follows it."""
        state = self._state
        for i, (t_ns, gyr) in enumerate(zip(block.t_ns.tolist(), block.gyr_rad_s.tolist(), strict=True)):
            if state.from_ns is not None and t_ns >= state.from_ns and all(map(math.isfinite, gyr)):
                self._show(t_ns, gyr)
            if state.template is not None:
                return _from_row(block, i + 1)
        return block

    def _show(self, t_ns: int, gyr: list[float]) -> None:
        state, params = self._state, self.params
        if state.shown and t_ns <= state.shown[-1][0]:
            return
        if sum(x * x for x in gyr) > params.moving_rad_s**2:
            state.moved_ns = t_ns
        if state.moved_ns is None:
            return
        state.shown.append((t_ns, tuple(gyr)))
        still_ns = t_ns - state.moved_ns
        if still_ns >= NS_PER_S and t_ns >= state.look_ns:
            state.look_ns = t_ns + LOOK_EVERY_NS
            self._learn(still_s=still_ns / NS_PER_S)
        elif t_ns - state.shown[0][0] > params.longest_shown_s * NS_PER_S:
            self._again("that was no single repetition")

    def _learn(self, *, still_s: float) -> None:
        """The sensor is still: a whole repetition was shown, or it is held, or another position was taken."""
        state, params = self._state, self.params
        t_s = np.array([t for t, _ in state.shown]) / NS_PER_S
        gyr = np.array([row for _, row in state.shown]) - np.array(self._tilt.offset_rad_s)
        rate_hz = (t_s.size - 1) / float(t_s[-1] - t_s[0])
        template = learn_template([gyr], sampling_rate_hz=rate_hz)
        if template.amplitude_deg < params.least_turn_deg:
            self._again(
                "the movement was too small for this sensor: move further, or wear it nearer to the end"
            )
        elif template.left_share <= params.back_share:
            state.template, state.shown, state.reason = template, [], ""
            self._rotation = self._rotation_signal()
        elif still_s > params.longest_hold_s:
            self._again("that was half a repetition: begin and end in the starting position")

    def _again(self, reason: str) -> None:
        self._state.shown, self._state.moved_ns, self._state.reason = [], None, reason
        self._state.look_ns = 0

    def _rotation_signal(self) -> RotationSignal | None:
        template = self._state.template
        if template is None:
            return None
        return RotationSignal(
            template.axis, rate_hz=RATE_HZ, name=self.params.name, offset_rad_s=self._tilt.offset_rad_s
        )


def _from_row(block: ImuBlock, first: int) -> ImuBlock:
    return replace(
        block,
        t_ns=block.t_ns[first:],
        acc_m_s2=block.acc_m_s2[first:],
        gyr_rad_s=block.gyr_rad_s[first:],
        gap_before=block.gap_before if first == 0 else False,
    )
