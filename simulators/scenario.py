"""Scenarios: a TOML timeline over patient, devices, faults and people's actions, with what must come of it.

`load` reads and checks one; everything that a scenario can say is a model here. Instants are seconds since
the scenario began. docs/simulators.md explains the format with an example.
"""

import tomllib
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from simulators.activities import Activity, CalibrationMovement, ExerciseSet, Restlessness
from simulators.errors import (
    MovementError,
    ScenarioInvalidError,
    ScenarioNotFoundError,
    ScenarioProblem,
    UnknownNameError,
)
from simulators.exercises import EXERCISES, find_exercise
from simulators.faults_table import FAULTS
from simulators.motion import Fatigue, MotionPath
from simulators.patient import Vital
from simulators.profiles import PROFILES, Profile

_PROFILE_CONSTANTS = frozenset(Profile.__dataclass_fields__) - {"name"}
Seconds = Annotated[float, Field(ge=0.0, le=86_400.0)]
Positive = Annotated[float, Field(gt=0.0, le=86_400.0)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")]
# A movement that does not fit is at most this long before the set that it belongs to.
_READY_S = 2.0
RuleId = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9_.-]{0,30}$")]


class Role(StrEnum):
    """What a device is in a session."""

    OXIMETER = "oximeter"
    HEART_RATE_STRAP = "heart_rate_strap"
    CUFF = "cuff"
    IMU_PROXIMAL = "imu_proximal"
    IMU_DISTAL = "imu_distal"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PatientSection(_Strict):
    """Who it is: a profile, and constants of it to change."""

    profile: str = "general"
    constants: dict[str, float | bool] = Field(default_factory=dict)

    @field_validator("profile")
    @classmethod
    def _known_profile(cls, name: str) -> str:
        return _known(name, PROFILES, "profile")

    @field_validator("constants")
    @classmethod
    def _known_constants(cls, constants: dict[str, float | bool]) -> dict[str, float | bool]:
        for name in constants:
            _known(name, _PROFILE_CONSTANTS, "constant of a profile")
        return constants


class MotionSection(_Strict):
    """How the patient sits or lies, and how the sensors sit on the limb."""

    resting: str = "knee_extension"
    soft_tissue_deg: float = Field(default=2.0, ge=0.0, le=15.0)
    off_axis_deg: float = Field(default=3.0, ge=0.0, le=20.0)
    mounting_sd_deg: float = Field(default=10.0, ge=0.0, le=90.0)

    @field_validator("resting")
    @classmethod
    def _known_exercise(cls, name: str) -> str:
        return _known(name, EXERCISES, "exercise")


class DeviceSection(_Strict):
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
    absent: bool = False


class _Entry(_Strict):
    at_s: Seconds


class CalibrationEntry(_Entry):
    """The calibration movement."""

    do: Literal["calibration_movement"]
    swings: int = Field(default=5, ge=1, le=30)
    swing_s: Positive = 4.2
    amplitude_deg: float = Field(default=55.0, gt=0.0, le=120.0)
    towards_work: bool = True

    def activity(self, tempo_scale: float) -> CalibrationMovement:
        """What the patient does."""
        del tempo_scale
        return CalibrationMovement(
            start_s=self.at_s,
            swings=self.swings,
            swing_s=self.swing_s,
            amplitude_deg=self.amplitude_deg,
            towards_work=self.towards_work,
        )


class SetEntry(_Entry):
    """A set of repetitions; its end follows from exercise and tempo."""

    do: Literal["set"]
    exercise: str
    repetitions: int = Field(ge=1, le=200)
    rom_scale: float = Field(default=1.0, gt=0.0, le=1.5)
    tempo_scale: float = Field(default=1.0, ge=0.3, le=5.0)
    workload: float | None = Field(default=None, ge=0.0, le=1.0)
    partial: tuple[int, ...] = ()
    partial_scale: float = Field(default=0.5, gt=0.0, lt=1.0)

    @field_validator("exercise")
    @classmethod
    def _known_exercise(cls, name: str) -> str:
        return _known(name, EXERCISES, "exercise")

    def activity(self, tempo_scale: float) -> ExerciseSet:
        """What the patient does, who takes `tempo_scale` times as long as others."""
        return ExerciseSet(
            start_s=self.at_s,
            exercise=find_exercise(self.exercise),
            repetitions=self.repetitions,
            rom_scale=self.rom_scale,
            tempo_scale=self.tempo_scale * tempo_scale,
            workload=self.workload,
            partial=self.partial,
            partial_scale=self.partial_scale,
        )


