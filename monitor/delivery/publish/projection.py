"""What therapists' pages show: vitals, repetitions, devices. Pure.

Outputs become messages; the latest value of each is kept for the page that opens later.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from monitor.clock import utc_text
from monitor.delivery.publish.entries import Entry, entry_of
from monitor.delivery.publish.messages import SenderIdentity, envelope
from monitor.delivery.publish.stream_buffer import Waiting
from monitor.exercise.phases import Phase
from monitor.outputs import (
    CalibrationReported,
    CommandReply,
    DeviceStatus,
    JointAngleUpdate,
    Output,
    PhaseChanged,
    RepetitionCounted,
    SetEnded,
    VitalUpdate,
)
from monitor.samples import UNITS, Code
from protocols.mqtt import wire
from protocols.mqtt.fields import MAX_TEXT, Envelope
from protocols.mqtt.messages import (
    DeviceMessage,
    EntryMessage,
    LatestMessage,
    LatestValue,
    RepMessage,
    RomMessage,
    VitalMessage,
)

# Stands for all rules among those whose signals are paused.
EVERY_RULE = "*"


class Projection:
    """The session as its pages see it. `identity` is asked each time: its clock may be anchored anew."""

    def __init__(self, identity: Callable[[], SenderIdentity]) -> None:
        self._speaker = identity
        self._seq: Counter[str] = Counter()
        self._values: dict[str, LatestValue] = {}
        self._devices: dict[str, Waiting] = {}
        self._phase = Phase.BEFORE.value
        self._phase_since_ns: int | None = None
        self._calibration = ""
        self._repetition_target: int | None = None
        self._set_target: int | None = None
        self._paused: dict[str, int] = {}
        self._joint = ""
        self._exercise: str | None = None
        self._set_number: int | None = None
        self._repetitions: int | None = None
        self._total: Counter[str] = Counter()

    def messages_of(self, output: Output) -> Iterator[Waiting]:
        """The messages an output makes; most make none or one."""
        entry = entry_of(output)
        if entry is not None:
            yield self._entry(entry, output.at_ns)
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
            self._keep_latest(code.value, output.angle_deg, UNITS[code], output.quality.value, output.t_ns)
        elif isinstance(output, PhaseChanged):
            self._phase, self._phase_since_ns = output.to_phase.value, output.at_ns
        elif isinstance(output, SetEnded):
            self._set_target, self._repetition_target = output.set_target, output.repetition_target
        elif isinstance(output, CalibrationReported):
            self._calibration = output.message[:MAX_TEXT]
        elif isinstance(output, CommandReply) and output.accepted:
            self._note_pause(output)

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
            set_target=self._set_target,
            repetition_target=self._repetition_target,
            phase_since=self._instant(self._phase_since_ns),
            calibration=self._calibration,
            paused=self._paused_at(at_ns),
        )
        return _waiting(self._speaker().topics.latest(), message, at_ns, qos=0)

    @property
    def phase(self) -> str:
        """Where the session is."""
        return self._phase

    def devices(self, *, at_ns: int) -> list[Waiting]:
        """What was said last of each device, as new as if it were said now: brokers forget."""
        return [replace(message, at_ns=at_ns) for message in self._devices.values()]

    def _vital(self, output: VitalUpdate) -> Waiting:
        identity = self._speaker()
        self._keep_latest(output.code.value, output.value, output.unit, output.quality.value, output.t_ns)
        message = VitalMessage(
            **self._envelope("vital", output.t_ns),
            code=output.code.value,
            value=output.value,
            unit=output.unit,
            q=output.quality.value,
        )
        return _waiting(identity.topics.vital(output.code.value), message, output.at_ns, qos=0)

    def _repetition(self, output: RepetitionCounted) -> Iterator[Waiting]:
        topics = self._speaker().topics
        self._exercise = output.exercise
        self._set_number = output.set_number
        self._repetitions, self._repetition_target = output.repetition, output.repetition_target
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

    def _entry(self, entry: Entry, at_ns: int) -> Waiting:
        message = EntryMessage(
            **self._envelope("entry", at_ns),
            entry=entry.entry,
            subject=entry.subject[:200],
            number=entry.number,
            text=entry.text[:MAX_TEXT],
            actor=entry.actor[:64],
        )
        # Each line is a fact of its own: none replaces another.
        return _waiting(self._speaker().topics.entry(), message, at_ns, qos=1, key=message.id)

    def _note_pause(self, reply: CommandReply) -> None:
        rule = reply.details.get("rule_id") or EVERY_RULE
        if reply.verb == "pause":
            for_s = reply.details.get("for_s")
            self._paused[str(rule)] = reply.at_ns + round(float(for_s or 0.0) * 1e9)
        elif reply.verb == "resume" and rule == EVERY_RULE:
            self._paused.clear()
        elif reply.verb == "resume":
            self._paused.pop(str(rule), None)

    def _paused_at(self, at_ns: int) -> dict[str, str | None]:
        self._paused = {rule: until_ns for rule, until_ns in self._paused.items() if until_ns > at_ns}
        shown = list(self._paused.items())[:64]
        return {rule[:64]: self._instant(until_ns) for rule, until_ns in shown}

    def _keep_latest(self, code: str, value: float | None, unit: str, quality: str, t_ns: int) -> None:
        self._values[code] = LatestValue(
            value=value, unit=unit, q=quality, t=utc_text(t_ns, self._speaker().anchor)
        )

    def _instant(self, at_ns: int | None) -> str | None:
        return None if at_ns is None else utc_text(at_ns, self._speaker().anchor)

    def _envelope(self, kind: str, t_ns: int) -> dict[str, object]:
        self._seq[kind] += 1
        identity = self._speaker()
        fields = envelope(identity, kind=kind, seq=self._seq[kind], t_ns=t_ns)
        return {**fields, "sent": fields["t"]}


def _waiting(
    topic: str, message: Envelope, at_ns: int, *, qos: int, retain: bool = False, key: str | None = None
) -> Waiting:
    return Waiting(
        key=key or topic, topic=topic, payload=wire.encode(message), qos=qos, retain=retain, at_ns=at_ns
    )
