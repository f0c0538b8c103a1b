"""The architecture as drawn: who may import whom, what modules are called, what the core never touches."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("protocols", "devices", "simulators", "monitor")
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
BANNED_NAMES = {"utils", "helpers", "common", "core", "manager", "handler", "processor", "data"}
CORE = (
    "session",
    "ingest",
    "dsp",
    "motion",
    "exercise",
    "function",
    "plan",
    "alerts",
    "samples",
    "inputs",
    "sensors",
)
# What the core may use of the standard library: nothing here reads a clock, a file, the network or chance.
CORE_STANDARD_MODULES = {
    "abc",
    "array",
    "bisect",
    "cmath",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "heapq",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "statistics",
    "string",
    "struct",
    "types",
    "typing",
}
# Modules of the core that need more, and why.
CORE_EXCEPTIONS: dict[str, set[str]] = {
    # Dates that devices send are data; none of these asks what day it is.
    "monitor.ingest.cuff_reading": {"datetime"},
    "monitor.ingest.memory_ring": {"datetime"},
    "monitor.ingest.live_or_stored": {"datetime"},
    "monitor.ingest.station_clock": {"datetime"},
    # Files of the plan of care are read before the session begins.
    "monitor.plan.pack": {"tomllib", "importlib"},
    "monitor.plan.plan": {"pathlib"},
    "monitor.function.definition": {"tomllib", "importlib"},
}


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


def imported(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each imported name of a file, most specific first; imports under TYPE_CHECKING and in functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, (alias.name,)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                yield node.lineno, (f"{node.module}.{alias.name}", node.module)


@pytest.mark.parametrize("path", core_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_uses_only_the_allowed_part_of_the_standard_library(path: Path) -> None:
    allowed = CORE_STANDARD_MODULES | CORE_EXCEPTIONS.get(module_of(path), set())
    for line, names in imported(path):
        top = names[-1].split(".")[0]
        assert top not in sys.stdlib_module_names or top in allowed, f"line {line} imports {top}"


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Over all four packages, imports for types and imports inside functions included."""
    modules = {module_of(path): path for path in FILES}
    arrows = {
        name: {
            target
            for _, names in imported(path)
            if (target := next((one for one in names if one in modules), name)) != name
        }
        for name, path in modules.items()
    }
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


def test_imports_start_nothing() -> None:
    """Importing a package has no side effect: no thread, no event loop, no file."""
    program = (
        "import threading, sys; before = threading.active_count();"
        "import protocols.ble, protocols.mqtt, devices, simulators, monitor;"
        "sys.exit(threading.active_count() != before or 'asyncio' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
