import re
import subprocess
import sys
from pathlib import Path

import pytest

from protocols.ble import catalog
from protocols.ble.catalog import Direction

# What the loop below takes on a core that it has for itself (CPython 3.11, 2.x GHz).
LOOP_S = 0.045


def test_a_message_is_found_by_name() -> None:
    found = catalog.message("viatom_o2.realtime")
    assert found is not None
    assert found.direction is Direction.PART
    assert found.envelope == "viatom_o2.reply"
    assert catalog.message("viatom_o2.nothing") is None


def test_messages_are_found_by_characteristic() -> None:
    found = catalog.messages_of("00002A5F-0000-1000-8000-00805F9B34FB")
    assert [message.name for message in found] == ["pulse_oximeter.continuous"]
    shared = catalog.messages_of("0734594a-a8e7-4b1a-a6b1-cd5243059a57")
    assert [message.name for message in shared] == ["viatom_o2.reply", "viatom_bp2.reply"]
    assert catalog.messages_of("00002a00-0000-1000-8000-00805f9b34fb") == ()


@pytest.mark.parametrize(
    ("text", "uuid"),
    [
        ("2A5F", "00002a5f-0000-1000-8000-00805f9b34fb"),
        ("0x2a5f", "00002a5f-0000-1000-8000-00805f9b34fb"),
        (" 2a5f ", "00002a5f-0000-1000-8000-00805f9b34fb"),
        ("0AAD7EA0-0D60-11E2-8E3C-0002A5D5C51B", "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b"),
        ("2A5", None),
        ("2A5G", None),
        ("0AAD7EA0-0D60-11E2-8E3C-0002A5D5C51X", None),
        ("0AAD7EA00D60-11E2-8E3C-0002A5D5C51B--", None),
        ("plx.continuous", None),
    ],
)
def test_full_uuid_reads_numbers_and_uuids(text: str, uuid: str | None) -> None:
    assert catalog.full_uuid(text) == uuid


def test_shown_uuid_is_short_where_it_can_be() -> None:
    assert catalog.shown_uuid("00002a5f-0000-1000-8000-00805f9b34fb") == "2A5F"
    assert (
        catalog.shown_uuid("0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b") == "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b"
    )


def test_loading_the_catalogue_loads_no_format() -> None:
    program = (
        "import sys, protocols.ble.catalog;"
        "print([m for m in sys.modules if m.startswith('protocols.ble.') and 'omron' in m or 'nonin' in m])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_all_formats_load_from_the_standard_library_alone_within_50_ms() -> None:
    """The best of five, in CPU time, with bytecode as an installed package has it.

    A loop timed in the same process tells how fast the machine is just now: cores that are shared with other
    work take up to twice as long for the same, and the limit is stretched as much.
    """
    program = """
import pkgutil, sys, time
import protocols.ble
names = [m.name for m in pkgutil.iter_modules(protocols.ble.__path__, "protocols.ble.")]
before = set(sys.modules)
started = time.process_time()
for name in names:
    __import__(name)
spent = time.process_time() - started
tops = {m.partition(".")[0] for m in set(sys.modules) - before}
started = time.process_time()
for number in range(1_000_000):
    number * number
print(spent, time.process_time() - started, sorted(tops - set(sys.stdlib_module_names) - {"protocols"}))
"""
    runs = [
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONDONTWRITEBYTECODE": ""},
        ).stdout.split(maxsplit=2)
        for _ in range(5)
    ]
    assert {foreign.strip() for _, _, foreign in runs} == {"[]"}
    assert min(float(spent) / max(1.0, float(loop) / LOOP_S) for spent, loop, _ in runs) < 0.050


def test_the_page_on_wire_formats_names_every_family_with_its_files_and_vectors() -> None:
    page = (Path(__file__).parents[3] / "docs" / "wire-formats.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| .+ \| (\d+|-) \|$", page, re.MULTILINE)
    assert {name: int(count) if count != "-" else 0 for name, _, count in rows} == {
        family.name: family.vectors for family in catalog.FAMILIES
    }
    files = {name: set(re.findall(r"`(\w+)`", text)) for name, text, _ in rows}
    for family in catalog.FAMILIES:
        assert {message.name.partition(".")[0] for message in family.messages} <= files[family.name]
