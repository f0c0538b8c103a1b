"""The locks hold everything that pip will ask for, on every machine that kinewatch is for.

With hashes pip takes nothing that is not pinned, and the pip that comes with Python 3.11 wants a pin's extras
too: a lock without them works until a newer release of that package exists, and fails then.
"""

import json

import pytest

from tests.support.locks import FOLDER, METADATA, Pin, environments, installed_requirements, pins, unlocked

REQUIRES: dict[str, list[str]] = json.loads(METADATA.read_text())
LOCKS = {path.name: pins(path) for path in sorted(FOLDER.glob("*.txt"))}
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
