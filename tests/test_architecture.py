"""The house stands as drawn: who may import whom, what rooms are called, what the core never touches."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("protocols", "devices", "simulators", "monitor")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
BANNED_NAMES = {"utils", "helpers", "common", "core", "manager", "handler", "processor", "data"}
CORE = ("session", "ingest", "dsp", "motion", "exercise", "plan", "alerts")


def test_import_contracts() -> None:
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-2000:]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_is_typed_and_explained(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()
    for init in (ROOT / package).rglob("__init__.py"):
        assert ast.get_docstring(ast.parse(init.read_text())), f"{init} does not say what the folder is for"


def test_no_folder_with_code_is_without_init() -> None:
    folders = {path.parent for path in FILES}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_names_say_what_is_inside() -> None:
    assert [path for path in FILES if path.stem in BANNED_NAMES] == []


def core_files() -> list[Path]:
    roots = [ROOT / "monitor" / name for name in CORE]
    inside = [path for root in roots if root.is_dir() for path in root.rglob("*.py")]
    return inside + [root.with_suffix(".py") for root in roots if root.with_suffix(".py").exists()]


@pytest.mark.parametrize("path", core_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_awaits_nothing_and_opens_nothing(path: Path) -> None:
    """Import contracts cannot see `async def`, `open` or `print`; the syntax tree can."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Await), f"line {node.lineno} awaits"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "print", "input"}, f"line {node.lineno} does I/O"


def test_imports_start_nothing() -> None:
    """Importing a package has no side effect: no thread, no event loop, no file."""
    program = (
        "import threading, sys; before = threading.active_count();"
        "import protocols.ble, protocols.mqtt, devices, simulators, monitor;"
        "sys.exit(threading.active_count() != before or 'asyncio' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
