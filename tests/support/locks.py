"""The lock files as pip reads them, the environments they are for, and what each locked package requires.

`requirements/metadata.json` holds the `Requires-Dist` of every pin, as its wheel states them: many
are for other systems and cannot be installed here. `python -m tests.support.locks` (part of `make lock`)
writes it.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parents[2] / "requirements"
METADATA = FOLDER / "metadata.json"
PYTHONS = ("3.11", "3.12", "3.13")

Environment = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One package at one version, where its marker holds."""

    name: str
    version: str
    extras: frozenset[str]
    marker: Marker | None

    @property
    def key(self) -> str:
        return f"{self.name}=={self.version}"

    def is_for(self, environment: Environment) -> bool:
        return self.marker is None or self.marker.evaluate(dict(environment))


def environments() -> Iterator[Environment]:
    """Every environment that kinewatch supports, as markers see it; `extra` is empty, as for a plain name."""
    for python, (system, machine) in product(
        PYTHONS, product(("linux", "darwin"), ("x86_64", "aarch64", "arm64"))
    ):
        if (system, machine) in {("linux", "arm64"), ("darwin", "aarch64")}:
            continue
        yield {
            "python_version": python,
            "python_full_version": f"{python}.0",
            "sys_platform": system,
            "platform_system": system.capitalize(),
            "platform_machine": machine,
            "os_name": "posix",
            "implementation_name": "cpython",
            "implementation_version": f"{python}.0",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_version": "",
            "extra": "",
        }


def pins(lock: Path) -> list[Pin]:
    """What a lock file pins, in its order."""
    found = []
    for line in lock.read_text().splitlines():
        if line.startswith(("#", " ", "-")) or not line.strip():
            continue
        requirement = Requirement(line.rstrip("\\").strip())
        (specifier,) = requirement.specifier
        assert specifier.operator == "=="
        found.append(
            Pin(
                name=canonicalize_name(requirement.name),
                version=specifier.version,
                extras=frozenset(requirement.extras),
                marker=requirement.marker,
            )
        )
    return found


def unlocked(
    locked: Iterable[Pin], requires: Mapping[str, list[str]], environment: Environment
) -> Iterator[str]:
    """Each requirement of a locked package that is not itself locked, in a sentence.

    pip with hashes takes nothing that is not pinned, and older ones want the extras in the pin too.
    """
    here = {pin.name: pin for pin in locked if pin.is_for(environment)}
    for pin in here.values():
        for extra in ("", *sorted(pin.extras)):
            for text in requires[pin.key]:
                requirement = Requirement(text)
                within = {**environment, "extra": extra}
                if requirement.marker is not None and not requirement.marker.evaluate(within):
                    continue
                target = here.get(canonicalize_name(requirement.name))
                if target is None:
                    yield f"{pin.key} requires {text}: not locked"
                elif not requirement.specifier.contains(target.version, prereleases=True):
                    yield f"{pin.key} requires {text}: locked is {target.version}"
                elif not requirement.extras <= target.extras:
                    yield f"{pin.key} requires {text}: locked without that extra"


# -- writing the metadata ------------------------------------------------------------------------------------

# Where a pin of one system can be asked for: what pip calls the platform.
_PLATFORMS = (
    ("linux", ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")),
    ("darwin", ("macosx_14_0_arm64", "macosx_11_0_arm64", "macosx_11_0_universal2")),
    ("win32", ("win_amd64",)),
)


def _reported(keys: list[str], python: str, platforms: tuple[str, ...]) -> dict[str, list[str]]:
    """What pip says these require, without installing anything."""
    with tempfile.TemporaryDirectory() as folder:
        report, target = Path(folder) / "report.json", Path(folder) / "target"
        command = [sys.executable, "-m", "pip", "install", "-qq", "--dry-run", "--ignore-installed"]
        command += ["--no-deps", "--only-binary=:all:", "--ignore-requires-python"]
        command += ["--python-version", python, "--target", str(target), "--report", str(report)]
        for platform in platforms:
            command += ["--platform", platform]
        subprocess.run([*command, *keys], check=True)
        made: list[dict[str, Any]] = json.loads(report.read_text())["install"]
    return {
        f"{canonicalize_name(one['metadata']['name'])}=={one['metadata']['version']}": one["metadata"].get(
            "requires_dist", []
        )
        for one in made
    }


def write_metadata() -> None:
    """Ask for what is not known yet; forget what is not locked any more."""
    known: dict[str, list[str]] = json.loads(METADATA.read_text()) if METADATA.exists() else {}
    wanted = {pin.key: pin for lock in FOLDER.glob("*.txt") for pin in pins(lock)}
    known = {key: requires for key, requires in known.items() if key in wanted}
    for key, pin in wanted.items():
        # Some are published as source only: those are asked here, where they are installed.
        if key not in known and (requires := installed_requirements(pin)) is not None:
            known[key] = requires
    for system, platforms in _PLATFORMS:
        for python in PYTHONS:
            environment = {"sys_platform": system, "python_version": python, "extra": ""} | {
                "python_full_version": f"{python}.0",
                "platform_system": system.capitalize(),
            }
            keys = [key for key, pin in wanted.items() if key not in known and pin.is_for(environment)]
            if keys:
                known |= _reported(keys, python, platforms)
    METADATA.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    sys.stdout.write(f"{METADATA}: {len(known)} packages\n")


def installed_requirements(pin: Pin) -> list[str] | None:
    """The same from what is installed here; None where this version is not."""
    try:
        found = metadata.distribution(pin.name)
    except metadata.PackageNotFoundError:
        return None
    return list(found.requires or []) if found.version == pin.version else None


if __name__ == "__main__":
    write_metadata()
