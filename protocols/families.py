"""The one registration of every family of devices, ours and those that other distributions bring.

A row names modules; nothing is imported before it is used, so that the packages may stay apart: drivers
(`devices.drivers`), readers (`monitor.ingest.readers`) and virtual peripherals (`simulators.peripherals`)
find their tables here. `tests/contracts/test_families.py` checks that every name leads somewhere.

A distribution adds a family by an entry point of the group `kinewatch.devices` whose object is a
`Registration`: `docs/add-a-device.md`, and `examples/acme_oximeter` as an example.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar

ENTRY_POINT_GROUP = "kinewatch.devices"

T = TypeVar("T")


class FamilyKind(StrEnum):
    """What a family is in a session: the role its devices usually have."""

    OXIMETER = "oximeter"
    CUFF = "cuff"
    STRAP = "heart_rate_strap"
    IMU = "imu_proximal"
    MACHINE = "exercise_machine"
    THERMOMETER = "thermometer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One family. `driver`, `reader` and `peripheral` are `module:name`; the peripheral is a build function.

    `peripheral` is None where no virtual device exists.
    """

    name: str
    kind: FamilyKind
    driver: str
    reader: str
    peripheral: str | None = None


def _ours(name: str, kind: FamilyKind, driver: str, *, reader: str | None = None) -> Registration:
    """A family of this distribution: its modules have its name in every tree."""
    reader = reader or f"{name}:{driver}Reader"
    return Registration(
        name=name,
        kind=kind,
        driver=f"devices.drivers.{name}:{driver}",
        reader=f"monitor.ingest.readers.{reader}",
        peripheral=f"simulators.peripherals.{name}:build",
    )


# In the order in which drivers are offered an advertisement: the particular first.
FAMILIES: tuple[Registration, ...] = (
    # Pulse oximeters with a protocol of their own.
    _ours("nonin", FamilyKind.OXIMETER, "Nonin"),
    _ours("berrymed", FamilyKind.OXIMETER, "BerryMed"),
    _ours("viatom_o2", FamilyKind.OXIMETER, "ViatomO2"),
    _ours("viatom_oxyii", FamilyKind.OXIMETER, "ViatomOxyII"),
    _ours("pc60fw", FamilyKind.OXIMETER, "Pc60Fw"),
    _ours("jumper", FamilyKind.OXIMETER, "Jumper"),
    _ours("mightysat", FamilyKind.OXIMETER, "MightySat"),
    _ours("cms50d_bt", FamilyKind.OXIMETER, "Cms50dBt"),
    _ours("jks50f", FamilyKind.OXIMETER, "Jks50f"),
    _ours("yuwell", FamilyKind.OXIMETER, "Yuwell"),
    # Its service looks like the Nordic UART.
    _ours("colmi_ring", FamilyKind.STRAP, "ColmiRing"),
    # Cuffs, the general ones below.
    _ours("viatom_bp2", FamilyKind.CUFF, "ViatomBp2"),
    _ours("and_medical", FamilyKind.CUFF, "AndMedical", reader="blood_pressure:AndMedicalReader"),
    _ours("omron_memory", FamilyKind.CUFF, "OmronMemory"),
    _ours("omron", FamilyKind.CUFF, "Omron", reader="blood_pressure:OmronReader"),
    _ours("beurer", FamilyKind.CUFF, "Beurer", reader="blood_pressure:BeurerReader"),
    _ours("qardioarm", FamilyKind.CUFF, "QardioArm"),
    _ours("microlife", FamilyKind.CUFF, "Microlife"),
    _ours("yonker", FamilyKind.CUFF, "Yonker"),
    _ours("fora", FamilyKind.CUFF, "Fora"),
    # IMUs.
    _ours("witmotion", FamilyKind.IMU, "WitMotion"),
    _ours("movella_dot", FamilyKind.IMU, "MovellaDot"),
    _ours("metamotion", FamilyKind.IMU, "MetaMotion"),
    _ours("movesense", FamilyKind.IMU, "Movesense"),
    _ours("thingy52", FamilyKind.IMU, "Thingy52"),
    _ours("sensortag", FamilyKind.IMU, "SensorTag"),
    _ours("polar_pmd", FamilyKind.IMU, "PolarPmd"),
    _ours("bluest", FamilyKind.IMU, "BlueSt"),
    # Machines: a treadmill relays a strap's rate as well, and is no strap.
    _ours("concept2_pm5", FamilyKind.MACHINE, "Concept2Pm5"),
    _ours("walkingpad", FamilyKind.MACHINE, "WalkingPad"),
    _ours("fitshow", FamilyKind.MACHINE, "FitShow"),
    _ours("fitness_machine", FamilyKind.MACHINE, "FitnessMachine"),
    # Any product that keeps a profile, after every family that has its own driver for it.
    _ours("pulse_oximeter", FamilyKind.OXIMETER, "PulseOximeter"),
    _ours(
        "blood_pressure", FamilyKind.CUFF, "BloodPressureCuff", reader="blood_pressure:BloodPressureReader"
    ),
    _ours("health_thermometer", FamilyKind.THERMOMETER, "HealthThermometer"),
    _ours("heart_rate", FamilyKind.STRAP, "HeartRateStrap", reader="heart_rate:HeartRateReader"),
    # Straps that count steps are straps.
    _ours("cycling_power", FamilyKind.MACHINE, "CyclingPower"),
    _ours("cycling_speed_cadence", FamilyKind.MACHINE, "CyclingSpeedCadence"),
    _ours("running_speed_cadence", FamilyKind.MACHINE, "RunningSpeedCadence"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """All families of this installation, and a sentence for each entry point that cannot be used."""

    families: tuple[Registration, ...]
    problems: tuple[str, ...]


@cache
def installed() -> Installed:
    """Families from outside come first: they are more particular than any of ours that keeps a profile."""
    known = {family.name for family in FAMILIES}
    brought: list[Registration] = []
    problems: list[str] = []
    for point in entry_points(group=ENTRY_POINT_GROUP):
        source = f"the device {point.name!r} of {point.dist.name if point.dist else point.value}"
        try:
            row = point.load()
        except Exception as exc:  # noqa: BLE001 - whatever a foreign module raises must not end the service
            problems.append(f"{source} cannot be loaded and is left out: {type(exc).__name__}: {exc}")
            continue
        if not isinstance(row, Registration):
            problems.append(f"{source} is left out: {point.value} is no protocols.families.Registration")
        elif row.name in known:
            problems.append(f"{source} is left out: there is a family {row.name} already")
        else:
            known.add(row.name)
            brought.append(row)
    return Installed(families=(*brought, *FAMILIES), problems=tuple(problems))


def registration(name: str) -> Registration:
    """The row of one family.

    Raises:
        KeyError: no such family.
    """
    for row in installed().families:
        if row.name == name:
            return row
    raise KeyError(name)


def load(path: str) -> Any:
    """The object that `module:name` names."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


class FamilyTable(Mapping[str, T], Generic[T]):
    """Family name -> the object of one column (`driver`, `reader`, `peripheral`), imported when asked for."""

    def __init__(self, column: str) -> None:
        self._paths = {
            row.name: path for row in installed().families if (path := getattr(row, column)) is not None
        }

    def __getitem__(self, name: str) -> T:
        """The family's object.

        Raises:
            KeyError: no such family.
        """
        found: T = load(self._paths[name])
        return found

    def __iter__(self) -> Iterator[str]:
        """The names, in the order in which drivers are offered an advertisement."""
        return iter(self._paths)

    def __len__(self) -> int:
        """How many families have this column."""
        return len(self._paths)
