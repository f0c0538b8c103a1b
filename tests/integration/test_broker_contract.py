"""What every broker of ours must do for delivery to hold, on real brokers that are really killed."""

import asyncio
import contextlib
import dataclasses
import json
import random
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from monitor.delivery import mqtt
from monitor.delivery.broker.broker import Broker
from monitor.delivery.errors import BrokerRefusedError, DeliveryError
from monitor.delivery.mqtt import Connection, Incoming
from monitor.delivery.receiver.events import AlertReceived, MessageReceived
from protocols.mqtt.messages import StatusMessage
from tests.support.brokers import RealBroker
from tests.support.stations import EVENTS, station_at, therapist_at, until

pytestmark = [pytest.mark.broker, pytest.mark.timeout(150)]  # a cluster elects, and elects again

ROOT = Path(__file__).parents[2]
BASE = "kinewatch/v1/north/room-2/"


async def received(connection: Connection, *, within_s: float = 5.0) -> Incoming:
    async with asyncio.timeout(within_s):
        return await anext(connection.incoming())


async def nothing_comes(connection: Connection, *, within_s: float = 0.3) -> bool:
    try:
        await received(connection, within_s=within_s)
    except TimeoutError:
        return True
    return False


async def test_alerts_arrive_in_order_and_are_confirmed(broker: RealBroker, tmp_path: Path) -> None:
    async with (
        station_at(broker.station, tmp_path) as station,
        therapist_at(broker.therapist) as therapist,
    ):
        await until(lambda: station.sender.health().connected)
        said = [await station.say() for _ in range(50)]
        await asyncio.wait_for(station.sender.settled(), 20)
        assert list(dict.fromkeys(therapist.alerts)) == said


async def test_a_broker_killed_again_and_again_loses_nothing(broker: RealBroker, tmp_path: Path) -> None:
    async with (
        station_at(broker.station, tmp_path) as station,
        therapist_at(broker.therapist) as therapist,
    ):
        said = []
        for crashes in range(2):
            for _ in range(15):
                said.append(await station.say())
                await asyncio.sleep(0.005)
            if crashes == 0:
                await broker.crash()
        await asyncio.wait_for(station.sender.settled(), 90)
        assert sorted(therapist.alerts) == sorted(said)  # all of them, each shown once


async def test_a_station_killed_again_and_again_loses_nothing(broker: RealBroker, tmp_path: Path) -> None:
    chance = random.Random(2)
    committed: set[str] = set()
    path = tmp_path / "killed.sqlite"
    async with therapist_at(broker.therapist) as therapist:
        for _ in range(2):
            process = await start_station(broker.station(), path, per_second=200)
            assert process.stdout is not None
            first = await process.stdout.readline()
            await asyncio.sleep(chance.uniform(0.1, 0.4))
            process.send_signal(signal.SIGKILL)
            rest = await process.stdout.read()
            await process.wait()
            committed |= {line.decode() for line in [first.strip(), *rest.split()]}
        last = await start_station(broker.station(), path, per_second=0)
        assert await asyncio.wait_for(last.wait(), 30) == 0
        shown = [event.message.id for event in therapist.events if isinstance(event, AlertReceived)]
    with sqlite3.connect(path) as store:
        stored = {row[0] for row in store.execute("SELECT message_id FROM outbox")}
        still_open = store.execute("SELECT count(*) FROM outbox WHERE confirmed_utc_ns IS NULL").fetchone()
    store.close()
    assert len(committed) > 20
    assert committed <= stored
    assert set(shown) == stored  # a row that was committed and not yet printed counts too
    assert len(shown) == len(set(shown))
    assert still_open == (0,)


async def start_station(broker: Broker, path: Path, *, per_second: float) -> asyncio.subprocess.Process:
    fields = {
        "host": broker.host,
        "port": broker.port,
        "username": broker.username,
        "password": broker.password,
    }
    return await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "tests.integration.station_process",
            json.dumps(fields),
            str(path),
            str(per_second),
        ),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )


async def test_an_application_that_was_away_gets_what_it_missed(broker: RealBroker, tmp_path: Path) -> None:
    async with station_at(broker.station, tmp_path) as station:
        async with therapist_at(broker.therapist):
            await station.say()
            await asyncio.wait_for(station.sender.settled(), 10)
        said = [await station.say() for _ in range(10)]
        async with therapist_at(broker.therapist) as therapist:
            await asyncio.wait_for(station.sender.settled(), 20)
            assert set(said) <= set(therapist.alerts)


