"""An Omron cuff: one bonded host, each record once, a clock that can be set in one moment only."""

from typing import ClassVar

from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import DecodeError
from protocols.ble.current_time import CurrentTime, decode_current_time, encode_current_time
from protocols.ble.omron_advertisement import (
    COMPANY,
    SERVICE,
    ManufacturerData,
    Status,
    encode_manufacturer_data,
)
from simulators.peripherals.blood_pressure import BloodPressureCuff, build_cuff
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.radio.errors import WriteRefusedError
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Security

# What the cuff answers to a clock that is set outside its moment.
_NOT_NOW = 0x80
_FORMAT = 1


class OmronCuff(BloodPressureCuff):
    """The cuff on the air: tells its time when asked, and lets it be set until records are asked for."""

    security: ClassVar[Security] = Security.ENCRYPTED
    patience_s: ClassVar[float] = 15.0
    manufacturer: ClassVar[str] = "OMRON HEALTHCARE"
    model: ClassVar[str] = "HEM-7155T"

    @property
    def advertisement(self) -> Advertisement:
        """The service, and how many records each user has."""
        status = Status(0) if self.clock_set else Status.TIME_NOT_SET
        if not self.connections_made:
            status |= Status.PAIRING_MODE
        counter = len(self.memory).to_bytes(2, "little") + bytes((min(len(self.stored), 255),))
        data = ManufacturerData(format=_FORMAT, users=1, status=status, content=counter)
        return Advertisement(
            service_uuids=(SERVICE,), manufacturer_data={COMPANY: encode_manufacturer_data(data)}
        )

    connections_made = 0

    def on_connected(self) -> None:
        """It is in pairing mode until its first visitor."""
        super().on_connected()
        self.connections_made += 1

    def clock_characteristics(self) -> list[Characteristic]:
        """Current Time: it notifies, and takes a new time until records are asked for."""
        self._clock = Characteristic(
            uuid=assigned_numbers.CURRENT_TIME,
            read=self._time,
            write=self._write_time,
            notify=True,
            security=self.security,
        )
        return [self._clock]

    async def greet(self) -> None:
        """Tell the time to whoever has asked for it, in the moment of being asked."""
        await self.wait_for(
            lambda: (
                self.is_subscribed(self._clock)
                or self.is_subscribed(self.measurement)
                or not self.is_connected
            )
        )
        if self.is_subscribed(self._clock):
            self.notify(self._clock, self._time())

    def _time(self) -> bytes:
        return encode_current_time(CurrentTime.from_datetime(self.now()))

    def _write_time(self, value: bytes) -> None:
        if self.is_subscribed(self.measurement):
            raise WriteRefusedError(_NOT_NOW)
        try:
            written = decode_current_time(value).date_time.to_datetime()
        except DecodeError as error:
            raise WriteRefusedError(_NOT_NOW) from error
        if written is None:
            raise WriteRefusedError(_NOT_NOW)
        self.set_clock(written)


def build(around: BuildContext) -> VirtualDevice:
    """The cuff of a scenario."""
    return build_cuff(around, OmronCuff, f"BLESmart_{around.address.replace(':', '')}")
