"""From a scenario's device section to virtual hardware: an explicit table of families."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from simulators.blood_pressure import BloodPressureCuff, BloodPressureSource
from simulators.body import Body
from simulators.emission import FaultPlan, FaultWindow, Source
from simulators.errors import UnknownNameError
from simulators.heart_rate import HeartRateSource, HeartRateStrap
from simulators.kinematics import Side
from simulators.peripheral import Peripheral
from simulators.pulse_oximeter import PulseOximeter, PulseOximeterSource
from simulators.randomness import generator
from simulators.scenario import BatteryEntry, DeviceSection, FaultEntry, MeasureEntry, Role
from simulators.sensors.battery import Battery
from simulators.sensors.cuff import CuffReading, CuffSensor
from simulators.sensors.imu import ImuErrors, ImuModel
from simulators.sensors.oximeter import OximeterSensor, OximeterTraits
from simulators.sensors.strap import StrapSensor
from simulators.witmotion import WitMotionImu, WitMotionSource

# The rate that a station sets on IMUs; offline streams have it from the first sample.
STREAM_RATE_HZ = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualDevice:
    """One device of a scenario: what it would send (`source`), and how to switch it on (`peripheral`).

    `episodic` devices come, deliver and go; `cycles` are a cuff's measurements.
    """

    section: DeviceSection
    local_name: str
    address: str
    source: Source
    peripheral: Callable[[Callable[[], float]], Peripheral]
    episodic: bool = False
    cycles: tuple[CuffReading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a family builds a device from."""

    body: Body
    section: DeviceSection
    address: str
    battery: Battery
    faults: FaultPlan
    # When the finger of the same arm has no pulse: the cycles of a cuff there.
    occlusions: tuple[tuple[float, float], ...]


def address_of(seed: int, name: str) -> str:
    """A random static address (Core 5.4, Vol 6 Part B 1.3.2.1) that follows from seed and name."""
    octets = generator(seed, "address", name).bytes(6)
    return ":".join(f"{octet:02X}" for octet in (octets[0] | 0xC0, *octets[1:]))


def fault_plan(body: Body, device: str) -> FaultPlan:
    """The device's own faults in the timeline."""
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


def cycles(body: Body, section: DeviceSection) -> tuple[CuffReading, ...]:
    """The cycles that somebody starts on a cuff."""
    sensor = CuffSensor(
        body.patient, body.beats, body.path, name=section.name, faults=fault_plan(body, section.name)
    )
    return tuple(
        sensor.measure(entry.at_s)
        for entry in body.scenario.timeline
        if isinstance(entry, MeasureEntry) and entry.device == section.name
    )


def _pulse_oximeter(around: Surroundings) -> VirtualDevice:
    section = around.section
    sensor = OximeterSensor(
        around.body.patient,
        name=section.name,
        traits=OximeterTraits(averaging_s=section.averaging_s, artefacts=section.artefacts),
        faults=around.faults,
        occlusions=around.occlusions,
    )
    source = PulseOximeterSource(sensor)
    name = f"Oximeter {around.address[-5:].replace(':', '')}"
    return VirtualDevice(
        section=section,
        local_name=name,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: PulseOximeter(
            source, around.battery, name=name, address=around.address, elapsed_s=elapsed_s
        ),
    )


def _heart_rate(around: Surroundings) -> VirtualDevice:
    source = HeartRateSource(StrapSensor(around.body.beats, faults=around.faults), around.battery)
    name = f"Strap {around.address[-5:].replace(':', '')}"
    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=source,
        peripheral=lambda elapsed_s: HeartRateStrap(
            source, around.battery, name=name, address=around.address, elapsed_s=elapsed_s
        ),
    )


def _blood_pressure(around: Surroundings) -> VirtualDevice:
    scenario = around.body.scenario
    measured = cycles(around.body, around.section)
    offset = timedelta(seconds=around.section.clock_offset_s)
    name = f"BP {around.address[-5:].replace(':', '')}"

    def make(elapsed_s: Callable[[], float]) -> Peripheral:
        return BloodPressureCuff(
            measured,
            around.battery,
            name=name,
            address=around.address,
            elapsed_s=elapsed_s,
            local_time=lambda: scenario.begins_at + offset + timedelta(seconds=elapsed_s()),
        )

    return VirtualDevice(
        section=around.section,
        local_name=name,
        address=around.address,
        source=BloodPressureSource(measured, scenario.begins_at + offset),
        peripheral=make,
        episodic=True,
        cycles=measured,
    )


def _witmotion(around: Surroundings) -> VirtualDevice:
    section, body = around.section, around.body
    side = Side.PROXIMAL if section.role is Role.IMU_PROXIMAL else Side.DISTAL
    errors = ImuErrors(clock_drift_ppm=section.clock_drift_ppm)

    def model(rate_hz: float, start_s: float) -> ImuModel:
        return ImuModel(
            body.limb,
            side,
            seed=body.scenario.seed,
            name=section.name,
            rate_hz=rate_hz,
            start_s=start_s,
            errors=errors,
        )

    name = f"WT901BLE{around.address[-5:].replace(':', '')}"
    return VirtualDevice(
        section=section,
        local_name=name,
        address=around.address,
        source=WitMotionSource(
            model(STREAM_RATE_HZ, 0.0), samples_per_notification=section.samples_per_notification
        ),
        peripheral=lambda elapsed_s: WitMotionImu(
            model,
            around.battery,
            name=name,
            address=around.address,
            elapsed_s=elapsed_s,
            samples_per_notification=section.samples_per_notification,
        ),
    )


FAMILIES: Mapping[str, Callable[[Surroundings], VirtualDevice]] = {
    "pulse_oximeter": _pulse_oximeter,
    "heart_rate": _heart_rate,
    "blood_pressure": _blood_pressure,
    "witmotion": _witmotion,
}


def build(body: Body) -> tuple[VirtualDevice, ...]:
    """All devices of the body's scenario.

    Raises:
        UnknownNameError: No simulator for a family.
    """
    sections = body.scenario.devices
    return tuple(_build(body, section, _occlusions(body, sections, section)) for section in sections)


def _build(body: Body, section: DeviceSection, occlusions: tuple[tuple[float, float], ...]) -> VirtualDevice:
    try:
        make = FAMILIES[section.family]
    except KeyError:
        raise UnknownNameError("family", section.family, FAMILIES) from None
    return make(
        Surroundings(
            body=body,
            section=section,
            address=section.address or address_of(body.scenario.seed, section.name),
            battery=_battery(body, section),
            faults=fault_plan(body, section.name),
            occlusions=occlusions,
        )
    )


def _occlusions(
    body: Body, sections: Sequence[DeviceSection], section: DeviceSection
) -> tuple[tuple[float, float], ...]:
    """While a cuff on the same arm is above systolic pressure, the finger has no pulse."""
    if section.role is not Role.OXIMETER:
        return ()
    spans = []
    for other in sections:
        if other.role is Role.CUFF and other.arm == section.arm:
            spans += [cycle.occlusion for cycle in cycles(body, other)]
    return tuple(spans)
