"""Two IMUs on one joint -> its angle: calibration, online angle, health. One object for one joint.

    WAITING      no paired samples yet
    STILL        the patient sits still: gyroscope offsets, zero pose
    CALIBRATING  slow swings: hinge axis, pairing, polarity
    READY        angles flow

A sensor that drops out leaves rows that are not valid. When it comes back its orientation starts anew:
the angle is at first read from inclination alone and its expected error is large, then the heading is
found again from the axis that both sensors share.
"""

import math
from collections import deque
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

import numpy as np

from monitor.motion.alignment import (
    GridResampler,
    GridResamplerState,
    ImuGridParams,
    PairAligner,
    PairAlignerState,
    PairRow,
    RowState,
    SegmentRow,
)
from monitor.motion.calibration import CalibrationReport, HingeCalibration, movement_window, solve_hinge
from monitor.motion.heading import HeadingPhasor, HeadingState
from monitor.motion.joint_angle import InclinationAngle, JointAngleBlock, hinge_angle, relative_orientation
from monitor.motion.orientation import OrientationState, SegmentOrientation
from monitor.motion.quaternion import Vector, add, dot, rotate, wrapped_rad
from monitor.motion.skew import SkewEstimator, SkewState
from monitor.motion.stillness import StillDetector, StillState
from monitor.motion.swings import SwingCounter, SwingState
from monitor.samples import ImuBlock, Quality

DEG = math.pi / 180.0
NS_PER_S = 1_000_000_000
# Two sensors of one joint have to agree this well: 10 ms already cost 3-4 deg of range in fast movements.
SKEW_LIMIT_S = 0.005
Role = Literal["proximal", "distal"]
SIDES: dict[Role, int] = {"proximal": 0, "distal": 1}


class GoniometerStage(StrEnum):
    """Where the goniometer is on its way to an angle."""

    WAITING = "waiting"
    STILL = "still"
    CALIBRATING = "calibrating"
    READY = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class GoniometerParams:
    """The joint and how it is calibrated.

    `rest_angle_deg` is the anatomical angle of the still pose (knee of a seated patient: 90, flexion
    positive, straight = 0); `first_movement` what the first swing does to it.
    """

    joint: str = "knee"
    rest_angle_deg: float = 90.0
    first_movement: Literal["flexion", "extension"] = "extension"
    still_s: float = 3.0
    swings: int = 5
    # Nobody swings for longer; something else is going on.
    calibration_timeout_s: float = 60.0
    playout_s: float = 0.2
    grid: ImuGridParams = field(default_factory=ImuGridParams)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoniometerStatus:
    """What to show: the stage, how much of it is done (0 to 1), and what the patient should do now."""

    stage: GoniometerStage
    progress: float
    instruction: str
    swings: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoniometerHealth:
    """How far the angle can be trusted, over the last ten seconds or so.

    `disagreement_deg` is the rms of heading angle minus inclination angle, `swing_deg` the rms of what is
    not hinge rotation, `skew_s` by how much the distal stream lags (None: no evidence), `heading_strength`
    0 to 1, `error_deg` the last row's expected error, `missing` the share of rows without angle.
    """

    disagreement_deg: float
    swing_deg: float
    skew_s: float | None
    heading_strength: float
    error_deg: float
    missing: float
    refused_samples: int
    clipped_samples: int
    quality: Quality


@dataclass(slots=True, kw_only=True)
class GoniometerState:
    """Everything that changes, of this object and of the ones inside."""

    stage: GoniometerStage = GoniometerStage.WAITING
    reason: str = ""
    resamplers: list[GridResamplerState] = field(default_factory=list)
    orientations: list[OrientationState] = field(default_factory=list)
    stills: list[StillState] = field(default_factory=list)
    aligner: PairAlignerState | None = None
    phasor: HeadingState | None = None
    swings: SwingState | None = None
    skew: SkewState | None = None
    bias_set: bool = False
    calibrate_from_k: int = 0
    window: list[tuple[SegmentRow, SegmentRow]] = field(default_factory=list)
    still_rows: deque[tuple[SegmentRow, SegmentRow]] = field(default_factory=deque)
    calibration: HingeCalibration | None = None
    report: CalibrationReport | None = None
    last_k: int | None = None
    disagreement: float = 0.0
    swing: float = 0.0
    missing: float = 0.0
    error_deg: float = math.inf
    proximal_rate: float = 0.0  # mean square, (rad/s)^2


