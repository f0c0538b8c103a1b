"""Goes on looking for evidence of the axes' pairing that the calibration did not show.

A seated patient's thigh rests: nothing says whether both axes point the same way, and nothing depends on it.
Should that patient squat later, half the angle does. The forces then show it within seconds.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from monitor.motion.alignment import SegmentRow
from monitor.motion.calibration_values import HingeCalibration
from monitor.motion.pairing import SHOWN, decide_pairing
from monitor.motion.window import movement_window

# Below this (rad/s, rms over ten seconds) the upper segment shows nothing.
MOVES_RAD_S = 0.35
EVERY = 4
WINDOW_S = 10.0
LOOK_EVERY_S = 5.0
# One look may be fooled; two that agree are not, nor is one that is this clear.
CLEAR = 1.0


class PairingVerdict(StrEnum):
    """What is known of the pairing in use."""

    RIGHT = "right"
    ASSUMED = "assumed"
    WRONG = "wrong"


@dataclass(slots=True, kw_only=True)
class PairingWatchState:
    """Every fourth row of the last seconds, the evidence so far, and what came of it."""

    rows: list[tuple[SegmentRow, SegmentRow]] = field(default_factory=list)
    passed: int = 0
    last_k: int = -1
    evidence: float = 0.0
    verdict: PairingVerdict = PairingVerdict.ASSUMED


class PairingWatch:
    """`update` with rows while `awaits`; the verdict is final once it is not ASSUMED."""

    def __init__(self, calibration: HingeCalibration, *, seen: bool, rate_hz: float) -> None:
        self._axes = (np.array(calibration.axis_proximal), np.array(calibration.axis_distal))
        self._rate_hz = rate_hz / EVERY
        self._rows = round(WINDOW_S * self._rate_hz)
        self._look_every = round(LOOK_EVERY_S * self._rate_hz)
        self._state = PairingWatchState(verdict=PairingVerdict.RIGHT if seen else PairingVerdict.ASSUMED)

    @property
    def state(self) -> PairingWatchState:
        """A copy of everything that changes; assign it to go on from there."""
        return deepcopy(self._state)

    @state.setter
    def state(self, value: PairingWatchState) -> None:
        self._state = deepcopy(value)

    @property
    def verdict(self) -> PairingVerdict:
        """What is known now."""
        return self._state.verdict

    @property
    def awaits(self) -> bool:
        """Whether there is anything left to find out."""
        return self._state.verdict is PairingVerdict.ASSUMED

    def update(self, proximal: SegmentRow, distal: SegmentRow, *, proximal_rate: float) -> None:
        """Add a row; `proximal_rate` is the mean square of the upper segment's rate, (rad/s)^2."""
        state = self._state
        if proximal.k % EVERY:
            return
        if proximal.k != state.last_k + EVERY:
            # Rows are missing in between: rates could not be differentiated across it.
            state.rows.clear()
            state.passed = 0
        state.last_k = proximal.k
        if proximal_rate < MOVES_RAD_S**2:
            state.rows.clear()
            state.passed = 0
            return
        state.rows.append((proximal, distal))
        state.passed += 1
        if len(state.rows) > self._rows:
            del state.rows[0]
        if state.passed >= self._look_every and len(state.rows) == self._rows:
            state.passed = 0
            self._look()

    def _look(self) -> None:
        state = self._state
        window = movement_window(state.rows)
        found = decide_pairing(window, *self._axes, both_seen=False, sampling_rate_hz=self._rate_hz)
        evidence = found.sign * found.margin
        if abs(evidence) < SHOWN:
            return
        state.evidence += evidence
        if state.evidence >= CLEAR:
            state.verdict = PairingVerdict.RIGHT
        elif state.evidence <= -CLEAR:
            state.verdict = PairingVerdict.WRONG
        if state.verdict is not PairingVerdict.ASSUMED:
            state.rows.clear()
