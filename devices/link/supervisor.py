"""One supervised connection: finds its device, keeps its data coming, and says openly when it does not."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from devices.adapter.advertisement import Advertisement
from devices.adapter.scanner import Scanner
from devices.drivers.driver import DeviceConfig, Driver
from devices.errors import AttentionError, DeviceError, LinkDroppedError, PairingError
from devices.frames import Frame, LinkEvent, LinkState
from devices.link.backoff import SYSTEM_JITTER, backoff_for
from devices.link.checks import ServicesState, as_long_as_it_stands, check, guarded, watch
from devices.link.connecting import ConnectState, connect
from devices.link.connection import Connection, ConsumerError
from devices.link.device_information import DeviceInformationState, read_device_information
from devices.link.health import LinkHealth
from devices.link.identity import IdentityState
from devices.link.states import LinkTrigger, after

log = logging.getLogger(__name__)

# A connection that has lived this long was a good one: the next failure is not "in a row" with older ones.
# Longer, and an IMU that drops now and then in a crowded room would be kept waiting while somebody exercises.
STEADY_AFTER_S = 10.0

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
        discovery: Scanner,
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
        self._connecting = ConnectState()
        self._services = ServicesState()
        self._facts = DeviceInformationState()
        self._connection: Connection | None = None
        self._state = LinkState.SEARCHING
        self._state_since_ns = now_ns()
        self._reason = ""
        self._problem: DeviceError | None = None
        self._rssi_dbm: int | None = None
        # Whether a live link was lost and has not come back, how often one came back, failures since then.
        self._lost = False
        self._reconnects = 0
        self._failures = 0
        for address in self._identity.addresses:
            discovery.reserve(address, config.device)

    @property
    def state(self) -> LinkState:
        """Where the link is now."""
        return self._state

    @property
    def problem(self) -> DeviceError | None:
        """The failure that it recovers from; None once it has been live again."""
        return self._problem

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
            await self._release()
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
            await self._serve(connection)
            await self._send_farewell(connection)
        except DeviceError as error:
            if not self._is_completion(error, connection):
                self._problem = error
                self._fall(error, connection)
                raise
        except asyncio.CancelledError:
            await self._send_farewell(connection)
            raise
        finally:
            await connection.close()
        self._failures = 0
        count = connection.data_count
        self._move(LinkTrigger.COMPLETED, f"complete: {count} data frames" if count else "complete: no data")

    async def _find_and_connect(self, connection: Connection) -> None:
        alone = not self._identity.pinned
        async with self._discovery.wait_for(
            self._wants, self._searching_in_vain, alone=alone, in_vain=self._search_in_vain
        ) as sighting:
            self._rssi_dbm = sighting.advertisement.rssi_dbm
            self._move(LinkTrigger.SIGHTED, sighting.advertisement.address)
            async with self._radio.lock:
                self._move(LinkTrigger.ADAPTER_FREE, sighting.advertisement.address)
                # From here on the earlier connection is history, and what still comes from it is discarded.
                if self._connection is not None:
                    self._connection.retire()
                self._connection = connection
                await connect(
                    connection,
                    sighting,
                    radio=self._radio,
                    driver=self.driver,
                    state=self._connecting,
                )
        self._move(LinkTrigger.CONNECTED, connection.address)

    async def _serve(self, connection: Connection) -> None:
        """Everything between CONNECTED and the device being done."""
        driver = self.driver
        async with as_long_as_it_stands(connection) as spawn:
            await check(
                connection,
                driver,
                self._identity,
                host_stack=self._radio.host_stack,
                state=self._services,
            )
            self._move(LinkTrigger.SERVICES_CHECKED, connection.address)
            await guarded(driver.start(connection), driver)
            self._settle(connection)
            spawn(watch(connection, driver), "silence")
            spawn(read_device_information(connection, self._facts), "battery and information")
            with self._discovery.proof_of_life():
                await guarded(driver.keep_alive(connection), driver)

    def _settle(self, connection: Connection) -> None:
        if self._lost:
            self._reconnects += 1
            self._lost = False
        self._problem = None
        self._identity.pin(connection.address)
        self._discovery.reserve(connection.address, self.config.device)
        self._move(LinkTrigger.SUBSCRIBED, connection.address)

    async def _send_farewell(self, connection: Connection) -> None:
        """Let the driver end what it has started, if there is anybody to hear it."""
        if self._state is not LinkState.LIVE or connection.dropped:
            return
        try:
            async with asyncio.timeout(FAREWELL_TIMEOUT_S):
                await guarded(self.driver.farewell(connection), self.driver)
        except (DeviceError, TimeoutError) as error:
            log.debug("%s: farewell: %s", self.config.device, error)

    def _is_completion(self, error: DeviceError, connection: Connection) -> bool:
        """A disconnect by an episodic device after data is the normal end, not an error."""
        if not (self.driver.episodic and isinstance(error, LinkDroppedError)):
            return False
        spoke_at_once = self._state is LinkState.SUBSCRIBING and connection.data_count > 0
        return self._state is LinkState.LIVE or spoke_at_once

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

    async def _release(self) -> None:
        """End connections of ours that nobody serves: of a dead process, after a disconnect that failed."""
        for address in tuple(self._identity.addresses):
            await self._radio.host_stack.release(address)

    async def _search_in_vain(self) -> None:
        """Free what a dead process may hold, and say what is in range under another name or address."""
        await self._release()
        heard = (
            match.advertisement
            for match in self._discovery.in_range()
            if self._discovery.is_free(match.advertisement.address, self.config.device)
        )
        reason = self._identity.near_misses(heard)
        if reason and reason != self._reason:
            self._tell(LinkState.SEARCHING, reason)

    def _wants(self, advertisement: Advertisement) -> bool:
        free = self._discovery.is_free(advertisement.address, self.config.device)
        return free and self._identity.accepts(advertisement)

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