async def test_a_retained_alert_survives_the_brokers_death(broker: RealBroker, tmp_path: Path) -> None:
    async with station_at(broker.station, tmp_path) as station, therapist_at(broker.therapist):
        alert_id = await station.say()
        await asyncio.wait_for(station.sender.settled(), 10)
    await broker.crash()
    message = await first_seen_by_a_page(broker, BASE + "s/s7f3/alert/+")
    assert message.is_retained
    assert json.loads(message.payload)["alert_id"] == alert_id


async def first_seen_by_a_page(broker: RealBroker, pattern: str) -> Incoming:
    """What a page that opens now is told first; opened again while a cluster still elects its leaders."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(DeliveryError, TimeoutError):
                async with mqtt.connected(broker.therapist(), client_id="late-page") as page:
                    await page.subscribe({pattern: 1})
                    return await received(page, within_s=2)
            await asyncio.sleep(0.2)


async def test_a_station_that_dies_is_missed(broker: RealBroker, tmp_path: Path) -> None:
    async with therapist_at(broker.therapist) as therapist:
        process = await start_station(broker.station(), tmp_path / "s.sqlite", per_second=50)
        assert process.stdout is not None
        await process.stdout.readline()
        await until(lambda: "ready" in states(therapist.events))
        process.kill()
        await process.communicate()
        await until(lambda: states(therapist.events)[-1] == "lost", within_s=10)


def states(events: list[object]) -> list[str]:
    messages = [event.message for event in events if isinstance(event, MessageReceived)]
    return [message.state for message in messages if isinstance(message, StatusMessage)]


async def test_a_therapist_can_only_command(broker: RealBroker) -> None:
    async with (
        mqtt.connected(broker.therapist(), client_id="watcher") as watcher,
        mqtt.connected(broker.therapist(), client_id="forger") as forger,
        mqtt.connected(broker.station(), client_id="station") as station,
    ):
        await watcher.subscribe({"kinewatch/v1/north/#": 1})
        await station.subscribe({BASE + "s/+/cmd/+": 1})
        for topic in (
            EVENTS,
            BASE + "status",
            BASE + "s/s7f3/alert/g2-1",
            "kinewatch/v1/north/room-9/status",
        ):
            await forged(forger, topic)
        assert await nothing_comes(watcher)
        await forger.publish(BASE + "s/s7f3/cmd/ack", b"command", qos=1)
        assert (await received(station)).payload == b"command"


async def forged(connection: Connection, topic: str) -> None:
    """Brokers differ: some acknowledge a forbidden publish and drop it, some end the connection."""
    with contextlib.suppress(DeliveryError):
        await connection.publish(topic, b"forged", qos=1)


async def test_a_station_says_only_its_own_and_hears_only_commands_to_it(broker: RealBroker) -> None:
    async with (
        mqtt.connected(broker.therapist(), client_id="watcher") as watcher,
        mqtt.connected(broker.therapist(), client_id="therapist") as therapist,
        mqtt.connected(broker.station(), client_id="station") as station,
    ):
        await watcher.subscribe({"kinewatch/v1/north/#": 1})
        for topic in ("kinewatch/v1/north/room-9/status", "kinewatch/v1/south/room-2/status", "other"):
            await forged(station, topic)
        assert await nothing_comes(watcher)
        try:
            await station.subscribe({"kinewatch/v1/north/#": 1, BASE + "s/+/cmd/+": 1})
        except BrokerRefusedError:  # Mosquitto grants it and delivers nothing
            await station.subscribe({BASE + "s/+/cmd/+": 1})
        await therapist.publish("kinewatch/v1/north/room-9/s/s1/cmd/ack", b"for another", qos=1)
        await therapist.publish(BASE + "s/s7f3/cmd/ack", b"for us", qos=1)
        assert (await received(station)).payload == b"for us"


@pytest.mark.parametrize("change", [{"password": "wrong"}, {"username": "stranger"}, {"username": None}])
async def test_only_with_a_login(broker: RealBroker, change: dict[str, str | None]) -> None:
    address = dataclasses.replace(broker.station(), **change)  # type: ignore[arg-type]
    with pytest.raises(DeliveryError):
        async with mqtt.connected(address, client_id="stranger"):
            raise AssertionError("must not get here")
