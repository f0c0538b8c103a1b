"""What therapists' pages show: vitals, repetitions, devices. Pure.

Outputs become messages; the latest value of each is kept for the page that opens later.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from monitor.clock import utc_text
from monitor.delivery.publish.messages import Speaker, envelope
from monitor.delivery.publish.stream_buffer import Waiting
from monitor.outputs import (
    DeviceStatus,
    JointAngleUpdate,
    Output,
    PhaseChanged,
    RepetitionCounted,
    VitalUpdate,
)
from monitor.samples import UNITS, Code
from protocols.mqtt import wire
from protocols.mqtt.fields import MAX_TEXT, Envelope
from protocols.mqtt.messages import (
    DeviceMessage,
    LatestMessage,
    LatestValue,
    RepMessage,
    RomMessage,
    VitalMessage,
)


class Broadcast:
    """The session as its pages see it. `speaker` is asked each time: its clock may be anchored anew."""

    def __init__(self, speaker: Callable[[], Speaker]) -> None:
        self._speaker = speaker
        self._seq: Counter[str] = Counter()
        self._values: dict[str, LatestValue] = {}
        self._devices: dict[str, Waiting] = {}
        self._phase = ""
        self._joint = ""
        self._exercise: str | None = None
        self._set_number: int | None = None
        self._repetitions: int | None = None
        self._total: Counter[str] = Counter()

    def take(self, output: Output) -> Iterator[Waiting]:
        """The messages an output makes; most make none or one."""
        if isinstance(output, VitalUpdate):
            yield self._vital(output)
        elif isinstance(output, RepetitionCounted):
            yield from self._repetition(output)
        elif isinstance(output, DeviceStatus):
            yield self._device(output)
        elif isinstance(output, JointAngleUpdate):
            # Ten a second are for the display at the patient's side; a page elsewhere sees the latest.
            self._joint = output.joint
            code = Code.JOINT_ANGLE_DEG
            self._keep(code.value, output.angle_deg, UNITS[code], output.quality.value, output.t_ns)
        elif isinstance(output, PhaseChanged):
            self._phase = output.to_phase.value

    def latest(self, *, at_ns: int, active_alerts: int) -> Waiting:
        """Everything at once, for a page that has just been opened."""
        message = LatestMessage(
            **self._envelope("latest", at_ns),
            phase=self._phase,
            values=dict(self._values),
            exercise=self._exercise,
            set_number=self._set_number,
            repetitions=self._repetitions,
            active_alerts=active_alerts,
        )
        return _waiting(self._speaker().topics.latest(), message, at_ns, qos=0, retain=True)

    def devices(self, *, at_ns: int) -> list[Waiting]:
        """What was said last of each device, as new as if it were said now: brokers forget."""
        return [replace(message, at_ns=at_ns) for message in self._devices.values()]

    def _vital(self, output: VitalUpdate) -> Waiting:
        speaker = self._speaker()
        self._keep(output.code.value, output.value, output.unit, output.quality.value, output.t_ns)
        message = VitalMessage(
            **self._envelope("vital", output.t_ns),
            code=output.code.value,
            value=output.value,
            unit=output.unit,
            q=output.quality.value,
        )
        return _waiting(speaker.topics.vital(output.code.value), message, output.at_ns, qos=0)

    def _repetition(self, output: RepetitionCounted) -> Iterator[Waiting]:
        topics = self._speaker().topics
        self._exercise = output.exercise
        self._set_number = output.set_number
        self._repetitions = output.repetition
        self._total[output.exercise] += 1
        rep = RepMessage(
            **self._envelope("rep", output.at_ns),
            exercise=output.exercise[:64],
            set_number=output.set_number,
            repetitions=output.repetition,
            total=self._total[output.exercise],
            duration_s=(output.t_end_ns - output.t_start_ns) / 1e9,
        )
        yield _waiting(topics.rep(output.exercise), rep, output.at_ns, qos=1)
        rom = RomMessage(
            **self._envelope("rom", output.at_ns),
            joint=(self._joint or output.exercise)[:64],
            exercise=output.exercise[:64],
            set_number=output.set_number,
            repetition=output.repetition,
            min_deg=output.minimum_deg,
            max_deg=output.maximum_deg,
            range_deg=output.range_of_motion_deg,
            uncertainty_deg=output.range_error_deg,
        )
        # Unlike a count, each range of motion is a fact of its own: none replaces another.
        yield _waiting(topics.rom(self._joint or output.exercise), rom, output.at_ns, qos=1, key=rom.id)

    def _device(self, output: DeviceStatus) -> Waiting:
        message = DeviceMessage(
            **self._envelope("dev", output.at_ns),
            device=output.device[:64],
            role=output.role.value,
            link="" if output.link is None else output.link.value,
            rssi_dbm=output.rssi_dbm,
            battery_percent=output.battery_percent,
            link_since=self._instant(output.link_since_ns),
            last_sample=self._instant(output.last_data_ns),
            reconnects=output.reconnects,
            decode_failures=output.decode_failures,
            reason=output.reason[:MAX_TEXT],
        )
        topic = self._speaker().topics.of_station().device(output.device)
        self._devices[output.device] = _waiting(topic, message, output.at_ns, qos=1, retain=True)
        return self._devices[output.device]

    def _keep(self, code: str, value: float | None, unit: str, quality: str, t_ns: int) -> None:
        self._values[code] = LatestValue(
            value=value, unit=unit, q=quality, t=utc_text(t_ns, self._speaker().anchor)
        )

    def _instant(self, at_ns: int | None) -> str | None:
        return None if at_ns is None else utc_text(at_ns, self._speaker().anchor)

    def _envelope(self, kind: str, t_ns: int) -> dict[str, object]:
        self._seq[kind] += 1
        speaker = self._speaker()
        fields = envelope(speaker, kind=kind, seq=self._seq[kind], t_ns=t_ns)
        return {**fields, "sent": fields["t"]}


def _waiting(
    topic: str, message: Envelope, at_ns: int, *, qos: int, retain: bool = False, key: str | None = None
) -> Waiting:
    return Waiting(
        key=key or topic, topic=topic, payload=wire.encode(message), qos=qos, retain=retain, at_ns=at_ns
    )
