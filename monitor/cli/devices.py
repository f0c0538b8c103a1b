"""`kinewatch devices`: every family of sensors, and how far the support for it goes."""

import argparse
import json
import sys
from dataclasses import asdict, dataclass


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """One family: a driver connects to it, a simulator plays it, `vectors` published frames prove its codec.

    `kind` and `messages` are empty for a driver whose devices speak another family's format.
    """

    family: str
    title: str
    kind: str
    driver: bool
    simulator: bool
    vectors: int
    experimental: bool
    messages: tuple[str, ...]


def run(args: argparse.Namespace) -> int:
    """Print the families."""
    from protocols.families import installed

    families = supported_families()
    for problem in installed().problems:
        print(problem, file=sys.stderr)
    if args.json:
        print(json.dumps([asdict(family) for family in families], indent=2))
        return 0
    width = max(len(family.family) for family in families)
    print(f"{'family':{width}}  driver  simulator  vectors  devices")
    for family in families:
        print(
            f"{family.family:{width}}  {'yes' if family.driver else '-':6}  "
            f"{'yes' if family.simulator else '-':9}  {family.vectors or '-':>7}  "
            f"{family.title}{' (experimental)' if family.experimental else ''}"
        )
    return 0


def supported_families() -> tuple[Support, ...]:
    """All families: those of the wire formats, then drivers that use another family's format."""
    from devices.drivers.catalog import DRIVERS
    from protocols.ble.catalog import FAMILIES
    from simulators.peripherals.catalog import FAMILIES as SIMULATED

    drivers = {driver.family: driver for driver in DRIVERS}
    known = {family.name for family in FAMILIES}
    formats = tuple(
        Support(
            family=family.name,
            title=family.title,
            kind=family.kind,
            driver=family.name in drivers,
            simulator=family.name in SIMULATED,
            vectors=family.vectors,
            experimental=family.experimental,
            messages=tuple(message.name for message in family.messages),
        )
        for family in FAMILIES
    )
    others = tuple(
        Support(
            family=name,
            title=driver.title,
            kind="",
            driver=True,
            simulator=name in SIMULATED,
            vectors=0,
            experimental=False,
            messages=(),
        )
        for name, driver in drivers.items()
        if name not in known
    )
    return formats + others
