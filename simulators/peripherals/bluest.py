"""An ST SensorTile with ST's own firmware: 20 samples a second from the subscription on."""

from collections.abc import Iterator, Sequence
from typing import Unpack

import numpy as np

from protocols.ble.bluest import (
    ACCELEROMETER,
    GYROSCOPE,
    MAGNETOMETER,
    MOTION,
    SERVICE,
    TICK_BITS,
    TICKS_PER_S,
    Advertisement,
    Motion,
    encode_advertisement,
    encode_motion,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.sampled import MakeModel, SampledPeripheral, build_sampled
from simulators.peripherals.streaming import Link
from simulators.radio.gatt import advertisement as gap
from simulators.radio.gatt.services import Characteristic, Service, battery_service
from simulators.sensors.battery import Battery
from simulators.sensors.imu import ImuModel

STREAM_RATE_HZ = 20.0
_NAME = "STL1V42"
_SENSORTILE = 0x02
# The board was switched on before the station came; its counter goes over its end after 8.7 min.
_TICKS_AT_START = 64_000


class EncodedMotion:
    """One notification a sample; the magnetometer says nothing."""

    def __init__(self, model: ImuModel) -> None:
        self._model = model

    def __call__(self, first: int, count: int) -> Iterator[tuple[str, bytes]]:
        """Notifications of the samples."""
        samples = self._model.read(first, count)
        step_s = 1.0 / self._model.rate_hz
        acc = np.rint(samples.acc_g * 1000.0).clip(-32768, 32767).astype(np.int64).tolist()
        gyr = np.rint(samples.gyr_deg_s * 10.0).clip(-32768, 32767).astype(np.int64).tolist()
        for index, (acc_mg, gyr_0_1) in enumerate(zip(acc, gyr, strict=True), start=first):
            ticks = _TICKS_AT_START + int((self._model.start_s + index * step_s) * TICKS_PER_S)
            motion = Motion(
                timestamp=ticks % (1 << TICK_BITS),
                acc_mg=tuple(acc_mg),
                gyr_0_1_deg_s=tuple(gyr_0_1),
                mag_mg=(0, 0, 0),
            )
            yield MOTION, encode_motion(motion)


class SensorTile(SampledPeripheral):
    """The board on the air."""

    def __init__(self, make_model: MakeModel, cell: Battery, **link: Unpack[Link]) -> None:
        super().__init__(make_model, EncodedMotion, cell, **link)
        self.streams[MOTION] = Characteristic(uuid=MOTION, notify=True)
        self.begin(STREAM_RATE_HZ)

    @property
    def advertisement(self) -> gap.Advertisement:
        """Version, board, features and its own address in place of a company's data."""
        said = Advertisement(
            device=_SENSORTILE,
            features=ACCELEROMETER | GYROSCOPE | MAGNETOMETER,
            address=bytes.fromhex(self.address.replace(":", "")),
        )
        data = encode_advertisement(said)
        return gap.Advertisement(manufacturer_data={int.from_bytes(data[:2], "little"): data[2:]})

    def services(self) -> Sequence[Service]:
        """Its features, and battery."""
        level, _ = battery_service(lambda: round(self.cell.percent(self.elapsed_s())))
        return [Service(uuid=SERVICE, characteristics=list(self.streams.values())), level]

    def samples_per_notification(self) -> int:
        """One sample a notification."""
        return 1


def build(around: BuildContext) -> VirtualDevice:
    """The motion sensor of a scenario."""
    return build_sampled(
        around,
        name=_NAME,
        make_encode=EncodedMotion,
        rate_hz=STREAM_RATE_HZ,
        count=1,
        peripheral=lambda elapsed_s: SensorTile(
            around.imu, around.battery, name=_NAME, address=around.address, elapsed_s=elapsed_s
        ),
    )
