"""A therapist's application over a broker whose faults are planted, in virtual time."""

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from monitor.clock import now_ns
from monitor.delivery.commands.validation import UserDirectory, check_actor, read_command
from monitor.delivery.receiver.events import BrokerState, GapFound, StationFresh, StationStale
from protocols.mqtt.commands import Received, Snapshot
from tests.monitor.delivery.receiver.test_state import facts
from tests.support.mqtt_broker import MqttBroker, mqtt_broker
from tests.support.stations import EVENTS, PLACE, login, station_at, therapist_at, until
from tests.support.virtual_time import in_virtual_time

BASE = "kinewatch/v1/north/room-2/s/s7f3/"
STATUS = "kinewatch/v1/north/room-2/status"


def orders(broker: MqttBroker) -> list[Any]:
    commands = [each for each in broker.published if "/cmd/" in each.topic]
    return [read_command(each.topic, each.payload)[1] for each in commands]


def listening(broker: MqttBroker) -> bool:
    return any(client.filters for client in broker.clients.values())


def confirmed(broker: MqttBroker) -> list[str]:
    return [each for order in orders(broker) if isinstance(order, Received) for each in order.ids]


def say(broker: MqttBroker, seq: int, **others: Any) -> None:
    fields = facts(seq, from_state="pending", to_state="firing", **others)
    broker.deliver(EVENTS, json.dumps(fields).encode())


@in_virtual_time
async def test_every_alert_is_confirmed_at_once_and_again_if_it_comes_again() -> None:
    async with mqtt_broker() as broker, therapist_at(login(broker)) as therapist:
        await until(lambda: listening(broker))
        broker.doubles = True
        for seq in (1, 2, 3):
            say(broker, seq)
        await until(lambda: len(confirmed(broker)) >= 3)
        await asyncio.sleep(1)
        assert therapist.alerts == ["G2-1"] * 3
        assert set(confirmed(broker)) == {"b1-1", "b1-2", "b1-3"}
        assert [each.actor for each in orders(broker)] == ["therapist-1"] * len(orders(broker))
        say(broker, 2)
        before = len(confirmed(broker))
        await until(lambda: len(confirmed(broker)) > before)
        assert therapist.alerts == ["G2-1"] * 3


@in_virtual_time
async def test_a_flood_is_confirmed_in_few_messages() -> None:
    async with mqtt_broker() as broker, therapist_at(login(broker)):
        await until(lambda: listening(broker))
        for seq in range(1, 251):
            say(broker, seq)
        await until(lambda: len(set(confirmed(broker))) == 250)
        assert all(len(each.ids) <= 100 for each in orders(broker))
        assert len(orders(broker)) < 125


@in_virtual_time
async def test_a_hole_is_asked_for() -> None:
    async with mqtt_broker() as broker, therapist_at(login(broker)) as therapist:
        await until(lambda: listening(broker))
        for seq in (1, 2, 5):
            say(broker, seq)
        await until(lambda: [each for each in orders(broker) if isinstance(each, Snapshot)])
        (asked,) = [each for each in orders(broker) if isinstance(each, Snapshot)]
        assert (asked.boot, asked.after_seq) == (1, 2)
        assert therapist.all(GapFound)[0].after_seq == 2


@in_virtual_time
async def test_a_hole_is_filled_by_the_station(tmp_path: Path) -> None:
    async with (
        mqtt_broker() as broker,
        station_at(login(broker), tmp_path) as station,
        therapist_at(login(broker)) as therapist,
    ):
        await until(lambda: len([each for each in broker.clients.values() if each.filters]) == 2)
        said = [await station.say()]
        await until(lambda: therapist.alerts)
        broker.loses = lambda message: message.topic.startswith(BASE + "event") or "/alert/" in message.topic
        said.append(await station.say())
        await asyncio.sleep(0.5)
        broker.loses = lambda _: False
        said.append(await station.say())
        await until(lambda: len(therapist.alerts) == 3, within_s=1.5)  # before the first repetition
        assert sorted(therapist.alerts) == sorted(said)


