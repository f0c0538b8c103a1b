"""What a scenario can say, as models; `simulators.scenario.loader` reads and checks one."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from simulators.errors import UnknownNameError
from simulators.movement.activities import Activity
from simulators.movement.exercises import EXERCISES
from simulators.movement.motion import MotionPath
from simulators.movement.schedule import Fatigue
from simulators.patient.profiles import PROFILES, Profile
from simulators.scenario.timeline import (
    CalibrationEntry,
    Entry,
    Positive,
    RestlessEntry,
    Seconds,
    SetEntry,
    Slug,
    Strict,
    known,
)

_PROFILE_CONSTANTS = frozenset(Profile.__dataclass_fields__) - {"name"}
RuleId = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9_.-]{0,30}$")]


class Role(StrEnum):
    """What a device is in a session."""

    OXIMETER = "oximeter"
    HEART_RATE_STRAP = "heart_rate_strap"
    CUFF = "cuff"
    IMU_PROXIMAL = "imu_proximal"
    IMU_DISTAL = "imu_distal"
    EXERCISE_MACHINE = "exercise_machine"
    THERMOMETER = "thermometer"


class PatientSection(Strict):
    """Who it is: a profile, and constants of it to change."""

    profile: str = "general"
    constants: dict[str, float | bool] = Field(default_factory=dict)

    @field_validator("profile")
    @classmethod
    def _known_profile(cls, name: str) -> str:
        return known(name, PROFILES, "profile")

    @field_validator("constants")
    @classmethod
    def _known_constants(cls, constants: dict[str, float | bool]) -> dict[str, float | bool]:
        for name in constants:
            known(name, _PROFILE_CONSTANTS, "constant of a profile")
        return constants


class MotionSection(Strict):
    """How the patient sits or lies, and how the sensors sit on the limb."""

    resting: str = "knee_extension"
    soft_tissue_deg: float = Field(default=2.0, ge=0.0, le=15.0)
    off_axis_deg: float = Field(default=3.0, ge=0.0, le=20.0)
    mounting_sd_deg: float = Field(default=10.0, ge=0.0, le=90.0)

    @field_validator("resting")
    @classmethod
    def _known_exercise(cls, name: str) -> str:
        return known(name, EXERCISES, "exercise")


class DeviceSection(Strict):
    """One virtual device. What a family has no use for is not allowed to be set."""

    name: Slug
    family: Slug | Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$")]
    role: Role
    address: str | None = Field(default=None, pattern=r"^[0-9A-F]{2}(:[0-9A-F]{2}){5}$")
    arm: Literal["left", "right"] = "right"
    battery_percent: float = Field(default=90.0, ge=0.0, le=100.0)
    battery_drain_percent_per_h: float = Field(default=5.0, ge=0.0, le=10_000.0)
    clock_drift_ppm: float = Field(default=0.0, ge=-20_000.0, le=20_000.0)
    clock_offset_s: float = Field(default=0.0, ge=-1e9, le=1e9)
    averaging_s: float = Field(default=8.0, ge=1.0, le=30.0)
    samples_per_notification: int | None = Field(default=None, ge=1, le=12)
    artefacts: bool = False
    # A cuff that is connected while it measures, and reports its pressure.
    tells_pressure: bool = False
    # Which machine of the Fitness Machine Service it is.
    machine: Literal[
        "treadmill", "cross_trainer", "step_climber", "stair_climber", "rower", "indoor_bike"
    ] = "treadmill"
    absent: bool = False


class ExpectedAlert(Strict):
    """This rule must begin to fire in this window."""

    rule: RuleId
    after_s: Seconds
    before_s: Seconds
    event: str = ""
    device: Slug | None = None
    priority: Literal["low", "medium", "high"] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.before_s <= self.after_s:
            raise ValueError(f"before_s must be later than after_s ({self.after_s:g} s)")
        return self


class Expectations(Strict):
    """What must come of the scenario, and what must not."""

    alerts: tuple[ExpectedAlert, ...] = ()
    # Rules that may fire beside those; everything else that fires is wrong.
    allowed: tuple[RuleId, ...] = ()
    # Rules that this scenario comes near to, and that must not fire.
    near: tuple[RuleId, ...] = ()
    rom_within_deg: float = Field(default=3.0, gt=0.0, le=30.0)
    repetitions: tuple[int, ...] | None = None
    repetitions_within: int = Field(default=0, ge=0, le=100)
    # Verbs of the timeline's commands that the station must refuse.
    refused: tuple[str, ...] = ()


class Scenario(Strict):
    """One scenario, checked: everything in it can be played."""

    name: Slug
    title: str = Field(min_length=1, max_length=200)
    description: str = ""
    seed: int = Field(ge=0, lt=2**63)
    duration_s: Positive
    # When the devices' own clocks say that the scenario begins.
    begins_at: datetime = datetime(2026, 11, 20, 9, 0, 0)  # noqa: DTZ001 -- device clocks have no time zone
    # The therapist's protocol, and keys of the plan of care beside what follows from patient and timeline:
    # `limits`, `medication`, `blood_pressure_every_s`... The station checks them, not the simulators.
    pack: str = "general"
    plan: dict[str, Any] = Field(default_factory=dict)
    patient: PatientSection = PatientSection()
    motion: MotionSection = MotionSection()
    devices: tuple[DeviceSection, ...] = ()
    timeline: tuple[Entry, ...] = ()
    expect: Expectations = Expectations()

    def beginning(self, at: datetime) -> Self:
        """The same scenario beginning at `at` (aware; the devices keep its local time to the second).

        One that names its own beginning keeps it.
        """
        if "begins_at" in self.model_fields_set:
            return self
        return self.model_copy(update={"begins_at": at.replace(microsecond=0, tzinfo=None)})

    @property
    def profile(self) -> Profile:
        """The patient's constants."""
        base = PROFILES[self.patient.profile]
        fields = {name: getattr(base, name) for name in Profile.__dataclass_fields__}
        return Profile(**(fields | self.patient.constants))

    @property
    def activities(self) -> tuple[Activity, ...]:
        """What the timeline asks the patient to do, in the timeline's order."""
        tempo_scale = self.profile.tempo_scale
        return tuple(
            entry.activity(tempo_scale)
            for entry in self.timeline
            if isinstance(entry, CalibrationEntry | SetEntry | RestlessEntry)
        )

    def movement(self, activities: Sequence[Activity]) -> MotionPath:
        """How the patient moves who does that.

        Raises:
            MovementError: Nobody can.
        """
        profile = self.profile
        return MotionPath(
            seed=self.seed,
            activities=activities,
            resting=self.motion.resting,
            fatigue=Fatigue(rom_loss=profile.rom_loss, speed_loss=profile.speed_loss),
            range_cap_deg=profile.range_cap_deg,
        )

    def device(self, name: str) -> DeviceSection:
        """Give the device of that name.

        Raises:
            UnknownNameError: There is none.
        """
        for device in self.devices:
            if device.name == name:
                return device
        raise UnknownNameError("device", name, (device.name for device in self.devices))
