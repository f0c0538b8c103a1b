"""Battery and device information: read beside the stream, never at its cost, and handed on as frames."""

import asyncio
import logging
from dataclasses import dataclass, field

from devices.connection import Connection
from devices.errors import AttentionError, GattRefusedError, LinkTimeoutError
from protocols.ble import assigned_numbers, battery

log = logging.getLogger(__name__)

ONCE = (
    assigned_numbers.MANUFACTURER_NAME,
    assigned_numbers.MODEL_NUMBER,
    assigned_numbers.SERIAL_NUMBER,
    assigned_numbers.FIRMWARE_REVISION,
    assigned_numbers.HARDWARE_REVISION,
    assigned_numbers.SOFTWARE_REVISION,
)

# A coin cell loses a per cent in an hour of streaming; an alert "battery low" that is five minutes old is
# early enough.
BATTERY_PERIOD_S = 300.0


@dataclass(slots=True)
class FactsState:
    """Characteristics that this device does not answer for; they are not asked for again."""

    unanswered: set[str] = field(default_factory=set)


async def keep_facts(connection: Connection, state: FactsState) -> None:
    """Read the battery, the device information, and the battery again and again. Never returns."""
    await _read(connection, state, battery.LEVEL)
    # After the read, not before: with StartNotify BlueZ repeats a read's value as a notification.
    if connection.offers(battery.LEVEL, "notify"):
        await _attempt(connection, state, battery.LEVEL, subscribe=True)
    for characteristic in ONCE:
        await _read(connection, state, characteristic)
    while True:
        await asyncio.sleep(BATTERY_PERIOD_S)
        await _read(connection, state, battery.LEVEL)


async def _read(connection: Connection, state: FactsState, characteristic: str) -> None:
    if connection.offers(characteristic, "read"):
        await _attempt(connection, state, characteristic, subscribe=False)


async def _attempt(
    connection: Connection, state: FactsState, characteristic: str, *, subscribe: bool
) -> None:
    """One optional operation. Some products never answer it, or want a bond first: no reason to lose them."""
    if characteristic in state.unanswered:
        return
    try:
        await (connection.subscribe(characteristic) if subscribe else connection.read(characteristic))
    except (LinkTimeoutError, GattRefusedError, AttentionError) as error:
        state.unanswered.add(characteristic)
        log.debug("%s: %s", connection.device, error)
