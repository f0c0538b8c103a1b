"""What a predicate finds: a condition is met, cleared, in between, or cannot be known."""

from dataclasses import dataclass
from enum import StrEnum

from monitor.alerts.transition import Priority


class Finding(StrEnum):
    """BETWEEN lies inside the hysteresis: it neither confirms nor clears. UNKNOWN does not either."""

    MET = "met"
    BETWEEN = "between"
    CLEAR = "clear"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A finding with its evidence.

    `t_ns` is the sample time of the evidence, `deficit` how far beyond the limit the value lies (for the
    area rule), `confirm_s` and `priority` replace the rule's own when given, `delay_s` is how long the
    predicate itself has already waited (told in the transition), `review_at_ns` when the verdict may change
    by time alone.
    """

    finding: Finding
    t_ns: int
    value: float | None = None
    unit: str = ""
    limit: float | None = None
    quality: str = ""
    sources: tuple[str, ...] = ()
    detail: str = ""
    deficit: float = 0.0
    priority: Priority | None = None
    confirm_s: float | None = None
    delay_s: float = 0.0
    review_at_ns: int | None = None


def unknown(now_ns: int, *, review_at_ns: int | None = None) -> Verdict:
    """Nothing can be said at `now_ns`."""
    return Verdict(finding=Finding.UNKNOWN, t_ns=now_ns, review_at_ns=review_at_ns)


def clear(t_ns: int, *, review_at_ns: int | None = None) -> Verdict:
    """Nothing is wrong, and that is known."""
    return Verdict(finding=Finding.CLEAR, t_ns=t_ns, review_at_ns=review_at_ns)
