"""Battery and device information: read beside the stream, never at its cost, and handed on as frames."""

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field

from devices.errors import AttentionError, GattRefusedError, LinkTimeoutError
from devices.link.connection import Connection
from protocols.ble import battery
from protocols.ble.codec import assigned_numbers

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


# A device that answers wrongly is believed at once. One whose link ends during the question may have had bad
# luck, or may not bear the question: after the second time it is not asked again.
UNLUCKY_TOLERATED = 2


@dataclass(slots=True)
class DeviceInformationState:
    """How often in a row each characteristic has failed; it outlives the connections."""

    failures: Counter[str] = field(default_factory=Counter)


async def read_device_information(connection: Connection, state: DeviceInformationState) -> None:
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


async def _read(connection: Connection, state: DeviceInformationState, characteristic: str) -> None:
    if connection.offers(characteristic, "read"):
        await _attempt(connection, state, characteristic, subscribe=False)


async def _attempt(
    connection: Connection, state: DeviceInformationState, characteristic: str, *, subscribe: bool
) -> None:
    """One optional operation. Some products never answer it, or want a bond first: no reason to lose them."""
    if state.failures[characteristic] >= UNLUCKY_TOLERATED:
        return
    state.failures[characteristic] += 1
    try:
        await (connection.subscribe(characteristic) if subscribe else connection.read(characteristic))
    except (LinkTimeoutError, GattRefusedError, AttentionError) as error:
        state.failures[characteristic] = UNLUCKY_TOLERATED
        log.debug("%s: %s", connection.device, error)
    else:
        state.failures[characteristic] = 0
