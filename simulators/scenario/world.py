"""A scenario on the air: the patient, the devices that are switched on, and what happens to them."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from simulators.faults.schedule import Scheduled, play
from simulators.movement.motion import TrueSet
from simulators.patient.body import Body
from simulators.peripherals.catalog import build
from simulators.peripherals.device import VirtualDevice
from simulators.peripherals.peripheral import Peripheral
from simulators.radio.air import VirtualRadio
from simulators.radio.gatt.advertisement import full_uuid
from simulators.radio.gatt.witness import Witness
from simulators.scenario.ground_truth import (
    AlertTruth,
    CommandTruth,
    CuffTruth,
    PlannedFault,
    RepetitionTruth,
    SetTruth,
    Truth,
)
from simulators.scenario.loader import CommandEntry, FaultEntry, Role, Scenario
from simulators.scenario.offline import outages
from simulators.scenario.radio_faults import RADIO_FAULTS, Target


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """What a station has to be told of a device."""

    device: str
    family: str
    role: str
    address: str
    local_name: str
    arm: str


class World:
    """One scenario on one radio.

    Args:
        scenario: What happens.
        radio: Where the peripherals live; must be entered before `run`.
        witness: Gives, for a device's name, who looks on at what it sends.
    """

    def __init__(
        self, scenario: Scenario, radio: VirtualRadio, *, witness: Callable[[str], Witness] | None = None
    ) -> None:
        self.scenario = scenario
        self.body = Body(scenario)
        self.virtual_devices: tuple[VirtualDevice, ...] = build(self.body)
        self._radio = radio
        self._witness = witness
        self._start_ns: int | None = None

    @property
    def devices(self) -> tuple[DeviceFacts, ...]:
        """All devices of the scenario, in its order."""
        return tuple(
            DeviceFacts(
                device=device.section.name,
                family=device.section.family,
                role=str(device.section.role),
                address=device.address,
                local_name=device.local_name,
                arm=device.section.arm,
            )
            for device in self.virtual_devices
        )

    @property
    def truth(self) -> Truth:
        """What really happens; instants are on the loop's clock once `run` has begun, else from 0."""
        return truth_of(self.body, self.virtual_devices, start_ns=self._start_ns or 0)

    def elapsed_s(self) -> float:
        """Seconds since the scenario began."""
        if self._start_ns is None:
            return 0.0
        return asyncio.get_running_loop().time() - self._start_ns / 1e9

    async def run(self) -> None:
        """Switch the devices on and let the scenario happen; ends with its duration, devices stay on."""
        loop = asyncio.get_running_loop()
        self._start_ns = int(loop.time() * 1e9)
        for device in self.virtual_devices:
            if not device.section.absent:
                peripheral = device.peripheral(self.elapsed_s)
                if self._witness is not None:
                    peripheral.witness = self._witness(device.section.name)
                await self._radio.add(peripheral)
        happening = asyncio.create_task(play(self._radio, self._schedule()), name="timeline")
        try:
            await asyncio.sleep(self.scenario.duration_s)
            if happening.done():
                happening.result()
        finally:
            # A fault may last beyond the end; nothing waits for it.
            happening.cancel()
            await asyncio.wait([happening])

    def _schedule(self) -> list[Scheduled]:
        """The radio's part of the timeline; a device's own faults are in what it measures."""
        entries = [entry for entry in self.scenario.timeline if isinstance(entry, FaultEntry)]
        return [
            Scheduled(
                fault=RADIO_FAULTS[entry.fault](self._target(entry)), at_s=entry.at_s, for_s=entry.for_s
            )
            for entry in entries
            if entry.fault in RADIO_FAULTS
        ]

    def _target(self, entry: FaultEntry) -> Target:
        for device in self.virtual_devices:
            if device.section.name == entry.device:
                services = device.peripheral(self.elapsed_s).advertisement.service_uuids
                return Target(
                    address=device.address,
                    services=frozenset(full_uuid(uuid) for uuid in services),
                    numbers=entry.numbers,
                    double=partial(self._double, device),
                )
        return Target(numbers=entry.numbers)

    def _double(self, device: VirtualDevice) -> Peripheral:
        """The same product on another patient: another seed, and so another body and another address."""
        section = device.section.model_copy(update={"address": None})
        other = self.scenario.model_copy(
            update={"seed": self.scenario.seed + 1, "devices": (section,), "timeline": ()}
        )
        (twin,) = build(Body(other))
        peripheral = twin.peripheral(self.elapsed_s)
        peripheral.name = device.local_name
        return peripheral


