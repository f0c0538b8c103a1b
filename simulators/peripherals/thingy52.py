"""A Nordic Thingy:52: raw motion, one sample a notification, at the rate in its configuration."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Unpack

import numpy as np

from protocols.ble.codec.errors import DecodeError
from protocols.ble.thingy52 import (
    CONFIGURATION,
    RAW,
    SERVICE,
    Configuration,
    RawMotion,
    decode_configuration,
    encode_configuration,
    encode_raw,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.sampled import MakeModel, SampledPeripheral, build_sampled
from simulators.peripherals.streaming import Link
from simulators.radio.errors import WriteRefusedError
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Service, battery_service
from simulators.sensors.battery import Battery
from simulators.sensors.imu import ImuModel

STREAM_RATE_HZ = 100
_FACTORY = Configuration(
    pedometer_interval_ms=1000,
    temperature_interval_ms=1000,
    magnetometer_interval_ms=500,
    motion_rate_hz=10,
    wake_on_motion=1,
)
_LOWEST_HZ, _HIGHEST_HZ = 5, 200
_REFUSED = 0x80
_ACC_PER_G, _GYR_PER_DEG_S = 2**10, 2**5


class EncodedRaw:
    """One notification a sample."""

    def __init__(self, model: ImuModel) -> None:
        self._model = model

    def __call__(self, first: int, count: int) -> Iterator[tuple[str, bytes]]:
        """Notifications of the samples."""
        samples = self._model.read(first, count)
        words = np.hstack([samples.acc_g * _ACC_PER_G, samples.gyr_deg_s * _GYR_PER_DEG_S])
        for ax, ay, az, gx, gy, gz in np.rint(words).clip(-32768, 32767).astype(np.int64).tolist():
            motion = RawMotion(acc_raw=(ax, ay, az), gyr_raw=(gx, gy, gz), mag_raw=(0, 0, 0))
            yield RAW, encode_raw(motion)


class Thingy52Imu(SampledPeripheral):
    """The sensor on the air: subscribing to the raw values starts them."""

    def __init__(self, make_model: MakeModel, cell: Battery, **link: Unpack[Link]) -> None:
        super().__init__(make_model, EncodedRaw, cell, **link)
        self._configuration = _FACTORY
        self.streams[RAW] = Characteristic(uuid=RAW, notify=True)
        self.rate_hz = float(_FACTORY.motion_rate_hz)

    @property
    def advertisement(self) -> Advertisement:
        """The name says it; the advertised service is the configuration's."""
        return Advertisement()

    def services(self) -> Sequence[Service]:
        """Motion and battery."""
        configuration = Characteristic(
            uuid=CONFIGURATION,
            read=lambda: encode_configuration(self._configuration),
            write=self._configure,
        )
        level, _ = battery_service(lambda: round(self.cell.percent(self.elapsed_s())))
        return [Service(uuid=SERVICE, characteristics=[configuration, *self.streams.values()]), level]

    def samples_per_notification(self) -> int:
        """One sample a notification."""
        return 1

    def _configure(self, value: bytes) -> None:
        try:
            wanted = decode_configuration(value)
        except DecodeError as error:
            raise WriteRefusedError(_REFUSED) from error
        if not _LOWEST_HZ <= wanted.motion_rate_hz <= _HIGHEST_HZ:
            raise WriteRefusedError(_REFUSED)
        self._configuration = replace(wanted)
        self.begin(float(wanted.motion_rate_hz))


def build(around: BuildContext) -> VirtualDevice:
    """The motion sensor of a scenario."""
    return build_sampled(
        around,
        name="Thingy",
        make_encode=EncodedRaw,
        rate_hz=float(STREAM_RATE_HZ),
        count=1,
        peripheral=lambda elapsed_s: Thingy52Imu(
            around.imu, around.battery, name="Thingy", address=around.address, elapsed_s=elapsed_s
        ),
    )
