"""A Movesense sensor: subscriptions to resources by name, floats with a millisecond counter."""

from collections.abc import Iterator, Sequence
from typing import Unpack

from protocols.ble.codec.errors import DecodeError
from protocols.ble.movesense import (
    IMU_RATES_HZ,
    NOTIFY,
    SERVICE,
    WRITE,
    Command,
    Data,
    Imu6,
    Opcode,
    Response,
    decode_command,
    encode_imu6,
    encode_notification,
)
from protocols.units import STANDARD_GRAVITY_M_S2
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.sampled import Encode, MakeModel, SampledPeripheral, build_sampled
from simulators.peripherals.streaming import Link
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Service, battery_service
from simulators.sensors.battery import Battery
from simulators.sensors.imu import ImuModel

STREAM_RATE_HZ = 104
_RESOURCE = "/Meas/IMU6/"
_OFFLINE_REFERENCE = 99
_OK, _NOT_FOUND = 200, 404
# 4 samples of 24 bytes fit a usual link in one piece.
_SAMPLES = 4
_COUNTER_END = 2**32


def encoder(reference: int, model: ImuModel) -> Encode:
    """Samples as data of a subscription."""

    def encode(first: int, count: int) -> Iterator[tuple[str, bytes]]:
        samples = model.read(first, count)
        # The sensor's own clock: equal steps of the nominal period.
        last_ms = 1e3 * (model.start_s + (first + count - 1) / model.rate_hz)
        content = Imu6(
            timestamp_ms=round(last_ms) % _COUNTER_END,
            acc_m_s2=tuple((x, y, z) for x, y, z in (STANDARD_GRAVITY_M_S2 * samples.acc_g).tolist()),
            gyr_deg_s=tuple((x, y, z) for x, y, z in samples.gyr_deg_s.tolist()),
        )
        yield NOTIFY, encode_notification(Data(reference=reference, content=encode_imu6(content)))

    return encode


class MovesenseImu(SampledPeripheral):
    """The sensor on the air."""

    def __init__(self, make_model: MakeModel, cell: Battery, **link: Unpack[Link]) -> None:
        super().__init__(make_model, lambda model: encoder(self._reference, model), cell, **link)
        self._reference = _OFFLINE_REFERENCE
        self._notify = Characteristic(uuid=NOTIFY, notify=True)
        self.streams[NOTIFY] = self._notify

    @property
    def advertisement(self) -> Advertisement:
        """The vendor's service."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """Commands in, data out, battery."""
        command = Characteristic(uuid=WRITE, write=self._take)
        level, _ = battery_service(lambda: round(self.cell.percent(self.elapsed_s())))
        return [Service(uuid=SERVICE, characteristics=[command, self._notify]), level]

    def samples_per_notification(self) -> int:
        """Four samples a notification."""
        return _SAMPLES

    def _take(self, value: bytes) -> None:
        try:
            command = decode_command(value)
        except DecodeError:
            return
        reference = command.reference or 0
        match command.opcode:
            case Opcode.SUBSCRIBE:
                rate_hz = _rate(command)
                status = _NOT_FOUND if rate_hz is None else _OK
                self._say(Response(reference=reference, status=status))
                if rate_hz is not None:
                    self._reference = reference
                    self.begin(float(rate_hz))
            case Opcode.UNSUBSCRIBE:
                self.end()
                self._say(Response(reference=reference, status=_OK))
            case Opcode.HELLO:
                self._say(Response(reference=reference, status=_OK, content=b"virtual"))

    def _say(self, response: Response) -> None:
        self.notify(self._notify, encode_notification(response))


def _rate(command: Command) -> int | None:
    """The rate in the resource's name; None for resources that are not simulated."""
    text = command.resource.removeprefix(_RESOURCE)
    if text == command.resource or not text.isdecimal() or int(text) not in IMU_RATES_HZ:
        return None
    return int(text)


def build(around: BuildContext) -> VirtualDevice:
    """The motion sensor of a scenario."""
    name = f"Movesense {int(around.suffix, 16):012d}"
    return build_sampled(
        around,
        name=name,
        make_encode=lambda model: encoder(_OFFLINE_REFERENCE, model),
        rate_hz=float(STREAM_RATE_HZ),
        count=_SAMPLES,
        peripheral=lambda elapsed_s: MovesenseImu(
            around.imu, around.battery, name=name, address=around.address, elapsed_s=elapsed_s
        ),
    )