@in_virtual_time
async def test_confirmations_wait_for_a_connection() -> None:
    async with mqtt_broker() as broker, therapist_at(login(broker)) as therapist:
        await until(lambda: listening(broker))
        broker.acknowledges = False
        say(broker, 1)
        await until(lambda: confirmed(broker))
        broker.published.clear()  # taken by the broker, but not acknowledged, and then it breaks
        broker.drop_all()
        broker.acknowledges = True
        await until(lambda: "b1-1" in confirmed(broker))
        assert [each.is_connected for each in therapist.all(BrokerState)] == [True, False, True]


@in_virtual_time
async def test_silence_and_a_broken_broker_are_told() -> None:
    async with mqtt_broker() as broker, therapist_at(login(broker)) as therapist:
        await until(lambda: listening(broker))
        broker.deliver(STATUS, b'{"state":"ready","boot":1}')
        await until(lambda: therapist.all(StationStale))
        say(broker, 1)
        await until(lambda: therapist.all(StationFresh))
        await broker.stop()
        await until(lambda: not therapist.all(BrokerState)[-1].is_connected)
        assert "lost" in therapist.all(BrokerState)[-1].problem
        await until(lambda: len(therapist.all(StationStale)) == 2)
        await broker.start()
        await until(lambda: therapist.all(BrokerState)[-1].is_connected)


@in_virtual_time
async def test_what_cannot_be_read_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async with mqtt_broker() as broker, therapist_at(login(broker)) as therapist:
        await until(lambda: listening(broker))
        with caplog.at_level(logging.WARNING):
            broker.deliver(EVENTS, b"garbage")
            broker.deliver("kinewatch/v1/north/room-2/strange", b"{}")
            say(broker, 1)
            await until(lambda: therapist.alerts)
        assert caplog.text.count("could not be read") == 1  # the second one is counted, not said


@in_virtual_time
async def test_orders_are_what_the_wire_allows() -> None:
    async with mqtt_broker() as broker, therapist_at(login(broker)) as therapist:
        await until(lambda: listening(broker))
        cmd_id = therapist.feed.command(PLACE, "limit", limit="spo2_low_percent", value=92, reason="COPD")
        assert therapist.feed.acknowledge(PLACE, "G2-1") != cmd_id
        await until(lambda: len(orders(broker)) == 2)
        assert [each.verb for each in orders(broker)] == ["limit", "ack"]
        assert orders(broker)[0].cmd_id == cmd_id
        for verb, fields in (("limit", {"value": "much"}), ("reboot", {}), ("ack", {})):
            with pytest.raises(ValidationError):
                therapist.feed.command(PLACE, verb, **fields)


@in_virtual_time
async def test_signed_orders() -> None:
    key = bytes(range(32))
    users = UserDirectory(roles={"therapist-1": "therapist"}, keys={"therapist-1": key})
    async with mqtt_broker() as broker, therapist_at(login(broker), key=key) as therapist:
        await until(lambda: listening(broker))
        therapist.feed.acknowledge(PLACE, "G2-1")
        say(broker, 1)
        await until(lambda: len(orders(broker)) == 2)
        for each in [each for each in broker.published if "/cmd/" in each.topic]:
            order = read_command(each.topic, each.payload)[1]
            assert check_actor(order, topic=each.topic, users=users) == "therapist"


@in_virtual_time
async def test_staleness_is_told_by_the_applications_own_clock() -> None:
    def stopped() -> int:
        return 5

    async with mqtt_broker() as broker, therapist_at(login(broker), clock_ns=stopped) as therapist:
        await until(lambda: listening(broker))
        broker.deliver(STATUS, b'{"state":"ready","boot":1}')
        before = now_ns()
        await asyncio.sleep(60)
        assert now_ns() - before >= 60_000_000_000
        assert therapist.all(StationStale) == []
