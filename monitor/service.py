"""One running session: the parts that bring inputs, the intake that takes them, the way to the therapist."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from devices.adapter.radio import Radio
from devices.frames import Frame
from devices.link.group import StationLinks
from monitor.clock import anchor_now, anchors, now_ns
from monitor.config import Station
from monitor.cut_off import Start, restored_ids
from monitor.delivery.broker.broker import Broker
from monitor.delivery.health import DeliveryHealth, DeliveryTimes, LocalAlarm, local_alarm
from monitor.delivery.publish.messages import SenderIdentity
from monitor.delivery.publish.publisher import Publisher
from monitor.delivery.publish.session_info import SessionInfo, session_info
from monitor.inputs import AlertRestored, Command, StationStatus, Tick
from monitor.intake import Intake
from monitor.outputs import CommandReply, Output
from monitor.plan.plan import Plan
from monitor.reading_keeper import ReadingKeeper
from monitor.recording.recorder import Recorder
from monitor.session.session import Session
from monitor.spot_readings import spot_reading
from monitor.station_devices import device_configs_of, readings_sent_once, sensors_of
from monitor.store.writer import StoreWriter
from monitor.watchdog import DISK_ANSWERS_WITHIN_S, INTAKE_MOVES_WITHIN_S, Watchdog
from protocols.mqtt.home_assistant import announcement, discovery_topic
from protocols.mqtt.topics import StationTopics

log = logging.getLogger(__name__)

# Alert rules wait in whole seconds; ten looks a second keep what we add to them below a tenth.
TICK_EVERY_S = 0.1

# How often the session hears how the station itself and its delivery fare.
STATUS_EVERY_S = 1.0

# At the end: how long the therapist's application may take to confirm the last alerts.
SETTLE_WITHIN_S = 10.0
# The same while no broker answers: the alerts lie in the outbox, and who pressed Ctrl-C waits for the end.
SETTLE_WITHOUT_BROKER_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """Everything one session needs to know.

    `folder` is the session's own, `store_path` the station's store, which outlives its sessions: what one
    could not deliver, the next one does. `roles` are the people this station takes commands from, `keys`
    what those sign with who must.
    """

    station: Station
    plan: Plan
    session_id: str
    folder: Path
    store_path: Path
    roles: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The world outside, so that a simulation can stand in for it.

    `utc_ns` is the wall clock, `hold` keeps an accelerated clock still while something outside is awaited.
    `station_status` may add what a simulation wants to be wrong with the station. `on_trouble` gets what the
    watchdog has to call out, on the watchdog's thread; without it nobody watches (an accelerated clock).
    """

    radio: Radio
    broker: Callable[[], Broker]
    utc_ns: Callable[[], int] = time.time_ns
    hold: Callable[[], AbstractContextManager[object]] = nullcontext
    observe: Callable[[Output], None] = lambda _: None
    on_times: Callable[[DeliveryTimes], None] = lambda _: None
    station_status: Callable[[StationStatus], StationStatus] = lambda status: status
    on_trouble: Callable[[str], None] | None = None


