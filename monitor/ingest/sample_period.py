"""The period of a stream's samples, from the device's own stamps.

What a sensor was set to is a promise: a maker's application sets another rate, a firmware rounds it, one mode
has another list of rates (polar-ble-sdk #215, #317). The stamps of its notifications tell: the step from one
to the next, divided by the samples in between. A lost notification makes a step longer, never shorter.
"""

from collections.abc import Sequence
from itertools import islice, pairwise

# Steps that a clock in whole milliseconds gives at 100 Hz differ by a tenth.
ALIKE = 1.12
# This many steps alike are the rate; until then the shortest that occurred twice is.
STEADY_STEPS = 4
STEPS_KEPT = 32
# Nearer than this to what was set, the promise is kept: the clock map finds the rest.
KEPT_WITHIN = 0.005


def period_of(steps_s: Sequence[float], *, nominal_s: float, grain_s: float = 0.0) -> float:
    """Seconds from sample to sample; `steps_s` are the recent steps per sample, the newest last.

    `grain_s` is the unit of the stamps, by sample: two steps of one rate may differ by it.
    """
    steady = list(islice(reversed(steps_s), STEADY_STEPS))
    if len(steady) == STEADY_STEPS and max(steady) <= ALIKE * min(steady) + grain_s:
        base_s = min(steady)
    else:
        ordered = sorted(steps_s)
        pairs = pairwise(ordered)
        base_s = next((low for low, high in pairs if high <= ALIKE * low + grain_s), nominal_s)
    low_s, high_s = base_s / ALIKE - grain_s, base_s * ALIKE + grain_s
    alike = [step for step in steps_s if low_s <= step <= high_s]
    found_s = sum(alike) / len(alike) if alike else nominal_s
    return nominal_s if abs(found_s / nominal_s - 1.0) < KEPT_WITHIN else found_s
