"""How long a value counts: the one table that rules and displays ask. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.samples import MACHINE_CODES, Code, Sample
from protocols.units import NS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How long after its reception a value of one code counts.

    Attributes:
        fresh_for_ns: rules take it for the present value; None: no rule reads the code as a present value.
        stale_after_ns: displays take it back; None: a reading, which stays and shows its age.
    """

    fresh_for_ns: int | None = None
    stale_after_ns: int | None = None


# What comes once a second: max(3 x period, 5 s).
_ONCE_A_SECOND_NS = 5 * NS_PER_S
_DISPLAYED = Freshness(stale_after_ns=_ONCE_A_SECOND_NS)
_JUDGED = Freshness(fresh_for_ns=_ONCE_A_SECOND_NS, stale_after_ns=_ONCE_A_SECOND_NS)
_READING = Freshness()

FRESHNESS: Mapping[Code, Freshness] = {
    **dict.fromkeys(Code, _READING),
    Code.SPO2_PERCENT: _JUDGED,
    Code.HEART_RATE_PER_MIN: _JUDGED,
    Code.PULSE_RATE_PER_MIN: _JUDGED,
    Code.PLETH_RATE_PER_MIN: _DISPLAYED,
    Code.PERFUSION_INDEX_PERCENT: _DISPLAYED,
    # While the cuff measures, its pressure comes several times a second.
    Code.CUFF_PRESSURE_MMHG: Freshness(stale_after_ns=3 * NS_PER_S),
    # A mean over half a minute of deflation.
    Code.CUFF_PULSE_RATE_PER_MIN: Freshness(fresh_for_ns=10 * NS_PER_S),
    **dict.fromkeys(MACHINE_CODES, _DISPLAYED),
}


def is_fresh(sample: Sample, now_ns: int) -> bool:
    """True while `sample` stands for the present value."""
    return now_ns < fresh_until_ns(sample)


def fresh_until_ns(sample: Sample) -> int:
    """The instant from which `sample` no longer stands for the present value.

    Raises:
        ValueError: no rule reads this code as a present value.
    """
    fresh_for_ns = FRESHNESS[sample.code].fresh_for_ns
    if fresh_for_ns is None:
        raise ValueError(f"{sample.code} is not read as a present value")
    return sample.received_ns + fresh_for_ns


def stale_at_ns(sample: Sample) -> int | None:
    """When displays take `sample` back; None: never, or it has no value."""
    after_ns = FRESHNESS[sample.code].stale_after_ns
    return None if after_ns is None or sample.value is None else sample.received_ns + after_ns
