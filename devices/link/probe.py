"""Devices, tried for a moment: does the link come up, do data come, how full is the battery?"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from devices.adapter.radio import Radio
from devices.adapter.scanner import Scanner
from devices.drivers.catalog import driver_for
from devices.drivers.driver import DeviceConfig
from devices.errors import DeviceError
from devices.frames import Frame, LinkEvent, LinkState
from devices.link.supervisor import SupervisedLink
from protocols.ble import battery
from protocols.ble.codec.assigned_numbers import MODEL_NUMBER
from protocols.ble.codec.errors import DecodeError

# From the first data on: battery and device information are read within a second of it, vendor protocols
# report the battery about once a second, and 100 Hz can be told from 50.
WATCHED_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What came of it. `reason` is the link's last words about a problem, `problem` the failure itself.

    `frames` is all that came, oldest first, `last` the latest frame of data. Times are seconds since the
    trial began; None means that it did not happen. `address` is empty if the device was never connected.
    """

    device: str
    heard_after_s: float | None
    live_after_s: float | None
    first_data_after_s: float | None
    data_count: int
    frames: tuple[Frame, ...]
    last: Frame | None
    battery_percent: int | None
    model: str
    rssi_dbm: int | None
    address: str
    reason: str
    problem: DeviceError | None


async def probe_device(
    config: DeviceConfig, radio: Radio, *, seconds: float, now_ns: Callable[[], int]
) -> ProbeResult:
    """One device alone; see `probe_devices`."""
    (trial,) = await probe_devices([config], radio, seconds=seconds, now_ns=now_ns)
    return trial


async def probe_devices(
    configs: Sequence[DeviceConfig],
    radio: Radio,
    *,
    seconds: float,
    now_ns: Callable[[], int],
    on_event: Callable[[LinkEvent], None] | None = None,
) -> tuple[ProbeResult, ...]:
    """Connect to all as a session would, for at most `seconds`; each is left as soon as it has shown itself.

    Their clocks are left as they are. A cuff's stored records are taken by this: they are in no session then.

    Raises:
        ConfigurationError: a family or an option that no driver has.
    """
    discovery = Scanner(radio, now_ns=now_ns)
    attempts = [_Attempt(config, discovery, now_ns, on_event) for config in configs]
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(discovery.run(), name="discovery")
        async with asyncio.TaskGroup() as trying:
            for attempt in attempts:
                trying.create_task(attempt.run(seconds), name=f"try {attempt.link.config.device}")
        watching.cancel()
    return tuple(attempt.summed_up() for attempt in attempts)


class _Attempt:
    """One device's link, and all that came out of it until it had shown itself."""

    def __init__(
        self,
        config: DeviceConfig,
        discovery: Scanner,
        now_ns: Callable[[], int],
        on_event: Callable[[LinkEvent], None] | None,
    ) -> None:
        self.link = SupervisedLink(config, driver_for(config), discovery, self._take, now_ns)
        self._now_ns = now_ns
        self._begin_ns = now_ns()
        self._on_event = on_event
        self._frames: list[Frame] = []
        self._events: list[LinkEvent] = []
        self._given: list[Frame] = []
        self._problem: DeviceError | None = None
        self._address = ""
        self._shown = asyncio.Event()

    async def run(self, seconds: float) -> None:
        """Until enough was seen, a person must act, or the time is over."""
        async with asyncio.TaskGroup() as group:
            living = group.create_task(self.link.run(), name=f"link {self.link.config.device}")
            try:
                async with asyncio.timeout(seconds):
                    await self._shown.wait()
            except TimeoutError:
                pass
            finally:
                self._address = self.link.health().address
                living.cancel()

    def _take(self, one: Frame | LinkEvent) -> None:
        if self._shown.is_set():
            return
        if isinstance(one, Frame):
            self._frames.append(one)
            if one.characteristic in self.link.driver.data:
                self._given.append(one)
                if len(self._given) == 1:
                    asyncio.get_running_loop().call_later(WATCHED_S, self._shown.set)
            return
        self._events.append(one)
        self._problem = self.link.problem or self._problem
        if self._on_event is not None:
            self._on_event(one)
        if one.state is LinkState.GIVEN_UP:
            self._shown.set()

    def summed_up(self) -> ProbeResult:
        """What is known now."""
        problems = (LinkState.SEARCHING, LinkState.LOST, LinkState.BACKING_OFF, LinkState.GIVEN_UP)
        reasons = [event.reason for event in self._events if event.state in problems and event.reason]
        return ProbeResult(
            device=self.link.config.device,
            heard_after_s=self._first_after_s(LinkState.FOUND),
            live_after_s=self._first_after_s(LinkState.LIVE),
            first_data_after_s=self._after_s(self._given[0]) if self._given else None,
            data_count=len(self._given),
            frames=tuple(self._frames),
            last=self._given[-1] if self._given else None,
            battery_percent=_battery_percent(self._frames),
            model=_model(self._frames),
            rssi_dbm=next((e.rssi_dbm for e in reversed(self._events) if e.rssi_dbm is not None), None),
            address=self._address,
            reason=reasons[-1] if reasons else "",
            problem=self._problem,
        )

    def _first_after_s(self, state: LinkState) -> float | None:
        return next((self._after_s(event) for event in self._events if event.state is state), None)

    def _after_s(self, one: Frame | LinkEvent) -> float:
        return (one.received_ns - self._begin_ns) / 1e9


def _battery_percent(frames: Sequence[Frame]) -> int | None:
    for frame in reversed(frames):
        if frame.characteristic == battery.LEVEL:
            try:
                return battery.decode_level(frame.payload)
            except DecodeError:
                return None
    return None


def _model(frames: Sequence[Frame]) -> str:
    found = (frame.payload for frame in frames if frame.characteristic == MODEL_NUMBER)
    return next(found, b"").decode("utf-8", "replace").strip("\0 ")
