"""A FORA P30: awake after a reading, hands out its memory by index until it is switched off."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Unpack

from protocols.ble.codec.errors import DecodeError
from protocols.ble.date_time import DateTime
from protocols.ble.fora import (
    DATA,
    NEWEST_RECORDS,
    SERVICE,
    BloodPressure,
    Command,
    IrregularPulse,
    Opcode,
    RecordTime,
    Reply,
    decode_command,
    decode_record_time,
    encode_blood_pressure,
    encode_record_time,
    encode_reply,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link, StreamingPeripheral
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Service
from simulators.sensors.cuff import CuffReading

_NAME = "FORA P30 PLUS"
_MODEL = 0x3129
_AWAKE_S = 60.0
_DELIVERY_S = 3.0

# A record's two contents.
Record = tuple[bytes, bytes]


def record_of(reading: CuffReading, taken_at: datetime) -> Record:
    """The reading in the cuff's memory; an error is not stored, it is zeros."""
    irregular = IrregularPulse.VARYING if reading.irregular_pulse else IrregularPulse.NONE
    time = RecordTime(
        clock=DateTime(taken_at.year, taken_at.month, taken_at.day, taken_at.hour, taken_at.minute, 0),
        is_blood_pressure=True,
        irregular_pulse=irregular,
    )
    values = BloodPressure(
        systolic_mmhg=min(reading.systolic_mmhg or 0, 255),
        mean_arterial_pressure_mmhg=min(reading.mean_arterial_pressure_mmhg or 0, 255),
        diastolic_mmhg=min(reading.diastolic_mmhg or 0, 255),
        pulse_rate_per_min=min(reading.pulse_rate_per_min or 0, 255),
    )
    return encode_record_time(time), encode_blood_pressure(values)


def _number(opcode: Opcode, number: int) -> Reply:
    return Reply(opcode=opcode, content=number.to_bytes(4, "little"))


class ForaSource:
    """The answers to a station that asks after each reading."""

    def __init__(self, around: BuildContext) -> None:
        self._around = around

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Model, count and the newest records after each cycle that ends at or after `start_s`."""
        memory: list[Record] = []
        for reading in self._around.cycles:
            memory.append(record_of(reading, self._around.local_time(reading.end_s)))
            at_s = reading.end_s + _DELIVERY_S
            if at_s < start_s:
                continue
            replies = [_number(Opcode.MODEL, _MODEL), _number(Opcode.RECORD_COUNT, len(memory))]
            for time, values in memory[-NEWEST_RECORDS:]:
                replies.append(Reply(opcode=Opcode.RECORD_TIME, content=time))
                replies.append(Reply(opcode=Opcode.RECORD_VALUES, content=values))
            for reply in replies:
                yield TimedNotification(at_s=at_s, characteristic=DATA, payload=encode_reply(reply))


class ForaCuff(StreamingPeripheral):
    """The cuff on the air."""

    advertises_at_start = False

    def __init__(self, around: BuildContext, **link: Unpack[Link]) -> None:
        super().__init__(ForaSource(around), **link)
        self._around = around
        self.memory: list[Record] = []
        self.set_to: DateTime | None = None
        self._off = asyncio.Event()
        self._line = Characteristic(uuid=DATA, notify=True, write=self._take)

    @property
    def advertisement(self) -> Advertisement:
        """Its service, which is that of Nordic's button example."""
        return Advertisement(service_uuids=(SERVICE,))

    def services(self) -> Sequence[Service]:
        """One characteristic for both directions."""
        return [Service(uuid=SERVICE, characteristics=[self._line])]

    async def run(self) -> None:
        """Measure when the time has come, and be awake for a minute afterwards."""
        for reading in self._around.cycles:
            if reading.end_s < self.elapsed_s():
                continue  # before it was switched on (again)
            await asyncio.sleep(max(0.0, reading.end_s - self.elapsed_s()))
            self.memory.append(record_of(reading, self._around.local_time(self.elapsed_s())))
            self._off.clear()
            await self.start_advertising()
            try:
                async with asyncio.timeout(_AWAKE_S):
                    await self._off.wait()
            except TimeoutError:
                pass
            await self.stop_advertising()
            await self.disconnect()

    def _take(self, value: bytes) -> None:
        try:
            command = decode_command(value)
        except DecodeError:
            return
        reply = self._reply(command)
        if reply is not None:
            self.notify(self._line, encode_reply(reply))

    def _reply(self, command: Command) -> Reply | None:
        content: bytes | None = None
        match command.opcode:
            case Opcode.MODEL:
                content = _number(Opcode.MODEL, _MODEL).content
            case Opcode.SET_CLOCK:
                self.set_to = decode_record_time(command.content).clock
                content = command.content
            case Opcode.RECORD_COUNT:
                content = _number(Opcode.RECORD_COUNT, len(self.memory)).content
            case Opcode.RECORD_TIME | Opcode.RECORD_VALUES:
                index = int.from_bytes(command.content[:2], "little")
                if index < len(self.memory):
                    content = self.memory[-1 - index][command.opcode is Opcode.RECORD_VALUES]
            case Opcode.TURN_OFF:
                self._off.set()
                content = command.content
            case _:
                pass
        return None if content is None else Reply(opcode=command.opcode, content=content)


def build(around: BuildContext) -> VirtualDevice:
    """The cuff of a scenario."""
    return VirtualDevice(
        section=around.section,
        local_name=_NAME,
        address=around.address,
        source=ForaSource(around),
        peripheral=lambda elapsed_s: ForaCuff(
            around, name=_NAME, address=around.address, elapsed_s=elapsed_s
        ),
        episodic=True,
        cycles=around.cycles,
    )
