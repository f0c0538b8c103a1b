"""From a sighting to a standing connection: one bounded attempt that leaves nothing behind when it fails."""

import asyncio
import logging
from dataclasses import dataclass

from bleak import BleakClient

from devices.adapter.radio import CONNECT_TIMEOUT_S, Radio
from devices.adapter.scanner import ScanMatch
from devices.drivers.driver import Driver
from devices.errors import HOST_STACK_ERRORS, LinkDroppedError, LinkTimeoutError, RadioBusyError, classify
from devices.link.connection import DISCONNECT_TIMEOUT_S, Connection

log = logging.getLogger(__name__)

# bleak bounds its connect, but not every step in it (a stalled D-Bus): the outer bound is later than
# bleak's own, so that bleak can clean up by itself whenever it can.
CONNECT_SAFETY_S = CONNECT_TIMEOUT_S + 5.0

# "In progress" passes within a second, unless the process that began it was killed: then it lasts until the
# host stack is told to drop the device (bleak-retry-connector #226).
BUSY_TOLERATED = 3


@dataclass(slots=True)
class ConnectState:
    """What earlier attempts at this device have taught."""

    busy_in_a_row: int = 0


async def connect(
    connection: Connection,
    sighting: ScanMatch,
    *,
    radio: Radio,
    driver: Driver,
    state: ConnectState,
) -> None:
    """Connect `connection`, bonding where the product asks for it. The caller holds the radio's lock.

    Raises:
        DeviceError: it failed; nothing of it is left.
    """
    bonds = driver.wants_bond
    address = sighting.device.address

    def gone(_client: BleakClient) -> None:
        connection.drop(LinkDroppedError("the link dropped"))

    client = radio.client(sighting.device, gone, pair=bonds)
    try:
        async with asyncio.timeout(CONNECT_SAFETY_S):
            if bonds:
                async with radio.host_stack.pairing(address, driver.passkey):
                    await client.connect()
            else:
                await client.connect()
    except HOST_STACK_ERRORS as exc:
        await _abandon(client, radio, address)
        if isinstance(exc, TimeoutError) and not str(exc):
            raise LinkTimeoutError("connect", CONNECT_TIMEOUT_S) from exc
        error = classify(exc, "connect")
        await _unstick(state, radio, address, busy=isinstance(error, RadioBusyError), bonds=bonds)
        raise error from exc
    except asyncio.CancelledError:
        await _abandon(client, radio, address)
        raise
    state.busy_in_a_row = 0
    connection.attach(client)


async def _abandon(client: BleakClient, radio: Radio, address: str) -> None:
    """Leave no half-made connection behind: it would keep the device from advertising (bleak #490)."""
    try:
        async with asyncio.timeout(DISCONNECT_TIMEOUT_S):
            await client.disconnect()
    except HOST_STACK_ERRORS as exc:
        log.debug("disconnect after a failed connect: %r", exc)
        await radio.host_stack.release(address)


async def _unstick(state: ConnectState, radio: Radio, address: str, *, busy: bool, bonds: bool) -> None:
    state.busy_in_a_row = state.busy_in_a_row + 1 if busy else 0
    if state.busy_in_a_row <= BUSY_TOLERATED:
        return
    state.busy_in_a_row = 0
    # To forget a bonded device would cost its bond, and somebody a walk to it.
    await (radio.host_stack.release(address) if bonds else radio.host_stack.forget(address))
