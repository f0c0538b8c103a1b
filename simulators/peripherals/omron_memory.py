"""An Omron HEM-7322T: no Blood Pressure Profile; a memory that is read in packets over four channels."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Unpack

from protocols.ble import omron_eeprom
from protocols.ble.codec import assigned_numbers
from protocols.ble.codec.errors import DecodeError
from protocols.ble.date_time import DateTime
from protocols.ble.omron_eeprom import (
    NOTIFY,
    UNLOCK,
    WRITE,
    Kind,
    Packet,
    UnlockKind,
    UnlockReply,
    decode_unlock_command,
    encode_packet,
    encode_unlock_reply,
    split,
)
from protocols.ble.omron_memory_map import MAPS, MemoryMap
from protocols.ble.omron_record import Reading
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.peripheral import Peripheral
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import Characteristic, Service
from simulators.sensors.cuff import CuffReading

MODEL = MAPS["HEM-7322T"]
# It stays awake for this long after a reading.
_AWAKE_S = 60.0
_DELIVERY_S = 3.0
_NOT_NOW = 0x0F
_EMPTY = 0xFF
_TAIL = bytes(6)


def slot_of(reading: CuffReading, taken_at: datetime) -> Reading | None:
    """The reading in the cuff's memory; an error is not stored."""
    if reading.systolic_mmhg is None or reading.diastolic_mmhg is None or reading.pulse_rate_per_min is None:
        return None
    return Reading(
        systolic_mmhg=reading.systolic_mmhg,
        diastolic_mmhg=reading.diastolic_mmhg,
        pulse_rate_per_min=reading.pulse_rate_per_min,
        timestamp=DateTime.from_datetime(taken_at),
        irregular_pulse=reading.irregular_pulse,
        body_movement=reading.body_movement,
        cuff_flag=True,
        tail=_TAIL,
    )


class Memory:
    """The slots of the first user: a ring, empty where nothing was ever written."""

    def __init__(self, layout: MemoryMap = MODEL) -> None:
        self._layout = layout
        self._written = 0
        self._bytes = bytearray((_EMPTY,)) * 0x10000

    def store(self, slot: Reading | None) -> None:
        """Write the next slot."""
        if slot is None:
            return
        at = self._layout.areas[0] + self._written % self._layout.slots * self._layout.slot_size
        self._bytes[at : at + self._layout.slot_size] = self._layout.slot(slot)
        self._written += 1

    def answer(self, question: Packet) -> Packet | None:
        """What the cuff says to one packet; None to what it does not understand."""
        match question.kind:
            case Kind.START:
                return Packet(kind=Kind.START_REPLY)
            case Kind.READ:
                content = bytes(self._bytes[question.address : question.address + question.size])
                return Packet(
                    kind=Kind.READ_REPLY, address=question.address, size=question.size, content=content
                )
            case Kind.END:
                return Packet(kind=Kind.END_REPLY)
            case _:
                return None


def pieces(packet: Packet | None) -> Iterator[tuple[str, bytes]]:
    """An answer as it goes out: characteristic and value of each channel it needs."""
    if packet is not None:
        yield from zip(NOTIFY, split(encode_packet(packet)), strict=False)


class OmronMemorySource:
    """The answers to a station that reads the memory after each reading."""

    def __init__(self, around: BuildContext) -> None:
        self._around = around

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """The model and the whole memory after each cycle that ends at or after `start_s`."""
        memory = Memory()
        for reading in self._around.cycles:
            memory.store(slot_of(reading, self._around.local_time(reading.end_s)))
            at_s = reading.end_s + _DELIVERY_S
            if at_s < start_s:
                continue
            model = MODEL.model.encode()
            yield TimedNotification(at_s=at_s, characteristic=assigned_numbers.MODEL_NUMBER, payload=model)
            questions = [omron_eeprom.read(*one) for one in MODEL.reads(user=1)] + [omron_eeprom.END]
            for question in questions:
                for characteristic, payload in pieces(memory.answer(question)):
                    yield TimedNotification(at_s=at_s, characteristic=characteristic, payload=payload)


