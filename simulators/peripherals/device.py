"""One device of a scenario, and what a family needs to build it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.movement.kinematics import Side
from simulators.patient.body import Body
from simulators.patient.ppg import PulseWave
from simulators.peripherals.peripheral import Peripheral
from simulators.peripherals.signal_source import FaultPlan, SignalSource
from simulators.scenario.loader import DeviceSection, Role
from simulators.sensors.battery import Battery
from simulators.sensors.cuff import CuffReading
from simulators.sensors.imu import ImuErrors, ImuModel
from simulators.sensors.oximeter import OximeterSensor, OximeterTraits
from simulators.sensors.sample_clock import DriftChange
from simulators.sensors.strap import StrapSensor

Elapsed = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualDevice:
    """One device of a scenario: what it would send (`source`), and how to switch it on (`peripheral`).

    `peripheral` takes the clock of the scenario (seconds since it began). `episodic` devices come, deliver
    and go; `cycles` are a cuff's measurements.
    """

    section: DeviceSection
    local_name: str
    address: str
    source: SignalSource
    peripheral: Callable[[Elapsed], Peripheral]
    episodic: bool = False
    cycles: tuple[CuffReading, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildContext:
    """What a family builds a device from: the body, the scenario's section, and what happens to the device.

    `occlusions` are the spans in which a cuff on the same arm leaves the finger without a pulse; `cycles`
    what somebody starts on this cuff.
    """

    body: Body
    section: DeviceSection
    address: str
    battery: Battery
    faults: FaultPlan
    occlusions: tuple[tuple[float, float], ...] = ()
    cycles: tuple[CuffReading, ...] = ()

    @property
    def suffix(self) -> str:
        """Four digits of the address, as products put them into their names."""
        return self.address[-5:].replace(":", "")

    def local_time(self, elapsed_s: float) -> datetime:
        """What the device's own clock says, if nobody has set it."""
        shift = self.section.clock_offset_s
        for window in self.faults.windows:
            if window.kind == "clock_step" and elapsed_s >= window.start_s:
                shift += window.numbers.get("step_s", 60.0)
        return self.body.scenario.begins_at + timedelta(seconds=elapsed_s + shift)

    def oximeter(self) -> OximeterSensor:
        """The finger sensor."""
        return OximeterSensor(
            self.body.patient,
            name=self.section.name,
            traits=OximeterTraits(averaging_s=self.section.averaging_s, artefacts=self.section.artefacts),
            faults=self.faults,
            occlusions=self.occlusions,
        )

    def pleth(self) -> PulseWave:
        """The pulse wave under the finger sensor."""
        return PulseWave(self.body.patient, self.body.beats, name=self.section.name, faults=self.faults)

    def strap(self) -> StrapSensor:
        """The chest strap."""
        return StrapSensor(self.body.beats, faults=self.faults)

    def imu(self, rate_hz: float, start_s: float) -> ImuModel:
        """The motion sensor, running at that rate from that instant on."""
        side = Side.PROXIMAL if self.section.role is Role.IMU_PROXIMAL else Side.DISTAL
        return ImuModel(
            self.body.limb,
            side,
            seed=self.body.scenario.seed,
            name=self.section.name,
            rate_hz=rate_hz,
            start_s=start_s,
            errors=ImuErrors(clock_drift_ppm=self.section.clock_drift_ppm),
            drift_changes=self._drift_changes(),
        )

    def _drift_changes(self) -> list[DriftChange]:
        """The clock drifts otherwise while the fault holds, and as before afterwards."""
        usual_ppm = self.section.clock_drift_ppm
        return [
            change
            for window in self.faults.windows
            if window.kind == "clock_drift"
            for change in (
                DriftChange(
                    at_s=window.start_s, drift_ppm=usual_ppm + window.numbers.get("drift_ppm", 1000.0)
                ),
                DriftChange(at_s=window.end_s, drift_ppm=usual_ppm),
            )
        ]
