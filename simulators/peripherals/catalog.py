"""From a scenario's device section to virtual hardware: by the families that are registered."""

from collections.abc import Callable, Mapping, Sequence

from protocols.families import FamilyTable
from simulators.errors import UnknownNameError
from simulators.patient.body import Body
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import FaultPlan, FaultWindow
from simulators.randomness import generator
from simulators.scenario.loader import BatteryEntry, DeviceSection, FaultEntry, MeasureEntry, Role
from simulators.sensors.battery import Battery
from simulators.sensors.cuff import CuffReading, CuffSensor

FAMILIES: Mapping[str, Callable[[BuildContext], VirtualDevice]] = FamilyTable("peripheral")


def build(body: Body) -> tuple[VirtualDevice, ...]:
    """All devices of the body's scenario.

    Raises:
        UnknownNameError: No simulator for a family.
    """
    return tuple(_build(body, section) for section in body.scenario.devices)


def address_of(seed: int, name: str) -> str:
    """A random static address (Core 5.4, Vol 6 Part B 1.3.2.1) that follows from seed and name."""
    octets = generator(seed, "address", name).bytes(6)
    return ":".join(f"{octet:02X}" for octet in (octets[0] | 0xC0, *octets[1:]))


def fault_plan(body: Body, device: str) -> FaultPlan:
    """What happens to the device in the timeline."""
    return FaultPlan(
        [
            FaultWindow(
                kind=entry.fault,
                start_s=entry.at_s,
                end_s=entry.at_s + entry.for_s,
                numbers=dict(entry.numbers),
            )
            for entry in body.scenario.timeline
            if isinstance(entry, FaultEntry) and entry.device == device
        ]
    )


def _build(body: Body, section: DeviceSection) -> VirtualDevice:
    try:
        make = FAMILIES[section.family]
    except KeyError:
        raise UnknownNameError("family", section.family, FAMILIES) from None
    return make(
        BuildContext(
            body=body,
            section=section,
            address=section.address or address_of(body.scenario.seed, section.name),
            battery=_battery(body, section),
            faults=fault_plan(body, section.name),
            occlusions=_occlusions(body, body.scenario.devices, section),
            cycles=_cycles(body, section),
        )
    )


def _battery(body: Body, section: DeviceSection) -> Battery:
    settings = [
        (entry.at_s, entry.percent)
        for entry in body.scenario.timeline
        if isinstance(entry, BatteryEntry) and entry.device == section.name
    ]
    return Battery(
        percent=section.battery_percent,
        drain_percent_per_h=section.battery_drain_percent_per_h,
        settings=settings,
    )


def _cycles(body: Body, section: DeviceSection) -> tuple[CuffReading, ...]:
    """What somebody starts on the cuff."""
    faults = fault_plan(body, section.name)
    sensor = CuffSensor(body.patient, body.beats, body.path, name=section.name, faults=faults)
    starts = sorted(
        entry.at_s
        for entry in body.scenario.timeline
        if isinstance(entry, MeasureEntry) and entry.device == section.name
    )
    return tuple(sensor.measure(start_s) for start_s in starts)


def _occlusions(
    body: Body, sections: Sequence[DeviceSection], section: DeviceSection
) -> tuple[tuple[float, float], ...]:
    """While a cuff on the same arm is above systolic pressure, the finger has no pulse."""
    if section.role is not Role.OXIMETER:
        return ()
    cuffs = [other for other in sections if other.role is Role.CUFF and other.arm == section.arm]
    return tuple(cycle.occlusion for cuff in cuffs for cycle in _cycles(body, cuff))
