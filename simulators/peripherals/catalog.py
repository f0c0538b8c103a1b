"""From a scenario's device section to virtual hardware: an explicit table of families."""

from collections.abc import Callable, Mapping, Sequence

from simulators.errors import UnknownNameError
from simulators.patient.body import Body
from simulators.peripherals import (
    and_medical,
    berrymed,
    beurer,
    blood_pressure,
    bluest,
    cms50d_bt,
    colmi_ring,
    concept2_pm5,
    cycling_power,
    cycling_speed_cadence,
    fitness_machine,
    fitshow,
    fora,
    health_thermometer,
    heart_rate,
    jks50f,
    jumper,
    metamotion,
    microlife,
    mightysat,
    movella_dot,
    movesense,
    nonin,
    omron,
    omron_memory,
    pc60fw,
    polar_pmd,
    pulse_oximeter,
    qardioarm,
    running_speed_cadence,
    sensortag,
    thingy52,
    viatom_bp2,
    viatom_o2,
    viatom_oxyii,
    walkingpad,
    witmotion,
    yonker,
    yuwell,
)
from simulators.peripherals.device import BuildContext, VirtualDevice
from simulators.peripherals.signal_source import FaultPlan, FaultWindow
from simulators.randomness import generator
from simulators.scenario.loader import BatteryEntry, DeviceSection, FaultEntry, MeasureEntry, Role
from simulators.sensors.battery import Battery
from simulators.sensors.cuff import CuffReading, CuffSensor

FAMILIES: Mapping[str, Callable[[BuildContext], VirtualDevice]] = {
    "and_medical": and_medical.build,
    "berrymed": berrymed.build,
    "beurer": beurer.build,
    "blood_pressure": blood_pressure.build,
    "bluest": bluest.build,
    "cms50d_bt": cms50d_bt.build,
    "colmi_ring": colmi_ring.build,
    "concept2_pm5": concept2_pm5.build,
    "cycling_power": cycling_power.build,
    "cycling_speed_cadence": cycling_speed_cadence.build,
    "fitness_machine": fitness_machine.build,
    "fora": fora.build,
    "health_thermometer": health_thermometer.build,
    "heart_rate": heart_rate.build,
    "jks50f": jks50f.build,
    "jumper": jumper.build,
    "metamotion": metamotion.build,
    "microlife": microlife.build,
    "mightysat": mightysat.build,
    "movella_dot": movella_dot.build,
    "movesense": movesense.build,
    "nonin": nonin.build,
    "omron": omron.build,
    "omron_memory": omron_memory.build,
    "pc60fw": pc60fw.build,
    "polar_pmd": polar_pmd.build,
    "pulse_oximeter": pulse_oximeter.build,
    "qardioarm": qardioarm.build,
    "running_speed_cadence": running_speed_cadence.build,
    "sensortag": sensortag.build,
    "thingy52": thingy52.build,
    "viatom_bp2": viatom_bp2.build,
    "viatom_o2": viatom_o2.build,
    "viatom_oxyii": viatom_oxyii.build,
    "walkingpad": walkingpad.build,
    "fitshow": fitshow.build,
    "witmotion": witmotion.build,
    "yonker": yonker.build,
    "yuwell": yuwell.build,
}


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
