"""What the engine remembers of one sensor: when it last gave something valid, and what was wrong with it."""

from collections import deque
from collections.abc import Mapping

from monitor.alerts.change_topics import NOTHING, ChangeTopic
from monitor.alerts.gates import CUFF_INFLATING
from monitor.samples import MACHINE_CODES, Code, Quality, Sample
from monitor.sensors import PLACED_IMU_ROLES, Arm, SensorConfig, SensorRole
from protocols.units import NS_PER_S

# Searching, connecting, discovering and subscribing take up to this long when nothing is wrong; a sensor that
# has never been seen is not missing before.
STARTUP_GRACE_NS = 20 * NS_PER_S
# Older than this is no continuous data any more: max(3 x period, 5 s) for 1 Hz vitals; an IMU gives 10 to 100
# samples a second, and a radio stall of half a second is ordinary.
CONTINUOUS_WITHIN_NS: Mapping[SensorRole, int] = {
    SensorRole.OXIMETER: 5 * NS_PER_S,
    SensorRole.HEART_RATE_STRAP: 5 * NS_PER_S,
    SensorRole.IMU_PROXIMAL: NS_PER_S,
    SensorRole.IMU_DISTAL: NS_PER_S,
    SensorRole.EXERCISE_MACHINE: 5 * NS_PER_S,
    **dict.fromkeys(PLACED_IMU_ROLES, NS_PER_S),
}
# Which scalars say that the sensor measures; an IMU says it with `SensorSeen`.
LIVENESS_CODES: Mapping[SensorRole, frozenset[Code]] = {
    SensorRole.OXIMETER: frozenset({Code.SPO2_PERCENT}),
    SensorRole.HEART_RATE_STRAP: frozenset({Code.HEART_RATE_PER_MIN}),
    SensorRole.CUFF: frozenset({Code.SYSTOLIC_MMHG}),
    SensorRole.EXERCISE_MACHINE: MACHINE_CODES,
    SensorRole.THERMOMETER: frozenset({Code.BODY_TEMPERATURE_CEL}),
}
POOR_WINDOW_NS = 30 * NS_PER_S
FROZEN_AFTER_NS = 60 * NS_PER_S
# One damaged frame is radio; several within seconds are a wrong decoder, firmware or device.
FAILURES_WINDOW_NS = 10 * NS_PER_S


class SensorState:
    """One sensor, as its observations arrive.

    Attributes:
        continuous_within_ns: how old its newest sample may be while its data count as continuous; 0 for spot
            readings.
        valid_ns: receive time of the last valid sample; before the first, the end of the start-up grace.
        seen: whether there has been one.
        poor_now: the newest sample was poor.
        payload_since_ns: since when the payload has not changed.
        battery_percent: newest, None before the first.
    """

    def __init__(self, config: SensorConfig, *, start_ns: int) -> None:
        self.device = config.device
        self.role = config.role
        self.continuous_within_ns = CONTINUOUS_WITHIN_NS.get(config.role, 0)
        self.arm: Arm | None = config.arm
        self.valid_ns = start_ns + STARTUP_GRACE_NS
        self.seen = False
        self.poor_now = False
        self.poor_flags: tuple[str, ...] = ()
        self.signal_ns = start_ns
        self.payload_since_ns = start_ns
        self.battery_percent: float | None = None
        self.battery_ns = start_ns
        self.failure_reason = ""
        self._payload: bytes | None = None
        self._values: dict[Code, float | None] = {}
        self.values_since_ns = start_ns
        self._poor: deque[tuple[int, int]] = deque()
        self._failures: deque[int] = deque()

    def mark_valid(self, now_ns: int) -> frozenset[ChangeTopic]:
        """Valid data at `now_ns`; says so only when there had been a gap, for nobody waits otherwise."""
        gap = not self.seen or now_ns - self.valid_ns > self.continuous_within_ns
        self.seen, self.valid_ns = True, now_ns
        return frozenset({ChangeTopic.LIVENESS}) if gap else NOTHING

    def absorb(self, sample: Sample) -> frozenset[ChangeTopic]:
        """A scalar of this sensor."""
        if sample.code is Code.BATTERY_PERCENT:
            if sample.value is not None:
                self.battery_percent, self.battery_ns = sample.value, sample.t_ns
            return frozenset({ChangeTopic.BATTERY})
        self._watch_value(sample)
        if sample.code not in LIVENESS_CODES.get(self.role, ()):
            return NOTHING
        topics = self._watch_signal(sample)
        if sample.quality in (Quality.GOOD, Quality.QUESTIONABLE):
            return topics | self.mark_valid(sample.received_ns)
        if CUFF_INFLATING in sample.flags and self.seen:
            # The cuff on this arm hides the pulse; the gate is bounded, so this excuse is too.
            self.valid_ns = sample.received_ns
        return topics

    def _watch_value(self, sample: Sample) -> None:
        if sample.code in (Code.SPO2_PERCENT, Code.PULSE_RATE_PER_MIN, Code.HEART_RATE_PER_MIN) and (
            self._values.get(sample.code) != sample.value
        ):
            self._values[sample.code] = sample.value
            self.values_since_ns = sample.received_ns

    def _watch_signal(self, sample: Sample) -> frozenset[ChangeTopic]:
        poor = sample.quality in (Quality.POOR, Quality.MISSING) and CUFF_INFLATING not in sample.flags
        if self.poor_now:
            # A sample stands for the time until the next one, but not for a gap.
            until = min(sample.t_ns, self.signal_ns + self.continuous_within_ns)
            if until > self.signal_ns:
                self._poor.append((self.signal_ns, until))
        changed = poor or self.poor_now or bool(self._poor)
        self.poor_now, self.signal_ns = poor, sample.t_ns
        if poor:
            self.poor_flags = tuple(sorted(sample.flags))
        while self._poor and self._poor[0][1] <= sample.t_ns - POOR_WINDOW_NS:
            self._poor.popleft()
        return frozenset({ChangeTopic.SIGNAL}) if changed else NOTHING

    def poor_for_ns(self) -> int:
        """How much of the last 30 s before the newest sample was poor."""
        start = self.signal_ns - POOR_WINDOW_NS
        return sum(until - max(since, start) for since, until in self._poor)

    def poor_since_ns(self) -> int:
        """When the oldest poor stretch within the window began."""
        return self._poor[0][0] if self._poor else self.signal_ns

    def absorb_payload(self, payload: bytes, now_ns: int) -> frozenset[ChangeTopic]:
        """The bytes of a streaming frame; says so with the first, and when a frozen sensor has thawed."""
        if payload == self._payload:
            return NOTHING
        news = self._payload is None or now_ns - self.payload_since_ns >= FROZEN_AFTER_NS
        self._payload, self.payload_since_ns = payload, now_ns
        return frozenset({ChangeTopic.SIGNAL}) if news else NOTHING

    @property
    def streams(self) -> bool:
        """Whether a payload has come at all."""
        return self._payload is not None

    def absorb_failure(self, now_ns: int, reason: str) -> frozenset[ChangeTopic]:
        """A frame that could not be decoded."""
        self._failures.append(now_ns)
        self.failure_reason = reason
        while self._failures[0] <= now_ns - FAILURES_WINDOW_NS:
            self._failures.popleft()
        return frozenset({ChangeTopic.SIGNAL})

    def failures_within(self, now_ns: int) -> tuple[int, int]:
        """(how many in the last 10 s, when the newest of all was)."""
        recent = [at for at in self._failures if at > now_ns - FAILURES_WINDOW_NS]
        return len(recent), self._failures[-1] if self._failures else 0
