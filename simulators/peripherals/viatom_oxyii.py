"""A Wellue O2Ring-S: opened by a key, then answers questions; wedges where the product wedges."""

from collections.abc import Iterator
from math import ceil
from typing import Unpack

import numpy as np

from protocols.ble.codec.errors import DecodeError
from protocols.ble.codec.lepu_frame import INFO_SIZE, OVERHEAD, START, DeviceInfo
from protocols.ble.date_time import DateTime, encode_date_time
from protocols.ble.viatom_oxyii import (
    COMPANY,
    NOTIFY,
    PPG_RATE_HZ,
    SERVICE,
    WRITE,
    Command,
    LiveValues,
    Opcode,
    Reply,
    State,
    decode_command,
    encode_file_list,
    encode_info,
    encode_live,
    encode_reply,
)
from simulators.patient.ppg import PulseWave
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.peripherals.uart import CommandReader, SerialLine
from simulators.radio.gatt.advertisement import Advertisement
from simulators.sensors.battery import Battery
from simulators.sensors.oximeter import OximeterSensor

_FILES = frozenset({Opcode.FILE_LIST, Opcode.FILE_OPEN, Opcode.FILE_READ, Opcode.FILE_CLOSE})
# Below this the file commands wedge the ring until it is reset.
_MTU_FOR_FILES = 517


class OxyIIRing:
    """The ring's live values, a function of the instant of the question."""

    def __init__(self, sensor: OximeterSensor, pleth: PulseWave, cell: Battery) -> None:
        self._sensor = sensor
        self._pleth = pleth
        self._cell = cell

    def live(self, t_s: float) -> bytes:
        """Content of the reply to the question for live values."""
        reading = self._sensor.reading(t_s)
        instants = t_s + (np.arange(PPG_RATE_HZ) - PPG_RATE_HZ) / PPG_RATE_HZ
        return encode_live(
            LiveValues(
                state=State.IDLE,
                spo2_percent=reading.spo2_percent or 0,
                motion=40 if reading.motion else 0,
                pulse_rate_per_min=min(reading.pulse_rate_per_min or 0, 255),
                battery_percent=round(self._cell.percent(t_s)),
                ppg=tuple(self._pleth.words(instants, low=0, high=255)),
            )
        )

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """The answers to a station that asks once a second."""
        second = ceil(start_s)
        while True:
            payload = encode_reply(Reply(opcode=Opcode.LIVE, content=self.live(float(second))))
            yield TimedNotification(at_s=float(second), characteristic=NOTIFY, payload=payload)
            second += 1


def lepu_commands() -> CommandReader:
    """For the commands of Lepu's envelope."""
    return CommandReader(start=START, size=_size)


def _size(buffer: bytes) -> int | None:
    if len(buffer) < OVERHEAD - 1:
        return None
    return OVERHEAD + int.from_bytes(buffer[5:7], "little")


class ViatomOxyII(SerialLine):
    """The ring on the air, in the state in which it can be spoken to."""

    service_uuid = SERVICE
    notify_uuid = NOTIFY
    write_uuid = WRITE
    chunk_bytes = None
    max_mtu = 517

    def __init__(self, ring: OxyIIRing, *, serial_number: str, **link: Unpack[Link]) -> None:
        super().__init__(ring, **link)
        self._ring = ring
        self._serial_number = serial_number.encode("ascii")
        self._reader = lepu_commands()
        self._open = False
        self.wedged = False

    @property
    def advertisement(self) -> Advertisement:
        """Viatom's number."""
        return Advertisement(manufacturer_data={COMPANY: b"\0\0"})

    def speaks(self, emission: TimedNotification) -> bool:
        """Never unasked."""
        del emission
        return False

    def on_disconnected(self, reason: int) -> None:
        """The next host has to bring the key again."""
        super().on_disconnected(reason)
        self._open = False

    def take(self, value: bytes) -> None:
        """Collect the pieces of a command and answer it."""
        for frame in self._reader.feed(value):
            try:
                command = decode_command(frame)
            except DecodeError:
                continue
            if not self.wedged:
                self._answer(command)

    def _answer(self, command: Command) -> None:
        if command.opcode is Opcode.AUTHENTICATE:
            self._open = True  # without a word
            return
        if not self._open:
            return
        if command.opcode in _FILES and min(one.att_mtu for one in self.connections) < _MTU_FOR_FILES:
            self.wedged = True
            return
        content = b""
        match command.opcode:
            case Opcode.LIVE:
                content = self._ring.live(self.elapsed_s())
            case Opcode.DEVICE_INFO:
                content = encode_info(self._info())
            case Opcode.FILE_LIST:
                content = encode_file_list(())
            case _:
                pass
        reply = Reply(opcode=command.opcode, sequence=command.sequence, content=content)
        self.send(encode_reply(reply))

    def _info(self) -> DeviceInfo:
        content = bytearray(INFO_SIZE)
        content[9:17] = b"2D010002"
        content[24:31] = encode_date_time(DateTime(2026, 1, 1, 0, 0, 0))
        content[37] = len(self._serial_number)
        content[38 : 38 + len(self._serial_number)] = self._serial_number
        return DeviceInfo(content=bytes(content))


def build(around: BuildContext) -> VirtualDevice:
    """The ring of a scenario."""
    ring = OxyIIRing(around.oximeter(), around.pleth(), around.battery)
    name = f"S8-AW {around.suffix}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=ring,
        peripheral=lambda elapsed_s: ViatomOxyII(
            ring,
            serial_number=f"25{int(around.suffix, 16):08d}",
            name=name,
            address=around.address,
            elapsed_s=elapsed_s,
        ),
    )
