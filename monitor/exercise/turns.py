"""A repetition in which the signal turns more than once: a wrist in a row goes there and back twice."""

from collections.abc import Sequence
from dataclasses import replace

from monitor.exercise.repetitions import Repetition
from monitor.exercise.tempo import Tempo


def one_of_turns(turns: Sequence[Repetition], *, index: int) -> Repetition:
    """One repetition from the first start to the last end; range and errors are those of the widest turn."""
    first, last = turns[0], turns[-1]
    widest = max(turns, key=lambda turn: turn.rom_deg)
    middle = turns[(len(turns) - 1) // 2]
    return replace(
        widest,
        index=index,
        start_ns=first.start_ns,
        turn_ns=middle.end_ns if len(turns) % 2 == 0 else middle.turn_ns,
        end_ns=last.end_ns,
        min_deg=min(turn.min_deg for turn in turns),
        max_deg=max(turn.max_deg for turn in turns),
        peak_rate_deg_s=max(turn.peak_rate_deg_s for turn in turns),
        tempo=Tempo(
            lifting_s=sum(turn.duration_s for turn in turns[: len(turns) // 2]) or first.tempo.lifting_s,
            holding_s=0.0,
            lowering_s=sum(turn.duration_s for turn in turns[len(turns) // 2 :]),
            start_ns=first.start_ns,
            end_ns=last.end_ns,
        ),
        # Smoothness is of one movement there and back.
        sparc=None,
        log_dimensionless_jerk=None,
        partial=widest.partial,
        too_fast=False,
        interrupted=any(turn.interrupted for turn in turns),
    )


class TurnMerger:
    """`add` turns as a counter gives them; a repetition comes out with the last of its turns.

    A pause between two turns of more than `longest_pause_s` begins anew: the turn before was an attempt.
    """

    def __init__(self, turns: int, *, longest_pause_s: float) -> None:
        self._turns = turns
        self._longest_pause_ns = round(longest_pause_s * 1e9)
        self._waiting: list[Repetition] = []
        self._count = 0

    def add(self, turn: Repetition) -> Repetition | None:
        """The repetition that is complete with this turn; None when it is not."""
        if self._turns == 1:
            return turn
        if self._waiting and turn.start_ns - self._waiting[-1].end_ns > self._longest_pause_ns:
            self._waiting = []
        self._waiting.append(turn)
        if len(self._waiting) < self._turns:
            return None
        self._count += 1
        whole, self._waiting = one_of_turns(self._waiting, index=self._count), []
        return whole
