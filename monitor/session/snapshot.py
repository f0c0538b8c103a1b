"""The session at an instant, for displays and for a page that has just been opened. Pure values."""

from dataclasses import dataclass

from monitor.alerts.messages import ActiveAlert
from monitor.exercise.phases import Phase
from monitor.outputs import DeviceStatus, JointAngleUpdate
from monitor.session.vital_signs import VitalView


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a display shows. `repetition` counts whole repetitions of the open set."""

    at_ns: int
    session_id: str
    phase: Phase
    phase_since_ns: int
    exercise: str
    set_number: int
    set_target: int
    repetition: int
    repetition_target: int
    calibration: str
    angle: JointAngleUpdate | None
    vitals: tuple[VitalView, ...]
    alerts: tuple[ActiveAlert, ...]
    devices: tuple[DeviceStatus, ...]
