"""One scanner for all links of a radio, watched, and rebuilt when it falls silent."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from devices.adapter.advertisement import Advertisement
from devices.adapter.radio import Radio
from devices.drivers.driver import Driver
from devices.errors import HOST_STACK_ERRORS, DeviceError, RadioError, classify
from devices.link.backoff import SYSTEM_JITTER, backoff_for

log = logging.getLogger(__name__)

# A scan that hears nobody at all for this long is more likely dead than the building is empty: after a
# restart of bluetoothd or a wedged controller bleak notices nothing (HA core PR #77043, bluez #1554, bleak
# #887). To build a new scanner costs some milliseconds of listening, so a wrong suspicion is cheap.
SILENT_AFTER_S = 30.0

# After this many rebuilds in a row that heard nothing, somebody should look at the adapter.
SUSPECT_AFTER_REBUILDS = 3

# Starting and stopping are single D-Bus calls; bluetoothd answers them within a second or never.
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0

# Devices without a configured address advertise at 0.1 to 2 s intervals: after this time a second one that
# would fit has been heard as well.
SETTLE_S = 2.5

# A device that has not been seen for this long may be held by a connection that nobody serves: a disconnect
# that was never answered, a process that crashed. It does not advertise then (bleak #992, #367).
IN_VAIN_S = 30.0

# How long an advertisement counts as "in range now".
FRESH_S = 10.0

# Phones change their addresses every quarter of an hour; in a busy building that is thousands in a working
# day.
MAX_REMEMBERED = 500


class ScanSilentError(RadioError):
    """Scanning runs, but nothing has been heard for a long time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanMatch:
    """A device that advertised just now, and bleak's handle to connect to it."""

    advertisement: Advertisement
    device: BLEDevice


@dataclass(eq=False, slots=True)
class _Waiter:
    accepts: Callable[[Advertisement], bool]
    on_problem: Callable[[str], None]
    in_vain: Callable[[], Awaitable[None]] | None
    # Made anew for each sighting that is waited for.
    found: asyncio.Future[ScanMatch] = field(init=False)