class RestlessEntry(_Entry):
    """Movement that is no exercise."""

    do: Literal["restless"]
    for_s: Positive
    amplitude_deg: float = Field(default=20.0, gt=0.0, le=90.0)

    def activity(self, tempo_scale: float) -> Restlessness:
        """What the patient does."""
        del tempo_scale
        return Restlessness(start_s=self.at_s, end_s=self.at_s + self.for_s, amplitude_deg=self.amplitude_deg)


class VitalEntry(_Entry):
    """One vital sign is pulled to a target for a while."""

    do: Literal["vital"]
    vital: Vital
    target: float
    for_s: Positive
    onset_tau_s: Positive = 15.0
    recovery_tau_s: Positive = 25.0


class MeasureEntry(_Entry):
    """Somebody presses a cuff's start button."""

    do: Literal["measure"]
    device: Slug


class BatteryEntry(_Entry):
    """A device's battery is at this level from now on."""

    do: Literal["battery"]
    device: Slug
    percent: float = Field(ge=0.0, le=100.0)


class FaultEntry(_Entry):
    """Something breaks for a while; `numbers` are the fault's own parameters."""

    do: Literal["fault"]
    fault: str
    device: Slug | None = None
    for_s: Positive
    numbers: dict[str, float] = Field(default_factory=dict)

    @field_validator("fault")
    @classmethod
    def _known_fault(cls, name: str) -> str:
        return _known(name, FAULTS, "fault")


class CommandEntry(_Entry):
    """Somebody uses the station: the therapist acknowledges, the patient presses the symptom button."""

    do: Literal["command"]
    verb: str = Field(pattern=r"^[a-z_]{1,30}$")
    actor: str = "assistant-1"
    role: Literal["patient", "assistant", "therapist"] = "assistant"
    arguments: dict[str, str | float | int | bool] = Field(default_factory=dict)


Entry = Annotated[
    CalibrationEntry
    | SetEntry
    | RestlessEntry
    | VitalEntry
    | MeasureEntry
    | BatteryEntry
    | FaultEntry
    | CommandEntry,
    Field(discriminator="do"),
]


class ExpectedAlert(_Strict):
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


class Expectations(_Strict):
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


class Scenario(_Strict):
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


def _known(name: str, table: Any, kind: str) -> str:
    if name not in table:
        raise ValueError(f"unknown {kind} {name!r}, expected one of: {', '.join(sorted(table))}")
    return name


def _cross_problems(scenario: Scenario) -> Iterator[ScenarioProblem]:
    """What no single field can know: names that refer to each other, instants after the end."""
    names = [device.name for device in scenario.devices]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield ScenarioProblem(
                key=f"devices[{index}].name", expected=f"a second device is called {name!r}"
            )
    joint = find_exercise(scenario.motion.resting).joint
    for index, entry in enumerate(scenario.timeline):
        key = f"timeline[{index}]"
        if entry.at_s >= scenario.duration_s:
            yield ScenarioProblem(
                key=f"{key}.at_s",
                expected=f"{entry.at_s:g} s is not before the scenario's end at {scenario.duration_s:g} s",
            )
        device = getattr(entry, "device", None)
        if device is not None and device not in names:
            yield ScenarioProblem(
                key=f"{key}.device", expected=f"no device is called {device!r}, there are: {', '.join(names)}"
            )
        elif isinstance(entry, FaultEntry):
            yield from _fault_problems(scenario, key, entry)
        elif isinstance(entry, MeasureEntry) and scenario.device(entry.device).role is not Role.CUFF:
            yield ScenarioProblem(key=f"{key}.device", expected=f"{entry.device!r} is not a cuff")
        elif isinstance(entry, SetEntry) and find_exercise(entry.exercise).joint is not joint:
            yield ScenarioProblem(
                key=f"{key}.exercise",
                expected=f"an exercise of the {joint}, where the sensors are; {entry.exercise!r} is not",
            )
    yield from _movement_problems(scenario)
    for index, alert in enumerate(scenario.expect.alerts):
        if alert.after_s >= scenario.duration_s:
            yield ScenarioProblem(
                key=f"expect.alerts[{index}].after_s", expected=f"before the end at {scenario.duration_s:g} s"
            )


