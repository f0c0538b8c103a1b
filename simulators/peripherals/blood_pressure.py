"""A cuff that keeps the Bluetooth Blood Pressure Profile: silent until it has a reading, then it delivers.

The products built on the profile (A&D, Omron, Beurer...) are subclasses that differ in what is below.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from protocols.ble.blood_pressure import (
    FEATURE,
    INTERMEDIATE_CUFF_PRESSURE,
    MEASUREMENT,
    SERVICE,
    BloodPressureFeature,
    BloodPressureMeasurement,
    encode_feature,
    encode_measurement,
)
from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import DecodeError
from protocols.ble.date_time import DateTime, decode_date_time, encode_date_time
from simulators.peripherals.bp_records import BloodPressureSource, measurement_of, pressures
from simulators.peripherals.device import BuildContext, Elapsed, VirtualDevice
from simulators.peripherals.peripheral import Peripheral
from simulators.radio.errors import WriteRefusedError
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import (
    Characteristic,
    Security,
    Service,
    battery_service,
    device_information_service,
)
from simulators.sensors.battery import Battery
from simulators.sensors.cuff import CuffReading

# After the last record the cuff leaves the station this long to set the time.
_LINGERS_S = 1.0
_OUT_OF_RANGE = 0xFF


class BloodPressureCuff(Peripheral):
    """The cuff on the air: sleeps, measures, advertises, indicates its records oldest first, hangs up.

    A record counts as delivered when its indication has been confirmed; most cuffs never send it again.

    Attributes:
        stored: Records that nobody has got yet, oldest first.
        memory: All records, oldest first.
        delivered: How many have been confirmed.
        clock_set: Whether a host has set the clock.
    """

    advertises_at_start = False
    # Connected but not asked for its records it hangs up after this long; then it keeps them for next time.
    patience_s: ClassVar[float] = 10.0
    # It advertises for this long after a reading.
    advertises_s: ClassVar[float] = 60.0
    # It sends everything it has at every visit, not only what is new.
    sends_all: ClassVar[bool] = False
    # It ends the visit itself; otherwise the host has to.
    hangs_up: ClassVar[bool] = True
    security: ClassVar[Security] = Security.OPEN
    manufacturer: ClassVar[str] = "kinewatch"
    model: ClassVar[str] = "virtual cuff"

    def __init__(
        self,
        readings: Sequence[CuffReading],
        cell: Battery,
        *,
        name: str,
        address: str,
        elapsed_s: Elapsed,
        local_time: Callable[[float], datetime],
        tells_pressure: bool = False,
    ) -> None:
        """`readings` are the cycles that will be started; `local_time` is what the cuff's clock says."""
        super().__init__(name=name, address=address)
        self._readings = sorted(readings, key=lambda one: one.end_s)
        self.cell = cell
        self.elapsed_s = elapsed_s
        self._local_time = local_time
        self._tells_pressure = tells_pressure
        self._correction = timedelta()
        self.clock_set = False
        self.stored: list[bytes] = []
        self.memory: list[bytes] = []
        self.delivered = 0
        self.measurement = Characteristic(uuid=MEASUREMENT, indicate=True, security=self.security)
        self._pressure = Characteristic(uuid=INTERMEDIATE_CUFF_PRESSURE, notify=True)

    @property
    def advertisement(self) -> Advertisement:
        """The profile's service."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """Blood pressure with a clock that can be set, battery, device information."""
        feature = BloodPressureFeature.BODY_MOVEMENT | BloodPressureFeature.IRREGULAR_PULSE
        parts = [self.measurement, Characteristic(uuid=FEATURE, read=encode_feature(feature))]
        if self._tells_pressure:
            parts.append(self._pressure)
        level, _ = battery_service(lambda: round(self.cell.percent(self.elapsed_s())))
        about = device_information_service(manufacturer=self.manufacturer, model=self.model)
        return [
            Service(uuid=SERVICE, characteristics=[*parts, *self.clock_characteristics()]),
            level,
            about,
        ]

    # ---- what a product does otherwise

    def clock_characteristics(self) -> list[Characteristic]:
        """How its clock is set: Date Time, in the service itself."""
        return [
            Characteristic(
                uuid=assigned_numbers.DATE_TIME,
                read=lambda: encode_date_time(DateTime.from_datetime(self.now())),
                write=self.write_date_time,
                security=self.security,
            )
        ]

    def record(self, reading: CuffReading, taken_at: datetime) -> bytes:
        """One record in the product's words."""
        return encode_measurement(measurement_of(reading, taken_at))

    async def greet(self) -> None:
        """What it does when a host has connected, before it sends records."""

    # ---- its life

    def now(self) -> datetime:
        """What its clock says."""
        return self._local_time(self.elapsed_s()) + self._correction

    def set_clock(self, instant: datetime) -> None:
        """Somebody sets its clock."""
        self._correction = instant - self._local_time(self.elapsed_s())
        self.clock_set = True

    async def run(self) -> None:
        """Measure when the time has come, and deliver."""
        for reading in self._readings:
            if reading.end_s < self.elapsed_s():
                continue  # before it was switched on (again)
            await asyncio.sleep(max(0.0, reading.start_s - self.elapsed_s()))
            await self.measure(reading)
            await asyncio.sleep(max(0.0, reading.end_s - self.elapsed_s()))
            record = self.record(reading, self.now())
            self.stored.append(record)
            self.memory.append(record)
            await self._deliver()

    async def measure(self, reading: CuffReading) -> None:
        """What it does while the cuff is inflated: nothing, or report."""
        if not self._tells_pressure:
            return
        await self.start_advertising()
        for emission in pressures(reading, self.elapsed_s()):
            await asyncio.sleep(max(0.0, emission.at_s - self.elapsed_s()))
            self.notify(self._pressure, emission.payload)

    async def _deliver(self) -> None:
        await self.start_advertising()
        try:
            async with asyncio.timeout(self.advertises_s):
                while self.stored:
                    await self.wait_for(lambda: self.is_connected)
                    if not await self._hand_over():
                        await self.disconnect()
                        await self.wait_for(lambda: not self.is_connected)
        except TimeoutError:
            pass
        await self.stop_advertising()
        if self.hangs_up:
            await self.disconnect()

    async def _hand_over(self) -> bool:
        """Send what there is to the host that has connected; False if it did not ask."""
        await self.greet()
        try:
            async with asyncio.timeout(self.patience_s):
                await self.wait_for(lambda: self.is_subscribed(self.measurement) or not self.is_connected)
        except TimeoutError:
            return False
        for record in list(self.memory if self.sends_all else self.stored):
            if not await self.indicate(self.measurement, record):
                return False
            self.delivered += 1
            if record in self.stored:
                self.stored.remove(record)
        await asyncio.sleep(_LINGERS_S)
        return True

    def write_date_time(self, value: bytes) -> None:
        """A host writes Date Time."""
        try:
            written = decode_date_time(value).to_datetime()
        except DecodeError as error:
            raise WriteRefusedError(_OUT_OF_RANGE) from error
        if written is None:
            raise WriteRefusedError(_OUT_OF_RANGE)
        self.set_clock(written)


CuffType = type[BloodPressureCuff]


def build_cuff(
    around: BuildContext,
    cuff: CuffType,
    name: str,
    *,
    encode: Callable[[CuffReading, datetime], BloodPressureMeasurement] = measurement_of,
) -> VirtualDevice:
    """A cuff of the profile, or of one of its products."""
    tells = around.section.tells_pressure
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=BloodPressureSource(around.cycles, around.local_time, encode=encode, tells_pressure=tells),
        peripheral=lambda elapsed_s: cuff(
            around.cycles,
            around.battery,
            name=name,
            address=around.address,
            elapsed_s=elapsed_s,
            local_time=around.local_time,
            tells_pressure=tells,
        ),
        episodic=True,
        cycles=around.cycles,
    )


def build(around: BuildContext) -> VirtualDevice:
    """The cuff of a scenario."""
    return build_cuff(around, BloodPressureCuff, f"BP {around.suffix}")
