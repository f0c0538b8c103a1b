"""Machines and their sensors that report once a second: one service, one notifying characteristic each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil
from typing import Unpack

from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import TimedNotification
from simulators.peripherals.streaming import Link, StreamingPeripheral
from simulators.radio.gatt.advertisement import Advertisement
from simulators.radio.gatt.services import (
    Characteristic,
    Service,
    battery_service,
    device_information_service,
)
from simulators.sensors.battery import Battery
from simulators.sensors.machine import ExerciseMachine

# What a machine sends at an instant: characteristic (full UUID) -> value.
Reports = Callable[[ExerciseMachine, float], Mapping[str, bytes]]


class MachineSource:
    """Reports once a second, for ever."""

    def __init__(self, machine: ExerciseMachine, reports: Reports, *, period_s: float = 1.0) -> None:
        self._machine = machine
        self._reports = reports
        self._period_s = period_s

    def emissions(self, start_s: float) -> Iterator[TimedNotification]:
        """Every report from `start_s` on."""
        index = ceil(start_s / self._period_s)
        while True:
            at_s = index * self._period_s
            for uuid, payload in self._reports(self._machine, at_s).items():
                yield TimedNotification(at_s=at_s, characteristic=uuid, payload=payload)
            index += 1


class Machine(StreamingPeripheral):
    """The machine on the air. Class attributes: `service_uuid`, `notifies`, `advertises_service`, `model`."""

    service_uuid: str
    notifies: tuple[str, ...]
    advertises_service = True
    model = "virtual machine"

    def __init__(self, source: MachineSource, cell: Battery, **link: Unpack[Link]) -> None:
        super().__init__(source, **link)
        self._cell = cell
        for uuid in self.notifies:
            self.streams[uuid] = Characteristic(uuid=uuid, notify=True)

    @property
    def advertisement(self) -> Advertisement:
        """The service, if it is advertised."""
        return Advertisement(service_uuids=(self.service_uuid,) if self.advertises_service else ())

    def others(self) -> Sequence[Characteristic]:
        """What the service has beside its reports."""
        return ()

    def services(self) -> Sequence[Service]:
        """Its own, battery, device information."""
        own = Service(uuid=self.service_uuid, characteristics=[*self.streams.values(), *self.others()])
        level, _ = battery_service(lambda: round(self._cell.percent(self.elapsed_s())))
        return [own, level, device_information_service(manufacturer="kinewatch", model=self.model)]


def build_machine(
    around: BuildContext, kind: type[Machine], *, name: str, reports: Reports, period_s: float = 1.0
) -> VirtualDevice:
    """The machine of a scenario."""
    source = MachineSource(ExerciseMachine(faults=around.faults), reports, period_s=period_s)
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: kind(
            source, around.battery, name=name, address=around.address, elapsed_s=elapsed_s
        ),
    )
