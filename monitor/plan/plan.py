"""`plan.toml`: the plan of care of one patient, by pseudonym. Its limits are resolved when it is read.

A plan may tighten any limit of its pack, and loosen one as far as the pack's bound. Beyond that it must say
so in `[[loosened]]`, with the therapist and the reason. A limit the pack does not know (a surgeon's cap) is
the plan's to set. Whatever cannot be resolved refuses the plan: no rule is silently off.
"""

from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from monitor.errors import SettingsError
from monitor.plan.errors import LimitChangeError, LimitOrderError, PlanError, PrescriptionError
from monitor.plan.exercise import Exercise
from monitor.plan.heart_rate import HeartRateFacts, HeartRateLimits, heart_rate_limits
from monitor.plan.limits import LIMIT_SPECS, Limits
from monitor.plan.pack import Pack, PackName, Strict, load_pack
from monitor.settings_file import parse_settings, read_settings

# The two that age, rest and prescription decide; everything else comes from the pack.
HEART_RATE_LIMITS = ("heart_rate_upper_per_min", "heart_rate_sudden_per_min")


class Prescription(Strict):
    """What the therapist or the physician has set for this heart."""

    upper_heart_rate_per_min: float | None = Field(default=None, ge=60, le=220)
    measured_maximum_heart_rate_per_min: float | None = Field(default=None, ge=60, le=230)
    ischaemic_threshold_per_min: float | None = Field(default=None, ge=60, le=230)
    rpe_target: tuple[float, float] | None = None


class Medication(Strict):
    """What changes how a heart or a saturation must be read. None is unknown."""

    beta_blocker: bool | None = None
    oxygen_l_per_min: float | None = Field(default=None, ge=0, le=15)


class Loosened(Strict):
    """One limit set beyond the pack's bound, by whom and why; it holds for this plan's session only."""

    limit: str
    value: float
    therapist: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=3, max_length=200)


class Plan(Strict):
    """The whole file.

    `blood_pressure_every_s` is how often a cuff reading is due during exercise; without it none is due.
    `recovery_s` after the last set the session ends by itself; without it somebody must end it.
    """

    schema_version: Literal[1] = 1
    patient_id: str = Field(
        pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$",
        description="a pseudonym of 1 to 32 lower-case letters, digits and dashes",
    )
    pack: PackName
    age_years: int | None = Field(default=None, ge=1, le=120)
    rest_heart_rate_per_min: float | None = Field(default=None, ge=25, le=150)
    prescription: Prescription = Prescription()
    medication: Medication = Medication()
    blood_pressure_every_s: float | None = Field(default=None, ge=60, le=3600)
    recovery_s: float | None = Field(default=None, ge=60, le=3600)
    limits: dict[str, float] = Field(default_factory=dict)
    loosened: list[Loosened] = Field(default_factory=list)
    exercises: list[Exercise] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _resolves(self) -> Self:
        names = [exercise.name for exercise in self.exercises]
        if len(set(names)) != len(names):
            raise PlanError("exercises", "must have different names")
        if self.protocol.beta_blocker_must_be_known and self.medication.beta_blocker is None:
            raise PrescriptionError(
                "medication.beta_blocker", "is missing; this pack must know: true or false"
            )
        _ = self.effective_limits
        return self

    @property
    def protocol(self) -> Pack:
        """The pack that the plan names."""
        return load_pack(self.pack)

    @cached_property
    def heart_rate(self) -> HeartRateLimits:
        """Where the heart-rate limits come from; what `limits` says of them comes after."""
        return heart_rate_limits(
            HeartRateFacts(
                age_years=self.age_years,
                rest_per_min=self.rest_heart_rate_per_min,
                beta_blocker=self.medication.beta_blocker,
                prescribed_upper_per_min=self.prescription.upper_heart_rate_per_min,
                measured_maximum_per_min=self.prescription.measured_maximum_heart_rate_per_min,
                ischaemic_threshold_per_min=self.prescription.ischaemic_threshold_per_min,
            ),
            self.protocol.heart_rate_policy,
        )

    @cached_property
    def effective_limits(self) -> Limits:
        """The limits in force when the session begins."""
        values = dict(self.protocol.limits)
        values["heart_rate_upper_per_min"] = self.heart_rate.upper_per_min
        values["heart_rate_sudden_per_min"] = self.heart_rate.sudden_per_min
        bounds = {name: self.protocol.bound_of(name) for name in LIMIT_SPECS}
        bounds.update({name: values[name] for name in HEART_RATE_LIMITS})
        for name, value in self.limits.items():
            if name not in LIMIT_SPECS:
                raise LimitOrderError(f"limits.{name}", "is no limit; see docs/plan.md for their names")
            bound = bounds[name]
            if bound is not None and not LIMIT_SPECS[name].is_tighter(value, bound):
                raise LimitChangeError(
                    f"limits.{name}",
                    f"{value:g} is looser than {bound:g}; tighten it, or say who and why in [[loosened]]",
                )
            values[name] = value
        for loosened in self.loosened:
            if loosened.limit not in LIMIT_SPECS:
                raise LimitOrderError("loosened.limit", f"{loosened.limit!r} is no limit; see docs/plan.md")
            values[loosened.limit] = loosened.value
        return Limits(**values)


def load_plan(path: Path) -> Plan:
    """Read `plan.toml`.

    Raises:
        monitor.errors.SettingsError: naming the file, the key and what was expected.
    """
    try:
        return read_settings(path, Plan)
    except PlanError as exc:
        raise SettingsError(path, [(exc.key, exc.message)]) from exc


def parse_plan(text: str, path: Path = Path("plan.toml")) -> Plan:
    """The same from text; `path` is only named in errors (a recording carries its plan)."""
    try:
        return parse_settings(text, Plan, path)
    except PlanError as exc:
        raise SettingsError(path, [(exc.key, exc.message)]) from exc
