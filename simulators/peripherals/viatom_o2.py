"""A Viatom O2 ring (O2Ring, Checkme O2...): answers questions, never speaks unasked."""

from collections.abc import Iterator
from math import ceil
from typing import Unpack

import numpy as np

from protocols.ble.codec.errors import DecodeError
from protocols.ble.viatom_o2 import (
    COMPANY,
    NOTIFY,
    SERVICE,
    WAVE_RATE_HZ,
    WRITE,
    Command,
    Opcode,
    RealtimeValues,
    Reply,
    Waveform,
    Worn,
    decode_command,
    encode_info,
    encode_realtime,
    encode_reply,
    encode_waveform,
)
from simulators.patient.ppg import PulseWave
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.peripherals.uart import CommandReader, SerialLine
from simulators.radio.gatt.advertisement import Advertisement
from simulators.sensors.battery import Battery
from simulators.sensors.oximeter import OximeterSensor

_COMMAND_START = 0xAA
_OVERHEAD = 8
_NOT_SUPPORTED = 1
# Samples since the last question, at most what one answer holds.
_MOST_SAMPLES = 250


class ViatomO2Ring:
    """The ring's answers, a function of the instant of the question."""

    def __init__(self, sensor: OximeterSensor, pleth: PulseWave, cell: Battery) -> None:
        self._sensor = sensor
        self._pleth = pleth
        self._cell = cell

    def realtime(self, t_s: float) -> bytes:
        """The reply to the question for values."""
        reading = self._sensor.reading(t_s)
        worn = not reading.sensor_off
        # Worn without values is "calibrating": zeros. Not worn is FF.
        content = encode_realtime(
            RealtimeValues(
                spo2_percent=(reading.spo2_percent or 0) if worn else None,
                pulse_rate_per_min=(reading.pulse_rate_per_min or 0) if worn else None,
                steps=0,
                battery_percent=round(self._cell.percent(t_s)),
                charging=0,
                motion=40 if reading.motion else 1,
                perfusion_index_percent=round(reading.perfusion_index_percent, 1),
                worn=Worn.FINGER if worn else Worn(0),
                alarm_bits=0,
            )
        )
        return encode_reply(Reply(status=0, content=content))

    def waveform(self, t_s: float, since_s: float) -> bytes:
        """The reply to the question for values and the pleth since the last one."""
        reading = self._sensor.reading(t_s)
        count = min(round((t_s - since_s) * WAVE_RATE_HZ), _MOST_SAMPLES)
        instants = t_s + (np.arange(count) - count) / WAVE_RATE_HZ
        content = encode_waveform(
            Waveform(
                spo2_percent=None if reading.sensor_off else reading.spo2_percent or 0,
                pulse_rate_per_min=None if reading.sensor_off else reading.pulse_rate_per_min or 0,
                battery_percent=round(self._cell.percent(t_s)),
                charging=0,
                perfusion_index_percent=round(reading.perfusion_index_percent, 1),
                state=0 if reading.sensor_off else 1,
                samples=tuple(self._pleth.words(instants, low=0, high=155)),
            )
        )
        return encode_reply(Reply(status=0, content=content))

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """The answers to a station that asks for values once a second."""
        second = ceil(start_s)
        while True:
            at_s = float(second)
            yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=self.realtime(at_s))
            second += 1


def _size(buffer: bytes) -> int | None:
    """Length of the command that begins the buffer."""
    if len(buffer) < _OVERHEAD - 1:
        return None
    return _OVERHEAD + int.from_bytes(buffer[5:7], "little")


class ViatomO2(SerialLine):
    """The ring on the air."""

    service_uuid = SERVICE
    notify_uuid = NOTIFY
    write_uuid = WRITE
    advertises_service = False

    def __init__(self, ring: ViatomO2Ring, **link: Unpack[Link]) -> None:
        super().__init__(ring, **link)
        self._ring = ring
        self._reader = CommandReader(start=_COMMAND_START, size=_size)
        self._waved_s: float | None = None

    @property
    def advertisement(self) -> Advertisement:
        """Viatom's number, which is nobody's in the register."""
        return Advertisement(manufacturer_data={COMPANY: b"\0\0"})

    def speaks(self, emission: TimedNotification) -> bool:
        """Never unasked."""
        del emission
        return False

    def take(self, value: bytes) -> None:
        """Collect the pieces of a command and answer it."""
        for frame in self._reader.feed(value):
            try:
                command = decode_command(frame)
            except DecodeError:
                continue
            self.send(self._answer(command))

    def _answer(self, command: Command) -> bytes:
        now_s = self.elapsed_s()
        match command.opcode:
            case Opcode.REALTIME:
                return self._ring.realtime(now_s)
            case Opcode.WAVEFORM:
                since_s, self._waved_s = self._waved_s, now_s
                return self._ring.waveform(now_s, now_s - 1.0 if since_s is None else since_s)
            case Opcode.INFO:
                about = {"Model": "1611", "SN": f"{self.address[-8:].replace(':', '')}", "CurState": "1"}
                return encode_reply(Reply(status=0, content=encode_info(about)))
            case Opcode.PING | Opcode.CONFIGURE:
                return encode_reply(Reply(status=0))
            case _:
                return encode_reply(Reply(status=_NOT_SUPPORTED))


def build(around: BuildContext) -> VirtualDevice:
    """The ring of a scenario."""
    ring = ViatomO2Ring(around.oximeter(), around.pleth(), around.battery)
    name = f"O2Ring {around.suffix}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=ring,
        peripheral=lambda elapsed_s: ViatomO2(ring, name=name, address=around.address, elapsed_s=elapsed_s),
    )