class OmronMemoryCuff(Peripheral):
    """The cuff on the air. `key` is what it has learnt; it learns in its pairing mode only."""

    advertises_at_start = False

    def __init__(self, around: BuildContext, **link: Unpack[Link]) -> None:
        super().__init__(name=link["name"], address=link["address"])
        self.elapsed_s = link["elapsed_s"]
        self.memory = Memory()
        self.key: bytes | None = None
        self._around = around
        self._programming = False
        self._unlocked = False
        self._channels = [Characteristic(uuid=uuid, notify=True) for uuid in NOTIFY]
        self._unlock = Characteristic(uuid=UNLOCK, notify=True, write=self._take_unlock)
        self._goodbye = asyncio.Event()

    @property
    def advertisement(self) -> Advertisement:
        """The vendor's service is not advertised."""
        return Advertisement()

    def services(self) -> Sequence[Service]:
        """Memory and model."""
        model = Characteristic(uuid=assigned_numbers.MODEL_NUMBER, read=MODEL.model.encode)
        return [
            Service(
                uuid=omron_eeprom.SERVICE,
                characteristics=[
                    *self._channels,
                    Characteristic(
                        uuid=WRITE[0], write=self._take, with_response=True, without_response=True
                    ),
                    *(Characteristic(uuid=uuid, write=_ignore) for uuid in WRITE[1:]),
                    self._unlock,
                ],
            ),
            Service(uuid=assigned_numbers.DEVICE_INFORMATION_SERVICE, characteristics=[model]),
        ]

    def on_disconnected(self, reason: int) -> None:
        """Locked again."""
        del reason
        self._unlocked = self._programming = False

    async def run(self) -> None:
        """Measure when the time has come, and be awake for a minute afterwards."""
        for reading in self._around.cycles:
            if reading.end_s < self.elapsed_s():
                continue  # before it was switched on (again)
            await asyncio.sleep(max(0.0, reading.end_s - self.elapsed_s()))
            self.memory.store(slot_of(reading, self._around.local_time(self.elapsed_s())))
            self._goodbye.clear()
            await self.start_advertising()
            try:
                async with asyncio.timeout(_AWAKE_S):
                    await self._goodbye.wait()
            except TimeoutError:
                pass
            await self.stop_advertising()
            await self.disconnect()

    def _take(self, value: bytes) -> None:
        """A question. All that are asked here fit into the first channel."""
        try:
            question = omron_eeprom.decode_packet(value)
        except DecodeError:
            return
        answer = self.memory.answer(question) if self._unlocked else None
        if answer is None:
            return
        for channel, part in zip(self._channels, split(encode_packet(answer)), strict=False):
            self.notify(channel, part)
        if question.kind is Kind.END:
            self._goodbye.set()

    def _take_unlock(self, value: bytes) -> None:
        try:
            command = decode_unlock_command(value)
        except DecodeError:
            return
        good = False
        match command.kind:
            case UnlockKind.ENTER_PROGRAMMING:
                good = self._programming = self.in_pairing_mode
            case UnlockKind.PROGRAM_KEY:
                good = self._programming
                self.key = command.key if good else self.key
            case UnlockKind.UNLOCK:
                good = self._unlocked = self.key == command.key
        reply = UnlockReply(kind=command.kind, result=0 if good else _NOT_NOW)
        self.notify(self._unlock, encode_unlock_reply(reply))


def _ignore(value: bytes) -> None:
    """Longer questions than any that is asked would come here."""
    del value


def build(around: BuildContext) -> VirtualDevice:
    """The cuff of a scenario."""
    name = f"BLESmart_{around.address.replace(':', '')}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=OmronMemorySource(around),
        peripheral=lambda elapsed_s: OmronMemoryCuff(
            around, name=name, address=around.address, elapsed_s=elapsed_s
        ),
        episodic=True,
        cycles=around.cycles,
    )