def truth_of(body: Body, devices: tuple[VirtualDevice, ...], *, start_ns: int) -> Truth:
    """What really happens in a scenario that begins at `start_ns`."""
    scenario = body.scenario

    def at(t_s: float) -> int:
        return start_ns + round(t_s * 1e9)

    timeline = scenario.timeline
    return Truth(
        start_ns=start_ns,
        end_ns=at(scenario.duration_s),
        sets=tuple(_set_truth(done, start_ns, is_seen=_is_seen(scenario, done)) for done in body.path.sets),
        cuff_readings=tuple(
            CuffTruth(
                device=device.section.name,
                start_ns=at(cycle.start_s),
                end_ns=at(cycle.end_s),
                systolic_mmhg=cycle.systolic_mmhg,
                diastolic_mmhg=cycle.diastolic_mmhg,
            )
            for device in devices
            for cycle in device.cycles
        ),
        faults=tuple(
            PlannedFault(
                fault=entry.fault,
                device=entry.device,
                start_ns=at(entry.at_s),
                end_ns=at(entry.at_s + entry.for_s),
                numbers=dict(entry.numbers),
            )
            for entry in timeline
            if isinstance(entry, FaultEntry)
        ),
        alerts=tuple(
            AlertTruth(
                event=alert.event or alert.rule,
                rule=alert.rule,
                device=alert.device,
                priority=alert.priority,
                after_ns=at(alert.after_s),
                before_ns=at(alert.before_s),
            )
            for alert in scenario.expect.alerts
        ),
        allowed=scenario.expect.allowed,
        rom_within_deg=scenario.expect.rom_within_deg,
        repetitions_within=(
            None if scenario.expect.repetitions is None else scenario.expect.repetitions_within
        ),
        commands=tuple(
            CommandTruth(
                at_ns=at(entry.at_s),
                verb=entry.verb,
                actor=entry.actor,
                role=entry.role,
                arguments=dict(entry.arguments),
            )
            for entry in sorted(timeline, key=lambda one: one.at_s)
            if isinstance(entry, CommandEntry)
        ),
    )


def _is_seen(scenario: Scenario, done: TrueSet) -> bool:
    """Whether a sensor on either side of the joint can be heard from the set's first to its last instant."""
    start_s, end_s = done.repetitions[0].start_s, done.repetitions[-1].end_s
    heard = {
        device.role
        for device in scenario.devices
        if not device.absent
        and not any(one.start_s < end_s and start_s < one.back_s for one in outages(scenario, device.name))
    }
    return heard >= {Role.IMU_PROXIMAL, Role.IMU_DISTAL}


def _set_truth(done: TrueSet, start_ns: int, *, is_seen: bool) -> SetTruth:
    def repetitions() -> Iterator[RepetitionTruth]:
        for one in done.repetitions:
            yield RepetitionTruth(
                start_ns=start_ns + round(one.start_s * 1e9),
                turn_ns=start_ns + round(one.turn_s * 1e9),
                end_ns=start_ns + round(one.end_s * 1e9),
                rom_deg=one.rom_deg,
                partial=one.partial,
                concentric_s=one.concentric_s,
                hold_s=one.hold_s,
                eccentric_s=one.eccentric_s,
            )

    return SetTruth(
        exercise=done.exercise,
        repetitions=tuple(repetitions()),
        rom_deg=done.rom_deg,
        is_seen=is_seen,
    )
