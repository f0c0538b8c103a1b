"""A WitMotion WT901BLE IMU: 10 Hz until told otherwise, frames without time or checksum, registers."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from math import ceil

import numpy as np

from protocols.ble.errors import DecodeError
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
from simulators.emission import Emission
from simulators.peripheral import Peripheral
from simulators.radio.advertisement import Advertisement
from simulators.radio.gatt import Characteristic, Service
from simulators.radio.outlet import HEADER_BYTES
from simulators.sensors.battery import Battery
from simulators.sensors.imu import CHUNK, ImuModel, ImuSamples
from simulators.virtual_device import Surroundings, VirtualDevice

FACTORY_RATE = Rate.HZ_10
# What stations set; a stream without a radio has it from its first sample.
STREAM_RATE = Rate.HZ_100
# The product collects frames while it waits for the radio: about 50 ms of them go into one notification.
_COLLECTED_S = 0.05
_RATE_REGISTER = 0x03
# Settings are only taken for this long after the unlocking command (WT901BLECL manual: 10 s).
_UNLOCKED_S = 10.0
_VERSION = 0x2A31


def frames_per_notification(rate_hz: float) -> int:
    """How many 20-byte frames the product puts into one notification."""
    return max(1, round(rate_hz * _COLLECTED_S))


def frames_of(samples: ImuSamples) -> list[MotionFrame]:
    """Samples in the sensor's words; the angles are crude: gravity for roll and pitch, no heading."""
    acc, gyr = samples.acc_g.T, samples.gyr_deg_s.T
    roll = np.arctan2(acc[1], acc[2])
    pitch = np.arctan2(-acc[0], np.hypot(acc[1], acc[2]))
    words = np.vstack([acc * (32768.0 / 16.0), gyr * (32768.0 / 2000.0), [roll * (32768.0 / np.pi)]])
    columns = np.rint(np.vstack([words, [pitch * (32768.0 / np.pi)]])).clip(-32768, 32767).astype(np.int64)
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

    def payload(self, first: int, count: int) -> bytes:
        """One notification: the frames of samples `first` .. `first + count - 1`, one behind the other."""
        begin = first % CHUNK
        frames = self._chunk(first // CHUNK)[begin : begin + count]
        while len(frames) < count:
            frames += self._chunk((first + len(frames)) // CHUNK)[: count - len(frames)]
        return b"".join(frames)

    def _chunk(self, index: int) -> list[bytes]:
        if index != self._chunk_index:
            self._frames = [encode_frame(frame) for frame in frames_of(self._model.chunk(index))]
            self._chunk_index = index
        return self._frames


class WitMotionSource:
    """What the sensor sends at one rate: a notification for every 50 ms or so of samples."""

    def __init__(self, model: ImuModel, *, samples_per_notification: int | None = None) -> None:
        self.model = model
        self._count = samples_per_notification or frames_per_notification(model.rate_hz)

    def emissions(self, start_s: float) -> Iterator[Emission]:
        """Notifications whose first sample is at or after `start_s`, sent with their last one, for ever."""
        model = self.model
        encoded = EncodedSamples(model)
        count = self._count
        first = max(0, ceil((start_s - model.start_s) / model.period_s))
        while True:
            yield Emission(
                at_s=model.sample_s(first + count - 1),
                characteristic=NOTIFY,
                payload=encoded.payload(first, count),
            )
            first += count


class WitMotionImu(Peripheral):
    """The sensor on the air: streams from the subscription on, takes its settings while unlocked."""

    def __init__(
        self,
        make_model: Callable[[float, float], ImuModel],
        cell: Battery,
        *,
        name: str,
        address: str,
        elapsed_s: Callable[[], float],
        samples_per_notification: int | None = None,
    ) -> None:
        """`make_model(rate_hz, start_s)` gives the sensor running at that rate from that instant on."""
        super().__init__(name=name, address=address)
        self._make_model = make_model
        self._cell = cell
        self._elapsed_s = elapsed_s
        self._wanted_count = samples_per_notification
        self._rate = FACTORY_RATE
        self._saved_rate = FACTORY_RATE
        self._unlocked_until_s = -1.0
        self._rate_changed = asyncio.Event()
        self._notify = Characteristic(uuid=NOTIFY, notify=True)
        self._write = Characteristic(uuid=WRITE, write=self._on_command, without_response=True)

    @property
    def advertisement(self) -> Advertisement:
        """The vendor's service, on the vendor's own UUID base."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """One service: frames out, commands in."""
        return [Service(uuid=SERVICE, characteristics=[self._notify, self._write])]

    async def run(self) -> None:
        """Stream while subscribed; begin a new run of samples whenever the rate changes."""
        while True:
            await self.wait_for(lambda: self.is_subscribed(self._notify))
            await self._stream()

    async def _stream(self) -> None:
        self._rate_changed.clear()
        begin_s = self._elapsed_s()
        model = self._make_model(self._rate.hz, begin_s)
        encoded = EncodedSamples(model)
        first, count = 0, self._frames_that_fit()
        while True:
            due_s = model.sample_s(first + count - 1) - self._elapsed_s()
            if due_s > 0:
                try:
                    async with asyncio.timeout(due_s):
                        await self._rate_changed.wait()
                except TimeoutError:
                    pass
            if self._rate_changed.is_set() or not self.is_subscribed(self._notify):
                return
            self.notify(self._notify, encoded.payload(first, count))
            first += count

    def _frames_that_fit(self) -> int:
        room = min(connection.att_mtu for connection in self.connections) - HEADER_BYTES
        wanted = self._wanted_count or frames_per_notification(self._rate.hz)
        return max(1, min(wanted, room // FRAME_SIZE))

    def _on_command(self, value: bytes) -> None:
        try:
            command = decode_command(value)
        except DecodeError:
            return  # the product ignores what it does not understand
        now_s = self._elapsed_s()
        match command:
            case Unlock():
                self._unlocked_until_s = now_s + _UNLOCKED_S
            case ReadRegister(register=register):
                self.notify(self._notify, encode_frame(self._registers(register, now_s)))
            case SetRate(rate=rate) if now_s < self._unlocked_until_s:
                self._rate = rate
                self._rate_changed.set()
            case Save() if now_s < self._unlocked_until_s:
                self._saved_rate = self._rate
            case SetRate() | Save() | Calibrate():
                pass

    def _registers(self, register: int, now_s: float) -> RegisterFrame:
        known = {
            _RATE_REGISTER: int(self._rate),
            Register.VERSION: _VERSION,
            Register.TEMPERATURE: 2950,
            Register.BATTERY: round(100.0 * self._cell.volts(now_s)),
        }
        return RegisterFrame(
            register=register, values=tuple(known.get(register + offset, 0) for offset in range(8))
        )


def build(around: Surroundings) -> VirtualDevice:
    """The motion sensor of a scenario."""
    name = f"WT901BLE{around.suffix}"
    count = around.section.samples_per_notification
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=WitMotionSource(around.imu(STREAM_RATE.hz, 0.0), samples_per_notification=count),
        peripheral=lambda elapsed_s: WitMotionImu(
            around.imu,
            around.battery,
            name=name,
            address=around.address,
            elapsed_s=elapsed_s,
            samples_per_notification=count,
        ),
    )
