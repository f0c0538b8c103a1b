"""What happens while a connection stands: who is it, does it speak, and what ends the visit."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from devices.adapter.host_stack import HostStack
from devices.drivers.driver import Driver
from devices.errors import (
    AttentionError,
    ConnectFailedError,
    DeviceError,
    MissingCharacteristicError,
    SilenceError,
    UnexpectedLinkError,
    WrongDeviceError,
)
from devices.link.connection import Connection, ConsumerError
from devices.link.identity import IdentityState
from protocols.ble.codec.errors import ProtocolError

log = logging.getLogger(__name__)

T = TypeVar("T")
Spawn = Callable[[Coroutine[Any, Any, None], str], None]

# A device whose services come incomplete is asked again: BlueZ announces ServicesResolved before it has
# exported them all (bluez #1489). From the second time on its stored services are suspected (bleak #882,
# #628); after the third it is not the product it was taken for.
INCOMPLETE_SERVICES_TOLERATED = 2


@dataclass(slots=True)
class ServicesState:
    """How often in a row the services came incomplete."""

    incomplete_in_a_row: int = 0


@asynccontextmanager
async def as_long_as_it_stands(connection: Connection) -> AsyncIterator[Spawn]:
    """A block that ends with its connection or its first failing task; its tasks end with the block.

    Raises:
        DeviceError: of what failed at once, the one that explains the rest.
        ConsumerError: before all others.
    """
    failure: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(connection.until_dropped(), name=f"{connection.device}: drop")]

            def spawn(work: Coroutine[Any, Any, None], name: str) -> None:
                tasks.append(group.create_task(work, name=f"{connection.device}: {name}"))

            yield spawn
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as failures:
        failure = _foremost(failures)
    if failure is not None:
        # Out here, so that it keeps its own cause.
        raise failure


async def check(
    connection: Connection,
    driver: Driver,
    identity: IdentityState,
    *,
    host_stack: HostStack,
    state: ServicesState,
) -> None:
    """Is this the product that we expect, and the very one? Nothing of it is believed before.

    Raises:
        ConnectFailedError: not yet, or not this one; looking again may help.
        MissingCharacteristicError: it is another product.
        WrongDeviceError: it is another piece of the same product.
    """
    missing = driver.missing(connection)
    if missing is not None:
        state.incomplete_in_a_row += 1
        if state.incomplete_in_a_row > INCOMPLETE_SERVICES_TOLERATED:
            raise MissingCharacteristicError(missing)
        if state.incomplete_in_a_row == INCOMPLETE_SERVICES_TOLERATED and not driver.wants_bond:
            await host_stack.forget(connection.address)
        raise ConnectFailedError(f"the services came incomplete: {missing} is missing")
    state.incomplete_in_a_row = 0
    expected = identity.serial
    if not expected:
        return
    found = await guarded(driver.serial_number(connection), driver)
    if found == expected:
        return
    if connection.address in identity.addresses:
        raise WrongDeviceError(expected, found or "nothing")
    # It was only a candidate, for the address that we were told is not there.
    identity.reject(connection.address)
    raise ConnectFailedError(f"{connection.address} is another device: its serial number is {found!r}")


async def watch(connection: Connection, driver: Driver) -> None:
    """Raises SilenceError when a streaming device has sent nothing for `stale_after_s`.

    Raises:
        SilenceError: a stream gave none for too long, whatever the host stack says about its connection.
    """
    if driver.episodic or connection.silence_tolerated:
        return
    live_since_ns = connection.now_ns()
    while True:
        last_ns = connection.last_data_ns
        limit_s = driver.first_data_within_s if last_ns is None else driver.stale_after_s
        silent_s = (connection.now_ns() - (live_since_ns if last_ns is None else last_ns)) / 1e9
        if silent_s >= limit_s:
            raise SilenceError(silent_s)
        # Not longer than the limit that holds from the first value on, which may come and be the last one;
        # not less than a millisecond: rounding must not make this spin.
        await asyncio.sleep(min(driver.stale_after_s, max(limit_s - silent_s, 0.001)))


async def guarded(work: Coroutine[Any, Any, T], driver: Driver) -> T:
    """Make a driver's own defect a failure of its link, with the traceback in the log."""
    try:
        return await work
    except (DeviceError, ConsumerError, asyncio.CancelledError):
        raise
    except ProtocolError as exc:
        raise UnexpectedLinkError(f"an answer could not be read: {exc}") from exc
    except Exception as exc:
        log.exception("%s: the driver %s failed", driver.config.device, driver.family)
        raise UnexpectedLinkError(f"the driver failed: {exc!r}") from exc


def _foremost(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    flat = list(_leaves(failures))
    for kind in (ConsumerError, AttentionError, DeviceError):
        for failure in flat:
            if isinstance(failure, kind):
                return failure
    return flat[0]


def _leaves(failures: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for failure in failures.exceptions:
        if isinstance(failure, BaseExceptionGroup):
            yield from _leaves(failure)
        else:
            yield failure
