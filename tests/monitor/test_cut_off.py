"""A session that was cut off is found at the next start and ended; its patient is not forgotten."""

import asyncio
import time
from pathlib import Path

from devices.adapter.radio import Radio
from monitor.alerts.transition import AlertState, Transition
from monitor.app import RECORDING_NAME, running
from monitor.cli.replay.running import replay_recording
from monitor.clock import now_ns, utc_following
from monitor.inputs import Command
from monitor.outputs import CommandReply, Output
from monitor.service import Ports, Service
from monitor.store.store import Store
from simulators.radio.air import VirtualRadio
from simulators.radio.clock import pause_virtual_clock, run
from simulators.scenario.loader import load
from simulators.scenario.world import World
from tests.monitor.test_app import NOBODY, setting_for, symptom


def command(verb: str, role: str = "assistant", **arguments: str) -> Command:
    return Command(
        received_ns=now_ns(),
        command_id=f"c-{verb}-{now_ns()}",
        verb=verb,
        actor=role,
        role=role,
        arguments=arguments,
    )


async def a_session(
    folder: Path, number: int, said: list[Output], *, is_killed: bool = False, acts: tuple[Command, ...] = ()
) -> None:
    async with VirtualRadio(1) as air:
        world = World(load("knee-extension"), air)
        around = Ports(
            radio=Radio(air.client_backend, air.scanner_backend),
            broker=lambda: NOBODY,
            utc_ns=utc_following(now_ns, start_utc_ns=time.time_ns()),
            hold=pause_virtual_clock,
            observe=said.append,
        )
        context = running(setting_for(world, folder, number), around)
        service: Service = await context.__aenter__()
        await asyncio.sleep(5)
        for act in acts:
            service.command(act)
            await asyncio.sleep(2)
        if is_killed:
            # What kill -9 leaves: no end in the store. All other ends come in order.
            service._store.submit = _without_end(service._store.submit)  # type: ignore[method-assign]
        await context.__aexit__(None, None, None)


def _without_end(submit: object) -> object:
    def submitted(run: object, *others: object) -> object:
        is_end = "end_session" in getattr(getattr(run, "__code__", None), "co_names", ())
        return submit((lambda _: None) if is_end else run, *others)  # type: ignore[operator]

    return submitted


def transitions(said: list[Output], rule_id: str) -> list[Transition]:
    return [each for each in said if isinstance(each, Transition) and each.rule_id == rule_id]


def test_an_alert_that_only_a_therapist_may_close_outlives_a_crash(tmp_path: Path) -> None:
    said: list[Output] = []

    async def with_symptom() -> None:
        await a_session(tmp_path, 1, [], is_killed=True, acts=(symptom(),))

    async def then() -> None:
        override = command("override", "therapist", alert_id="G12-1", reason="examined, fit to go on")
        await a_session(tmp_path, 2, said, acts=(command("begin"), override))

    run(with_symptom, clock="virtual")
    with Store(tmp_path / "station.sqlite") as store:
        assert store.sessions()[0].ended_utc_ns is None
        assert [each.rule_id for each in store.active_alerts("session-1") if each.rule_id == "G12"] == ["G12"]
    run(then, clock="virtual")
    moves = [(each.from_state, each.to_state) for each in transitions(said, "G12")]
    assert moves[0] == (AlertState.INACTIVE, AlertState.FIRING)
    assert moves[-1][1] is AlertState.RESOLVED  # by the override
    restored = transitions(said, "G12")[0]
    assert "session session-1, which was cut off" in restored.reason
    assert restored.message.startswith("Symptom")
    begin = next(each for each in said if isinstance(each, CommandReply) and each.verb == "begin")
    assert not begin.accepted
    with Store(tmp_path / "station.sqlite") as store:
        first_session = store.sessions()[0]
        assert first_session.ended_utc_ns is not None
        assert store.active_alerts("session-1") == []
        # The therapist is told of both: the end there, and the alert that goes on here.
        topics = {row.topic for row in store.open_rows()}
        assert any("/s/session-1/event" in topic for topic in topics)
        assert any(entry.action == "cut_off" for entry in store.audit_entries())
        assert store.audit_break() is None
    assert replay_recording(tmp_path / "session-2" / RECORDING_NAME).is_identical


def test_another_patient_starts_without_the_alerts_of_the_one_before(tmp_path: Path) -> None:
    async def with_symptom() -> None:
        await a_session(tmp_path, 1, [], is_killed=True, acts=(symptom(),))

    said: list[Output] = []

    async def then() -> None:
        await a_session(tmp_path, 2, said)

    run(with_symptom, clock="virtual")
    with Store(tmp_path / "station.sqlite") as store:
        connection = store._database.connection
        connection.execute(
            'UPDATE sessions SET header = replace(header, \'"patient_id":"\', \'"patient_id":"x\')'
        )
    run(then, clock="virtual")
    assert transitions(said, "G12") == []
    with Store(tmp_path / "station.sqlite") as store:
        assert store.active_alerts("session-1") == []