class Service:
    """One running session; made by `running`."""

    def __init__(self, setting: SessionConfig, around: Ports, recorder: Recorder, store: StoreWriter) -> None:
        self.setting = setting
        self.start_ns = now_ns()
        self._around = around
        self._recorder = recorder
        self._store = store
        self._anchor = anchor_now(monotonic_ns=now_ns, utc_ns=around.utc_ns)
        self.session = Session(setting.plan, sensors_of(setting.station), setting.session_id)
        self._publisher = Publisher(
            broker=around.broker,
            topics=StationTopics(
                clinic=setting.station.station.clinic, station=setting.station.station.station
            ),
            session_id=setting.session_id,
            store=store,
            anchor=lambda: self._anchor,
            roles=setting.roles,
            keys=setting.keys,
            on_command=self._intake_command,
            on_times=self._note_times,
            info=self.session_info,
            is_moving=self.is_moving,
            hold=around.hold,
            announcements=_announcements(setting),
        )
        self._intake = Intake(
            session=self.session,
            recorder=recorder,
            keep_reading=self._keep_reading,
            keep_transition=self._publisher.accept,
            observe=self._observe,
        )
        self._links = StationLinks(
            device_configs_of(setting.station),
            around.radio,
            self._intake.put,
            now_ns,
            local_time=self._local_time,
        )
        self._sent_once = readings_sent_once(setting.station)
        self._asked_here: dict[str, Command] = {}
        self._readings = ReadingKeeper(store, session_id=setting.session_id)
        self.frames = 0

    def command(self, command: Command) -> None:
        """A person at the station asks for something; audited with its answer."""
        self._asked_here[command.command_id] = command
        self._intake.put(command)

    def _intake_command(self, command: Command) -> None:
        # What comes over MQTT is audited where it is noted: in the store, before it runs.
        self._intake.put(command)

    @property
    def intake_late_s(self) -> float:
        """How long ago the input came that was taken last: below a second while the session moves."""
        taken_ns = self._intake.taken_ns
        return (now_ns() - (self.start_ns if taken_ns is None else taken_ns)) / 1e9

    def delivery_health(self) -> DeliveryHealth:
        """How the way to the therapist fares."""
        return self._publisher.health()

    def delivery_times(self) -> list[DeliveryTimes]:
        """Each alert message's way, oldest first."""
        return self._publisher.times

    def local_alarm(self) -> LocalAlarm | None:
        """What the station itself must call out, because nobody far away has answered."""
        return local_alarm(self._publisher.health())

    def session_info(self) -> SessionInfo:
        """The plan with the limits in force, for the pages."""
        return session_info(self.setting.plan, self.session.limits)

    def identity(self) -> SenderIdentity:
        """Who this session is on the wire, by the present clock."""
        return self._publisher.identity()

    @property
    def readings_kept(self) -> int:
        """How many readings that are sent only once are on disk."""
        return self._readings.kept

    @property
    def storing_problem(self) -> str | None:
        """A sentence while something is not stored that should be: alerts, readings or the recording."""
        if not self._publisher.health().is_storing or not self._readings.is_storing:
            return "NOT STORED: the disk does not take alerts and readings; write them down"
        return self._recorder.problem

    def watchdog(self, on_trouble: Callable[[str], None]) -> Watchdog:
        """The thread that watches this service from outside; for a loop that runs at the wall's pace."""
        loop = asyncio.get_running_loop()

        def intake_stands_s() -> float:
            taken_ns = self._intake.taken_ns
            return 0.0 if taken_ns is None else loop.time() - taken_ns / 1e9

        still, disk = "sensors are not worked off. Watch the patient directly.", "the disk does not answer."
        return Watchdog(
            ages_s={still: intake_stands_s, disk: lambda: self._store.stalled_s},
            limits_s={still: INTAKE_MOVES_WITHIN_S, disk: DISK_ANSWERS_WITHIN_S},
            on_trouble=on_trouble,
        )

    def is_moving(self) -> bool:
        """Whether the session keeps up: pages are told that this station lives only while it does."""
        taken_ns = self._intake.taken_ns
        return taken_ns is None or now_ns() - taken_ns < INTAKE_MOVES_WITHIN_S * 1e9

    def start_of_session(self) -> Start:
        """What must be known of this session to end those that were cut off before it."""
        names = self.setting.station.station
        return Start(
            session_id=self.setting.session_id,
            patient_id=self.setting.plan.patient_id,
            topics=StationTopics(clinic=names.clinic, station=names.station),
            anchor=self._anchor,
        )

    def restore(self, alerts: Sequence[AlertRestored]) -> None:
        """Alerts of a session that was cut off go on in this one."""
        if alerts:
            log.warning("a session was cut off; its alerts go on: %s", restored_ids(alerts))
        for alert in alerts:
            self._intake.put(alert)

    def work(self) -> list[tuple[str, Coroutine[Any, Any, None]]]:
        """The tasks that bring inputs, and the one that takes them last."""
        return [
            ("anchors", self._anchors()),
            ("links", self._links.run()),
            ("ticks", self._ticks()),
            ("station status", self._statuses()),
            ("intake", self._intake.run()),
        ]

    async def deliver(self) -> None:
        """Bring alerts to the therapist, for ever."""
        await self._publisher.run()

    async def finish(self) -> None:
        """Take what is queued, and give the last alerts the chance to be confirmed."""
        await self._intake.drain()
        connected = self._publisher.health().connected
        try:
            with self._around.hold():
                async with asyncio.timeout(SETTLE_WITHIN_S if connected else SETTLE_WITHOUT_BROKER_S):
                    await self._publisher.settled()
        except TimeoutError:
            still_open = self._publisher.health().open_events
            log.warning("%d alert messages are not confirmed; they stay in the outbox", still_open)

    def _observe(self, output: Output) -> None:
        self._publisher.publish(output)
        if isinstance(output, CommandReply):
            self._publisher.reply(output)
            self._audit(output)
        self._around.observe(output)

    def _audit(self, reply: CommandReply) -> None:
        """Every act of a person at the station, as it was answered; a refused one too."""
        command = self._asked_here.pop(reply.command_id, None)
        if command is None:
            return
        detail = {
            "cmd_id": command.command_id,
            "role": command.role,
            "asked": command.arguments,
            "result": "accepted" if reply.accepted else "rejected",
            "reason": reply.reason,
            "did": reply.details,
        }
        session_id = self.setting.session_id
        self._store.submit_unawaited(
            lambda store: store.audit(
                actor=command.actor, action=command.verb, subject=session_id, detail=detail
            )
        )

    def _note_times(self, times: DeliveryTimes) -> None:
        record = {
            "message_id": times.message_id,
            "alert_id": times.alert_id,
            "seq": times.seq,
            "stored_ms": times.stored_ms,
            "published_ms": times.published_ms,
            "confirmed_ms": times.confirmed_ms,
        }
        self._recorder.delivery(record, at_ns=now_ns())
        self._around.on_times(times)

    async def _keep_reading(self, frame: Frame) -> None:
        self.frames += 1
        if (frame.device, frame.characteristic) in self._sent_once:
            await self._readings.keep(spot_reading(frame))

    async def _anchors(self) -> None:
        async for anchor in anchors(utc_ns=self._around.utc_ns):
            # Devices whose clocks are set know local time only.
            offset = self._local_time().utcoffset()
            self._anchor = replace(
                anchor, utc_offset_s=0 if offset is None else round(offset.total_seconds())
            )
            self._intake.put(self._anchor)

    async def _ticks(self) -> None:
        while True:
            self._intake.put(Tick(received_ns=now_ns()))
            await asyncio.sleep(TICK_EVERY_S)

    async def _statuses(self) -> None:
        while True:
            now = now_ns()
            delivery = self._publisher.health()
            self._intake.put(delivery.as_input(now))
            taken_ns = self._intake.taken_ns
            late_s = 0.0 if taken_ns is None else max(0.0, (now - taken_ns) / 1e9)
            status = StationStatus(
                received_ns=now,
                queue_late_s=late_s,
                disk_full=self.storing_problem is not None,
            )
            self._intake.put(self._around.station_status(status))
            self._readings.offer_again()
            await asyncio.sleep(STATUS_EVERY_S)

    def _local_time(self) -> datetime:
        return datetime.fromtimestamp(self._around.utc_ns() / 1e9, UTC).astimezone()


def _announcements(setting: SessionConfig) -> dict[str, bytes]:
    """What is said to Home Assistant, where the settings ask for it."""
    prefix = setting.station.broker.home_assistant
    if prefix is None:
        return {}
    names = setting.station.station
    topics = StationTopics(clinic=names.clinic, station=names.station)
    return {discovery_topic(prefix, topics): announcement(topics, version=version("kinewatch"))}
