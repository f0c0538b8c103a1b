"""What an installer sees: hashed locks without an index, metadata that is true."""

import re
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_locks_have_hashes_and_name_no_index(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(r"https?://|--(extra-)?index|--find-links|file:", text)
    pins = re.findall(r"^[A-Za-z0-9_.\-\[\]]+==[^\n]*(?:\n    --hash=sha256:[0-9a-f]{64}[^\n]*)*", text, re.M)
    assert pins
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []


def test_every_runtime_dependency_is_locked_and_explained() -> None:
    locked = (ROOT / "requirements" / "runtime.txt").read_text()
    explained = (ROOT / "docs" / "dependencies.md").read_text()
    for requirement in PROJECT["dependencies"]:
        name = re.split(r"[<>=!~ ;\[]", requirement)[0]
        assert f"\n{name}==" in locked, name
        assert f"`{name}`" in explained, f"{name} has no line in docs/dependencies.md"


def test_the_command_is_installed_under_its_name() -> None:
    (script,) = entry_points(group="console_scripts", name="kinewatch")
    assert script.value == "monitor.cli.main:main"
    assert version("kinewatch") == PROJECT["version"]


def test_supported_pythons_are_declared() -> None:
    declared = {line.rpartition(" ")[2] for line in PROJECT["classifiers"] if ":: 3." in line}
    assert declared == {"3.11", "3.12", "3.13"}
    assert PROJECT["requires-python"] == ">=3.11"
