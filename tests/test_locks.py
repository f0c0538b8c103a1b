"""The locks hold everything that pip will ask for, on every machine that kinewatch is for.

With hashes pip takes nothing that is not pinned, and the pip that comes with Python 3.11 wants a pin's extras
too: a lock without them works until a newer release of that package exists, and fails then.
"""

import ast
import json
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.support.locks import FOLDER, METADATA, Pin, environments, installed_requirements, pins, unlocked

REQUIRES: dict[str, list[str]] = json.loads(METADATA.read_text())
LOCKS = {path.name: pins(path) for path in sorted(FOLDER.glob("*.txt"))}
ROOT = Path(__file__).parent.parent
MAIN = {"runtime.txt", "dev.txt", "bench.txt"}
EVERY_PIN = {pin.key: pin for locked in LOCKS.values() for pin in locked}


def test_there_are_locks_and_environments_to_look_at() -> None:
    assert set(LOCKS) >= MAIN
    assert all(len(locked) > 20 for name, locked in LOCKS.items() if name in MAIN)
    seen = {(one["python_version"], one["sys_platform"], one["platform_machine"]) for one in environments()}
    assert len(seen) == 3 * 4


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_of_a_locked_package_is_locked_with_its_extras(lock: str) -> None:
    missing = {
        f"{sentence} (Python {one['python_version']}, {one['sys_platform']}, {one['platform_machine']})"
        for one in environments()
        for sentence in unlocked(LOCKS[lock], REQUIRES, one)
    }
    assert not missing


def test_the_metadata_are_those_of_the_pins_and_of_what_is_installed() -> None:
    posix = {pin.key for pin in EVERY_PIN.values() if any(pin.is_for(one) for one in environments())}
    assert posix <= set(REQUIRES), "make lock"
    looked_at = 0
    for pin in EVERY_PIN.values():
        installed = installed_requirements(pin)
        if installed is not None:
            looked_at += 1
            assert sorted(installed) == sorted(REQUIRES[pin.key]), pin.key
    assert looked_at > 40


HERE = next(iter(environments()))


def made(text: str, *extras: str) -> Pin:
    name, version = text.split("==")
    return Pin(name=name, version=version, extras=frozenset(extras), marker=None)


@pytest.mark.parametrize(
    ("locked", "requires", "says"),
    [
        ([made("a==1"), made("b==2")], ["b>=2"], []),
        ([made("a==1")], ["b>=2"], ["a==1 requires b>=2: not locked"]),
        ([made("a==1"), made("b==1")], ["b>=2"], ["a==1 requires b>=2: locked is 1"]),
        (
            [made("a==1"), made("b==2")],
            ["b[toml]>=2"],
            ["a==1 requires b[toml]>=2: locked without that extra"],
        ),
        ([made("a==1"), made("b==2", "toml")], ["b[toml]>=2"], []),
        ([made("a==1")], ['b; extra == "fast"'], []),
        ([made("a==1", "fast")], ['b; extra == "fast"'], ['a==1 requires b; extra == "fast": not locked']),
        ([made("a==1")], ['b; sys_platform == "win32"'], []),
    ],
)
def test_what_is_not_locked_is_found(locked: list[Pin], requires: list[str], says: list[str]) -> None:
    table = {pin.key: requires if pin.name == "a" else [] for pin in locked}
    assert list(unlocked(locked, table, HERE)) == says


def _needed(node: ast.AST) -> Iterator[ast.AST]:
    """Everything but what stands in a `try` that can do without it."""
    is_optional = isinstance(node, ast.Try) and any("ImportError" in ast.dump(one) for one in node.handlers)
    if not is_optional:
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _needed(child)


def imported(path: Path, seen: set[Path]) -> set[str]:
    """The top-level names of what a test module must import, through the other test modules."""
    if path in seen:
        return set()
    seen.add(path)
    names: set[str] = set()
    for node in _needed(ast.parse(path.read_text())):
        modules = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules = [node.module]
        for module in modules:
            own = ROOT / f"{module.replace('.', '/')}.py"
            if module.startswith("tests.") and own.exists():
                names |= imported(own, seen)
            else:
                names.add(module.partition(".")[0])
    return names


BENCHES = sorted((ROOT / "tests" / "bench").glob("bench_*.py"))


@pytest.mark.parametrize("bench", BENCHES, ids=lambda path: path.stem)
def test_a_bench_finds_all_that_it_imports_in_its_own_environment(bench: Path) -> None:
    ours = {"monitor", "devices", "protocols", "simulators", "tests"}
    foreign = imported(bench, set()) - ours - set(sys.stdlib_module_names)
    locked = {pin.name for pin in LOCKS["bench.txt"]}
    providers = packages_distributions()
    for name in foreign:
        # Peers are installed in that environment alone, under the name that they are imported by.
        distributions = {canonicalize_name(one) for one in providers.get(name, [name])}
        assert distributions & locked, f"{bench.name} imports {name}: add it to requirements/bench.in"
