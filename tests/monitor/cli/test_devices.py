"""`kinewatch devices`: every family, and how far the support for it goes."""

import json

import pytest

from devices.drivers.catalog import DRIVERS
from monitor.cli.devices import supported_families
from monitor.cli.main import main
from protocols.ble.catalog import FAMILIES
from simulators.peripherals.catalog import FAMILIES as SIMULATED


def test_every_family_driver_and_simulator_is_in_the_list_once() -> None:
    families = supported_families()
    names = [family.family for family in families]
    assert len(names) == len(set(names))
    assert {family.name for family in FAMILIES} <= set(names)
    assert {family.family for family in families if family.driver} == {driver.family for driver in DRIVERS}
    assert {family.family for family in families if family.simulator} == set(SIMULATED)


def test_a_family_without_messages_of_its_own_has_a_driver() -> None:
    """What neither a codec nor a driver knows would be an empty promise."""
    assert all(family.messages or family.driver for family in supported_families())


def test_the_table_has_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["family", "driver", "simulator", "vectors", "devices"]
    assert [line.split()[0] for line in lines] == [family.family for family in supported_families()]
    vectors = next(family.vectors for family in FAMILIES if family.name == "pulse_oximeter")
    line = next(line for line in lines if line.startswith("pulse_oximeter"))
    assert line.split()[1:4] == ["yes", "yes", str(vectors)]


def test_what_is_experimental_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    main(["devices"])
    lines = capsys.readouterr().out.splitlines()
    marked = {line.split()[0] for line in lines if line.endswith("(experimental)")}
    assert marked == {family.name for family in FAMILIES if family.experimental}


def test_json_names_the_messages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--json"]) == 0
    families = {family["family"]: family for family in json.loads(capsys.readouterr().out)}
    assert "heart_rate.measurement" in families["heart_rate"]["messages"]
    assert families["heart_rate"]["driver"] is True