class Goniometer:
    """`push` blocks of either sensor in order of receipt; angles come out once the joint is calibrated.

    Delay: none beyond the later of the two streams; one playout time while one of them is missing.
    """

    def __init__(self, params: GoniometerParams) -> None:
        self.params = params
        rate_hz = params.grid.rate_hz
        self._period_ns = round(NS_PER_S / rate_hz)
        self._rate_hz = rate_hz
        self._resamplers = [GridResampler(params.grid) for _ in SIDES]
        self._orientations = [SegmentOrientation(rate_hz=rate_hz) for _ in SIDES]
        self._stills = [StillDetector(rate_hz=rate_hz) for _ in SIDES]
        self._aligner = PairAligner(rate_hz=rate_hz, playout_s=params.playout_s)
        self._phasor = HeadingPhasor(rate_hz=rate_hz)
        self._swings = SwingCounter(rate_hz=rate_hz)
        self._skew = SkewEstimator(rate_hz=rate_hz)
        self._inclination: InclinationAngle | None = None
        self._state = GoniometerState()

    # State -------------------------------------------------------------------------------------

    @property
    def state(self) -> GoniometerState:
        """A copy of everything that changes; assign it to go on from there."""
        state = deepcopy(self._state)
        state.resamplers = [x.state for x in self._resamplers]
        state.orientations = [x.state for x in self._orientations]
        state.stills = [x.state for x in self._stills]
        state.aligner = self._aligner.state
        state.phasor = self._phasor.state
        state.swings = self._swings.state
        state.skew = self._skew.state
        return state

    @state.setter
    def state(self, value: GoniometerState) -> None:
        self._state = deepcopy(value)
        for side in range(2):
            self._resamplers[side].state = value.resamplers[side]
            self._orientations[side].state = value.orientations[side]
            self._stills[side].state = value.stills[side]
        if value.aligner is not None:
            self._aligner.state = value.aligner
        if value.phasor is not None:
            self._phasor.state = value.phasor
        if value.swings is not None:
            self._swings.state = value.swings
        if value.skew is not None:
            self._skew.state = value.skew
        self._prepare_inclination()

    @property
    def status(self) -> GoniometerStatus:
        """Stage, progress and instruction, for the screen."""
        state, params = self._state, self.params
        swings = self._swings.count
        match state.stage:
            case GoniometerStage.WAITING:
                progress, instruction = 0.0, "Put on both motion sensors"
            case GoniometerStage.STILL:
                progress = min(1.0, self._still_s() / params.still_s)
                instruction = f"Sit still for {params.still_s:.0f} seconds"
            case GoniometerStage.CALIBRATING:
                progress = min(1.0, swings / params.swings)
                instruction = f"Swing slowly, {params.first_movement} first: {params.swings} times"
            case _:
                progress, instruction = 1.0, ""
        return GoniometerStatus(
            stage=state.stage, progress=progress, instruction=instruction, swings=swings, reason=state.reason
        )

    @property
    def report(self) -> CalibrationReport | None:
        """Of the calibration in use; None before there is one."""
        return self._state.report

    @property
    def calibration(self) -> HingeCalibration | None:
        """The calibration in use; None before there is one."""
        return self._state.calibration

    @property
    def health(self) -> GoniometerHealth:
        """How far the angle can be trusted now."""
        state = self._state
        return GoniometerHealth(
            disagreement_deg=math.sqrt(state.disagreement) / DEG,
            swing_deg=math.sqrt(state.swing) / DEG,
            skew_s=self._skew.skew_s,
            heading_strength=self._phasor.strength,
            error_deg=state.error_deg,
            missing=state.missing,
            refused_samples=sum(x.refused for x in self._resamplers),
            clipped_samples=sum(x.clipped for x in self._resamplers),
            quality=quality_of_error(state.error_deg),
        )

    # Inputs ------------------------------------------------------------------------------------

    def begin_calibration(self, t_ns: int) -> None:
        """Calibrate (again) from rows at or after `t_ns`; the first one starts by itself."""
        state = self._state
        state.stage = GoniometerStage.WAITING if state.last_k is None else GoniometerStage.STILL
        self._restart_calibration("")
        state.calibration = None
        state.report = None
        state.calibrate_from_k = -(-t_ns // self._period_ns)
        for still in self._stills:
            still.reset()

    def push(self, role: Role, block: ImuBlock) -> list[JointAngleBlock]:
        """Add samples of one sensor; returns at most one block of angles that became known."""
        side = SIDES[role]
        grid = self._resamplers[side].update(block)
        if not grid:
            return []
        pairs = self._aligner.update(side, self._orientations[side].update(grid))
        rows = [row for pair in pairs for row in self._advance(pair)]
        return [self._block(rows)] if rows else []

    # One row -----------------------------------------------------------------------------------

    def _advance(self, pair: PairRow) -> list[tuple[int, float, float, float]]:
        """Take one row; returns (k, angle, rate, error) once calibrated, NaN angle where there is none."""
        state = self._state
        proximal, distal = pair.proximal, pair.distal
        state.last_k = pair.k
        restarted = any(row is not None and row.state is RowState.RESTART for row in (proximal, distal))
        if restarted:
            self._phasor.reset()
            self._skew.forget()
        if state.stage is GoniometerStage.READY:
            return [self._angle_row(pair.k, proximal, distal)]
        if pair.k < state.calibrate_from_k:
            return []
        if proximal is None or distal is None:
            if state.stage is not GoniometerStage.WAITING:
                self._restart_calibration("a sensor's signal was interrupted")
            return []
        if restarted and state.stage is GoniometerStage.CALIBRATING:
            self._restart_calibration("a sensor's signal was interrupted")
        if state.stage is GoniometerStage.WAITING:
            state.stage = GoniometerStage.STILL
        if state.stage is GoniometerStage.STILL:
            self._advance_still(proximal, distal)
        else:
            self._advance_swings(proximal, distal)
        return []

    def _still_s(self) -> float:
        return min(still.still_s for still in self._stills)

    def _restart_calibration(self, reason: str) -> None:
        state = self._state
        if state.stage is not GoniometerStage.WAITING:
            state.stage = GoniometerStage.STILL
        state.reason = reason
        state.bias_set = False
        state.window.clear()
        state.still_rows.clear()
        self._swings.reset()

    def _advance_still(self, proximal: SegmentRow, distal: SegmentRow) -> None:
        """Wait for stillness; measure the offsets when two thirds are done, the zero pose in the rest."""
        state, params = self._state, self.params
        for still, row in zip(self._stills, (proximal, distal), strict=True):
            still.update(add(row.gyr_rad_s, row.found_bias_rad_s), row.acc_m_s2)
        still_s = self._still_s()
        if not state.bias_set:
            if still_s >= params.still_s * 2.0 / 3.0:
                for still, orientation in zip(self._stills, self._orientations, strict=True):
                    orientation.add_bias(still.mean_gyr_rad_s)
                    still.forget_offset()
                state.bias_set = True
            return
        if still_s > 0.0:
            state.still_rows.append((proximal, distal))
            # The last second: what the pose was right before the movement.
            if len(state.still_rows) > self._rate_hz:
                state.still_rows.popleft()
            return
        if len(state.still_rows) < 0.5 * self._rate_hz:
            self._restart_calibration("moved too early: sit still a little longer")
            return
        state.stage = GoniometerStage.CALIBRATING
        state.reason = ""
        # The stillness detector needs some movement to notice it: begin with the pose.
        state.window = list(state.still_rows)
        self._swings.reset()
        self._advance_swings(proximal, distal)

    def _advance_swings(self, proximal: SegmentRow, distal: SegmentRow) -> None:
        state, params = self._state, self.params
        state.window.append((proximal, distal))
        self._swings.update(distal.gyr_rad_s)
        elapsed_s = len(state.window) / self._rate_hz
        enough = self._swings.count >= params.swings and self._swings.quiet_s >= 0.3
        if enough or self._swings.count >= params.swings + 2:
            self._finish()
        elif elapsed_s > params.calibration_timeout_s:
            if self._swings.count >= 3:
                self._finish()
            else:
                self._restart_calibration("no swings seen: sit still, then swing slowly")

    def _finish(self) -> None:
        state, params = self._state, self.params
        window = movement_window(state.window)
        bias1, bias2 = (_degrees(orientation.bias_rad_s.tolist()) for orientation in self._orientations)
        calibration, report = solve_hinge(
            window,
            movement_window(list(state.still_rows)),
            first_movement_is_flexion=params.first_movement == "flexion",
            still_s=params.still_s,
            swings=self._swings.count,
            bias_deg_s=(bias1, bias2),
        )
        if report.quality is Quality.POOR:
            self._restart_calibration(report.reasons[0])
            state.report = report
            return
        state.calibration, state.report = calibration, report
        self._prepare_inclination()
        self._phasor.reset()
        for proximal, distal in state.window:
            a, b = rotate(proximal.q, calibration.axis_proximal), rotate(distal.q, calibration.axis_distal)
            self._phasor.update(a[0], a[1], b[0], b[1])
        state.window = []
        state.still_rows.clear()
        state.stage = GoniometerStage.READY
        state.reason = ""
        state.disagreement = state.swing = state.missing = 0.0

    def _prepare_inclination(self) -> None:
        calibration = self._state.calibration
        self._inclination = (
            None
            if calibration is None
            else InclinationAngle(calibration.axis_proximal, calibration.axis_distal)
        )

    def _angle_row(
        self, k: int, proximal: SegmentRow | None, distal: SegmentRow | None
    ) -> tuple[int, float, float, float]:
        state = self._state
        calibration, inclination = state.calibration, self._inclination
        gain = 1.0 / (10.0 * self._rate_hz)
        usable = (
            proximal is not None
            and distal is not None
            and proximal.state is not RowState.BRIDGED
            and distal.state is not RowState.BRIDGED
        )
        state.missing += gain * ((not usable) - state.missing)
        if proximal is None or distal is None or calibration is None or inclination is None:
            state.error_deg = math.inf
            return k, math.nan, math.nan, math.inf
        a = rotate(proximal.q, calibration.axis_proximal)
        b = rotate(distal.q, calibration.axis_distal)
        if not usable or (proximal.at_rest and distal.at_rest and self._phasor.known):
            delta_rad = self._phasor.hold()
        else:
            delta_rad = self._phasor.update(a[0], a[1], b[0], b[1])
        if not usable:
            state.error_deg = math.inf
            return k, math.nan, math.nan, math.inf
        q_rel = relative_orientation(proximal.q, distal.q, delta_rad)
        heading_rad, swing_rad = hinge_angle(q_rel, calibration.q_zero, calibration.axis_proximal)
        tilt_rad = wrapped_rad(inclination.angle(proximal.q, distal.q) - calibration.inclination_zero_rad)
        difference_rad = wrapped_rad(tilt_rad - heading_rad)
        horizontal = a[0] * a[0] + a[1] * a[1]
        weight = horizontal if self._phasor.known else 1.0
        angle_rad = heading_rad + weight * difference_rad
        state.disagreement += gain * (difference_rad**2 * horizontal - state.disagreement)
        state.swing += gain * (swing_rad**2 - state.swing)
        along1 = dot(proximal.gyr_rad_s, calibration.axis_proximal)
        along2 = dot(distal.gyr_rad_s, calibration.axis_distal)
        square1 = dot(proximal.gyr_rad_s, proximal.gyr_rad_s)
        square2 = dot(distal.gyr_rad_s, distal.gyr_rad_s)
        state.proximal_rate += gain * (square1 - state.proximal_rate)
        self._skew.update(
            math.sqrt(max(0.0, square1 - along1 * along1)), math.sqrt(max(0.0, square2 - along2 * along2))
        )
        rate_rad_s = along2 - along1
        error_deg = self._expected_error_deg(horizontal)
        state.error_deg = error_deg
        if error_deg > 45.0:
            return k, math.nan, math.nan, math.inf
        return k, self.params.rest_angle_deg + angle_rad / DEG, rate_rad_s / DEG, error_deg

    def _expected_error_deg(self, horizontal: float) -> float:
        """One standard deviation: what the calibration left, a fresh orientation, an unknown heading."""
        state = self._state
        settled_s = min(orientation.settled_s for orientation in self._orientations)
        report = state.report
        axis_deg = report.axis_error_deg if report is not None else 10.0
        fresh_deg = 10.0 * math.exp(-settled_s / 3.0)
        # Without heading the angle rests on inclination alone, and that on a horizontal axis.
        heading_deg = 0.0 if self._phasor.known else 5.0 / max(horizontal, 1e-3)
        disagreement_deg = 0.5 * math.sqrt(state.disagreement) / DEG
        # What a moving upper segment turns while one stream lags; 5 ms are within the requirement.
        skew_s = abs(self._skew.skew_s or 0.0)
        skew_deg = skew_s * math.sqrt(state.proximal_rate) / DEG if skew_s > SKEW_LIMIT_S else 0.0
        return math.hypot(2.0, axis_deg, fresh_deg, heading_deg, disagreement_deg, skew_deg)

    def _block(self, rows: Sequence[tuple[int, float, float, float]]) -> JointAngleBlock:
        k, angle, rate, error = (np.array(column) for column in zip(*rows, strict=True))
        return JointAngleBlock(
            joint=self.params.joint,
            t_ns=k.astype(np.int64) * self._period_ns,
            angle_deg=angle.astype(np.float64),
            rate_deg_s=rate.astype(np.float64),
            valid=np.isfinite(angle),
            error_deg=error.astype(np.float64),
            quality=Quality.MISSING if not math.isfinite(angle[-1]) else quality_of_error(float(error[-1])),
        )


def quality_of_error(error_deg: float) -> Quality:
    """What an angle with this expected error may be used for.

    Repeated goniometry by the same person differs by 3-5 deg, by different persons by up to 10: beyond that
    an angle says which way the joint moves, not where it is.
    """
    if error_deg <= 5.0:
        return Quality.GOOD
    if error_deg <= 10.0:
        return Quality.QUESTIONABLE
    return Quality.POOR if math.isfinite(error_deg) else Quality.MISSING


def _degrees(v: Sequence[float]) -> Vector:
    return (v[0] / DEG, v[1] / DEG, v[2] / DEG)
