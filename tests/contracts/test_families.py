"""One row a family: what it names exists, fits together, and nothing stands beside it."""

from importlib import import_module, metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from devices.drivers.catalog import DRIVERS
from devices.drivers.driver import Driver
from monitor.ingest.ingest import READERS
from monitor.ingest.reader import Reader
from monitor.sensors import SensorRole
from protocols import families
from protocols.families import FAMILIES, FamilyKind, Registration, installed, load
from simulators.peripherals.catalog import FAMILIES as PERIPHERALS
from tests.support.products import PRODUCTS

ROOT = Path(__file__).parents[2]
NAMES = [row.name for row in FAMILIES]


@pytest.mark.parametrize("row", FAMILIES, ids=lambda row: row.name)
def test_every_row_names_a_driver_a_reader_a_virtual_device_and_a_product(row: Registration) -> None:
    driver, reader = load(row.driver), load(row.reader)
    assert issubclass(driver, Driver)
    assert issubclass(reader, Reader)
    assert driver.family == reader.family == row.name
    assert row.peripheral is not None
    assert callable(load(row.peripheral))
    assert PRODUCTS[row.name]().family == row.name
    assert SensorRole(row.kind)


def test_every_kind_is_a_role() -> None:
    assert set(FamilyKind) <= {role.value for role in SensorRole}


def test_the_tables_have_the_rows_and_nothing_else() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert [driver.family for driver in DRIVERS] == list(READERS) == list(PERIPHERALS) == NAMES
    assert set(PRODUCTS) == set(NAMES)


@pytest.mark.parametrize(
    ("folder", "base"), [("devices.drivers", Driver), ("monitor.ingest.readers", Reader)]
)
def test_no_driver_and_no_reader_is_forgotten(folder: str, base: type) -> None:
    """Every class of a family in the folder is in a row."""
    found = set()
    for path in (ROOT / folder.replace(".", "/")).glob("*.py"):
        module = import_module(f"{folder}.{path.stem}")
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, base) and "family" in vars(thing):
                found.add(vars(thing)["family"])
    assert found == set(NAMES)


class Point(SimpleNamespace):
    """An entry point as `importlib.metadata` gives it."""

    def load(self) -> object:
        if isinstance(self.object, Exception):
            raise self.object
        return self.object


OUTSIDE = Registration(
    name="acme_ox",
    kind=FamilyKind.OXIMETER,
    driver="acme:Driver",
    reader="acme:Reader",
    peripheral="acme:build",
)


@pytest.mark.parametrize(
    ("thing", "problem"),
    [
        (ImportError("no acme"), "cannot be loaded and is left out: ImportError: no acme"),
        ("a string", "is no protocols.families.Registration"),
        (FAMILIES[0], f"there is a family {FAMILIES[0].name} already"),
    ],
)
def test_what_another_distribution_gets_wrong_is_said_and_left_out(
    thing: object, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = Point(name="acme", value="acme:F", dist=SimpleNamespace(name="kinewatch-acme"), object=thing)
    monkeypatch.setattr(families, "entry_points", lambda group: [point])
    found = installed.__wrapped__()
    assert found.families == FAMILIES
    assert found.problems[0].startswith("the device 'acme' of kinewatch-acme")
    assert found.problems[0].endswith(problem)


def test_a_family_of_another_distribution_comes_before_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    point = Point(name="acme", value="acme:F", dist=None, object=OUTSIDE)
    monkeypatch.setattr(families, "entry_points", lambda group: [point])
    assert installed.__wrapped__() == families.Installed(families=(OUTSIDE, *FAMILIES), problems=())


def test_the_group_is_the_documented_one() -> None:
    assert families.ENTRY_POINT_GROUP == "kinewatch.devices"
    assert metadata.entry_points(group=families.ENTRY_POINT_GROUP) is not None
    with pytest.raises(KeyError):
        families.registration("no such family")
