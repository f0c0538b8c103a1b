"""A cuff that keeps the Bluetooth Blood Pressure Profile: silent until it has a reading, then it delivers."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from math import nan

from protocols.ble import assigned_numbers
from protocols.ble.blood_pressure import (
    FEATURE,
    MEASUREMENT,
    SERVICE,
    UNKNOWN_USER,
    BloodPressureFeature,
    BloodPressureMeasurement,
    BloodPressureStatus,
    encode_feature,
    encode_measurement,
)
from protocols.ble.date_time import DateTime, decode_date_time, encode_date_time
from protocols.ble.errors import DecodeError
from simulators.emission import Emission
from simulators.peripheral import Peripheral
from simulators.radio.advertisement import Advertisement
from simulators.radio.errors import WriteRefusedError
from simulators.radio.gatt import Characteristic, Service, battery_service, device_information_service
from simulators.sensors.battery import Battery
from simulators.sensors.cuff import CuffReading
from simulators.virtual_device import Elapsed, Surroundings, VirtualDevice

# From the end of the cycle to the record on the air: the cuff advertises, is found, is asked.
_DELIVERY_S = 3.0
# The cuff advertises for this long after a reading; then it keeps the record for the next time.
_ADVERTISES_S = 60.0
# Connected but not asked for its records it hangs up after this long.
_PATIENCE_S = 10.0
# After the last record it leaves the station this long to set the time.
_LINGERS_S = 1.0
_OUT_OF_RANGE = 0xFF


def measurement_of(reading: CuffReading, taken_at: datetime) -> BloodPressureMeasurement:
    """The reading in the profile's words: an error is NaN in all numbers."""
    status = BloodPressureStatus(0)
    if reading.body_movement:
        status |= BloodPressureStatus.BODY_MOVEMENT
    if reading.irregular_pulse:
        status |= BloodPressureStatus.IRREGULAR_PULSE
    return BloodPressureMeasurement(
        systolic=_number(reading.systolic_mmhg),
        diastolic=_number(reading.diastolic_mmhg),
        mean_arterial_pressure=_number(reading.mean_arterial_pressure_mmhg),
        timestamp=DateTime.from_datetime(taken_at),
        pulse_rate_per_min=_number(reading.pulse_rate_per_min),
        user_id=UNKNOWN_USER,
        status=status,
    )


def _number(value: int | None) -> float:
    return nan if value is None else float(value)


class BloodPressureSource:
    """What the cuff sends when nothing stands in its way: each record a few seconds after its cycle."""

    def __init__(self, readings: Sequence[CuffReading], local_time: Callable[[float], datetime]) -> None:
        self._readings = readings
        self._local_time = local_time

    def emissions(self, start_s: float) -> Iterator[Emission]:
        """One record for each cycle that ends at or after `start_s`."""
        for reading in self._readings:
            at_s = reading.end_s + _DELIVERY_S
            if at_s >= start_s:
                taken_at = self._local_time(reading.end_s)
                payload = encode_measurement(measurement_of(reading, taken_at))
                yield Emission(at_s=at_s, characteristic=MEASUREMENT, payload=payload)


class BloodPressureCuff(Peripheral):
    """The cuff on the air: sleeps, measures, advertises, indicates its records oldest first, hangs up.

    A record counts as delivered when its indication has been confirmed; it is never sent again then.
    """

    advertises_at_start = False

    def __init__(
        self,
        readings: Sequence[CuffReading],
        cell: Battery,
        *,
        name: str,
        address: str,
        elapsed_s: Callable[[], float],
        local_time: Callable[[], datetime],
    ) -> None:
        """`readings` are the cycles that will be started; `local_time` is what the cuff's clock says."""
        super().__init__(name=name, address=address)
        self._readings = sorted(readings, key=lambda one: one.end_s)
        self._cell = cell
        self._elapsed_s = elapsed_s
        self._local_time = local_time
        self._correction = timedelta()
        self.stored: list[bytes] = []
        self.delivered = 0
        self._measurement = Characteristic(uuid=MEASUREMENT, indicate=True)

    @property
    def advertisement(self) -> Advertisement:
        """The profile's service."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """Blood pressure with a clock that can be set, battery, device information."""
        feature = BloodPressureFeature.BODY_MOVEMENT | BloodPressureFeature.IRREGULAR_PULSE
        pressure = Service(
            uuid=SERVICE,
            characteristics=[
                self._measurement,
                Characteristic(uuid=FEATURE, read=encode_feature(feature)),
                Characteristic(uuid=assigned_numbers.DATE_TIME, read=self._read_time, write=self._write_time),
            ],
        )
        level, _ = battery_service(lambda: round(self._cell.percent(self._elapsed_s())))
        return [pressure, level, device_information_service(manufacturer="kinewatch", model="virtual cuff")]

    async def run(self) -> None:
        """Measure when the time has come, and deliver."""
        for reading in self._readings:
            await asyncio.sleep(max(0.0, reading.end_s - self._elapsed_s()))
            taken_at = self._local_time() + self._correction
            self.stored.append(encode_measurement(measurement_of(reading, taken_at)))
            await self._deliver()

    async def _deliver(self) -> None:
        await self.start_advertising()
        try:
            async with asyncio.timeout(_ADVERTISES_S):
                while self.stored:
                    await self.wait_for(lambda: self.is_connected)
                    await self._hand_over()
                    if not self.stored:
                        await self.stop_advertising()
                    await self.disconnect()
                    await self.wait_for(lambda: not self.is_connected)
        except TimeoutError:
            pass
        await self.stop_advertising()

    async def _hand_over(self) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self.wait_for(lambda: self.is_subscribed(self._measurement) or not self.is_connected)
        except TimeoutError:
            return
        while self.stored and await self.indicate(self._measurement, self.stored[0]):
            self.stored.pop(0)
            self.delivered += 1
        await asyncio.sleep(_LINGERS_S)

    def _read_time(self) -> bytes:
        return encode_date_time(DateTime.from_datetime(self._local_time() + self._correction))

    def _write_time(self, value: bytes) -> None:
        try:
            written = decode_date_time(value).to_datetime()
        except DecodeError as error:
            raise WriteRefusedError(_OUT_OF_RANGE) from error
        if written is None:
            raise WriteRefusedError(_OUT_OF_RANGE)
        self._correction = written - self._local_time()


def build(around: Surroundings) -> VirtualDevice:
    """The cuff of a scenario."""
    name = f"BP {around.suffix}"

    def make(elapsed_s: Elapsed) -> Peripheral:
        return BloodPressureCuff(
            around.cycles,
            around.battery,
            name=name,
            address=around.address,
            elapsed_s=elapsed_s,
            local_time=lambda: around.local_time(elapsed_s()),
        )

    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=BloodPressureSource(around.cycles, around.local_time),
        peripheral=make,
        episodic=True,
        cycles=around.cycles,
    )
