"""Runs inside the guest: our links, and then the whole service, on a real kernel and bluetoothd."""

import asyncio
import sys
from collections.abc import Collection
from pathlib import Path

from simulators.radio.air import VirtualRadio
from tests.bluez.guest.bedside import bedside
from tests.bluez.guest.kernel_adapter import kernel_adapter
from tests.bluez.guest.link_steps import all_link_steps
from tests.bluez.guest.part import Part
from tests.bluez.guest.report import Report
from tests.bluez.guest.service_steps import all_service_steps


async def main(folder: Path, parts: Collection[str]) -> None:
    """The steps of these parts, one after another."""
    report = Report(folder)
    async with VirtualRadio(seed=1) as radio, kernel_adapter(radio):
        if Part.LINKS in parts:
            async with bedside(radio) as here:
                await all_link_steps(report, here)
        if Part.SERVICE in parts:
            await all_service_steps(report, radio, folder)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2:]))
