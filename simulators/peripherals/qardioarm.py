"""A QardioArm: reports partial readings while it inflates; the last one is the reading."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from protocols.ble.blood_pressure import MEASUREMENT, BloodPressureMeasurement, encode_measurement
from protocols.ble.qardioarm import CONTROL
from simulators.peripherals.blood_pressure import BloodPressureCuff
from simulators.peripherals.bp_records import measurement_of
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.radio.gatt.services import Characteristic, Service
from simulators.sensors.cuff import CuffReading

_REPORT_EVERY_S = 0.5


def partial(reading: CuffReading, at_s: float) -> bytes:
    """What it says while it inflates: the pressure in the place of the systolic, a diastolic of 0."""
    pressure = float(round(reading.pressure_mmhg(at_s)))
    return encode_measurement(
        BloodPressureMeasurement(systolic=pressure, diastolic=0.0, mean_arterial_pressure=0.0)
    )


def final(reading: CuffReading, taken_at: datetime) -> bytes:
    """What it says at the end: the reading, without a time."""
    whole = measurement_of(reading, taken_at)
    return encode_measurement(
        BloodPressureMeasurement(
            systolic=whole.systolic,
            diastolic=whole.diastolic,
            mean_arterial_pressure=whole.mean_arterial_pressure,
            pulse_rate_per_min=whole.pulse_rate_per_min,
            status=whole.status,
        )
    )


class QardioArmSource:
    """Partial readings during each cycle, and the reading at its end."""

    def __init__(self, readings: Sequence[CuffReading], around: BuildContext) -> None:
        self._readings = readings
        self._around = around

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Values from `start_s` on."""
        for reading in self._readings:
            at_s = reading.start_s + _REPORT_EVERY_S
            while at_s < reading.end_s:
                if at_s >= start_s:
                    yield TimedNotification(
                        at_s=at_s, characteristic=MEASUREMENT, payload=partial(reading, at_s)
                    )
                at_s += _REPORT_EVERY_S
            if reading.end_s >= start_s:
                payload = final(reading, self._around.local_time(reading.end_s))
                yield TimedNotification(at_s=reading.end_s, characteristic=MEASUREMENT, payload=payload)


class QardioArmCuff(BloodPressureCuff):
    """The cuff on the air: awake from the start of a measurement until somebody has its result."""

    manufacturer: ClassVar[str] = "Qardio"
    model: ClassVar[str] = "QardioArm"

    def services(self) -> Sequence[Service]:
        """The profile, with the vendor's control characteristic in it; nothing here inflates."""
        control = Characteristic(uuid=CONTROL, write=lambda value: None)
        first, *others = super().services()
        return [
            Service(uuid=first.uuid, characteristics=[*first.characteristics, control]),
            *others,
        ]

    def record(self, reading: CuffReading, taken_at: datetime) -> bytes:
        """The reading."""
        return final(reading, taken_at)

    async def measure(self, reading: CuffReading) -> None:
        """Report while it inflates and deflates."""
        await self.start_advertising()
        at_s = reading.start_s + _REPORT_EVERY_S
        while at_s < reading.end_s:
            await asyncio.sleep(max(0.0, at_s - self.elapsed_s()))
            await self.indicate(self.measurement, partial(reading, at_s))
            at_s += _REPORT_EVERY_S


def build(around: BuildContext) -> VirtualDevice:
    """The cuff of a scenario."""
    return VirtualDevice(
        section=around.section,
        local_name="QardioARM",
        address=around.address,
        source=QardioArmSource(around.cycles, around),
        peripheral=lambda elapsed_s: QardioArmCuff(
            around.cycles,
            around.battery,
            name="QardioARM",
            address=around.address,
            elapsed_s=elapsed_s,
            local_time=around.local_time,
        ),
        episodic=True,
        cycles=around.cycles,
    )
