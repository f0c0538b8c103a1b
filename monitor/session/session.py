"""One session: inputs in, outputs out. No clock, no waiting, no I/O; equal inputs give equal outputs."""

from collections.abc import Sequence

from monitor.exercise.phases import Phase
from monitor.ingest.ingest import Ingest
from monitor.inputs import Input
from monitor.outputs import Output
from monitor.plan.limits import Limits
from monitor.plan.plan import Plan
from monitor.sensors import SensorConfig
from monitor.session.running import RunningSession
from monitor.session.sensor_status import SensorStatus
from monitor.session.snapshot import Snapshot
from monitor.session.summary import Summary, SummaryBuilder


class Session:
    """The pure core.

    `devices` are the station's sensors of this session. It begins with its first input: the delays of
    sensors that never appear count from there. Before the first input `snapshot()` shows an empty session
    at time 0.

    Raises:
        monitor.ingest.errors.UnknownFamilyError: a sensor whose family cannot be read.
    """

    def __init__(self, plan: Plan, devices: Sequence[SensorConfig], session_id: str) -> None:
        self.session_id = session_id
        self._plan = plan
        self._devices = tuple(devices)
        Ingest(self._devices)  # an unknown family is refused now, not at the first input
        self._running: RunningSession | None = None

    def feed(self, item: Input) -> list[Output]:
        """Take one input; what it caused, and what time has brought until then, in order.

        An input that is older than the one before counts as of now: time does not go back.
        """
        if self._running is None:
            self._running = RunningSession(
                self._plan, self._devices, self.session_id, start_ns=item.received_ns
            )
        return self._running.feed(item)

    @property
    def now_ns(self) -> int:
        """How far time has come; 0 before the first input."""
        return 0 if self._running is None else self._running.now_ns

    @property
    def next_due_ns(self) -> int | None:
        """When time alone will next bring something; a tick then costs no delay at all."""
        return None if self._running is None else self._running.next_due_ns

    @property
    def phase(self) -> Phase:
        """Where the session is."""
        return Phase.BEFORE if self._running is None else self._running.phase

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        return self._plan.effective_limits if self._running is None else self._running.limits

    def snapshot(self) -> Snapshot:
        """Everything a display shows, as of the last input."""
        if self._running is not None:
            return self._running.snapshot()
        exercise = self._plan.exercises[0]
        return Snapshot(
            at_ns=0,
            session_id=self.session_id,
            phase=Phase.BEFORE,
            phase_since_ns=0,
            exercise=exercise.name,
            set_number=0,
            set_target=exercise.sets,
            repetition=0,
            repetition_target=exercise.repetitions,
            calibration="",
            angle=None,
            vitals=(),
            alerts=(),
            devices=SensorStatus(self._devices).view(0),
        )

    def summary(self) -> Summary:
        """Everything so far, as a record."""
        if self._running is not None:
            return self._running.summary()
        return SummaryBuilder().summary(session_id=self.session_id, phase=Phase.BEFORE, sets=())
