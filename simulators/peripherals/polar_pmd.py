"""A Polar Verity Sense: bonded, asked for its settings, streams acceleration and rate of turn compressed.

Acceleration comes in mg (compressed type 1), rate of turn in units of a factor that is told at the start
(compressed type 0). Differences between samples are packed in as few bits as they need.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Unpack

import numpy as np

from protocols.ble.codec.errors import DecodeError
from protocols.ble.codec.polar_delta import Samples, delta_blocks
from protocols.ble.heart_rate import MEASUREMENT as HEART_RATE
from protocols.ble.heart_rate import SERVICE as HEART_RATE_SERVICE
from protocols.ble.polar_pmd import (
    CONTROL_POINT,
    DATA,
    SERVICE,
    Measurement,
    PmdFrame,
    encode_data,
)
from protocols.ble.polar_pmd_control import (
    ErrorCode,
    Features,
    Opcode,
    Request,
    Response,
    Setting,
    SettingKind,
    decode_request,
    encode_features,
    encode_response,
    encode_settings,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.sampled import Encode, MakeModel, SampledPeripheral, build_sampled
from simulators.peripherals.streaming import Link
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Security, Service, battery_service
from simulators.sensors.battery import Battery
from simulators.sensors.imu import ImuModel

STREAM_RATE_HZ = 52
_SAMPLES = 13
_ACC_RANGE_G, _GYR_RANGE_DEG_S = 8, 2000
_FACTOR = _GYR_RANGE_DEG_S / 32768.0
_ACC_TYPE, _GYR_TYPE = 1, 0
_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 -- the sensor's clock has no time zone

_OFFERED = {
    Measurement.ACC: (
        Setting(kind=SettingKind.RATE_HZ, values=(STREAM_RATE_HZ,)),
        Setting(kind=SettingKind.RESOLUTION_BITS, values=(16,)),
        Setting(kind=SettingKind.RANGE, values=(_ACC_RANGE_G,)),
        Setting(kind=SettingKind.CHANNELS, values=(3,)),
    ),
    Measurement.GYR: (
        Setting(kind=SettingKind.RATE_HZ, values=(STREAM_RATE_HZ,)),
        Setting(kind=SettingKind.RESOLUTION_BITS, values=(16,)),
        Setting(kind=SettingKind.RANGE, values=(250, 500, 1000, _GYR_RANGE_DEG_S)),
        Setting(kind=SettingKind.CHANNELS, values=(3,)),
    ),
}
_FACTORS = encode_settings((Setting(kind=SettingKind.FACTOR, values=(_FACTOR,)),))


def encoder(model: ImuModel, streams: Callable[[], frozenset[Measurement]], begins_ns: int) -> Encode:
    """Frames of the streams that are on; `begins_ns` is the sensor's clock when the scenario begins."""

    def encode(first: int, count: int) -> Iterator[tuple[str, bytes]]:
        samples = model.read(first, count)
        last_s = model.start_s + (first + count - 1) / model.rate_hz
        timestamp_ns = begins_ns + round(1e9 * last_s)
        for measurement, values, frame_type in (
            (Measurement.ACC, 1000.0 * samples.acc_g, _ACC_TYPE),
            (Measurement.GYR, samples.gyr_deg_s / _FACTOR, _GYR_TYPE),
        ):
            if measurement not in streams():
                continue
            words = np.rint(values).clip(-32768, 32767).astype(np.int64).tolist()
            rows: Samples = tuple((x, y, z) for x, y, z in words)
            frame = PmdFrame(
                measurement=measurement,
                timestamp_ns=timestamp_ns,
                frame_type=frame_type,
                samples=rows,
                blocks=delta_blocks(rows),
            )
            yield DATA, encode_data(frame)

    return encode


_ALL = frozenset(_OFFERED)


class PolarSense(SampledPeripheral):
    """The sensor on the air."""

    def __init__(self, make_model: MakeModel, cell: Battery, *, begins_ns: int, **link: Unpack[Link]) -> None:
        def make_encode(model: ImuModel) -> Encode:
            return encoder(model, lambda: frozenset(self._started), begins_ns)

        super().__init__(make_model, make_encode, cell, **link)
        self._started: set[Measurement] = set()
        self._requests: asyncio.Queue[bytes] = asyncio.Queue()
        self._control = Characteristic(
            uuid=CONTROL_POINT,
            read=self._features,
            write=self._requests.put_nowait,
            indicate=True,
            security=Security.ENCRYPTED,
        )
        self.streams[DATA] = Characteristic(uuid=DATA, notify=True, security=Security.ENCRYPTED)

    @property
    def advertisement(self) -> Advertisement:
        """The vendor's service."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """PMD, heart rate (there, but silent: the sensor is on a limb), battery."""
        level, _ = battery_service(lambda: round(self.cell.percent(self.elapsed_s())))
        return [
            Service(uuid=SERVICE, characteristics=[self._control, *self.streams.values()]),
            Service(uuid=HEART_RATE_SERVICE, characteristics=[Characteristic(uuid=HEART_RATE, notify=True)]),
            level,
        ]

    def samples_per_notification(self) -> int:
        """A quarter of a second."""
        return _SAMPLES

    async def run(self) -> None:
        """Stream, and answer the control point."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(super().run(), name=f"{self.name} streams")
            tasks.create_task(self._answer_all(), name=f"{self.name} control point")

    async def _answer_all(self) -> None:
        while True:
            value = await self._requests.get()
            try:
                response = self._answer(decode_request(value))
            except DecodeError:
                response = Response(
                    opcode=value[0] if value else 0, measurement=0, error=ErrorCode.INVALID_OPCODE
                )
            await self.indicate(self._control, encode_response(response))

    def _answer(self, request: Request) -> Response:
        measurement, error, parameters = request.measurement, ErrorCode.SUCCESS, b""
        if measurement not in _OFFERED:
            error = ErrorCode.NOT_SUPPORTED
        elif request.opcode is Opcode.GET_SETTINGS:
            parameters = encode_settings(_OFFERED[measurement])
        elif request.opcode is Opcode.START:
            error, parameters = self._start(measurement)
        elif measurement not in self._started:
            error = ErrorCode.INVALID_STATE
        else:
            self._started.discard(measurement)
            if not self._started:
                self.end()
        return Response(
            opcode=request.opcode, measurement=measurement, error=error, more=False, parameters=parameters
        )

    def _start(self, measurement: Measurement) -> tuple[ErrorCode, bytes]:
        if measurement in self._started:
            return ErrorCode.INVALID_STATE, b""
        self._started.add(measurement)
        self.begin(float(STREAM_RATE_HZ))
        return ErrorCode.SUCCESS, _FACTORS if measurement is Measurement.GYR else b""

    @staticmethod
    def _features() -> bytes:
        return encode_features(Features(bits=sum(1 << one for one in _OFFERED)))


def build(around: BuildContext) -> VirtualDevice:
    """The motion sensor of a scenario."""
    name = f"Polar Sense {around.suffix}"
    begins_ns = round((around.local_time(0.0) - _EPOCH).total_seconds()) * 1_000_000_000
    return build_sampled(
        around,
        name=name,
        make_encode=lambda model: encoder(model, lambda: _ALL, begins_ns),
        rate_hz=float(STREAM_RATE_HZ),
        count=_SAMPLES,
        peripheral=lambda elapsed_s: PolarSense(
            around.imu,
            around.battery,
            begins_ns=begins_ns,
            name=name,
            address=around.address,
            elapsed_s=elapsed_s,
        ),
    )
