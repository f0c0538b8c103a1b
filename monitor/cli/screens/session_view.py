"""What the terminal shows, gathered from the session's outputs and the feed. A plain state, no drawing."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.alerts.life_cycle import PRESENT
from monitor.alerts.transition import AlertState, Priority, Transition
from monitor.cli.demo.messages import clock_text, narrate
from monitor.exercise.phases import Phase
from monitor.outputs import (
    CalibrationReported,
    DeviceStatus,
    JointAngleUpdate,
    Output,
    PhaseChanged,
    RepetitionCounted,
    SetEnded,
    VitalUpdate,
)
from monitor.samples import Code

SHOWN_VITALS = (
    Code.SPO2_PERCENT,
    Code.PULSE_RATE_PER_MIN,
    Code.HEART_RATE_PER_MIN,
    Code.SYSTOLIC_MMHG,
    Code.DIASTOLIC_MMHG,
)
# Shown as soon as there is one: most stations have no machine and no thermometer.
SHOWN_IF_THERE = (
    Code.BODY_TEMPERATURE_CEL,
    Code.SPEED_KM_H,
    Code.INCLINE_PERCENT,
    Code.CADENCE_PER_MIN,
    Code.POWER_W,
    Code.DISTANCE_M,
    Code.RESISTANCE_LEVEL,
)

# A view's height: older lines are in the recording.
KEPT_LINES = 60

_URGENCY = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


@dataclass(slots=True)
class AlertLine:
    """One alert on the board: its last move, and how far its message has come."""

    transition: Transition
    published_ms: float | None = None
    confirmed_ms: float | None = None


@dataclass(slots=True)
class SessionView:
    """Everything the view draws; `take` keeps it current.

    `start_ns` is the session's first instant; `delivery` a sentence about the way to the therapist; `session`
    names it with every alert. `rests_s`: the prescribed rest after a set, by exercise. `keys` are the keys
    that work here, `prompt` what is being typed.
    """

    start_ns: int
    title: str
    now_ns: int = 0
    phase: str = "before"
    exercise: str = ""
    set_number: int = 0
    repetition: int = 0
    repetition_target: int = 0
    last_range_deg: float | None = None
    calibration: str = ""
    delivery: str = ""
    local_alarm: str = ""
    session: str = ""
    keys: Sequence[str] = ()
    prompt: str = ""
    rests_s: Mapping[str, float] = field(default_factory=dict)
    rest_until_ns: int | None = None
    angle: JointAngleUpdate | None = None
    vitals: dict[Code, VitalUpdate] = field(default_factory=dict)
    devices: dict[str, DeviceStatus] = field(default_factory=dict)
    alerts: dict[str, AlertLine] = field(default_factory=dict)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))

    def update(self, output: Output) -> str | None:
        """Bring the board up to date; returns the line that a log would print, if there is one."""
        self.now_ns = max(self.now_ns, output.at_ns)
        self._follow_rest(output)
        match output:
            case VitalUpdate():
                self.vitals[output.code] = output
            case JointAngleUpdate():
                self.angle = output
            case PhaseChanged():
                self.phase = str(output.to_phase)
            case RepetitionCounted():
                self.exercise, self.set_number = output.exercise, output.set_number
                self.repetition, self.repetition_target = output.repetition, output.repetition_target
                self.last_range_deg = output.range_of_motion_deg
            case SetEnded():
                self.exercise, self.set_number = output.exercise, output.set_number
                self.repetition, self.repetition_target = output.repetitions, output.repetition_target
            case CalibrationReported():
                self.calibration = output.message
            case DeviceStatus():
                return self._take_device(output)
            case Transition():
                self._take_transition(output)
            case _:
                pass
        return self.note(output.at_ns, narrate(output))

    def note(self, at_ns: int, text: str | None) -> str | None:
        """Add a line of what happened to the log, with its instant."""
        if text is None:
            return None
        line = f"{clock_text(at_ns, self.start_ns)}  {text}"
        self.lines.append(line)
        return line

    def present_alerts(self) -> list[AlertLine]:
        """The alerts that a person must see, worst and oldest first."""
        present = [line for line in self.alerts.values() if line.transition.to_state in PRESENT]
        return sorted(present, key=lambda line: (_URGENCY[line.transition.priority], line.transition.seq))

    def unacknowledged(self) -> list[Transition]:
        """The alerts that nobody has acknowledged, each as it moved last, in the order of the screen."""
        waiting = (AlertState.FIRING, AlertState.LATCHED)
        return [line.transition for line in self.present_alerts() if line.transition.to_state in waiting]

    @property
    def rest_left_s(self) -> float | None:
        """How much of the prescribed rest is left; None while nobody rests, or the rest is over."""
        if self.rest_until_ns is None or self.now_ns >= self.rest_until_ns:
            return None
        return (self.rest_until_ns - self.now_ns) / 1e9

    def rest_is_over(self) -> bool:
        """True once, when the prescribed rest has passed."""
        if self.rest_until_ns is None or self.now_ns < self.rest_until_ns:
            return False
        self.rest_until_ns = None
        return True

    def vital_age_s(self, vital: VitalUpdate) -> float:
        """How old a value is by the board's own clock, so that one which stands still looks it."""
        return max(vital.age_s, (self.now_ns - vital.t_ns) / 1e9)

    def _follow_rest(self, output: Output) -> None:
        if isinstance(output, PhaseChanged) and output.to_phase is not Phase.REST:
            self.rest_until_ns = None
        elif isinstance(output, SetEnded):
            rest_s = self.rests_s.get(output.exercise, 0.0)
            if rest_s and output.set_number < output.set_target:
                self.rest_until_ns = output.at_ns + round(rest_s * 1e9)

    def _take_device(self, status: DeviceStatus) -> str | None:
        last = self.devices.get(status.device)
        self.devices[status.device] = status
        # Battery and signal strength are for the table; only the link's moves are news.
        if last is not None and last.link == status.link:
            return None
        return self.note(status.at_ns, narrate(status))

    def _take_transition(self, transition: Transition) -> None:
        line = self.alerts.get(transition.alert_id)
        if line is None:
            self.alerts[transition.alert_id] = AlertLine(transition=transition)
        else:
            line.transition = transition
