"""A WitMotion WT901BLE IMU: 10 Hz until told otherwise, frames without time or checksum, registers."""

from collections.abc import Iterator, Sequence
from typing import Unpack

import numpy as np

from protocols.ble.codec.errors import DecodeError
from protocols.ble.witmotion import (
    FRAME_SIZE,
    NOTIFY,
    SERVICE,
    WRITE,
    Calibrate,
    MotionFrame,
    Rate,
    ReadRegister,
    Register,
    RegisterFrame,
    Save,
    SetRate,
    Unlock,
    decode_command,
    encode_frame,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.sampled import MakeModel, SampledPeripheral, build_sampled
from simulators.peripherals.streaming import Link
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.notification_sender import HEADER_BYTES
from simulators.radio.gatt.services import Characteristic, Service
from simulators.sensors.battery import Battery
from simulators.sensors.imu import CHUNK, ImuModel, ImuSamples

FACTORY_RATE = Rate.HZ_10
# What stations set; a stream without a radio has it from its first sample.
STREAM_RATE = Rate.HZ_100
# The product collects frames while it waits for the radio: about 50 ms of them go into one notification.
_COLLECTED_S = 0.05
_RATE_REGISTER = 0x03
# Settings are only taken for this long after the unlocking command (WT901BLECL manual: 10 s).
_UNLOCKED_S = 10.0
_VERSION = 0x2A31
_TEMPERATURE_0_01_CELSIUS = 2950


def frames_per_notification(rate_hz: float) -> int:
    """How many 20-byte frames the product puts into one notification."""
    return max(1, round(rate_hz * _COLLECTED_S))


def frames_of(samples: ImuSamples) -> list[MotionFrame]:
    """Samples in the sensor's words; the angles are crude: gravity for roll and pitch, no heading."""
    acc, gyr = samples.acc_g.T, samples.gyr_deg_s.T
    roll = np.arctan2(acc[1], acc[2])
    pitch = np.arctan2(-acc[0], np.hypot(acc[1], acc[2]))
    angles = np.vstack([roll, pitch]) * (32768.0 / np.pi)
    words = np.vstack([acc * (32768.0 / 16.0), gyr * (32768.0 / 2000.0), angles])
    columns = np.rint(words).clip(-32768, 32767).astype(np.int64)
    return [
        MotionFrame((ax, ay, az), (gx, gy, gz), (roll_word, pitch_word, 0))
        for ax, ay, az, gx, gy, gz, roll_word, pitch_word in columns.T.tolist()
    ]


class EncodedSamples:
    """A sensor's samples as 20-byte frames, encoded a chunk at a time."""

    def __init__(self, model: ImuModel) -> None:
        self._model = model
        self._chunk_index = -1
        self._frames: list[bytes] = []

    def __call__(self, first: int, count: int) -> Iterator[tuple[str, bytes]]:
        """One notification: the frames of the samples, one behind the other."""
        begin = first % CHUNK
        frames = self._chunk(first // CHUNK)[begin : begin + count]
        while len(frames) < count:
            frames += self._chunk((first + len(frames)) // CHUNK)[: count - len(frames)]
        yield NOTIFY, b"".join(frames)

    def _chunk(self, index: int) -> list[bytes]:
        if index != self._chunk_index:
            self._frames = [encode_frame(frame) for frame in frames_of(self._model.chunk(index))]
            self._chunk_index = index
        return self._frames


class WitMotionImu(SampledPeripheral):
    """The sensor on the air: streams from the subscription on, takes its settings while unlocked."""

    def __init__(
        self, make_model: MakeModel, cell: Battery, *, count: int | None = None, **link: Unpack[Link]
    ) -> None:
        super().__init__(make_model, EncodedSamples, cell, **link)
        self._count = count
        self._rate = FACTORY_RATE
        self.saved_rate = FACTORY_RATE
        self._unlocked_until_s = -1.0
        self._notify = Characteristic(uuid=NOTIFY, notify=True)
        self._write = Characteristic(uuid=WRITE, write=self._take, without_response=True)
        self.streams[NOTIFY] = self._notify
        self.rate_hz = FACTORY_RATE.hz

    @property
    def advertisement(self) -> Advertisement:
        """The vendor's service, on the vendor's own UUID base."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """One service: frames out, commands in."""
        return [Service(uuid=SERVICE, characteristics=[self._notify, self._write])]

    def samples_per_notification(self) -> int:
        """As many as have come together, if the link takes them."""
        room = min(connection.att_mtu for connection in self.connections) - HEADER_BYTES
        return max(1, min(self._count or frames_per_notification(self._rate.hz), room // FRAME_SIZE))

    def _take(self, value: bytes) -> None:
        try:
            command = decode_command(value)
        except DecodeError:
            return  # the product ignores what it does not understand
        now_s = self.elapsed_s()
        match command:
            case Unlock():
                self._unlocked_until_s = now_s + _UNLOCKED_S
            case ReadRegister(register=register):
                self.notify(self._notify, encode_frame(self._registers(register, now_s)))
            case SetRate(rate=rate) if now_s < self._unlocked_until_s:
                self._rate = rate
                self.begin(rate.hz)
            case Save() if now_s < self._unlocked_until_s:
                self.saved_rate = self._rate
            case SetRate() | Save() | Calibrate():
                pass

    def _registers(self, register: int, now_s: float) -> RegisterFrame:
        known = {
            _RATE_REGISTER: int(self._rate),
            Register.VERSION: _VERSION,
            Register.TEMPERATURE: _TEMPERATURE_0_01_CELSIUS,
            Register.BATTERY: round(100.0 * self.cell.volts(now_s)),
        }
        return RegisterFrame(
            register=register, values=tuple(known.get(register + offset, 0) for offset in range(8))
        )


def build(around: BuildContext) -> VirtualDevice:
    """The motion sensor of a scenario."""
    name = f"WT901BLE{around.suffix}"
    wanted = around.section.samples_per_notification
    return build_sampled(
        around,
        name=name,
        make_encode=EncodedSamples,
        rate_hz=STREAM_RATE.hz,
        count=wanted or frames_per_notification(STREAM_RATE.hz),
        peripheral=lambda elapsed_s: WitMotionImu(
            around.imu,
            around.battery,
            count=wanted,
            name=name,
            address=around.address,
            elapsed_s=elapsed_s,
        ),
    )
