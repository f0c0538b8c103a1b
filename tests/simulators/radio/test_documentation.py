"""What docs/virtual-radio.md shows works, and it names every fault there is."""

import asyncio
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from bleak import BleakClient

import simulators.faults
from simulators.faults.schedule import Fault
from simulators.peripherals.peripheral import Peripheral
from simulators.radio.air import VirtualRadio
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Service, battery_service
from simulators.radio.link_layer.link import LinkBehaviour

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "virtual-radio.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
HAS_ENTRY_POINT = any(point.name == "kinewatch" for point in entry_points(group="pytest11"))


def test_the_first_test_passes(tmp_path: Path) -> None:
    (tmp_path / "test_first.py").write_text(
        BLOCKS[0].replace(
            '@pytest.mark.clock("virtual")', '@pytest.mark.asyncio\n@pytest.mark.clock("virtual")'
        )
    )
    plugin = [] if HAS_ENTRY_POINT else ["-p", "simulators.pytest_plugin"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--asyncio-mode=auto", *plugin],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.clock("virtual")
async def test_the_peripheral_of_your_own(virtual_radio: VirtualRadio) -> None:
    names: dict[str, Any] = {
        one.__name__: one
        for one in (Peripheral, LinkBehaviour, Characteristic, Advertisement, Service, battery_service)
    }
    exec(BLOCKS[1], names)  # noqa: S102 - it is our own page
    await virtual_radio.add(names["Thermometer"]())
    taken: list[bytes] = []
    (address,) = virtual_radio.peripherals
    async with BleakClient(address, backend=virtual_radio.client_backend) as client:
        assert client.mtu_size == 23
        await client.start_notify("2a1c", lambda _, value: taken.append(bytes(value)))
        await asyncio.sleep(600.0)
    assert len(taken) in {10, 11}


def test_every_fault_is_named_and_every_name_is_a_fault() -> None:
    modules = [
        importlib.import_module(f"simulators.faults.{module.name}")
        for module in pkgutil.iter_modules(simulators.faults.__path__)
    ]
    existing = {
        name
        for module in modules
        for name, one in vars(module).items()
        if inspect.isclass(one) and issubclass(one, Fault) and not name.startswith("_")
    } - {"Fault", "ValueFault"}
    section = PAGE.split("| where | faults |")[1].split("\n\n")[0]
    named = {name for name in re.findall(r"`(\w+)(?:\(\))?`", section) if name[0].isupper()}
    assert named == existing