class Scanner:
    """The only scanner of an adapter.

    `run()` scans while at least one `wait_for()` is waiting; `seek()` waits for a device.
    """

    def __init__(
        self,
        radio: Radio,
        *,
        now_ns: Callable[[], int],
        unit_random: Callable[[], float] = SYSTEM_JITTER,
        silent_after_s: float = SILENT_AFTER_S,
    ) -> None:
        self.radio = radio
        self.now_ns = now_ns
        self.problem: DeviceError | None = None
        self.rebuilds = 0
        self._unit_random = unit_random
        self._silent_after_s = silent_after_s
        self._seekers: list[_Waiter] = []
        self._users = 0
        self._live_links = 0
        self._wanted = asyncio.Event()
        self._idle = asyncio.Event()
        self._last_heard_ns = 0
        self._recent: dict[str, ScanMatch] = {}
        self._reserved: dict[str, str] = {}

    @asynccontextmanager
    async def wait_for(
        self,
        accepts: Callable[[Advertisement], bool],
        on_problem: Callable[[str], None],
        *,
        alone: bool = False,
        in_vain: Callable[[], Awaitable[None]] | None = None,
    ) -> AsyncIterator[ScanMatch]:
        """Wait for the next advertisement that `accepts`; scanning goes on until the context is left.

        To keep the scan on while connecting stops BlueZ from forgetting the device in between (bleak
        #1176). With `alone` the device must be the only one that fits for `SETTLE_S`. `on_problem` hears
        why the search cannot succeed; `in_vain` is called after each `IN_VAIN_S` without success.
        """
        self._users += 1
        self._wanted.set()
        self._idle.clear()
        try:
            if self.problem is not None:
                on_problem(str(self.problem))
            seeker = _Waiter(accepts, on_problem, in_vain)
            yield await (self._sole(seeker) if alone else self._next(seeker))
        finally:
            self._users -= 1
            if not self._users:
                self._wanted.clear()
                self._idle.set()

    @contextmanager
    def proof_of_life(self) -> Iterator[None]:
        """A link is live: while it is, a scan that hears nobody means an empty room, not a dead adapter."""
        self._live_links += 1
        try:
            yield
        finally:
            self._live_links -= 1

    def reserve(self, address: str, device: str) -> None:
        """Keep `address` for the link of `device`: no other link may take it for its own."""
        self._reserved[address.upper()] = device

    def is_free(self, address: str, device: str) -> bool:
        """Whether the link of `device` may take this address."""
        return self._reserved.get(address.upper(), device) == device

    def in_range(self) -> Sequence[ScanMatch]:
        """What advertised within the last seconds."""
        oldest_ns = self.now_ns() - int(FRESH_S * 1e9)
        return [s for s in self._recent.values() if s.advertisement.received_ns >= oldest_ns]

    async def _next(self, seeker: _Waiter) -> ScanMatch:
        seeker.found = asyncio.get_running_loop().create_future()
        self._seekers.append(seeker)
        try:
            while True:
                try:
                    async with asyncio.timeout(IN_VAIN_S):
                        return await asyncio.shield(seeker.found)
                except TimeoutError:
                    if seeker.in_vain is not None:
                        await seeker.in_vain()
        finally:
            self._seekers.remove(seeker)

    async def _sole(self, seeker: _Waiter) -> ScanMatch:
        told: tuple[str, ...] = ()
        while True:
            await self._next(seeker)
            await asyncio.sleep(SETTLE_S)
            fitting = [s for s in self.in_range() if seeker.accepts(s.advertisement)]
            if len(fitting) == 1:
                return fitting[0]
            rivals = tuple(sorted(s.advertisement.address for s in fitting))
            if len(rivals) > 1 and rivals != told:
                told = rivals
                seeker.on_problem(
                    f"{len(rivals)} devices fit ({', '.join(rivals)}): set `address` in station.toml"
                )

    async def run(self) -> None:
        """Keep a scanner alive while it is wanted. Ends by cancellation only."""
        failures = silent_rebuilds = 0
        while True:
            await self._wanted.wait()
            try:
                heard = await self._scan()
            except DeviceError as error:
                failures += 1
                self._report(error)
                await asyncio.sleep(backoff_for(error).delay_s(failures, self._unit_random()))
                continue
            failures = 0
            silent_rebuilds = 0 if heard else silent_rebuilds + 1
            if silent_rebuilds:
                self.rebuilds += 1
                log.debug("scanner rebuilt after %g s of silence", self._silent_after_s)
            if silent_rebuilds >= SUSPECT_AFTER_REBUILDS and not self._live_links:
                self._report(ScanSilentError("the scan hears no device at all: is the adapter plugged in?"))
                if self.radio.may_power_cycle:
                    await self.radio.host_stack.power_cycle(self.radio.adapter)

    async def _scan(self) -> bool:
        """One scanner's life: until nobody seeks (True) or it has fallen silent (False)."""
        scanner = self.radio.scanner(self._on_advertisement)
        try:
            async with self.radio.lock, asyncio.timeout(START_TIMEOUT_S):
                await scanner.start()
            self._last_heard_ns = self.now_ns()
            return await self._listen()
        except HOST_STACK_ERRORS as exc:
            raise classify(exc, "scan") from exc
        finally:
            await self._stop(scanner)

    async def _listen(self) -> bool:
        while True:
            silent_s = (self.now_ns() - self._last_heard_ns) / 1e9
            if silent_s >= self._silent_after_s:
                return False
            with suppress(TimeoutError):
                async with asyncio.timeout(self._silent_after_s - silent_s):
                    await self._idle.wait()
                    return True

    async def _stop(self, scanner: BleakScanner) -> None:
        try:
            async with self.radio.lock, asyncio.timeout(STOP_TIMEOUT_S):
                await scanner.stop()
        except HOST_STACK_ERRORS as exc:
            # A scanner that cannot be stopped is abandoned: the next one is what matters.
            log.debug("scanner stop: %r", exc)

    def _on_advertisement(self, device: BLEDevice, data: AdvertisementData) -> None:
        advertisement = Advertisement.of(device, data, self.now_ns())
        self._last_heard_ns = advertisement.received_ns
        if self.problem is not None:
            self.problem = None
            for seeker in self._seekers:
                seeker.on_problem("")
        sighting = ScanMatch(advertisement=advertisement, device=device)
        self._remember(sighting)
        for seeker in self._seekers:
            if not seeker.found.done() and seeker.accepts(advertisement):
                seeker.found.set_result(sighting)

    def _remember(self, sighting: ScanMatch) -> None:
        if len(self._recent) >= MAX_REMEMBERED:
            self._recent = {s.advertisement.address: s for s in self.in_range()}
        self._recent[sighting.advertisement.address] = sighting

    def _report(self, error: DeviceError) -> None:
        if str(error) != str(self.problem):
            log.warning("scan: %s", error)
            for seeker in self._seekers:
                seeker.on_problem(str(error))
        self.problem = error


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanResult:
    """A device in range and the family whose driver would take it; None if no driver would."""

    advertisement: Advertisement
    family: str | None


async def scan(
    radio: Radio,
    drivers: Sequence[type[Driver]],
    *,
    seconds: float,
    now_ns: Callable[[], int],
    on_found: Callable[[ScanResult], None] | None = None,
) -> list[ScanResult]:
    """Listen for `seconds`; what was heard, strongest first. `on_found` hears of each advertisement.

    Raises:
        RadioError: the radio cannot be used; the message says why and what to do.
    """
    heard: dict[str, Advertisement] = {}

    def listen(device: BLEDevice, data: AdvertisementData) -> None:
        advertisement = Advertisement.of(device, data, now_ns())
        heard[advertisement.address] = advertisement
        if on_found is not None:
            on_found(ScanResult(advertisement=advertisement, family=family_of(advertisement, drivers)))

    try:
        limit_s = seconds + START_TIMEOUT_S + STOP_TIMEOUT_S
        async with radio.lock, asyncio.timeout(limit_s), radio.scanner(listen):
            await asyncio.sleep(seconds)
    except HOST_STACK_ERRORS as exc:
        raise classify(exc, "scan") from exc
    strongest_first = sorted(heard.values(), key=lambda a: (-a.rssi_dbm, a.address))
    return [ScanResult(advertisement=a, family=family_of(a, drivers)) for a in strongest_first]


async def probe(radio: Radio) -> None:
    """Make sure that there is a radio to work with: start a scan, and stop it.

    Raises:
        RadioError: the radio cannot be used; the message says why and what to do.
    """
    try:
        async with radio.lock, asyncio.timeout(START_TIMEOUT_S), radio.scanner(_ignore):
            pass
    except HOST_STACK_ERRORS as exc:
        raise classify(exc, "scan") from exc


def _ignore(_device: BLEDevice, _data: AdvertisementData) -> None:
    pass


def family_of(advertisement: Advertisement, drivers: Sequence[type[Driver]]) -> str | None:
    """The family of the first driver that matches; None if none does."""
    return next((driver.family for driver in drivers if driver.matches(advertisement)), None)
