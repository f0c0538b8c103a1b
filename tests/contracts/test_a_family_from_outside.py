"""The guide, followed to the letter: its files in a temporary tree are a distribution whose family works."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "add-a-device.md"
EXAMPLE = ROOT / "examples" / "acme_oximeter"
BLOCK = re.compile(r"^`(?P<path>[\w/.]+)`:\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def files_of_the_guide() -> dict[str, str]:
    return {found["path"]: found["text"] for found in BLOCK.finditer(GUIDE.read_text())}


def test_the_guide_shows_the_files_of_the_example_and_all_of_them() -> None:
    shown = files_of_the_guide()
    there = {
        str(path.relative_to(EXAMPLE)): path.read_text()
        for path in EXAMPLE.rglob("*")
        if path.suffix in {".py", ".toml"} and not path.name.startswith("test_")
    }
    assert shown == there


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guide's files, and what an installer makes of its pyproject.toml."""
    root = tmp_path_factory.mktemp("toy")
    for path, text in files_of_the_guide().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    info = root / "kinewatch_acme_oximeter-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: kinewatch-acme-oximeter\nVersion: 0.1.0\n")
    section = re.search(
        r'\[project\.entry-points\."(.+)"\]\n(\w+) = "(.+)"', (root / "pyproject.toml").read_text()
    )
    assert section is not None
    (info / "entry_points.txt").write_text(f"[{section[1]}]\n{section[2]} = {section[3]}\n")
    return root


def python(tree: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_kinewatch_lists_the_new_family(tree: Path) -> None:
    rows = json.loads(python(tree, "-m", "monitor.cli.main", "devices", "--json"))
    (row,) = [row for row in rows if row["family"] == "acme_oximeter"]
    assert (row["title"], row["driver"], row["simulator"]) == ("ACME OX-1", True, True)


def test_its_virtual_device_reaches_its_driver_over_the_air_and_its_reader_reads_it(tree: Path) -> None:
    """Run where the new distribution is installed: entry points are found when a process starts."""
    said = json.loads(python(tree, str(EXAMPLE / "test_acme_oximeter.py")))
    assert said["families"] == ["acme_oximeter"]
    assert said["frames"] >= 35
    assert said["lost"] == 0
    assert said["codes"] == ["pulse_rate_per_min", "spo2_percent"]
    assert all(85 <= value <= 100 for value in said["spo2_percent"])


def test_its_vectors_both_ways(tree: Path) -> None:
    program = (
        "from acme_oximeter.wire import *\n"
        "from protocols.ble.codec.errors import DecodeError\n"
        "frame = bytes.fromhex('a5624851')\n"
        "frame = frame[:3] + bytes([sum(frame[:3]) % 256])\n"
        "values = decode_frame(frame)\n"
        "assert (values.spo2_percent, values.pulse_rate_per_min) == (98, 72), values\n"
        "assert encode_frame(values) == frame\n"
        "try: decode_frame(frame[:3] + b'\\x00')\n"
        "except DecodeError as error: print(error.field)\n"
    )
    assert python(tree, "-c", program).strip() == "checksum"
