"""A station's delivery over a broker whose faults are planted, in virtual time."""

import asyncio
import errno
import json
import logging
import random
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.alerts.transition import AlertState, Priority
from monitor.clock import now_ns
from monitor.delivery.errors import CommandRefusedError
from monitor.delivery.receiver.events import MessageReceived
from monitor.inputs import Command
from monitor.outputs import CommandReply, VitalUpdate
from monitor.samples import Code, Quality
from monitor.store.errors import StoreUnavailableError
from monitor.store.store import Store
from protocols.mqtt.messages import ReplyMessage, StatusMessage
from tests.monitor.delivery.publish.test_projection import CUFF
from tests.support.mqtt_broker import MqttBroker, mqtt_broker
from tests.support.stations import (
    EVENTS,
    PLACE,
    Station,
    login,
    station_at,
    therapist_at,
    until,
)
from tests.support.virtual_time import in_virtual_time

STATUS = "kinewatch/v1/north/room-2/status"
SESSION = "kinewatch/v1/north/room-2/session"
BASE = "kinewatch/v1/north/room-2/s/s7f3/"


def sent(broker: MqttBroker, topic: str) -> list[dict[str, Any]]:
    return [json.loads(each.payload) for each in broker.published if each.topic == topic and each.payload]


def states(broker: MqttBroker) -> list[str]:
    return [str(each["state"]) for each in sent(broker, STATUS)]


def command(verb: str, **fields: Any) -> bytes:
    head = {"cmd_id": "c1", "expires_at": "2026-11-22T03:01:30Z", "actor": "therapist-1", "verb": verb}
    return json.dumps(head | fields).encode()


def spo2(value: float) -> VitalUpdate:
    return VitalUpdate(
        at_ns=now_ns(),
        t_ns=now_ns(),
        code=Code.SPO2_PERCENT,
        value=value,
        unit="%",
        quality=Quality.GOOD,
        age_s=0.0,
        source="oximeter",
    )


