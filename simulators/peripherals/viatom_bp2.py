"""A Viatom BP2: answers questions about its state; a wrong question would inflate the real one.

Attributes of the simulator say what a test of a driver wants to know: whether an opcode came that the codec
does not name (`inflated`).
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Unpack

from protocols.ble.codec.errors import DecodeError
from protocols.ble.codec.lepu_frame import INFO_SIZE, DeviceInfo
from protocols.ble.date_time import decode_date_time
from protocols.ble.viatom_bp2 import (
    COMPANY,
    NOTIFY,
    SERVICE,
    WRITE,
    Command,
    Measuring,
    Opcode,
    Realtime,
    Registers,
    Reply,
    Result,
    State,
    decode_command,
    encode_battery,
    encode_info,
    encode_realtime,
    encode_registers,
    encode_reply,
)
from protocols.ble.viatom_bp2 import Battery as BatteryReport
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.peripherals.uart import SerialLine
from simulators.peripherals.viatom_oxyii import lepu_commands
from simulators.radio.gatt.advertisement import Advertisement
from simulators.sensors.cuff import CuffReading

# It switches itself off this long after a result.
_AWAKE_S = 60.0
_SHOWS_RESULT_S = 30.0
_DELIVERY_S = 2.0


def _realtime(reading: CuffReading, t_s: float, percent: float) -> Realtime:
    battery = round(percent)
    if t_s < reading.end_s:
        return Measuring(
            cuff_pressure_mmhg=round(reading.pressure_mmhg(t_s)), battery_status=0, battery_percent=battery
        )
    return Result(
        systolic_mmhg=reading.systolic_mmhg or 0,
        diastolic_mmhg=reading.diastolic_mmhg or 0,
        mean_arterial_pressure_mmhg=reading.mean_arterial_pressure_mmhg or 0,
        heart_rate_per_min=reading.pulse_rate_per_min or 0,
        battery_status=0,
        battery_percent=battery,
    )


class ViatomBp2Source:
    """The answers to a station that asks for each result."""

    def __init__(self, around: BuildContext) -> None:
        self._around = around

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """One result for each cycle that ends at or after `start_s`."""
        for reading in self._around.cycles:
            at_s = reading.end_s + _DELIVERY_S
            if at_s >= start_s:
                content = encode_realtime(_realtime(reading, at_s, self._around.battery.percent(at_s)))
                payload = encode_reply(Reply(opcode=Opcode.REALTIME, content=content))
                yield TimedNotification(at_s=at_s, characteristic=NOTIFY, payload=payload)


class ViatomBp2Cuff(SerialLine):
    """The cuff on the air: awake from the start of a measurement until a minute after its result.

    Attributes:
        inflated: Whether something was written that is none of the safe commands.
        set_to: What a host has set its clock to.
    """

    service_uuid = SERVICE
    notify_uuid = NOTIFY
    write_uuid = WRITE
    chunk_bytes = None
    advertises_service = False
    advertises_at_start = False

    def __init__(self, around: BuildContext, **link: Unpack[Link]) -> None:
        super().__init__(ViatomBp2Source(around), **link)
        self._around = around
        self._reader = lepu_commands()
        self._reading: CuffReading | None = None
        self.inflated = False
        self.set_to: datetime | None = None

    @property
    def advertisement(self) -> Advertisement:
        """Viatom's number."""
        return Advertisement(manufacturer_data={COMPANY: b"\0\0"})

    async def run(self) -> None:
        """Measure when the time has come."""
        for reading in self._around.cycles:
            if reading.end_s < self.elapsed_s():
                continue  # before it was switched on (again)
            await asyncio.sleep(max(0.0, reading.start_s - self.elapsed_s()))
            self._reading = reading
            await self.start_advertising()
            await asyncio.sleep(max(0.0, reading.end_s + _AWAKE_S - self.elapsed_s()))
            await self.stop_advertising()
            await self.disconnect()

    @property
    def state(self) -> State:
        """What it is doing."""
        now_s, reading = self.elapsed_s(), self._reading
        if reading is None or now_s >= reading.end_s + _SHOWS_RESULT_S:
            return State.IDLE
        return State.MEASURING if now_s < reading.end_s else State.RESULT

    def take(self, value: bytes) -> None:
        """Collect the pieces of a command and answer it."""
        for frame in self._reader.feed(value):
            try:
                command = decode_command(frame)
            except DecodeError:
                self.inflated = True
                continue
            content = self._answer(command)
            reply = Reply(opcode=command.opcode, sequence=command.sequence, content=content)
            self.send(encode_reply(reply))

    def _answer(self, command: Command) -> bytes:
        now_s = self.elapsed_s()
        percent = self._around.battery.percent(now_s)
        match command.opcode:
            case Opcode.REGISTERS:
                return encode_registers(Registers(state=self.state, active_user_id=0))
            case Opcode.REALTIME if self._reading is not None:
                return encode_realtime(_realtime(self._reading, now_s, percent))
            case Opcode.BATTERY:
                return encode_battery(BatteryReport(battery_v=round(3.4 + 0.007 * percent, 2), status=0))
            case Opcode.DEVICE_INFO:
                return encode_info(DeviceInfo(content=bytes(INFO_SIZE)))
            case Opcode.SET_TIME:
                self.set_to = decode_date_time(command.content[:7]).to_datetime()
                return b""
            case _:
                return b""


def build(around: BuildContext) -> VirtualDevice:
    """The cuff of a scenario."""
    name = f"BP2 {around.suffix}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=ViatomBp2Source(around),
        peripheral=lambda elapsed_s: ViatomBp2Cuff(
            around, name=name, address=around.address, elapsed_s=elapsed_s
        ),
        episodic=True,
        cycles=around.cycles,
    )
