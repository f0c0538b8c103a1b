"""A Colmi R02: measures what it is told to, for a minute; 0 while it searches, an error when not worn."""

from collections.abc import Iterator
from math import ceil
from typing import Unpack

from protocols.ble.codec.errors import DecodeError
from protocols.ble.colmi_ring import (
    NOTIFY,
    SERVICE,
    WRITE,
    Battery,
    Opcode,
    Packet,
    Reading,
    RealTime,
    decode_packet,
    decode_real_time,
    encode_battery,
    encode_packet,
    encode_real_time,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link
from simulators.peripherals.uart import SerialLine
from simulators.sensors import battery
from simulators.sensors.oximeter import OximeterSensor

_MEASURES_FOR_S = 60.0
_NOT_WORN = 1


class ColmiRingSource:
    """Heart rate once a second, as a station asks for that does not say otherwise."""

    def __init__(self, sensor: OximeterSensor) -> None:
        self._sensor = sensor

    def report(self, reading: Reading, t_s: float) -> bytes:
        """What the ring says at `t_s`."""
        seen = self._sensor.reading(t_s)
        value = seen.pulse_rate_per_min if reading is Reading.HEART_RATE else seen.spo2_percent
        error = _NOT_WORN if seen.sensor_off else 0
        said = RealTime(reading=reading, error=error, value=None if error else value)
        return encode_packet(Packet(opcode=Opcode.START, content=encode_real_time(said)))

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """A report each second from `start_s` on, for ever."""
        second = ceil(start_s)
        while True:
            payload = self.report(Reading.HEART_RATE, float(second))
            yield TimedNotification(at_s=float(second), characteristic=NOTIFY, payload=payload)
            second += 1


class ColmiRing(SerialLine):
    """The ring on the air."""

    service_uuid = SERVICE
    notify_uuid = NOTIFY
    write_uuid = WRITE
    advertises_service = False

    def __init__(self, source: ColmiRingSource, cell: battery.Battery, **link: Unpack[Link]) -> None:
        super().__init__(source, **link)
        self._reports = source
        self._cell = cell
        self.reading: Reading | None = None
        self._until_s = 0.0

    def take(self, value: bytes) -> None:
        """Measure, measure no more, tell the battery; anything else is ignored."""
        try:
            packet = decode_packet(value)
            match packet.opcode:
                case Opcode.START:
                    self.reading = decode_real_time(packet.content).reading
                    self._until_s = self.elapsed_s() + _MEASURES_FOR_S
                case Opcode.STOP:
                    self.reading = None
                case Opcode.BATTERY:
                    level = round(self._cell.percent(self.elapsed_s()))
                    content = encode_battery(Battery(level_percent=level))
                    self.send(encode_packet(Packet(opcode=Opcode.BATTERY, content=content)))
        except DecodeError:
            return

    def speaks(self, emission: TimedNotification) -> bool:
        """Its own report in place of the source's, while it measures."""
        if self.reading is not None and self.elapsed_s() <= self._until_s:
            self.send(self._reports.report(self.reading, emission.at_s))
        return False


def build(around: BuildContext) -> VirtualDevice:
    """The ring of a scenario."""
    source = ColmiRingSource(around.oximeter())
    name = f"R02_{around.suffix}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: ColmiRing(
            source, around.battery, name=name, address=around.address, elapsed_s=elapsed_s
        ),
    )
