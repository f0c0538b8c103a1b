"""A Bluetooth adapter for the guest's kernel, whose antenna is in the virtual radio."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bumble import hci
from bumble.transport import open_transport

from simulators.radio.air import VirtualRadio
from simulators.radio.link_layer.controller import AirController
from tests.bluez.guest import real_bluez
from tests.bluez.guest.waiting import PATIENCE_S

ADDRESS = "00:AA:01:00:00:23"


@asynccontextmanager
async def kernel_adapter(radio: VirtualRadio) -> AsyncIterator[AirController]:
    """Plug a controller into the kernel (`hci_vhci`): it becomes hci0 and hears the radio's peripherals."""
    address = hci.Address(ADDRESS, hci.Address.PUBLIC_DEVICE_ADDRESS)
    controller = AirController("hci0", radio.medium, public_address=address, rng=radio.rng("hci0"))
    async with await open_transport("vhci") as transport:
        controller.host = transport.sink
        transport.source.set_packet_sink(controller)
        try:
            # The kernel waits two seconds for an answer while it sets the adapter up: nobody else may work.
            await real_bluez.adapter_is_up(within_s=PATIENCE_S)
            yield controller
        finally:
            radio.medium.switch_off(controller)
            await asyncio.sleep(0)
