"""One supervised connection: finds its device, keeps its data coming, and says openly when it does not."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime
from typing import Any, TypeVar

from bleak import BleakClient

from devices.advertisement import Advertisement
from devices.backoff import SYSTEM_JITTER, backoff_for
from devices.connection import DISCONNECT_TIMEOUT_S, Connection, ConsumerError
from devices.discovery import Discovery, Sighting
from devices.driver import DeviceConfig, Driver
from devices.errors import (
    HOST_STACK_ERRORS,
    AttentionError,
    ConnectFailedError,
    DeviceError,
    LinkDroppedError,
    LinkTimeoutError,
    MissingCharacteristicError,
    PairingError,
    SilenceError,
    UnexpectedLinkError,
    WrongDeviceError,
    classify,
)
from devices.facts import FactsState, keep_facts
from devices.frames import Frame, LinkEvent, LinkState
from devices.health import LinkHealth
from devices.identity import IdentityState
from devices.link_states import LinkTrigger, after
from devices.radio import CONNECT_TIMEOUT_S
from protocols.ble.errors import ProtocolError

log = logging.getLogger(__name__)

T = TypeVar("T")

# bleak bounds its connect, but not every step in it (a stalled D-Bus): the outer bound is later than
# bleak's own, so that bleak can clean up by itself whenever it can.
CONNECT_SAFETY_S = CONNECT_TIMEOUT_S + 5.0

# A device whose services come incomplete is asked again: BlueZ announces ServicesResolved before it has
# exported them all (bluez #1489). From the second time on its stored services are suspected (bleak #882,
# #628); after the third it is not the product it was taken for.
INCOMPLETE_SERVICES_TOLERATED = 2

# A connection that has lived this long was a good one: the next failure is not "in a row" with older ones.
STEADY_AFTER_S = 30.0

# A goodbye is a courtesy to the device's battery; the person who ends the session should not wait for it.
FAREWELL_TIMEOUT_S = 2.0


class SupervisedLink:
    """The link to one configured device.

    `on_input` is called synchronously, on the loop's thread, with each `Frame` at the instant it arrives
    and each `LinkEvent` as it happens. If it raises, `run()` ends with that error. Data is what proves a
    link: a stream that falls silent is LOST, whatever the host stack says about its connection.

    Args:
        config: which device, and the station's name for it.
        driver: the family's driver, made from the same `config`.
        discovery: the scanner that this radio's links share; its `run()` must be running.
        on_input: takes frames and events; frames of an earlier connection never reach it.
        now_ns: the loop's monotonic clock.
        local_time: the wall clock for devices whose own clock is to be set; None leaves them as they are.
        unit_random: jitter in [0, 1).
    """

    def __init__(
        self,
        config: DeviceConfig,
        driver: Driver,
        discovery: Discovery,
        on_input: Callable[[Frame | LinkEvent], None],
        now_ns: Callable[[], int],
        *,
        local_time: Callable[[], datetime] | None = None,
        unit_random: Callable[[], float] = SYSTEM_JITTER,
    ) -> None:
        self.config = config
        self.driver = driver
        self._discovery = discovery
        self._radio = discovery.radio
        self._on_input = on_input
        self._now_ns = now_ns
        self._local_time = local_time
        self._unit_random = unit_random
        self._identity = IdentityState(config, type(driver))
        self._facts = FactsState()
        self._connection: Connection | None = None
        self._state = LinkState.SEARCHING
        self._state_since_ns = now_ns()
        self._reason = ""
        self._rssi_dbm: int | None = None
        self._lost = False
        self._reconnects = 0
        self._failures = 0
        self._incomplete = 0
        for address in self._identity.addresses:
            discovery.reserve(address, config.device)

    @property
    def state(self) -> LinkState:
        """Where the link is now."""
        return self._state

    def health(self) -> LinkHealth:
        """The link at this instant."""
        now_ns = self._now_ns()
        connection = self._connection
        last_ns = connection.last_data_ns if connection else None
        return LinkHealth(
            device=self.config.device,
            state=self._state,
            in_state_s=(now_ns - self._state_since_ns) / 1e9,
            reason=self._reason,
            reconnects=self._reconnects,
            failures_in_a_row=self._failures,
            data_age_s=None if last_ns is None else (now_ns - last_ns) / 1e9,
            data_count=connection.data_count if connection else 0,
            rssi_dbm=self._rssi_dbm,
            address=connection.address if connection else "",
        )

    async def run(self) -> None:
        """Keep the device connected, for ever. Cancellation is the only peaceful end.

        Raises:
            Exception: what `on_input` raised.
        """
        try:
            if self.config.address is not None:
                await self._radio.host_stack.release(self.config.address)
            self._tell(LinkState.SEARCHING, "")
            while True:
                try:
                    await self._live_once()
                except DeviceError as error:
                    await self._recover(error)
        except ConsumerError as error:
            raise error.error from None
        finally:
            if self._connection is not None:
                self._connection.retire()

    async def _live_once(self) -> None:
        """From SEARCHING to the end of one visit; whatever ends it, the connection is closed behind it."""
        connection = Connection(
            device=self.config.device,
            data=self.driver.data,
            on_input=self._on_input,
            now_ns=self._now_ns,
            local_time=self._local_time,
        )
        try:
            await self._find_and_connect(connection)
            await self._visit(connection)
        except DeviceError as error:
            if not self._is_completion(error, connection):
                self._fall(error, connection)
                raise
        except asyncio.CancelledError:
            await self._say_goodbye(connection)
            raise
        else:
            await self._say_goodbye(connection)
        finally:
            await connection.close()
        self._failures = 0
        count = connection.data_count
        self._move(LinkTrigger.COMPLETED, f"complete: {count} readings" if count else "complete: nothing new")

    async def _say_goodbye(self, connection: Connection) -> None:
        """Let the driver end what it has started, if there is anybody to hear it."""
        if self._state is not LinkState.LIVE or connection.dropped:
            return
        try:
            async with asyncio.timeout(FAREWELL_TIMEOUT_S):
                await self._guarded(self.driver.farewell(connection))
        except (DeviceError, TimeoutError) as error:
            log.debug("%s: farewell: %s", self.config.device, error)

    def _is_completion(self, error: DeviceError, connection: Connection) -> bool:
        """A cuff that has been listened to and hangs up has said all it had to say."""
        if not (self.driver.episodic and isinstance(error, LinkDroppedError)):
            return False
        return self._state is LinkState.LIVE or (
            self._state is LinkState.SUBSCRIBING and connection.data_count > 0
        )

    def _fall(self, error: DeviceError, connection: Connection) -> None:
        """A live link is lost at this instant, not after the seconds that its clean-up may take."""
        if self._state is not LinkState.LIVE:
            return
        if self._now_ns() - self._state_since_ns >= STEADY_AFTER_S * 1e9:
            self._failures = 0
        # A stream that was declared lost must not speak again. An episodic device sends each record once:
        # what the host stack still has of it is taken until the next connection begins.
        if not self.driver.episodic:
            connection.retire()
        self._lost = True
        self._move(LinkTrigger.FAILED, str(error))

    async def _find_and_connect(self, connection: Connection) -> None:
        async with self._discovery.seek(
            self._wants, self._searching_in_vain, alone=not self._identity.pinned
        ) as sighting:
            address = sighting.advertisement.address
            self._rssi_dbm = sighting.advertisement.rssi_dbm
            self._move(LinkTrigger.SIGHTED, address)
            async with self._radio.lock:
                self._move(LinkTrigger.ADAPTER_FREE, address)
                if self._connection is not None:
                    self._connection.retire()
                self._connection = connection
                await self._connect(connection, sighting)
        self._move(LinkTrigger.CONNECTED, connection.address)

    async def _connect(self, connection: Connection, sighting: Sighting) -> None:
        def gone(_client: BleakClient) -> None:
            connection.drop(LinkDroppedError("the link dropped"))

        bonds = self.config.flag("bond", default=self.driver.bonds)
        client = self._radio.client(sighting.device, gone, pair=bonds)
        passkey = int(self.config.number("passkey", -1))
        try:
            async with asyncio.timeout(CONNECT_SAFETY_S):
                if bonds:
                    async with self._radio.host_stack.pairing(
                        sighting.device.address, None if passkey < 0 else passkey
                    ):
                        await client.connect()
                else:
                    await client.connect()
        except HOST_STACK_ERRORS as exc:
            await self._abandon(client, sighting)
            if isinstance(exc, TimeoutError):
                raise LinkTimeoutError("connect", CONNECT_SAFETY_S) from exc
            raise classify(exc, "connect") from exc
        except asyncio.CancelledError:
            await self._abandon(client, sighting)
            raise
        connection.attach(client)

    async def _abandon(self, client: BleakClient, sighting: Sighting) -> None:
        """Leave no half-made connection behind: it would keep the device from advertising (bleak #490)."""
        try:
            async with asyncio.timeout(DISCONNECT_TIMEOUT_S):
                await client.disconnect()
        except HOST_STACK_ERRORS as exc:
            log.debug("%s: disconnect after a failed connect: %r", self.config.device, exc)
            await self._radio.host_stack.release(sighting.device.address)

    async def _visit(self, connection: Connection) -> None:
        """Serve a standing connection until the device is done."""
        failure: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as group:
                guards = [group.create_task(connection.until_dropped(), name=f"{self.config.device}: drop")]
                await self._check(connection)
                self._move(LinkTrigger.SERVICES_CHECKED, connection.address)
                await self._start(connection)
                guards += [
                    group.create_task(self._watch(connection), name=f"{self.config.device}: silence"),
                    group.create_task(
                        keep_facts(connection, self._facts),
                        name=f"{self.config.device}: battery and information",
                    ),
                ]
                with self._discovery.proof_of_life():
                    await self._guarded(self.driver.keep(connection))
                for guard in guards:
                    guard.cancel()
        except BaseExceptionGroup as failures:
            failure = _foremost(failures)
        if failure is not None:
            # Out here, so that it keeps its own cause.
            raise failure

    async def _start(self, connection: Connection) -> None:
        await self._guarded(self.driver.start(connection))
        if self._lost:
            self._reconnects += 1
            self._lost = False
        self._move(LinkTrigger.SUBSCRIBED, connection.address)
        self._incomplete = 0
        self._identity.pin(connection.address)
        self._discovery.reserve(connection.address, self.config.device)

    async def _check(self, connection: Connection) -> None:
        """Is this the product we expect, and the very one?"""
        missing = self.driver.missing(connection)
        if missing is not None:
            self._incomplete += 1
            if self._incomplete > INCOMPLETE_SERVICES_TOLERATED:
                raise MissingCharacteristicError(missing)
            if self._incomplete == INCOMPLETE_SERVICES_TOLERATED and not self.driver.bonds:
                await self._radio.host_stack.forget(connection.address)
            raise ConnectFailedError(f"the services came incomplete: {missing} is missing")
        expected = self._identity.serial
        if not expected:
            return
        found = await self._guarded(self.driver.serial_number(connection))
        if found == expected:
            return
        if connection.address in self._identity.addresses:
            raise WrongDeviceError(expected, found or "nothing")
        # It was only a candidate, for the address we were told is not there.
        self._identity.reject(connection.address)
        raise ConnectFailedError(f"{connection.address} is another device: its serial number is {found!r}")

    async def _watch(self, connection: Connection) -> None:
        """Data or it did not happen."""
        if self.driver.episodic or connection.silence_tolerated:
            return
        live_since_ns = self._now_ns()
        while True:
            last_ns = connection.last_data_ns
            limit_s = self.driver.first_data_within_s if last_ns is None else self.driver.stale_after_s
            silent_s = (self._now_ns() - (live_since_ns if last_ns is None else last_ns)) / 1e9
            if silent_s >= limit_s:
                raise SilenceError(silent_s)
            # Not less than a millisecond: rounding must not make this spin.
            await asyncio.sleep(max(limit_s - silent_s, 0.001))

    async def _guarded(self, work: Coroutine[Any, Any, T]) -> T:
        """Make a driver's own defect a failure of this link, with its traceback in the log."""
        try:
            return await work
        except (DeviceError, ConsumerError, asyncio.CancelledError):
            raise
        except ProtocolError as exc:
            raise UnexpectedLinkError(f"an answer could not be read: {exc}") from exc
        except Exception as exc:
            log.exception("%s: the driver %s failed", self.config.device, self.driver.family)
            raise UnexpectedLinkError(f"the driver failed: {exc!r}") from exc

    async def _recover(self, error: DeviceError) -> None:
        """BACKING_OFF or GIVEN_UP, for as long as the error asks."""
        self._failures += 1
        pause_s = backoff_for(error).delay_s(self._failures, self._unit_random())
        if isinstance(error, AttentionError):
            trigger = LinkTrigger.NEEDS_ATTENTION
        else:
            trigger = LinkTrigger.CLEANED_UP if self._state is LinkState.LOST else LinkTrigger.FAILED
        advice = f": {self.driver.advice}" if isinstance(error, PairingError) and self.driver.advice else ""
        self._move(trigger, f"{error}{advice}; next try in {pause_s:.1f} s")
        await asyncio.sleep(pause_s)
        self._move(LinkTrigger.WAITED, "")

    def _wants(self, advertisement: Advertisement) -> bool:
        return self._identity.accepts(advertisement) and self._discovery.is_free(
            advertisement.address, self.config.device
        )

    def _searching_in_vain(self, why: str) -> None:
        self._tell(LinkState.SEARCHING, why)

    def _move(self, trigger: LinkTrigger, reason: str) -> None:
        self._state = after(self._state, trigger)
        self._state_since_ns = self._now_ns()
        self._tell(self._state, reason)

    def _tell(self, state: LinkState, reason: str) -> None:
        self._reason = reason
        event = LinkEvent(
            device=self.config.device,
            state=state,
            received_ns=self._now_ns(),
            reason=reason,
            reconnects=self._reconnects,
            rssi_dbm=self._rssi_dbm,
        )
        try:
            self._on_input(event)
        except Exception as exc:
            raise ConsumerError(self.config.device, exc) from exc


def _foremost(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of what went wrong at once, the one that explains the rest."""
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