def _movement_problems(scenario: Scenario) -> Iterator[ScenarioProblem]:
    """Nobody can do two things at once: find the first activity that does not fit in."""
    if any(
        find_exercise(one.exercise).joint is not find_exercise(scenario.motion.resting).joint
        for one in scenario.timeline
        if isinstance(one, SetEntry)
    ):
        return  # said already
    try:
        scenario.movement(scenario.activities)
    except MovementError as error:
        late = [
            index
            for index, entry in enumerate(scenario.timeline)
            if isinstance(entry, CalibrationEntry | SetEntry | RestlessEntry)
            and entry.at_s <= error.at_s + _READY_S
        ]
        index = max(late, key=lambda index: scenario.timeline[index].at_s)
        yield ScenarioProblem(key=f"timeline[{index}].at_s", expected=str(error))


def _fault_problems(scenario: Scenario, key: str, entry: FaultEntry) -> Iterator[ScenarioProblem]:
    kind = FAULTS[entry.fault]
    if kind.needs_device and entry.device is None:
        yield ScenarioProblem(key=f"{key}.device", expected=f"{entry.fault!r} happens to a device: name it")
    for name in entry.numbers:
        if name not in kind.numbers:
            yield ScenarioProblem(
                key=f"{key}.numbers.{name}",
                expected=f"{entry.fault!r} knows {', '.join(kind.numbers) or 'no numbers'}",
            )
    if entry.device is not None and kind.roles:
        role = scenario.device(entry.device).role
        if str(role) not in kind.roles:
            yield ScenarioProblem(
                key=f"{key}.device",
                expected=f"{entry.fault!r} happens to {', '.join(kind.roles)}; {entry.device!r} is {role}",
            )


def _key(location: tuple[int | str, ...]) -> str:
    """`("timeline", 3, "fault", "at_s")` as `timeline[3].at_s`: the union's tag is not part of the file."""
    text = ""
    for position, part in enumerate(location):
        if isinstance(part, int):
            text += f"[{part}]"
        elif not (position == 2 and location[0] == "timeline"):
            text += f".{part}" if text else part
    return text or "(file)"


def parse(text: str, path: Path) -> Scenario:
    """Read a scenario from TOML; `path` is only named in errors.

    Raises:
        ScenarioInvalidError: With every wrong place, its key path and what was expected.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioInvalidError(path, [ScenarioProblem(key="TOML", expected=str(error))]) from error
    try:
        scenario = Scenario.model_validate(content)
    except ValidationError as error:
        problems = [
            ScenarioProblem(key=_key(one["loc"]), expected=_expected(dict(one))) for one in error.errors()
        ]
        raise ScenarioInvalidError(path, problems) from error
    if problems := list(_cross_problems(scenario)):
        raise ScenarioInvalidError(path, problems)
    return scenario


def _expected(error: dict[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        return "no such key"
    if error["type"] == "missing":
        return "required, but not there"
    given = error.get("input")
    if isinstance(given, str | int | float | bool) and repr(given) not in message:
        return f"{message}, got {given!r}"
    return message


def _folder() -> Traversable:
    return resources.files("simulators") / "scenarios"


def built_in() -> tuple[str, ...]:
    """Names of the scenarios that come with the package, sorted."""
    names = (entry.name for entry in _folder().iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load(name_or_path: str | Path) -> Scenario:
    """Read a scenario: a built-in one by its name, or a file.

    Raises:
        ScenarioNotFoundError: Neither exists.
        ScenarioInvalidError: The file says something that cannot be played.
    """
    path = Path(name_or_path)
    if str(name_or_path) in built_in():
        entry = _folder() / f"{name_or_path}.toml"
        return parse(entry.read_text(encoding="utf-8"), Path(entry.name))
    if not path.is_file():
        raise ScenarioNotFoundError(str(name_or_path), built_in())
    return parse(path.read_text(encoding="utf-8"), path)


__all__ = [
    "BatteryEntry",
    "CalibrationEntry",
    "CommandEntry",
    "DeviceSection",
    "Expectations",
    "ExpectedAlert",
    "FaultEntry",
    "MeasureEntry",
    "RestlessEntry",
    "Role",
    "Scenario",
    "SetEntry",
    "VitalEntry",
    "built_in",
    "load",
    "parse",
]
