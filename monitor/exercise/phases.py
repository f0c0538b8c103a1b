"""Phases of a session: which come after which, and why.

Theory of operation. A session begins in BEFORE: the patient sits, baselines are taken. `begin` asks for
exercise; when the joint's sensors are not calibrated yet the session goes through CALIBRATION first and from
there, by itself, into EXERCISE. `calibrate` asks for a calibration without asking for exercise. A set's end
is REST, movement after it is EXERCISE again, the last set's end is RECOVERY; after some minutes, or when
somebody says so, the session is ENDED. A therapist may begin again out of RECOVERY (one more exercise), and
may recalibrate in REST; calibration leads back to where it was called from. ENDED is final.

Everything that decides about phases is this table; `Phases` only remembers where it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """Where the session is; rules say in which phases they speak."""

    BEFORE = "before"
    CALIBRATION = "calibration"
    EXERCISE = "exercise"
    REST = "rest"
    RECOVERY = "recovery"
    ENDED = "ended"


class PhaseEvent(StrEnum):
    """What can move a session."""

    BEGIN = "begin"
    CALIBRATE = "calibrate"
    CALIBRATED = "calibrated"
    SET_STARTED = "set_started"
    SET_ENDED = "set_ended"
    LAST_SET_ENDED = "last_set_ended"
    RECOVERED = "recovered"
    END = "end"


# Where CALIBRATION goes back to is not a fact of the table but of the way in: `Phases.returns_to`.
RETURN = None

MOVES: Mapping[tuple[Phase, PhaseEvent], Phase | None] = {
    (Phase.BEFORE, PhaseEvent.BEGIN): Phase.EXERCISE,
    (Phase.BEFORE, PhaseEvent.CALIBRATE): Phase.CALIBRATION,
    (Phase.BEFORE, PhaseEvent.END): Phase.ENDED,
    (Phase.CALIBRATION, PhaseEvent.CALIBRATED): RETURN,
    (Phase.CALIBRATION, PhaseEvent.BEGIN): Phase.EXERCISE,  # without calibration, when somebody insists
    (Phase.CALIBRATION, PhaseEvent.END): Phase.ENDED,
    (Phase.EXERCISE, PhaseEvent.SET_ENDED): Phase.REST,
    (Phase.EXERCISE, PhaseEvent.LAST_SET_ENDED): Phase.RECOVERY,
    (Phase.EXERCISE, PhaseEvent.END): Phase.ENDED,
    (Phase.REST, PhaseEvent.SET_STARTED): Phase.EXERCISE,
    (Phase.REST, PhaseEvent.BEGIN): Phase.EXERCISE,
    (Phase.REST, PhaseEvent.CALIBRATE): Phase.CALIBRATION,
    (Phase.REST, PhaseEvent.LAST_SET_ENDED): Phase.RECOVERY,
    (Phase.REST, PhaseEvent.END): Phase.ENDED,
    (Phase.RECOVERY, PhaseEvent.BEGIN): Phase.EXERCISE,
    (Phase.RECOVERY, PhaseEvent.RECOVERED): Phase.ENDED,
    (Phase.RECOVERY, PhaseEvent.END): Phase.ENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseMove:
    """The session went from one phase to another at `at_ns`, because of `event`."""

    at_ns: int
    from_phase: Phase
    to_phase: Phase
    event: PhaseEvent


class Phases:
    """Where one session is.

    Attributes:
        phase: now.
        since_ns: since when.
        returns_to: where a calibration leads when it has succeeded.
    """

    def __init__(self, *, at_ns: int) -> None:
        self.phase = Phase.BEFORE
        self.since_ns = at_ns
        self.returns_to = Phase.BEFORE

    def allows(self, event: PhaseEvent) -> bool:
        """Whether `event` moves the session from here."""
        return (self.phase, event) in MOVES

    def feed(self, event: PhaseEvent, *, at_ns: int) -> PhaseMove | None:
        """Move, or stay (None) when the table has no move for `event` here."""
        key = (self.phase, event)
        if key not in MOVES:
            return None
        target = MOVES[key] or self.returns_to
        if target is Phase.CALIBRATION:
            self.returns_to = self.phase
        move = PhaseMove(at_ns=at_ns, from_phase=self.phase, to_phase=target, event=event)
        self.phase, self.since_ns = target, at_ns
        return move

    def calibrate_then_exercise(self, *, at_ns: int) -> PhaseMove | None:
        """Calibrate because somebody asked for exercise: CALIBRATED will lead to EXERCISE.

        A calibration that is going on already goes on, and leads there as well (None: no move).
        """
        move = self.feed(PhaseEvent.CALIBRATE, at_ns=at_ns)
        if self.phase is Phase.CALIBRATION:
            self.returns_to = Phase.EXERCISE
        return move
