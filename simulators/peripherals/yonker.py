"""A Yonker YK-BPW5: tells its result to whoever connects after the measurement; its clock is wrong."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Unpack

from protocols.ble.date_time import DateTime
from protocols.ble.yonker import NOTIFY, SERVICE, Result, encode_notification
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.peripherals.uart import SerialLine
from simulators.sensors.cuff import CuffReading

_DELIVERY_S = 3.0
_AWAKE_S = 60.0
_LINGERS_S = 2.0
# Nobody has ever set it.
_CLOCK_ERROR = timedelta(days=-361, hours=7, minutes=13)


def result_of(reading: CuffReading, around: BuildContext) -> bytes | None:
    """The reading in 8-bit pressures; nothing when the cuff shows an error."""
    if reading.systolic_mmhg is None or reading.diastolic_mmhg is None:
        return None
    taken_at = around.local_time(reading.end_s) + _CLOCK_ERROR
    return encode_notification(
        Result(
            systolic_mmhg=min(reading.systolic_mmhg, 255),
            diastolic_mmhg=min(reading.diastolic_mmhg, 255),
            pulse_rate_per_min=min(reading.pulse_rate_per_min or 0, 255),
            timestamp=DateTime(
                taken_at.year, taken_at.month, taken_at.day, taken_at.hour, taken_at.minute, 0
            ),
        )
    )


class YonkerSource:
    """One result after each cycle."""

    def __init__(self, around: BuildContext) -> None:
        self._around = around

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Results of the cycles that end at or after `start_s`."""
        for reading in self._around.cycles:
            at_s = reading.end_s + _DELIVERY_S
            payload = result_of(reading, self._around)
            if at_s >= start_s and payload is not None:
                yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=payload)


class YonkerCuff(SerialLine):
    """The cuff on the air."""

    service_uuid = SERVICE
    notify_uuid = NOTIFY
    advertises_service = False
    advertises_at_start = False

    def __init__(self, around: BuildContext, **link: Unpack[Link]) -> None:
        super().__init__(YonkerSource(around), **link)
        self._around = around

    async def run(self) -> None:
        """Measure when the time has come; then wait for somebody to tell."""
        for reading in self._around.cycles:
            if reading.end_s < self.elapsed_s():
                continue  # before it was switched on (again)
            await asyncio.sleep(max(0.0, reading.end_s - self.elapsed_s()))
            payload = result_of(reading, self._around)
            if payload is not None:
                await self._tell(payload)

    async def _tell(self, payload: bytes) -> None:
        await self.start_advertising()
        try:
            async with asyncio.timeout(_AWAKE_S):
                await self.wait_for(lambda: self.is_subscribed(self.line))
                self.notify(self.line, payload)
                await asyncio.sleep(_LINGERS_S)
        except TimeoutError:
            pass
        await self.stop_advertising()
        await self.disconnect()


def build(around: BuildContext) -> VirtualDevice:
    """The cuff of a scenario."""
    return VirtualDevice(
        section=around.section,
        local_name="YK-BPW5",
        address=around.address,
        source=YonkerSource(around),
        peripheral=lambda elapsed_s: YonkerCuff(
            around, name="YK-BPW5", address=around.address, elapsed_s=elapsed_s
        ),
        episodic=True,
        cycles=around.cycles,
    )
