"""The numbers that rules compare with: what each is, which way is tighter, in what order they must stand.

A limit without a pack's default is None and belongs to a plan that sets it (a surgeon's cap). Clear values
are no limits of their own: they follow their limit at the rule's margin, so that tightening one cannot
put it on the wrong side of the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum

from monitor.plan.errors import LimitOrderError


class Tighter(StrEnum):
    """Which way a limit protects more."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class LimitSpec:
    """One limit's unit, direction and the range in which a value can be meant at all."""

    unit: str
    tighter: Tighter
    minimum: float
    maximum: float

    def is_tighter(self, new: float, old: float) -> bool:
        """Whether `new` protects at least as much as `old`."""
        return new >= old if self.tighter is Tighter.HIGHER else new <= old


def _low(unit: str, minimum: float, maximum: float) -> dict[str, LimitSpec]:
    """The metadata of a field that protects more the higher it is."""
    return {"spec": LimitSpec(unit, Tighter.HIGHER, minimum, maximum)}


def _high(unit: str, minimum: float, maximum: float) -> dict[str, LimitSpec]:
    """The metadata of a field that protects more the lower it is."""
    return {"spec": LimitSpec(unit, Tighter.LOWER, minimum, maximum)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits in force: each with unit, smallest and largest value that can be meant, and direction.

    The ranges only catch slips of the hand (90 typed as 900); what is wise is the therapist's to say.

    Raises:
        LimitOrderError: a sudden limit would not be worse than its mild one.
    """

    spo2_low_percent: float = field(metadata=_low("%", 70, 97))
    spo2_sudden_percent: float = field(metadata=_low("%", 65, 95))
    spo2_fall_points: float = field(metadata=_high("%", 1, 15))
    spo2_fall_ceiling_percent: float = field(metadata=_low("%", 70, 100))
    spo2_rest_percent: float = field(metadata=_low("%", 70, 97))
    spo2_hold_percent: float | None = field(default=None, metadata=_low("%", 70, 97))
    heart_rate_upper_per_min: float = field(metadata=_high("/min", 60, 220))
    heart_rate_sudden_per_min: float = field(metadata=_high("/min", 65, 230))
    heart_rate_low_per_min: float = field(metadata=_low("/min", 25, 70))
    heart_rate_drop_per_min: float = field(metadata=_high("/min", 5, 60))
    heart_rate_rest_per_min: float = field(metadata=_high("/min", 60, 150))
    heart_rate_hold_per_min: float | None = field(default=None, metadata=_high("/min", 60, 180))
    systolic_drop_mmhg: float = field(metadata=_high("mm[Hg]", 5, 60))
    systolic_stop_mmhg: float = field(metadata=_high("mm[Hg]", 120, 280))
    diastolic_stop_mmhg: float = field(metadata=_high("mm[Hg]", 70, 150))
    systolic_high_mmhg: float = field(metadata=_high("mm[Hg]", 110, 270))
    diastolic_high_mmhg: float = field(metadata=_high("mm[Hg]", 60, 140))
    systolic_rest_mmhg: float = field(metadata=_high("mm[Hg]", 110, 220))
    diastolic_rest_mmhg: float = field(metadata=_high("mm[Hg]", 60, 130))
    systolic_standing_drop_mmhg: float = field(metadata=_high("mm[Hg]", 5, 60))
    diastolic_standing_drop_mmhg: float = field(metadata=_high("mm[Hg]", 3, 40))
    rpe_stop: float = field(metadata=_high("{score}", 9, 20))
    rpe_high: float = field(metadata=_high("{score}", 8, 19))
    cr10_stop: float = field(metadata=_high("{score}", 2, 10))
    dyspnoea_stop: float = field(metadata=_high("{score}", 2, 10))
    pain_stop: float = field(metadata=_high("{score}", 1, 10))
    pain_rise: float = field(metadata=_high("{score}", 1, 10))
    recovery_heart_rate_fall_per_min: float = field(metadata=_low("/min", 1, 60))
    flexion_cap_deg: float | None = field(default=None, metadata=_high("deg", 0, 180))
    extension_cap_deg: float | None = field(default=None, metadata=_low("deg", -30, 120))
    repetition_speed_cap_deg_s: float | None = field(default=None, metadata=_high("deg/s", 5, 1000))

    def __post_init__(self) -> None:
        """Refuse values out of range and limits in the wrong order."""
        for name, spec in LIMIT_SPECS.items():
            value = getattr(self, name)
            if value is not None and not spec.minimum <= value <= spec.maximum:
                raise LimitOrderError(
                    f"limits.{name}",
                    f"must be between {spec.minimum:g} and {spec.maximum:g} {spec.unit}, got {value:g}",
                )
        for better, worse in STRICT_ORDER:
            self._check_order(better, worse)

    def _check_order(self, milder: str, sudden: str) -> None:
        mild, worse = getattr(self, milder), getattr(self, sudden)
        in_order = worse < mild if LIMIT_SPECS[milder].tighter is Tighter.HIGHER else worse > mild
        if not in_order:
            side = "below" if LIMIT_SPECS[milder].tighter is Tighter.HIGHER else "above"
            raise LimitOrderError(
                f"limits.{sudden}", f"must be {side} limits.{milder} ({mild:g}), got {worse:g}"
            )

    def as_dict(self) -> dict[str, float | None]:
        """All limits by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


# By name; read from the fields, which are the only place where a limit is written.
LIMIT_SPECS: Mapping[str, LimitSpec] = {limit.name: limit.metadata["spec"] for limit in fields(Limits)}

# (milder, sudden): the second must be strictly worse for the patient than the first, or the rule that
# is meant to come late would come first and fold the other away.
STRICT_ORDER: tuple[tuple[str, str], ...] = (
    ("spo2_low_percent", "spo2_sudden_percent"),
    ("heart_rate_upper_per_min", "heart_rate_sudden_per_min"),
    ("systolic_high_mmhg", "systolic_stop_mmhg"),
    ("diastolic_high_mmhg", "diastolic_stop_mmhg"),
    ("rpe_high", "rpe_stop"),
)
