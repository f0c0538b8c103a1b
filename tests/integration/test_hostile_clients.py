"""Clients with a valid login of the clinic that mean harm, on real brokers: what they cannot do."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.clock import iso_utc, now_ns
from monitor.delivery import mqtt
from monitor.delivery.mqtt import Connection
from monitor.delivery.receiver.events import MessageReceived
from protocols.mqtt.messages import ReplyMessage
from tests.support.brokers import RealBroker
from tests.support.stations import UTC_NS, Station, station_at, therapist_at, until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(150)]

BASE = "kinewatch/v1/north/room-2/s/s7f3/"
ROLES = {"therapist-1": "therapist", "assistant-1": "assistant"}


@contextlib.asynccontextmanager
async def intruder(broker: RealBroker, client_id: str = "mallory") -> AsyncIterator[Connection]:
    """Somebody with a login of the clinic."""
    async with mqtt.connected(broker.therapist(), client_id=client_id) as connection:
        yield connection


def command(verb: str, *, expires_in_s: float = 30.0, **fields: Any) -> bytes:
    head = {
        "cmd_id": f"c{time.perf_counter_ns()}",
        "expires_at": iso_utc(UTC_NS + now_ns() + round(expires_in_s * 1e9)),
        "actor": "therapist-1",
        "verb": verb,
    }
    return json.dumps(head | fields).encode()


async def an_open_alert(station: Station) -> str:
    await until(lambda: station.sender.health().connected)
    await station.say()
    (row,) = await station.store.submit(lambda store: store.open_rows())
    return row.message_id


async def test_nobody_but_a_therapist_in_time_closes_an_alert(broker: RealBroker, tmp_path: Path) -> None:
    async with station_at(broker.station, tmp_path, roles=ROLES) as station, intruder(broker) as connection:
        message_id = await an_open_alert(station)
        for topic, payload in (
            ("s7f3", command("received", ids=[message_id], actor="assistant-1")),
            ("s7f3", command("received", ids=[message_id], actor="mallory")),
            ("s7f3", command("received", ids=[message_id], expires_in_s=-86_400)),
            ("s7f3", command("received", ids=[message_id], expires_in_s=10 * 365 * 86_400)),
            ("yesterday", command("received", ids=[message_id])),
        ):
            await connection.publish(f"kinewatch/v1/north/room-2/s/{topic}/cmd/received", payload, qos=1)
        await asyncio.sleep(0.5)
        assert station.sender.health().open_events == 1
        await connection.publish(BASE + "cmd/received", command("received", ids=[message_id]), qos=1)
        await asyncio.wait_for(station.sender.settled(), 10)


async def test_a_command_for_another_session_or_for_ever_is_not_run(
    broker: RealBroker, tmp_path: Path
) -> None:
    async with station_at(broker.station, tmp_path, roles=ROLES) as station, intruder(broker) as connection:
        await until(lambda: station.sender.health().connected)
        other = "kinewatch/v1/north/room-2/s/yesterday/cmd/ack"
        await connection.publish(other, command("ack", alert_id="G12-1"), qos=1)
        forever = command("ack", alert_id="G12-1", expires_in_s=1e8)
        await connection.publish(BASE + "cmd/ack", forever, qos=1)
        await connection.publish(BASE + "cmd/ack", command("ack", alert_id="G12-1"), qos=1, retain=True)
        await asyncio.sleep(0.5)
        assert len(station.commands) <= 1  # a retained one arrives live, once, for those who listen already
        station.commands.clear()
        await connection.publish(BASE + "cmd/ack", b"", qos=1, retain=True)


async def test_a_flood_holds_up_no_alert_and_fills_no_log(
    broker: RealBroker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rubbish = [b"", b"{", b"[" * 16_000, b"\xff" * 1000, b'{"actor":"therapist-1"}', b"x" * 16_000]

    async def flood() -> None:
        async with intruder(broker) as connection:
            number = 0
            while True:
                number += 1
                await connection.publish(BASE + "cmd/ack", rubbish[number % len(rubbish)], qos=0)
                if number % 50 == 0:
                    await asyncio.sleep(0)

    async with (
        station_at(broker.station, tmp_path, roles=ROLES) as station,
        therapist_at(broker.therapist) as therapist,
    ):
        await until(lambda: station.sender.health().connected)
        flooding = asyncio.create_task(flood())
        await asyncio.sleep(0.5)
        said = [await station.say() for _ in range(5)]
        began_s = time.perf_counter()
        await asyncio.wait_for(station.sender.settled(), 30)
        took_s = time.perf_counter() - began_s
        flooding.cancel()
        await asyncio.gather(flooding, return_exceptions=True)
        assert set(therapist.alerts) >= set(said)
        assert took_s < 10
        assert sum(len(record.getMessage()) for record in caplog.records) < 100_000
        assert sum("monitor" in record.name for record in caplog.records) < 30


async def test_whoever_guesses_ids_takes_nobodys_place(broker: RealBroker, tmp_path: Path) -> None:
    async with (
        station_at(broker.station, tmp_path, roles=ROLES) as station,
        therapist_at(broker.therapist) as therapist,
    ):
        await until(lambda: station.sender.health().connected)
        for guess in ("kinewatch-north-room-2", "kinewatch-north-therapist-1", "room-2", "station-room-2"):
            async with intruder(broker, client_id=guess):
                await asyncio.sleep(0.1)
        said = await station.say()
        await until(lambda: said in therapist.alerts, within_s=3)
        assert station.sender.health().connected


async def test_control_sequences_reach_no_screen(broker: RealBroker, tmp_path: Path) -> None:
    async with (
        station_at(broker.station, tmp_path, roles=ROLES) as station,
        therapist_at(broker.therapist) as therapist,
        intruder(broker) as connection,
    ):
        await until(lambda: station.sender.health().connected)
        await station.say(message="\x1b[2Jgone", advice="a\nb")
        await until(lambda: therapist.alerts)
        payload = command("limit", limit="\x1b[31m", value=1, reason="r", actor="\x1b]0;x\x07")
        await connection.publish(BASE + "cmd/limit", payload, qos=1)
        await asyncio.sleep(0.5)
        for event in therapist.events:
            message = getattr(event, "message", None)
            text = "" if message is None else message.model_dump_json()
            assert "\\u001b" not in text
            if isinstance(event, MessageReceived) and isinstance(message, ReplyMessage):
                assert message.reason.isprintable()
