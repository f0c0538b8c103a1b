"""A TI SensorTag CC2650: movement, one sample a notification, once its sensors are switched on."""

from collections.abc import Iterator, Sequence
from typing import Unpack

import numpy as np

from protocols.ble.codec.errors import DecodeError
from protocols.ble.sensortag import (
    CONFIGURATION,
    DATA,
    PERIOD,
    SERVICE,
    AccRange,
    Axes,
    Configuration,
    Movement,
    decode_configuration,
    decode_period,
    encode_configuration,
    encode_movement,
    encode_period,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.sampled import MakeModel, SampledPeripheral, build_sampled
from simulators.peripherals.streaming import Link
from simulators.radio.errors import WriteRefusedError
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Service, battery_service
from simulators.sensors.battery import Battery
from simulators.sensors.imu import ImuModel

STREAM_RATE_HZ = 10.0
_NAME = "CC2650 SensorTag"
_FACTORY_PERIOD_MS = 1000
_SHORTEST_MS = 100
_REFUSED = 0x80
# At 8 g, and at the gyroscope's only range of 250 deg/s.
_ACC_PER_G, _GYR_PER_DEG_S = 32768 / 8, 65536 / 500


class EncodedMovement:
    """One notification a sample, at 8 g."""

    def __init__(self, model: ImuModel) -> None:
        self._model = model

    def __call__(self, first: int, count: int) -> Iterator[tuple[str, bytes]]:
        """Notifications of the samples."""
        samples = self._model.read(first, count)
        words = np.hstack([samples.gyr_deg_s * _GYR_PER_DEG_S, samples.acc_g * _ACC_PER_G])
        for gx, gy, gz, ax, ay, az in np.rint(words).clip(-32768, 32767).astype(np.int64).tolist():
            movement = Movement(gyr_raw=(gx, gy, gz), acc_raw=(ax, ay, az), mag_raw=(0, 0, 0))
            yield DATA, encode_movement(movement)


class SensorTagImu(SampledPeripheral):
    """The sensor on the air."""

    def __init__(self, make_model: MakeModel, cell: Battery, **link: Unpack[Link]) -> None:
        super().__init__(make_model, EncodedMovement, cell, **link)
        self.configuration = Configuration(axes=Axes(0), acc_range=AccRange.G_8)
        self.period_ms = _FACTORY_PERIOD_MS
        self.streams[DATA] = Characteristic(uuid=DATA, notify=True)

    @property
    def advertisement(self) -> Advertisement:
        """The name says it."""
        return Advertisement()

    def services(self) -> Sequence[Service]:
        """Movement and battery."""
        configuration = Characteristic(
            uuid=CONFIGURATION,
            read=lambda: encode_configuration(self.configuration),
            write=self._configure,
        )
        period = Characteristic(
            uuid=PERIOD, read=lambda: encode_period(self.period_ms), write=self._set_period
        )
        level, _ = battery_service(lambda: round(self.cell.percent(self.elapsed_s())))
        movement = [self.streams[DATA], configuration, period]
        return [Service(uuid=SERVICE, characteristics=movement), level]

    def samples_per_notification(self) -> int:
        """One sample a notification."""
        return 1

    def _configure(self, value: bytes) -> None:
        try:
            self.configuration = decode_configuration(value)
        except DecodeError as error:
            raise WriteRefusedError(_REFUSED) from error
        self._run()

    def _set_period(self, value: bytes) -> None:
        """Shorter ones are taken for the shortest."""
        try:
            self.period_ms = max(decode_period(value), _SHORTEST_MS)
        except DecodeError as error:
            raise WriteRefusedError(_REFUSED) from error
        self._run()

    def _run(self) -> None:
        if self.configuration.axes:
            self.begin(1000.0 / self.period_ms)
        else:
            self.end()


def build(around: BuildContext) -> VirtualDevice:
    """The motion sensor of a scenario."""
    return build_sampled(
        around,
        name=_NAME,
        make_encode=EncodedMovement,
        rate_hz=STREAM_RATE_HZ,
        count=1,
        peripheral=lambda elapsed_s: SensorTagImu(
            around.imu, around.battery, name=_NAME, address=around.address, elapsed_s=elapsed_s
        ),
    )
