"""`session_facts`: the one way from a recording to the facts of its session. Pure."""

import json
from collections.abc import Iterable
from typing import Any

from devices.frames import Frame
from monitor.inputs import ClockAnchor, Command, Tick
from monitor.record.facts import Amendment, NotRecorded, SessionFacts
from monitor.record.gather.alerts import AlertLog
from monitor.record.gather.commands import CommandLog
from monitor.record.gather.devices import DeviceLog
from monitor.record.gather.function_tests import FunctionTestLog
from monitor.record.gather.movement import MovementLog
from monitor.record.gather.phases import PhaseLog
from monitor.record.gather.plan import PlannedSession
from monitor.record.gather.times import SessionTime
from monitor.record.gather.vitals import VitalLog
from monitor.recording.header import Header
from monitor.recording.reader import Item, RecordedDelivery, RecordedInput, RecordedOutput

NO_CALIBRATION = NotRecorded(reason="no joint was calibrated in this session")
NO_GATE = NotRecorded(reason="no readiness check was recorded before this session")
NO_CUES = NotRecorded(reason="no cue was recorded in this session")


def session_facts(
    header: Header,
    items: Iterable[Item],
    *,
    is_complete: bool = True,
    amendments: Iterable[Amendment] = (),
    series: bool = True,
) -> SessionFacts:
    """The facts of a recorded session: of outputs, deliveries, commands and clock anchors, in order.

    Frames and ticks may be left out of `items`: they change nothing. `series` false leaves the curves out.
    """
    gathering = _Gathering(header, series=series)
    for item in items:
        gathering.add(item)
    return gathering.facts(is_complete=is_complete, amendments=tuple(amendments))


class _Gathering:
    def __init__(self, header: Header, *, series: bool) -> None:
        self._header = header
        self._plan = PlannedSession(header)
        self._time = SessionTime()
        self._phases = PhaseLog(self._time)
        self._vitals = VitalLog(self._time, self._phases, keep_series=series)
        self._movement = MovementLog(self._time, self._vitals, keep_series=series)
        self._commands = CommandLog(self._time, self._phases, self._plan.people)
        self._alerts = AlertLog(self._time, self._plan.people)
        self._devices = DeviceLog(self._time, self._plan.devices)
        self._tests = FunctionTestLog(self._time)
        self._take = {
            "transition": self._alerts.transition,
            "vital": self._vitals.vital,
            "joint_angle": self._movement.angle,
            "repetition": self._movement.repetition,
            "set_ended": self._movement.set_ended,
            "phase": self._phases.changed,
            "calibration": self._devices.calibration,
            "device": self._devices.status,
            "reading_filed": self._vitals.filed,
            "reply": self._commands.reply,
            "function_test": self._tests.ended,
        }

    def add(self, item: Item) -> None:
        match item:
            case RecordedOutput(line=line):
                record: dict[str, Any] = json.loads(line)
                self._time.seen(record["at_ns"])
                # A kind that this version does not know is a later version's: the rest holds all the same.
                take = self._take.get(record["type"])
                if take is not None:
                    take(record)
            case RecordedDelivery(record=delivery):
                self._alerts.delivery(delivery)
            case RecordedInput(value=Frame() | Tick()):
                pass
            case RecordedInput(value=ClockAnchor() as anchor):
                self._time.anchor(anchor)
            case RecordedInput(value=Command() as command):
                self._commands.command(command)
            case RecordedInput(value=value):
                self._time.seen(value.received_ns)

    def facts(self, *, is_complete: bool, amendments: tuple[Amendment, ...]) -> SessionFacts:
        plan, time = self._plan, self._time
        ended_ns = self._phases.ended_ns
        duration_s = time.s(time.last_ns if ended_ns is None else ended_ns)
        sets, repetitions = self._movement.sets(plan), self._movement.repetitions()
        calibrations = self._devices.calibrations()
        return SessionFacts(
            session_id=self._header.session_id,
            patient_id=plan.patient_id,
            clinic=plan.clinic,
            station=plan.station,
            software_version=str(self._header.versions.get("kinewatch", "")),
            plan_version=plan.version,
            pack=plan.pack,
            start_utc_ns=time.start_utc_ns(self._header.started_utc),
            utc_offset_s=time.utc_offset_s,
            duration_s=duration_s,
            is_complete=is_complete,
            has_ended=ended_ns is not None,
            phases=self._phases.facts(),
            exercises=plan.exercises(sets),
            sets=sets,
            repetitions=repetitions,
            vitals=self._vitals.periods(),
            points=self._vitals.points(),
            pressures=self._vitals.pressures(plan.devices, self._commands.posture_at),
            filed_readings=self._vitals.filed_readings(),
            ratings=self._commands.ratings(),
            notes=self._commands.notes(),
            limits=plan.limits,
            limit_changes=self._commands.limit_changes(),
            alerts=self._alerts.facts(),
            devices=self._devices.facts(
                self._vitals.seconds_seen(), self._movement.seconds_seen(), duration_s
            ),
            calibrations=calibrations or NO_CALIBRATION,
            gate=NO_GATE,
            cues=NO_CUES,
            function_tests=self._tests.facts(),
            people=self._commands.people(),
            messages=self._alerts.messages,
            messages_unconfirmed=self._alerts.unconfirmed,
            series=self._vitals.series() + self._movement.series(),
            amendments=amendments,
        )
