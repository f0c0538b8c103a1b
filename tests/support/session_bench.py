"""A session on a bench: frames, commands and ticks in, outputs out, instants in seconds."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TypeVar

from devices.frames import Frame
from monitor.alerts.transition import Transition
from monitor.inputs import ClockAnchor, Command, Tick
from monitor.outputs import CommandReply, Output
from monitor.plan.plan import Plan
from monitor.sensors import Arm, SensorConfig, SensorRole
from monitor.session import Input, Session
from protocols.ble import battery, blood_pressure, heart_rate, pulse_oximeter
from protocols.ble.date_time import DateTime
from tests.support.alert_bench import plan_of

NS_PER_S = 1_000_000_000
TICK_NS = 100_000_000
# Any instant will do: monotonic clocks start anywhere.
START_NS = 5_000 * NS_PER_S
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local time without a zone, as devices keep it
BEGINS = datetime(2026, 3, 4, 10)  # noqa: DTZ001 - the same

OXIMETER = SensorConfig(device="oximeter", family="pulse_oximeter", role=SensorRole.OXIMETER, arm=Arm.LEFT)
STRAP = SensorConfig(device="strap", family="heart_rate", role=SensorRole.HEART_RATE_STRAP)
CUFF = SensorConfig(device="cuff", family="blood_pressure", role=SensorRole.CUFF, arm=Arm.RIGHT)

AlertKind = TypeVar("AlertKind")


def at(seconds: float) -> int:
    """Seconds of the session as an instant."""
    return START_NS + round(seconds * NS_PER_S)


def spo2(at_s: float, percent: float, pulse: float = 72, **more: object) -> Frame:
    """A PLX notification."""
    measurement = pulse_oximeter.PlxContinuousMeasurement(percent, pulse, **more)  # type: ignore[arg-type]
    return Frame(
        device="oximeter",
        characteristic=pulse_oximeter.CONTINUOUS,
        received_ns=at(at_s),
        payload=pulse_oximeter.encode_continuous(measurement),
    )


def rate(at_s: float, per_min: int) -> Frame:
    """An HRS notification of a strap that tells that it is worn."""
    return Frame(
        device="strap",
        characteristic=heart_rate.MEASUREMENT,
        received_ns=at(at_s),
        payload=heart_rate.encode_measurement(
            heart_rate.HeartRateMeasurement(per_min, heart_rate.SensorContact.DETECTED)
        ),
    )


def clock(at_s: float = 0) -> ClockAnchor:
    """The station's wall clock: the bench begins at `BEGINS`."""
    utc_s = (BEGINS - EPOCH).total_seconds() + at_s
    return ClockAnchor(received_ns=at(at_s), utc_ns=round(utc_s * NS_PER_S))


def pressure(at_s: float, systolic: float, diastolic: float, *, pulse: float | None = None) -> Frame:
    """A BLP indication, dated with the time at which it comes; `clock` says what time that is."""
    measurement = blood_pressure.BloodPressureMeasurement(
        systolic,
        diastolic,
        round((systolic + 2 * diastolic) / 3),
        timestamp=DateTime.from_datetime(BEGINS + timedelta(seconds=at_s)),
        pulse_rate_per_min=pulse,
    )
    return Frame(
        device="cuff",
        characteristic=blood_pressure.MEASUREMENT,
        received_ns=at(at_s),
        payload=blood_pressure.encode_measurement(measurement),
    )


def level(at_s: float, device: str, percent: int) -> Frame:
    """A battery notification."""
    return Frame(
        device=device,
        characteristic=battery.LEVEL,
        received_ns=at(at_s),
        payload=battery.encode_level(percent),
    )


def vitals(start_s: float, end_s: float, *, percent: float = 97, per_min: int = 72) -> list[Frame]:
    """Both streams at 1 Hz; the pulse varies a little, as pulses do."""
    out: list[Frame] = []
    for second in range(round(start_s), round(end_s)):
        varied = per_min + second % 3
        out += [spo2(second + 0.1, percent, varied), rate(second + 0.2, varied)]
    return out


def command(
    at_s: float, verb: str, *, role: str = "assistant", command_id: str = "", **arguments: str | float | bool
) -> Command:
    """A command; its id says what and when unless told otherwise."""
    return Command(
        received_ns=at(at_s),
        command_id=command_id or f"{verb}-{at_s:g}",
        verb=verb,
        actor=f"{role}-1",
        role=role,
        arguments=arguments,
    )


def ticks(end_s: float, *, every_ns: int = TICK_NS) -> Iterator[Tick]:
    """Ticks until `end_s`."""
    return (Tick(received_ns=t) for t in range(START_NS, at(end_s) + 1, every_ns))


def in_order(*parts: Iterable[Input]) -> list[Input]:
    """Several streams as one, by receive time."""
    return sorted((one for part in parts for one in part), key=attrgetter("received_ns"))


class SessionBench:
    """One session and everything it has said.

    Attributes:
        outputs: in order.
    """

    def __init__(
        self,
        devices: Iterable[SensorConfig] = (OXIMETER, STRAP, CUFF),
        plan: Plan | None = None,
    ) -> None:
        self.session = Session(plan or plan_of(), tuple(devices), "s-1")
        self.outputs: list[Output] = []

    def feed(self, *items: Input) -> list[Output]:
        """Feed `items` in the order given; what they caused."""
        new = [output for item in items for output in self.session.feed(item)]
        self.outputs += new
        return new

    def of(self, kind: type[AlertKind]) -> list[AlertKind]:
        """The outputs of one kind so far."""
        return [one for one in self.outputs if isinstance(one, kind)]

    def order(self, one: Command) -> CommandReply:
        """Give a command; its reply."""
        (reply,) = [output for output in self.feed(one) if isinstance(output, CommandReply)]
        return reply

    @property
    def alerts(self) -> list[str]:
        """`65.100 G1-1 firing medium`, reminders left out."""
        return [
            f"{(one.at_ns - START_NS) / NS_PER_S:.1f} {one.alert_id} {one.to_state} {one.priority}"
            for one in self.of(Transition)
            if one.reason != "still there"
        ]
