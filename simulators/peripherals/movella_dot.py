"""A Movella DOT: one sample a notification, a 32-bit counter of microseconds, settings at rest only."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Unpack

from protocols.ble import movella_dot_device
from protocols.ble.codec.errors import DecodeError
from protocols.ble.movella_dot import (
    COMPANY,
    LONG_PAYLOAD,
    MEDIUM_PAYLOAD,
    SERVICE,
    SHORT_PAYLOAD,
    DotSample,
    PayloadMode,
    encode_payload,
    payload_characteristic,
)
from protocols.ble.movella_dot_device import (
    Apply,
    BatteryStatus,
    Control,
    DeviceControl,
    decode_control,
    decode_device_control,
    encode_battery,
    encode_control,
    encode_device_control,
)
from protocols.units import STANDARD_GRAVITY_M_S2
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.sampled import MakeModel, SampledPeripheral, build_sampled
from simulators.peripherals.streaming import Link
from simulators.radio.errors import WriteRefusedError
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Service
from simulators.sensors.battery import Battery
from simulators.sensors.imu import ImuModel

FACTORY_RATE_HZ = 60
_LIVE_RATES_HZ = frozenset({1, 4, 10, 12, 15, 20, 30, 60})
_REFUSED = 0x80
_MODE = PayloadMode.RATE
# The counter ran before the station came, and goes over its end after 71.6 minutes.
_COUNTER_AT_START_US = 4_100_000_000
_COUNTER_END = 2**32


class EncodedDotSamples:
    """Samples in mode RATE: acceleration and rate of turn behind the counter."""

    def __init__(self, model: ImuModel) -> None:
        self._model = model

    def __call__(self, first: int, count: int) -> Iterator[tuple[str, bytes]]:
        """One notification a sample."""
        samples = self._model.read(first, count)
        # The counter is the sensor's own idea of time: equal steps of the nominal period.
        step_us = 1e6 / self._model.rate_hz
        start_us = _COUNTER_AT_START_US + 1e6 * self._model.start_s
        rows = zip(samples.acc_g.tolist(), samples.gyr_deg_s.tolist(), strict=True)
        for index, (acc_g, gyr_deg_s) in enumerate(rows, start=first):
            sample = DotSample(
                timestamp_us=round(start_us + index * step_us) % _COUNTER_END,
                acc_m_s2=tuple(STANDARD_GRAVITY_M_S2 * axis for axis in acc_g),
                gyr_deg_s=tuple(gyr_deg_s),
            )
            yield payload_characteristic(_MODE), encode_payload(_MODE, sample)


class MovellaDotImu(SampledPeripheral):
    """The sensor on the air."""

    def __init__(self, make_model: MakeModel, cell: Battery, **link: Unpack[Link]) -> None:
        super().__init__(make_model, EncodedDotSamples, cell, **link)
        self._settings = DeviceControl(apply=Apply(0), output_rate_hz=FACTORY_RATE_HZ)
        self._control = Control(running=False, mode=_MODE)
        for uuid in (LONG_PAYLOAD, MEDIUM_PAYLOAD, SHORT_PAYLOAD):
            self.streams[uuid] = Characteristic(uuid=uuid, notify=True)

    @property
    def advertisement(self) -> Advertisement:
        """Movella's company number."""
        return Advertisement(manufacturer_data={COMPANY: b"\0\0"})

    def services(self) -> Sequence[Service]:
        """Configuration, measurement, battery."""
        settings = Characteristic(
            uuid=movella_dot_device.DEVICE_CONTROL,
            read=lambda: encode_device_control(self._settings),
            write=self._set,
        )
        control = Characteristic(
            uuid=movella_dot_device.CONTROL,
            read=lambda: encode_control(self._control),
            write=self._take_control,
        )
        battery = Characteristic(uuid=movella_dot_device.BATTERY, read=self._battery, notify=True)
        return [
            Service(uuid=movella_dot_device.CONFIGURATION_SERVICE, characteristics=[settings]),
            Service(uuid=SERVICE, characteristics=[control, *self.streams.values()]),
            Service(uuid=movella_dot_device.BATTERY_SERVICE, characteristics=[battery]),
        ]

    def samples_per_notification(self) -> int:
        """One sample a notification."""
        return 1

    def _battery(self) -> bytes:
        level = round(self.cell.percent(self.elapsed_s()))
        return encode_battery(BatteryStatus(level_percent=level, charging=False))

    def _set(self, value: bytes) -> None:
        try:
            wanted = decode_device_control(value)
        except DecodeError as error:
            raise WriteRefusedError(_REFUSED) from error
        if self._control.running:
            return  # settings are taken at rest only
        if Apply.OUTPUT_RATE in wanted.apply and wanted.output_rate_hz in _LIVE_RATES_HZ:
            self._settings = replace(self._settings, output_rate_hz=wanted.output_rate_hz)

    def _take_control(self, value: bytes) -> None:
        try:
            control = decode_control(value)
        except DecodeError as error:
            raise WriteRefusedError(_REFUSED) from error
        if control.running and control.mode is not _MODE:
            raise WriteRefusedError(_REFUSED)  # the other modes are not simulated
        self._control = control
        if control.running:
            self.begin(float(self._settings.output_rate_hz))
        else:
            self.end()


def build(around: BuildContext) -> VirtualDevice:
    """The motion sensor of a scenario."""
    return build_sampled(
        around,
        name="Movella DOT",
        make_encode=EncodedDotSamples,
        rate_hz=float(FACTORY_RATE_HZ),
        count=1,
        peripheral=lambda elapsed_s: MovellaDotImu(
            around.imu,
            around.battery,
            name="Movella DOT",
            address=around.address,
            elapsed_s=elapsed_s,
        ),
    )
