"""Repetitions of a movement that nobody has shown, as a session takes them."""

import math

from monitor.exercise.cycles import Cycle, CycleCounter, CycleParams
from monitor.exercise.definition import RepetitionDefinition
from monitor.exercise.repetitions import Repetition
from monitor.exercise.tempo import Tempo
from monitor.samples import ImuBlock, Quality
from protocols.units import NS_PER_S

RATE_HZ = 50.0
# What turns by less than this share of the prescribed range is not the exercise: a hand that fetches
# something.
LEAST_SHARE = 0.2
# One movement may be anything; what repeats is a set. The first ones count with the third.
SERIES = 3
LONGEST_PAUSE_NS = 8 * NS_PER_S
# The axis is found, not calibrated; the rate is integrated over one movement.
RANGE_ERROR_DEG = 5.0


class UnshownMovement:
    """`update` with blocks of one sensor; gives each repetition once, those of the first seconds together."""

    def __init__(self, definition: RepetitionDefinition, *, rest_angle_deg: float, increasing: bool) -> None:
        self._definition = definition
        self._least_deg = LEAST_SHARE * definition.target_low_deg
        self._rest_angle_deg = rest_angle_deg
        self._sign = 1.0 if increasing else -1.0
        self._counter = CycleCounter(CycleParams(rate_hz=RATE_HZ))
        self._count = 0
        self._run: list[Cycle] = []

    def update(self, block: ImuBlock) -> list[Repetition]:
        """Add samples."""
        cycles = [one for one in self._counter.update(block) if one.amplitude_deg >= self._least_deg]
        return [self._repetition(one) for cycle in cycles for one in self._confirmed(cycle)]

    def _confirmed(self, cycle: Cycle) -> list[Cycle]:
        """The cycles that count now: nothing before the third of a row, which counts the two before it."""
        run = self._run
        if run and cycle.start_ns - run[-1].turn_ns > LONGEST_PAUSE_NS:
            run.clear()
        run.append(cycle)
        if len(run) == SERIES:
            return list(run)
        return [cycle] if len(run) > SERIES else []

    def _repetition(self, cycle: Cycle) -> Repetition:
        self._count += 1
        lifting_s = (cycle.turn_ns - cycle.start_ns) / NS_PER_S
        turned_deg = self._rest_angle_deg + self._sign * cycle.amplitude_deg
        return Repetition(
            index=self._count,
            start_ns=cycle.start_ns,
            turn_ns=cycle.turn_ns,
            # It counts at its turn; how it comes back is not waited for.
            end_ns=cycle.turn_ns,
            rom_deg=cycle.amplitude_deg,
            min_deg=min(self._rest_angle_deg, turned_deg),
            max_deg=max(self._rest_angle_deg, turned_deg),
            rom_error_deg=RANGE_ERROR_DEG,
            tempo=Tempo(
                lifting_s=lifting_s,
                holding_s=math.nan,
                lowering_s=math.nan,
                start_ns=cycle.start_ns,
                end_ns=cycle.turn_ns,
            ),
            peak_rate_deg_s=0.5 * math.pi * cycle.amplitude_deg / lifting_s if lifting_s > 0.0 else 0.0,
            sparc=None,
            log_dimensionless_jerk=None,
            partial=cycle.amplitude_deg < self._definition.partial_fraction * self._definition.target_low_deg,
            too_fast=False,
            interrupted=False,
            quality=Quality.QUESTIONABLE,
        )
