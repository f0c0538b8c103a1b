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
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np

from monitor.motion.alignment import (
    GridResampler,
    GridResamplerState,
    PairAligner,
    PairAlignerState,
    SegmentRow,
)
from monitor.motion.calibration_movement import CalibrationMovement, CalibrationMovementState
from monitor.motion.calibration_report import CalibrationReport
from monitor.motion.calibration_values import HingeCalibration
from monitor.motion.goniometer_values import (
    GoniometerHealth,
    GoniometerParams,
    GoniometerStage,
    GoniometerStatus,
    Role,
    quality_of_error,
)
from monitor.motion.hinge_reader import AngleRow, HingeReader, HingeReaderState
from monitor.motion.joint_angle import JointAngleBlock
from monitor.motion.orientation import OrientationState, SegmentOrientation
from monitor.motion.quaternion import Vector
from monitor.samples import ImuBlock, Quality
from protocols.units import DEG, NS_PER_S

__all__ = [
    "Goniometer",
    "GoniometerHealth",
    "GoniometerParams",
    "GoniometerStage",
    "GoniometerStatus",
    "Role",
]

SIDES: dict[Role, int] = {"proximal": 0, "distal": 1}


@dataclass(slots=True, kw_only=True)
class GoniometerState:
    """Everything that changes, of this object and of the ones inside."""

    resamplers: list[GridResamplerState] = field(default_factory=list)
    orientations: list[OrientationState] = field(default_factory=list)
    aligner: PairAlignerState = field(default_factory=PairAlignerState)
    movement: CalibrationMovementState = field(default_factory=CalibrationMovementState)
    reader: HingeReaderState | None = None
    calibration: HingeCalibration | None = None
    report: CalibrationReport | None = None
    started: bool = False
    calibrate_from_k: int = 0


