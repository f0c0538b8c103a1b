"""A MetaMotion board: acceleration and rate of turn of its fusion at 100 Hz, a notification each."""

from collections.abc import Iterator, Sequence
from typing import Unpack

from protocols.ble.codec.errors import DecodeError
from protocols.ble.metamotion import (
    COMMAND,
    NOTIFY,
    SERVICE,
    Accuracy,
    CorrectedAcceleration,
    CorrectedRate,
    Source,
    decode_command,
    encode_fusion,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.sampled import MakeModel, SampledPeripheral, build_sampled
from simulators.peripherals.streaming import Link
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Service, battery_service
from simulators.sensors.battery import Battery
from simulators.sensors.imu import ImuModel

RATE_HZ = 100.0
_FUSION = 0x19
_ENABLE, _OUTPUT = 0x01, 0x03


class EncodedFusion:
    """Two notifications a sample: acceleration, then rate of turn."""

    def __init__(self, model: ImuModel) -> None:
        self._model = model

    def __call__(self, first: int, count: int) -> Iterator[tuple[str, bytes]]:
        """Notifications of the samples."""
        samples = self._model.read(first, count)
        for acc_g, gyr in zip(samples.acc_g.tolist(), samples.gyr_deg_s.tolist(), strict=True):
            acc_mg = (1000.0 * acc_g[0], 1000.0 * acc_g[1], 1000.0 * acc_g[2])
            yield NOTIFY, encode_fusion(CorrectedAcceleration(acc_mg=acc_mg, accuracy=Accuracy.HIGH))
            yield NOTIFY, encode_fusion(CorrectedRate(gyr_deg_s=tuple(gyr), accuracy=Accuracy.HIGH))


class MetaMotionImu(SampledPeripheral):
    """The board on the air."""

    def __init__(self, make_model: MakeModel, cell: Battery, **link: Unpack[Link]) -> None:
        super().__init__(make_model, EncodedFusion, cell, **link)
        self._notify = Characteristic(uuid=NOTIFY, notify=True)
        self.streams[NOTIFY] = self._notify
        self._outputs = 0

    @property
    def advertisement(self) -> Advertisement:
        """The vendor's service."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """Commands in, data out, battery."""
        command = Characteristic(uuid=COMMAND, write=self._take, without_response=True)
        level, _ = battery_service(lambda: round(self.cell.percent(self.elapsed_s())))
        return [Service(uuid=SERVICE, characteristics=[command, self._notify]), level]

    def samples_per_notification(self) -> int:
        """One sample a notification."""
        return 1

    def _take(self, value: bytes) -> None:
        try:
            command = decode_command(value)
        except DecodeError:
            return
        if command.module != _FUSION or not command.content:
            return
        if command.register == _OUTPUT:
            on, off = command.content[0], command.content[1] if len(command.content) > 1 else 0
            self._outputs = (self._outputs | on) & ~off
        elif command.register == _ENABLE:
            wanted = 1 << Source.CORRECTED_ACC | 1 << Source.CORRECTED_GYR
            if command.content[0] and self._outputs & wanted == wanted:
                self.begin(RATE_HZ)
            else:
                self.end()


def build(around: BuildContext) -> VirtualDevice:
    """The motion sensor of a scenario."""
    return build_sampled(
        around,
        name="MetaWear",
        make_encode=EncodedFusion,
        rate_hz=RATE_HZ,
        count=1,
        peripheral=lambda elapsed_s: MetaMotionImu(
            around.imu, around.battery, name="MetaWear", address=around.address, elapsed_s=elapsed_s
        ),
    )
