"""One device, tried for a moment: does the link come up, does data come, how full is the battery?"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from devices.catalog import driver_for
from devices.discovery import Discovery
from devices.driver import DeviceConfig
from devices.frames import Frame, LinkEvent, LinkState
from devices.link import SupervisedLink
from devices.radio import Radio
from protocols.ble import battery
from protocols.ble.assigned_numbers import MODEL_NUMBER
from protocols.ble.errors import DecodeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it. `last` is the latest frame of data; `reason` the link's last words about a problem.

    Times are seconds since the trial began; None means that it did not happen.
    """

    device: str
    heard_after_s: float | None
    live_after_s: float | None
    first_data_after_s: float | None
    data_count: int
    last: Frame | None
    battery_percent: int | None
    model: str
    rssi_dbm: int | None
    reason: str


async def try_device(
    config: DeviceConfig, radio: Radio, *, seconds: float, now_ns: Callable[[], int]
) -> Trial:
    """Connect as a session would, for at most `seconds`; earlier when data, battery and model are there.

    Its clock is left as it is. A cuff's stored records are taken by this: they are in no session then.

    Raises:
        ConfigurationError: a family or an option that no driver has.
    """
    driver = driver_for(config)
    discovery = Discovery(radio, now_ns=now_ns)
    begin_ns = now_ns()
    inputs: list[Frame | LinkEvent] = []
    link = SupervisedLink(config, driver, discovery, inputs.append, now_ns)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(discovery.run()), group.create_task(link.run())]
        try:
            async with asyncio.timeout(seconds):
                while not _is_complete(inputs, driver.data):  # noqa: ASYNC110 -- a trial may look twice a second
                    await asyncio.sleep(0.5)
        except TimeoutError:
            pass
        finally:
            for task in tasks:
                task.cancel()
    return _summed_up(config, driver.data, inputs, begin_ns)


def _is_complete(inputs: list[Frame | LinkEvent], data: frozenset[str]) -> bool:
    seen = {one.characteristic for one in inputs if isinstance(one, Frame)}
    return bool(seen & data) and {battery.LEVEL, MODEL_NUMBER} <= seen


def _summed_up(
    config: DeviceConfig, data: frozenset[str], inputs: list[Frame | LinkEvent], begin_ns: int
) -> Trial:
    def after_s(one: Frame | LinkEvent | None) -> float | None:
        return None if one is None else (one.received_ns - begin_ns) / 1e9

    frames = [one for one in inputs if isinstance(one, Frame)]
    events = [one for one in inputs if isinstance(one, LinkEvent)]
    given = [frame for frame in frames if frame.characteristic in data]
    problems = (LinkState.SEARCHING, LinkState.LOST, LinkState.BACKING_OFF, LinkState.GIVEN_UP)
    reasons = [event.reason for event in events if event.state in problems and event.reason]
    return Trial(
        device=config.device,
        heard_after_s=after_s(next((e for e in events if e.state is LinkState.FOUND), None)),
        live_after_s=after_s(next((e for e in events if e.state is LinkState.LIVE), None)),
        first_data_after_s=after_s(given[0] if given else None),
        data_count=len(given),
        last=given[-1] if given else None,
        battery_percent=_battery_percent(frames),
        model=_model(frames),
        rssi_dbm=next((e.rssi_dbm for e in reversed(events) if e.rssi_dbm is not None), None),
        reason=reasons[-1] if reasons else "",
    )


def _battery_percent(frames: list[Frame]) -> int | None:
    for frame in reversed(frames):
        if frame.characteristic == battery.LEVEL:
            try:
                return battery.decode_level(frame.payload)
            except DecodeError:
                return None
    return None


def _model(frames: list[Frame]) -> str:
    found = (frame.payload for frame in frames if frame.characteristic == MODEL_NUMBER)
    return next(found, b"").decode("utf-8", "replace").strip("\0 ")
