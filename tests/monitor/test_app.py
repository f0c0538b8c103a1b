"""The whole service on the virtual radio, where the way to the therapist is broken."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from devices.adapter.radio import Radio
from monitor.alerts.transition import AlertState
from monitor.app import RECORDING_NAME, running
from monitor.cli.demo.setting import CLINIC, STATION, THERAPIST, plan_for, station_for
from monitor.cli.replay.running import replay_recording
from monitor.clock import now_ns, utc_following
from monitor.delivery.broker.broker import Broker
from monitor.delivery.broker.nats import NatsServer
from monitor.delivery.receiver.client import TherapistFeed
from monitor.errors import RunFailedError
from monitor.exercise.phases import Phase
from monitor.inputs import Command
from monitor.recording.reader import Recording
from monitor.service import Ports, Service, SessionConfig
from monitor.store.store import Store
from simulators.radio.air import VirtualRadio
from simulators.radio.clock import pause_virtual_clock, run
from simulators.scenario.loader import load
from simulators.scenario.world import World

NOBODY = Broker(host="127.0.0.1", port=9, username="station-1", password="none")


def setting_for(world: World, folder: Path, number: int) -> SessionConfig:
    return SessionConfig(
        station=station_for(world.devices),
        plan=plan_for(world.scenario),
        session_id=f"session-{number}",
        folder=folder / f"session-{number}",
        store_path=folder / "station.sqlite",
        roles={THERAPIST: "therapist", "assistant": "assistant"},
    )


def symptom() -> Command:
    return Command(
        received_ns=now_ns(),
        command_id="stop-1",
        verb="symptom",
        actor="assistant",
        role="assistant",
        arguments={"symptom": "stop"},
    )


async def a_stop_without_a_broker(folder: Path) -> Service:
    async with VirtualRadio(1) as air, AsyncExitStack() as stack:
        world = World(load("knee-extension"), air)
        around = Ports(
            radio=Radio(air.client_backend, air.scanner_backend),
            broker=lambda: NOBODY,
            utc_ns=utc_following(now_ns, start_utc_ns=time.time_ns()),
            hold=pause_virtual_clock,
        )
        service = await stack.enter_async_context(running(setting_for(world, folder, 1), around))
        playing = asyncio.create_task(world.run())
        await asyncio.sleep(20)
        service.command(symptom())
        await asyncio.sleep(40)
        playing.cancel()
        assert service.delivery_health().connected is False
        assert service.delivery_health().open_events > 0
        alarm = service.local_alarm()
        assert alarm is not None
        assert "no connection to the broker" in alarm.sentence
    return service


async def the_next_session_delivers(folder: Path, wanted: set[str]) -> set[str]:
    server = NatsServer(
        folder / "broker", clinic=CLINIC, station=STATION, therapists=(THERAPIST,), hold=pause_virtual_clock
    )
    received: set[str] = set()

    def hear(event: object) -> None:
        message = getattr(event, "message", None)
        if getattr(message, "alert_id", None):
            received.add(message.id)  # type: ignore[union-attr]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(server.run())]
        await server.ready()
        feed = TherapistFeed(
            broker=server.therapist_broker,
            clinic=CLINIC,
            actor=THERAPIST,
            on_event=hear,
            hold=pause_virtual_clock,
        )
        tasks.append(group.create_task(feed.run()))
        async with VirtualRadio(1) as air:
            world = World(load("knee-extension"), air)
            around = Ports(
                radio=Radio(air.client_backend, air.scanner_backend),
                broker=server.station_broker,
                hold=pause_virtual_clock,
            )
            async with running(setting_for(world, folder, 2), around):
                while not wanted <= received:
                    with pause_virtual_clock():
                        await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
    return received


@pytest.mark.broker
def test_without_a_broker_the_session_goes_on_and_the_next_one_delivers(tmp_path: Path) -> None:
    service = run(lambda: a_stop_without_a_broker(tmp_path), clock="virtual")
    summary = service.session.summary()
    assert any(one.rule_id == "G12" and one.state is not AlertState.RESOLVED for one in summary.alerts)
    assert service.frames > 500
    path = tmp_path / "session-1" / RECORDING_NAME
    assert replay_recording(path).is_identical
    recording = Recording(path)
    assert sum(1 for _ in recording.items()) > 500
    with Store(tmp_path / "station.sqlite") as store:
        assert store.audit_break() is None
        entry, digest = store.audit_head()
    assert recording.end == {"audit_entry": str(entry), "audit_digest": digest}
    wanted = {one.message_id for one in service.delivery_times()}
    assert wanted
    assert wanted <= run(lambda: the_next_session_delivers(tmp_path, wanted), clock="virtual")


def test_a_folder_with_a_session_in_it_is_refused(tmp_path: Path) -> None:
    async def twice() -> None:
        async with VirtualRadio(1) as air:
            world = World(load("knee-extension"), air)
            around = Ports(
                radio=Radio(air.client_backend, air.scanner_backend),
                broker=lambda: NOBODY,
                hold=pause_virtual_clock,
            )
            async with running(setting_for(world, tmp_path, 1), around) as service:
                assert service.session.phase is Phase.BEFORE
            with pytest.raises(RunFailedError, match="already holds a session"):
                await running(setting_for(world, tmp_path, 1), around).__aenter__()

    run(twice, clock="virtual")


def test_every_act_of_the_person_at_the_station_is_in_the_audit(tmp_path: Path) -> None:
    def command(number: int, verb: str, **arguments: str) -> Command:
        return Command(
            received_ns=now_ns(),
            command_id=f"key-{number}",
            verb=verb,
            actor="assistant",
            role="assistant",
            arguments=arguments,
        )

    async def session() -> None:
        async with VirtualRadio(1) as air:
            world = World(load("brief-freeze"), air)
            around = Ports(
                radio=Radio(air.client_backend, air.scanner_backend),
                broker=lambda: NOBODY,
                hold=pause_virtual_clock,
            )
            async with running(setting_for(world, tmp_path, 1), around) as service:
                service.command(command(1, "posture", posture="sitting"))
                service.command(command(2, "override", alert_id="G1-1", reason="no"))
                service.command(command(3, "note", text="is tired"))
                await asyncio.sleep(1)
                assert service.intake_late_s < 1

    run(session, clock="virtual")
    with Store(tmp_path / "station.sqlite") as store:
        acts = [
            (entry.action, entry.actor, entry.subject, json.loads(entry.detail))
            for entry in store.audit_entries()
            if entry.actor == "assistant"
        ]
        assert store.audit_break() is None
        (kept,) = store.sessions()
    assert [(action, detail["result"]) for action, _, _, detail in acts] == [
        ("posture", "accepted"),
        ("override", "rejected"),
        ("note", "accepted"),
    ]
    assert "may not override" in acts[1][3]["reason"]
    assert acts[2][3]["asked"] == {"text": "is tired"}
    assert {subject for _, _, subject, _ in acts} == {"session-1"}
    # The session's summary is kept whole.
    assert kept.summary is not None
    assert kept.summary["session_id"] == "session-1"
    assert {"sets", "vitals", "alerts", "open_alerts", "frames", "spot_readings"} <= set(kept.summary)