class Goniometer:
    """`push` blocks of either sensor in order of receipt; angles come out once the joint is calibrated.

    Delay: none beyond the later of the two streams; one playout time while one of them is missing.
    """

    def __init__(self, params: GoniometerParams) -> None:
        self.params = params
        rate_hz = params.grid.rate_hz
        self._period_ns = round(NS_PER_S / rate_hz)
        self._resamplers = [GridResampler(params.grid) for _ in SIDES]
        self._orientations = [SegmentOrientation(rate_hz=rate_hz) for _ in SIDES]
        self._aligner = PairAligner(rate_hz=rate_hz, playout_s=params.playout_s)
        self._movement = CalibrationMovement(params)
        self._reader: HingeReader | None = None
        self._calibration: HingeCalibration | None = None
        self._report: CalibrationReport | None = None
        self._started = False
        self._calibrate_from_k = 0

    @property
    def state(self) -> GoniometerState:
        """A copy of everything that changes; assign it to go on from there."""
        return GoniometerState(
            resamplers=[one.state for one in self._resamplers],
            orientations=[one.state for one in self._orientations],
            aligner=self._aligner.state,
            movement=self._movement.state,
            reader=None if self._reader is None else self._reader.state,
            calibration=self._calibration,
            report=self._report,
            started=self._started,
            calibrate_from_k=self._calibrate_from_k,
        )

    @state.setter
    def state(self, value: GoniometerState) -> None:
        value = deepcopy(value)
        for side in range(2):
            self._resamplers[side].state = value.resamplers[side]
            self._orientations[side].state = value.orientations[side]
        self._aligner.state = value.aligner
        self._movement.state = value.movement
        self._calibration, self._report = value.calibration, value.report
        self._started, self._calibrate_from_k = value.started, value.calibrate_from_k
        self._reader = self._make_reader()
        if self._reader is not None and value.reader is not None:
            self._reader.state = value.reader

    @property
    def status(self) -> GoniometerStatus:
        """Stage, progress and instruction, for the screen."""
        params, movement = self.params, self._movement
        if self._reader is not None:
            stage, progress, instruction = GoniometerStage.READY, 1.0, ""
        elif not self._started:
            stage, progress = GoniometerStage.WAITING, 0.0
            instruction = "Put on both motion sensors"
        elif movement.swinging:
            stage, progress = GoniometerStage.CALIBRATING, movement.progress
            instruction = f"Move slowly and far, {params.first_movement} first: {params.swings} times"
        else:
            stage, progress = GoniometerStage.STILL, movement.progress
            instruction = f"Be still in the starting position for {params.still_s:.0f} seconds"
        swings = self._report.swings if self._reader is not None and self._report else movement.swings
        return GoniometerStatus(
            stage=stage, progress=progress, instruction=instruction, swings=swings, reason=movement.reason
        )

    @property
    def report(self) -> CalibrationReport | None:
        """Of the calibration in use, or of the one that was refused last; None before there is one."""
        return self._report

    @property
    def warning(self) -> str:
        """Why the angle is not to be trusted now and what to do; empty while it is, or not yet calibrated."""
        return "" if self._reader is None else self._reader.warning

    @property
    def calibration(self) -> HingeCalibration | None:
        """The calibration in use; None before there is one."""
        return self._calibration

    @property
    def health(self) -> GoniometerHealth:
        """How far the angle can be trusted now."""
        reader = self._reader
        state = HingeReaderState() if reader is None else reader.state
        return GoniometerHealth(
            disagreement_deg=math.sqrt(state.disagreement) / DEG,
            swing_deg=math.sqrt(state.swing) / DEG,
            skew_s=None if reader is None else reader.skew_s,
            heading_strength=0.0 if reader is None else reader.heading_strength,
            error_deg=state.error_deg,
            missing=state.missing,
            refused_samples=sum(one.refused for one in self._resamplers),
            clipped_samples=sum(one.clipped for one in self._resamplers),
            quality=quality_of_error(state.error_deg),
        )

    def begin_calibration(self, t_ns: int) -> None:
        """Calibrate (again) from rows at or after `t_ns`; the first one starts by itself."""
        self._calibration = self._report = self._reader = None
        self._movement.restart("")
        self._calibrate_from_k = -(-t_ns // self._period_ns)
        for orientation in self._orientations:
            orientation.learn_offset()

    def push(self, role: Role, block: ImuBlock) -> list[JointAngleBlock]:
        """Add samples of one sensor; returns at most one block of angles that became known."""
        side = SIDES[role]
        grid = self._resamplers[side].update(block)
        if not grid:
            return []
        pairs = self._aligner.update(side, self._orientations[side].update(grid))
        rows: list[AngleRow] = []
        for k, proximal, distal in pairs:
            if self._reader is not None:
                rows.append(self._reader.read(k, proximal, distal))
            else:
                self._calibrate(k, proximal, distal)
        return [self._block(rows)] if rows else []

    def _calibrate(self, k: int, proximal: SegmentRow | None, distal: SegmentRow | None) -> None:
        """Take one row while the joint is not calibrated."""
        self._started = self._started or (proximal is not None and distal is not None)
        if not self._started or k < self._calibrate_from_k:
            return
        done = self._movement.advance(proximal, distal, biases=self._biases_deg_s())
        if done is not None:
            self._calibration, self._report = done.calibration, done.report
            self._reader = self._make_reader()
            if self._reader is not None:
                self._reader.learn_heading(done.window)
                for orientation in self._orientations:
                    orientation.end_pose()

    def _biases_deg_s(self) -> tuple[Vector, Vector]:
        one, two = (
            (x / DEG, y / DEG, z / DEG) for x, y, z in (o.fixed_bias_rad_s for o in self._orientations)
        )
        return one, two

    def _make_reader(self) -> HingeReader | None:
        if self._calibration is None or self._report is None:
            return None
        return HingeReader(
            self._calibration,
            self._report,
            joint=self.params.joint,
            rest_angle_deg=self.params.rest_angle_deg,
            rate_hz=self.params.grid.rate_hz,
        )

    def _block(self, rows: Sequence[AngleRow]) -> JointAngleBlock:
        table = np.array(rows)  # row numbers are far below 2**53
        angle, last = table[:, 1], rows[-1]
        return JointAngleBlock(
            joint=self.params.joint,
            t_ns=table[:, 0].astype(np.int64) * self._period_ns,
            angle_deg=angle,
            rate_deg_s=table[:, 2],
            valid=np.isfinite(angle),
            error_deg=table[:, 3],
            quality=quality_of_error(last.error_deg) if math.isfinite(last.angle_deg) else Quality.MISSING,
        )
