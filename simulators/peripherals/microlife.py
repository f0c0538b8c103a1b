"""A Microlife BP3GY1: awake after a reading, answers questions, hands out its whole memory in one frame."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Unpack

from protocols.ble.codec.errors import DecodeError
from protocols.ble.date_time import DateTime
from protocols.ble.microlife import (
    NOTIFY,
    SERVICE,
    WRITE,
    Command,
    Device,
    Frame,
    Records,
    StoredReading,
    decode_frame,
    encode_frame,
    encode_records,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.peripherals.uart import CommandReader, SerialLine
from simulators.sensors.cuff import CuffReading

_START = 0x4D
_OVERHEAD = 5
_FITS = 0x80
_IRREGULAR = 0x40
# It stays awake for this long after a reading.
_AWAKE_S = 60.0
_DELIVERY_S = 3.0


def stored_reading_of(reading: CuffReading, taken_at: datetime) -> StoredReading:
    """The reading in the cuff's memory; an error is not stored, it is a slot of zeros."""
    settings = _FITS | (_IRREGULAR if reading.irregular_pulse else 0)
    return StoredReading(
        systolic_mmhg=reading.systolic_mmhg or 0,
        diastolic_mmhg=reading.diastolic_mmhg or 0,
        pulse_rate_per_min=reading.pulse_rate_per_min or 0,
        timestamp=DateTime(taken_at.year, taken_at.month, taken_at.day, taken_at.hour, taken_at.minute, 0),
        settings=settings,
    )


def records_frame(readings: Sequence[StoredReading]) -> bytes:
    """The answer to the question for records."""
    content = encode_records(Records(readings=tuple(readings)))
    return encode_frame(Frame(device=Device.CUFF_4G, content=content))


class MicrolifeSource:
    """The answers to a station that asks for records after each reading."""

    def __init__(self, around: BuildContext) -> None:
        self._around = around

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """The whole memory after each cycle that ends at or after `start_s`."""
        memory = []
        for reading in self._around.cycles:
            memory.append(stored_reading_of(reading, self._around.local_time(reading.end_s)))
            at_s = reading.end_s + _DELIVERY_S
            if at_s >= start_s:
                yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=records_frame(memory))


def _size(buffer: bytes) -> int | None:
    if len(buffer) < 4:
        return None
    return _OVERHEAD - 1 + int.from_bytes(buffer[2:4], "big")


class MicrolifeCuff(SerialLine):
    """The cuff on the air."""

    service_uuid = SERVICE
    notify_uuid = NOTIFY
    write_uuid = WRITE
    advertises_at_start = False

    def __init__(self, around: BuildContext, **link: Unpack[Link]) -> None:
        super().__init__(MicrolifeSource(around), **link)
        self._around = around
        self._reader = CommandReader(start=_START, size=_size)
        self.memory: list[StoredReading] = []
        self.set_to: DateTime | None = None
        self._goodbye = asyncio.Event()

    async def run(self) -> None:
        """Measure when the time has come, and be awake for a minute afterwards."""
        for reading in self._around.cycles:
            if reading.end_s < self.elapsed_s():
                continue  # before it was switched on (again)
            await asyncio.sleep(max(0.0, reading.end_s - self.elapsed_s()))
            taken_at = self._around.local_time(self.elapsed_s())
            self.memory.append(stored_reading_of(reading, taken_at))
            self._goodbye.clear()
            await self.start_advertising()
            try:
                async with asyncio.timeout(_AWAKE_S):
                    await self._goodbye.wait()
            except TimeoutError:
                pass
            await self.stop_advertising()
            await self.disconnect()

    def take(self, value: bytes) -> None:
        """Collect the pieces of a command and answer it."""
        for frame in self._reader.feed(value):
            try:
                command = decode_frame(frame)
            except DecodeError:
                continue
            self._answer(command)

    def _answer(self, frame: Frame) -> None:
        match frame.command:
            case Command.SET_TIME if len(frame.content) == 7:
                year, *rest = frame.content[1:]
                self.set_to = DateTime(2000 + year, *rest)
                self._acknowledge(Command.ACKNOWLEDGED)
            case Command.RECORDS:
                self.send(records_frame(self.memory))
            case Command.DISCONNECT:
                self._goodbye.set()
            case _:
                self._acknowledge(Command.REFUSED)

    def _acknowledge(self, command: Command) -> None:
        self.send(encode_frame(Frame(device=Device.CUFF_4G, content=bytes((command, 0)))))


def build(around: BuildContext) -> VirtualDevice:
    """The cuff of a scenario."""
    return VirtualDevice(
        section=around.section,
        local_name="BP3GY1-2N",
        address=around.address,
        source=MicrolifeSource(around),
        peripheral=lambda elapsed_s: MicrolifeCuff(
            around, name="BP3GY1-2N", address=around.address, elapsed_s=elapsed_s
        ),
        episodic=True,
        cycles=around.cycles,
    )
