"""Runs inside the guest: our links, and then the whole service, on a real kernel and bluetoothd."""

import asyncio
import sys
from pathlib import Path

from simulators.radio.air import VirtualRadio
from tests.bluez.guest.bedside import bedside
from tests.bluez.guest.kernel_adapter import kernel_adapter
from tests.bluez.guest.link_steps import all_link_steps
from tests.bluez.guest.report import Report


async def main(folder: Path) -> None:
    """All steps, one after another."""
    report = Report(folder)
    async with VirtualRadio(seed=1) as radio, kernel_adapter(radio), bedside(radio) as here:
        await all_link_steps(report, here)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
