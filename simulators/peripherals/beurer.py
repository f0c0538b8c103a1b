"""A Beurer BM54: shows six digits to pair, tells all it has stored at every visit, and no end of it."""

from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from protocols.ble.blood_pressure import SERVICE, BloodPressureMeasurement, encode_measurement
from protocols.ble.codec.assigned_numbers import COMPANY_BEURER
from simulators.peripherals.blood_pressure import BloodPressureCuff, build_cuff
from simulators.peripherals.bp_records import measurement_of
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Security
from simulators.sensors.cuff import CuffReading

_COMPANY_DATA = bytes.fromhex("110601")


def beurer_measurement_of(reading: CuffReading, taken_at: datetime) -> BloodPressureMeasurement:
    """As the BM54 says it: no mean pressure (0), whatever the reading was."""
    return replace(measurement_of(reading, taken_at), mean_arterial_pressure=0.0)


class BeurerCuff(BloodPressureCuff):
    """The cuff on the air."""

    passkey = 417_026
    sends_all: ClassVar[bool] = True
    hangs_up: ClassVar[bool] = False
    security: ClassVar[Security] = Security.AUTHENTICATED
    manufacturer: ClassVar[str] = "Beurer"
    model: ClassVar[str] = "BM54"

    @property
    def advertisement(self) -> Advertisement:
        """The service and the vendor's data."""
        return Advertisement(service_uuids=(SERVICE,), manufacturer_data={COMPANY_BEURER: _COMPANY_DATA})

    def record(self, reading: CuffReading, taken_at: datetime) -> bytes:
        """One record, without a mean pressure."""
        return encode_measurement(beurer_measurement_of(reading, taken_at))


def build(around: BuildContext) -> VirtualDevice:
    """The cuff of a scenario."""
    return build_cuff(around, BeurerCuff, "BM54", encode=beurer_measurement_of)