@in_virtual_time
async def test_alerts_arrive_in_order_and_rows_close_when_confirmed(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        async with therapist_at(login(broker)) as therapist:
            said = [await station.say() for _ in range(60)]
            await asyncio.wait_for(station.sender.settled(), 30)
            assert therapist.alerts == said
        assert [each["seq"] for each in sent(broker, EVENTS)] == list(range(1, 61))
        assert await station.store.submit(lambda store: store.open_rows()) == []
        assert len(station.times) == 3 * 60
        for times in station.sender.times:
            assert times.stored_ms is not None
            assert times.published_ms is not None
            assert times.confirmed_ms is not None
            assert 0 < times.stored_ms < times.published_ms < times.confirmed_ms


@in_virtual_time
async def test_an_acknowledgement_of_the_broker_is_not_delivery(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        await station.say()
        await asyncio.sleep(100)
        assert station.sender.health().open_events == 1
        assert station.sender.times[0].published_ms is not None
        assert station.sender.times[0].confirmed_ms is None
        # At once, after 2, 5 and every 30 seconds.
        assert len(sent(broker, EVENTS)) == 6
        assert len({each["id"] for each in sent(broker, EVENTS)}) == 1
        assert [each.qos for each in broker.published if each.topic == EVENTS] == [1, 1, 1, 0, 0, 0]
        assert [each["hist"] for each in sent(broker, EVENTS)] == [False, False, False, True, True, True]
        age_s = station.sender.health().oldest_unconfirmed_s[Priority.HIGH]
        assert age_s == pytest.approx(100, abs=1)
        (row,) = await station.store.submit(lambda store: store.open_rows())
        assert row.published


@in_virtual_time
async def test_what_the_broker_loses_is_sent_again_and_shown_once(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        chance = random.Random(7)
        broker.loses = lambda message: message.topic.startswith(BASE) and chance.random() < 0.4
        broker.doubles = True
        async with therapist_at(login(broker)) as therapist:
            said = [await station.say() for _ in range(20)]
            await asyncio.wait_for(station.sender.settled(), 300)
            assert sorted(therapist.alerts) == sorted(said)


@in_virtual_time
async def test_without_a_broker_the_session_goes_on_and_alerts_wait(tmp_path: Path) -> None:
    async with mqtt_broker() as broker:
        address = login(broker)
        await broker.stop()
        async with station_at(address, tmp_path) as station:
            said = [await station.say() for _ in range(3)]
            station.sender.publish(spo2(97.0))
            await asyncio.sleep(600)
            health = station.sender.health()
            assert (health.connected, health.open_events) == (False, 3)
            assert "no MQTT broker answers" in health.problem
            await broker.start()
            async with therapist_at(address) as therapist:
                await asyncio.wait_for(station.sender.settled(), 30)
                assert sorted(therapist.alerts) == sorted(said)
                assert all(event.is_late for event in therapist.events if hasattr(event, "is_late"))
            assert station.sender.health().connected
            # A value that was taken ten minutes ago is not shown as news.
            assert not [each for each in broker.topics() if "/vital/" in each]


@in_virtual_time
async def test_a_broker_that_forgets_everything_is_told_again(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        async with therapist_at(login(broker)):
            alert_id = await station.say()
            await asyncio.wait_for(station.sender.settled(), 30)
        topic = BASE + f"alert/{alert_id.lower()}"
        await until(lambda: topic in broker.retained)
        await broker.stop()
        broker.retained.clear()
        await broker.start()
        await until(lambda: topic in broker.retained)
        assert {STATUS, SESSION} < set(broker.retained)
        broker.retained.clear()  # and one that forgets without being restarted
        await asyncio.sleep(31)
        assert topic in broker.retained


@in_virtual_time
async def test_the_retained_topic_is_emptied_after_the_last_word_was_confirmed(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        topic = BASE + "alert/g2-1"
        await station.say(alert_id="G2-1")
        await station.say(alert_id="G2-1", from_state=AlertState.FIRING, to_state=AlertState.RESOLVED)
        await asyncio.sleep(60)
        assert json.loads(broker.retained[topic].payload)["presence"] == "off"
        async with therapist_at(login(broker)):
            # Told by the retained topic, it confirms at once; that brings the waiting event forward.
            await asyncio.wait_for(station.sender.settled(), 5)
        await asyncio.sleep(20)
        assert topic in broker.retained
        await asyncio.sleep(15)
        assert topic not in broker.retained
        assert await station.store.submit(lambda store: store.retained()) == []


@in_virtual_time
async def test_after_a_restart_what_was_open_goes_out_again(tmp_path: Path) -> None:
    async with mqtt_broker() as broker:
        async with station_at(login(broker), tmp_path) as station:
            said = [await station.say() for _ in range(5)]
            await until(lambda: len(sent(broker, EVENTS)) >= 5)
        assert states(broker)[-1] == "disconnected"
        assert SESSION not in broker.retained
        await asyncio.sleep(120)
        broker.published.clear()
        async with station_at(login(broker), tmp_path) as again:
            await until(lambda: len(sent(broker, EVENTS)) >= 5)
            assert [each["seq"] for each in sent(broker, EVENTS)] == [1, 2, 3, 4, 5]
            assert {each["boot"] for each in sent(broker, EVENTS)} == {station.store.boot}
            assert all(each["hist"] for each in sent(broker, EVENTS))
            assert again.sender.health().oldest_unconfirmed_s[Priority.HIGH] > 119
            async with therapist_at(login(broker)) as therapist:
                await asyncio.wait_for(again.sender.settled(), 60)
                assert sorted(therapist.alerts) == sorted(said)
            # Times are of this run only; nobody stood with a stopwatch at the other one.
            assert again.sender.times == []


@in_virtual_time
async def test_birth_heartbeat_will_and_goodbye(tmp_path: Path) -> None:
    async with mqtt_broker() as broker:
        async with station_at(login(broker), tmp_path) as station:
            await until(lambda: states(broker) == ["ready"])
            await asyncio.sleep(11)
            assert states(broker) == ["ready"] * 3
            latest = [each for each in broker.topics() if each.endswith("/latest")]
            assert 10 <= len(latest) <= 13
            broker.drop_all()
            await until(lambda: "lost" in states(broker))
            await until(lambda: states(broker)[-1] == "ready")
        assert states(broker)[-1] == "disconnected"
        assert {each["boot"] for each in sent(broker, STATUS)} == {station.store.boot}
        assert next(each for each in sent(broker, STATUS) if each["state"] == "lost")["t"] is None


@in_virtual_time
async def test_the_status_says_how_long_nobody_has_confirmed(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        await until(lambda: states(broker))
        await station.say(priority=Priority.MEDIUM)
        await asyncio.sleep(6)
        assert 4 < sent(broker, STATUS)[-1]["unconfirmed_s"]["medium"] < 6


@in_virtual_time
async def test_vitals_never_stand_in_front_of_alerts(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        await until(lambda: station.sender.health().connected)
        broker.published.clear()
        for number in range(500):
            station.sender.publish(spo2(float(number)))
        await station.say()
        await until(lambda: sent(broker, EVENTS))
        await asyncio.sleep(1)
        vitals = [each for each in broker.published if "/vital/" in each.topic]
        assert len(vitals) <= 2  # the one on its way and the newest
        assert json.loads(vitals[-1].payload)["value"] == 499.0


@in_virtual_time
async def test_devices_are_told_again_to_a_broker_that_forgot_them(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        topic = "kinewatch/v1/north/room-2/dev/cuff"
        station.sender.publish(replace(CUFF, at_ns=now_ns()))
        await until(lambda: topic in broker.retained)
        await asyncio.sleep(60)
        await broker.stop()
        broker.retained.clear()
        await broker.start()
        await until(lambda: topic in broker.retained)


@in_virtual_time
async def test_a_value_that_cannot_be_said_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        with caplog.at_level(logging.WARNING):
            station.sender.publish(spo2(float("nan")))
        assert "VitalUpdate cannot be shown" in caplog.text
        station.sender.publish(spo2(97.0))
        await until(lambda: [each for each in broker.topics() if "/vital/" in each])


def answered(station: Station, taken: Command, *, accepted: bool = True, reason: str = "") -> None:
    reply = CommandReply(
        at_ns=now_ns(),
        command_id=taken.command_id,
        verb=taken.verb,
        actor=taken.actor,
        accepted=accepted,
        reason=reason,
        details={"alert_id": "G2-1"} if accepted else {},
    )
    station.sender.reply(reply)


@in_virtual_time
async def test_a_therapist_acknowledges(tmp_path: Path) -> None:
    async with (
        mqtt_broker() as broker,
        station_at(login(broker), tmp_path) as station,
        therapist_at(login(broker)) as therapist,
    ):
        await station.say(alert_id="G2-1")
        await until(lambda: therapist.alerts)
        cmd_id = therapist.feed.acknowledge(PLACE, "G2-1")
        await until(lambda: station.commands)
        (taken,) = station.commands
        assert (taken.verb, taken.actor, taken.role) == ("acknowledge", "therapist-1", "therapist")
        assert taken.arguments == {"alert_id": "G2-1"}
        answered(station, taken)
        await until(lambda: replies(therapist.events))
        (reply,) = replies(therapist.events)
        assert (reply.cmd_id, reply.verb, reply.result) == (cmd_id, "ack", "accepted")
        assert reply.details == {"alert_id": "G2-1"}
        answered(
            station, Command(received_ns=0, command_id="local", verb="begin", actor="a", role="assistant")
        )
        therapist.feed.command(PLACE, "pause", for_s=30, rule_id="G4")
        await until(lambda: len(station.commands) == 2)
        assert station.commands[1].arguments == {"for_s": 30.0, "rule_id": "G4"}
        answered(station, station.commands[1], accepted=False, reason="not while it fires")
        await until(lambda: len(replies(therapist.events)) == 2)
        assert replies(therapist.events)[1].reason == "not while it fires"


def replies(events: list[Any]) -> list[ReplyMessage]:
    return [
        event.message
        for event in events
        if isinstance(event, MessageReceived) and isinstance(event.message, ReplyMessage)
    ]


@in_virtual_time
async def test_a_command_sent_twice_is_run_once(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        await until(lambda: station.sender.health().connected)
        broker.doubles = True
        broker.deliver(BASE + "cmd/ack", command("ack", alert_id="G2-1"))
        await until(lambda: station.commands)
        answered(station, station.commands[0])
        broker.deliver(BASE + "cmd/ack", command("ack", alert_id="G2-1"))
        await until(lambda: len(sent(broker, BASE + "reply/c1")) >= 3)
        assert len(station.commands) == 1
        assert {each["result"] for each in sent(broker, BASE + "reply/c1")} == {"accepted"}


@in_virtual_time
async def test_forged_late_retained_and_unreadable_commands(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        await until(lambda: station.sender.health().connected)
        topic = BASE + "cmd/ack"
        broker.deliver(topic, command("ack", alert_id="a", actor="mallory", cmd_id="c2"))
        broker.deliver(topic, command("ack", alert_id="a", expires_at="2026-11-22T02:00:00Z", cmd_id="c3"))
        broker.deliver(topic, command("ack", alert_id="a", cmd_id="c4"), retain=True)
        broker.deliver(topic, b"{")
        broker.deliver(BASE + "cmd/nonsense", command("nonsense", cmd_id="c5"))
        await until(lambda: sent(broker, BASE + "reply/c5"))
        assert station.commands == []
        assert [sent(broker, BASE + f"reply/{each}")[0]["result"] for each in ("c2", "c3", "c5")] == [
            "rejected",
            "expired",
            "rejected",
        ]
        assert sent(broker, BASE + "reply/c4") == []


@in_virtual_time
async def test_a_service_that_takes_no_commands_says_so(tmp_path: Path) -> None:
    def refuse(_: Command) -> None:
        raise CommandRefusedError("rejected", "the session is ending")

    async with (
        mqtt_broker() as broker,
        station_at(login(broker), tmp_path, on_command=refuse) as station,
    ):
        await until(lambda: station.sender.health().connected)
        broker.deliver(BASE + "cmd/ack", command("ack", alert_id="a"))
        await until(lambda: sent(broker, BASE + "reply/c1"))
        assert sent(broker, BASE + "reply/c1")[0]["reason"] == "the session is ending"


@in_virtual_time
async def test_a_stranger_cannot_close_a_row(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        await station.say()
        await until(lambda: sent(broker, EVENTS))
        message_id = sent(broker, EVENTS)[0]["id"]
        broker.deliver(BASE + "cmd/received", command("received", ids=[message_id], actor="mallory"))
        await until(lambda: sent(broker, BASE + "reply/c1"))
        assert station.sender.health().open_events == 1
        broker.deliver(BASE + "cmd/received", command("received", ids=[message_id, "unknown"]))
        await asyncio.wait_for(station.sender.settled(), 10)
        entries = await station.store.submit(lambda store: store.audit_entries())
        assert [(entry.actor, entry.action) for entry in entries] == [("therapist-1", "received")]


@in_virtual_time
async def test_a_snapshot_says_everything_again(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        async with therapist_at(login(broker)):
            for _ in range(5):
                await station.say()
            await asyncio.wait_for(station.sender.settled(), 30)
        await asyncio.sleep(1)
        broker.published.clear()
        broker.deliver(BASE + "cmd/snapshot", command("snapshot", boot=station.store.boot, after_seq=2))
        await until(lambda: sent(broker, BASE + "reply/c1"))
        assert [each["seq"] for each in sent(broker, EVENTS)] == [3, 4, 5]
        await until(lambda: len({each for each in broker.topics() if "/alert/" in each}) == 5)
        assert sent(broker, BASE + "reply/c1")[0]["result"] == "done"


class FullStore(Store):
    """A store whose disk takes nothing while `is_full`."""

    is_full = False

    def append(self, *args: Any, **others: Any) -> Any:
        if FullStore.is_full:
            raise StoreUnavailableError(self.path, f"cannot be used (errno {errno.ENOSPC})")
        return super().append(*args, **others)

    def confirm(self, *args: Any, **others: Any) -> Any:
        if FullStore.is_full:
            raise StoreUnavailableError(self.path, "cannot be used")
        return super().confirm(*args, **others)

    def take_command(self, *args: Any, **others: Any) -> Any:
        if FullStore.is_full:
            raise StoreUnavailableError(self.path, "cannot be used")
        return super().take_command(*args, **others)


@in_virtual_time
async def test_with_a_full_disk_alerts_go_out_all_the_same(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        stack.callback(setattr, FullStore, "is_full", False)
        broker = await stack.enter_async_context(mqtt_broker())
        station = await stack.enter_async_context(station_at(login(broker), tmp_path, open_store=FullStore))
        therapist = await stack.enter_async_context(therapist_at(login(broker)))
        first = await station.say()
        assert station.sender.health().is_storing
        FullStore.is_full = True
        second = await station.say()
        assert not station.sender.health().is_storing
        await asyncio.wait_for(station.sender.settled(), 30)
        assert therapist.alerts == [first, second]
        broker.deliver(BASE + "cmd/ack", command("ack", alert_id="a"))
        await asyncio.sleep(5)
        assert [each.verb for each in station.commands] == ["acknowledge"]  # it loosens nothing
        FullStore.is_full = False
        third = await station.say()
        await until(lambda: station.sender.health().is_storing)
        # What the disk had refused is on it now, with its confirmation.
        rows = await station.store.submit(lambda store: store.rows_after("s7f3", boot=0, seq=0, limit=9))
        assert sorted(row.alert_id for row in rows) == sorted([first, second, third])
        await asyncio.wait_for(station.sender.settled(), 30)
        assert await station.store.submit(lambda store: store.open_rows()) == []


@in_virtual_time
async def test_the_clock_is_held_while_alerts_are_open_and_a_broker_is_there(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with (
        mqtt_broker() as broker,
        station_at(login(broker), tmp_path, answer_within_s=0.2) as station,
    ):
        await until(lambda: station.sender.health().connected)
        await asyncio.sleep(1)
        # Nobody confirms: time stands for as long as an answer can be expected, then it runs again.
        wall, virtual = time.monotonic(), loop.time()
        await station.say()
        await asyncio.sleep(600)
        assert loop.time() - virtual >= 600
        assert 0.2 <= time.monotonic() - wall < 5
        async with therapist_at(login(broker)):
            await station.sender.settled()
            before = loop.time()
            await station.say()
            await station.sender.settled()
            assert loop.time() - before < 0.2  # confirmed long before the first repetition


@in_virtual_time
async def test_the_status_message_is_one(tmp_path: Path) -> None:
    async with (
        mqtt_broker() as broker,
        station_at(login(broker), tmp_path),
        therapist_at(login(broker)) as therapist,
    ):
        await until(
            lambda: [
                event
                for event in therapist.all(MessageReceived)
                if isinstance(event.message, StatusMessage) and event.message.state == "ready"
            ]
        )


@in_virtual_time
async def test_an_announcement_is_retained_at_every_connection(tmp_path: Path) -> None:
    topic = "homeassistant/device/kinewatch-north-room-2/config"
    async with (
        mqtt_broker() as broker,
        station_at(login(broker), tmp_path, announcements={topic: b"{}"}) as station,
    ):
        await until(lambda: station.sender.health().connected)
        assert broker.retained[topic].payload == b"{}"
        # A broker that has forgotten everything learns it again.
        broker.retained.clear()
        broker.drop_all()
        await until(lambda: topic in broker.retained)
