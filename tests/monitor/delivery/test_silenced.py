"""What once silenced or misled a running station (reference: the numbered list of 30 November 2026)."""

import asyncio
import contextlib
import json
import logging
import sqlite3
import threading
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from devices.frames import Frame
from monitor.coalesced_log import CoalescedLog
from monitor.delivery import mqtt
from monitor.delivery.broker.broker import Broker
from monitor.delivery.commands.budget import CommandBudget
from monitor.delivery.errors import BrokerUnreachableError, InboxError
from monitor.delivery.publish.keeping import KEPT_WITHIN_S
from monitor.delivery.receiver.inbox import Inbox, free_inbox
from monitor.delivery.receiver.station_clock import StationClocks
from monitor.foreign_text import toml_string
from monitor.reading_keeper import ReadingKeeper
from monitor.spot_readings import spot_reading
from monitor.store.errors import StoreStalledError, StoreUnavailableError
from monitor.store.store import Store
from monitor.store.writer import StoreWriter
from monitor.watchdog import LOOP_SENTENCE, Watchdog
from protocols.mqtt.plain_text import plain
from tests.support.mqtt_broker import MqttBroker, mqtt_broker
from tests.support.stations import EVENTS, login, station_at, therapist_at, until
from tests.support.virtual_time import in_virtual_time

BASE = "kinewatch/v1/north/room-2/s/s7f3/"
STATUS = "kinewatch/v1/north/room-2/status"


class HangingStore(Store):
    """A store whose disk hangs while `gate` is closed."""

    gate = threading.Event()

    def append(self, *args: Any, **others: Any) -> Any:
        HangingStore.gate.wait(20)
        return super().append(*args, **others)


class FullStore(Store):
    def keep_spot_reading(self, *args: Any, **others: Any) -> Any:
        raise StoreUnavailableError(self.path, "cannot be used (database or disk is full)")


def sent(broker: MqttBroker, topic: str) -> list[dict[str, Any]]:
    return [json.loads(each.payload) for each in broker.published if each.topic == topic and each.payload]


def a_cuff_reading() -> Any:
    return spot_reading(Frame(device="cuff", characteristic="2a35", received_ns=5, payload=b"\x00\x78\x00"))


async def test_1_a_cuff_reading_on_a_full_disk_does_not_end_the_service(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with StoreWriter(tmp_path / "s.sqlite", open_store=FullStore) as store:
        keeper = ReadingKeeper(store, session_id="s")
        await keeper.keep(a_cuff_reading())
        assert not keeper.is_storing
        assert "could not be stored" in caplog.text


async def test_2_an_alert_goes_out_half_a_second_after_it_was_said_though_the_disk_hangs(
    tmp_path: Path,
) -> None:
    HangingStore.gate.clear()
    try:
        async with AsyncExitStack() as stack:
            stack.callback(HangingStore.gate.set)
            broker = await stack.enter_async_context(mqtt_broker())
            station = await stack.enter_async_context(
                station_at(login(broker), tmp_path, open_store=HangingStore, hold=_no_hold)
            )
            await until(lambda: station.sender.health().connected)
            began_s = time.monotonic()
            await station.say()
            await until(lambda: sent(broker, EVENTS), within_s=5)
            assert time.monotonic() - began_s < KEPT_WITHIN_S + 1.0
            assert not station.sender.health().is_storing
            # The disk is known to be slow: the next one waits for nothing.
            began_s = time.monotonic()
            await station.say()
            await until(lambda: len({each["id"] for each in sent(broker, EVENTS)}) == 2, within_s=5)
            assert time.monotonic() - began_s < 0.4
            HangingStore.gate.set()
            await until(lambda: station.sender.health().is_storing, within_s=5)
            assert len(await station.store.submit(lambda store: store.open_rows())) == 2
    finally:
        HangingStore.gate.set()


class _no_hold:  # noqa: N801 - stands for a function
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


async def test_2_work_for_a_person_is_not_waited_for_longer_than_the_disk_has(tmp_path: Path) -> None:
    gate = threading.Event()
    async with StoreWriter(tmp_path / "s.sqlite") as store:
        hanging = store.submit(lambda _: gate.wait(10))
        began_s = time.monotonic()
        with pytest.raises(StoreStalledError):
            await store.submit_within(lambda opened: opened.audit_head(), 0.1)
        assert time.monotonic() - began_s < 1.0
        assert store.stalled_s > 0.05
        gate.set()
        await hanging


async def test_2_the_watchdog_calls_out_though_the_loop_stands_still() -> None:
    said: list[str] = []
    looks = threading.Event()
    watchdog = Watchdog(
        ages_s={"the intake stands": lambda: 0.0},
        limits_s={"the intake stands": 1.0},
        on_trouble=said.append,
        on_healthy=looks.set,
        look_every_s=0.01,
        loop_within_s=0.1,
    )
    with watchdog:
        await asyncio.to_thread(looks.wait, 5)
        assert said == []
        # What blocks the loop is what is tested.
        time.sleep(0.4)  # noqa: ASYNC251
        assert said == [LOOP_SENTENCE]
        await asyncio.sleep(0.1)
        assert watchdog.troubles() == []


async def test_2_the_watchdog_names_what_stands_and_says_it_again_only_after_a_while() -> None:
    said: list[str] = []
    late_s = 5.0
    with Watchdog(
        ages_s={"the disk does not answer": lambda: late_s},
        limits_s={"the disk does not answer": 2.0},
        on_trouble=said.append,
        look_every_s=0.01,
    ):
        await asyncio.sleep(0.2)
    assert said == ["the disk does not answer"]


@in_virtual_time
async def test_2_a_session_that_stands_still_does_not_say_that_it_lives(tmp_path: Path) -> None:
    moving = True
    async with (
        mqtt_broker() as broker,
        station_at(login(broker), tmp_path, is_moving=lambda: moving) as station,
    ):
        await until(lambda: station.sender.health().connected)
        await asyncio.sleep(7)
        moving = False
        broker.published.clear()
        await asyncio.sleep(20)
        assert sent(broker, BASE + "latest") == []
        assert sent(broker, STATUS) == []


@in_virtual_time
async def test_5_a_backlog_is_confirmed_and_never_more_than_a_hundred_are_on_their_way(
    tmp_path: Path,
) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        said = [await station.say() for _ in range(600)]
        async with therapist_at(login(broker)) as therapist:
            await asyncio.wait_for(station.sender.settled(), 60)
            assert therapist.alerts == said
        assert len(sent(broker, EVENTS)) < 2 * 600


@in_virtual_time
async def test_5_confirmations_do_not_wait_behind_a_snapshot(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        async with therapist_at(login(broker)):
            for _ in range(40):
                await station.say()
            await asyncio.wait_for(station.sender.settled(), 30)
        broker.acknowledges = False  # the snapshot's events are sent, and their PUBACKs do not come
        head = {"expires_at": "2026-11-22T03:01:00Z", "actor": "therapist-1"}
        snapshot = {**head, "cmd_id": "c1", "verb": "snapshot", "boot": 0, "after_seq": 0}
        broker.deliver(BASE + "cmd/snapshot", json.dumps(snapshot).encode())
        await station.say()
        message_id = ""
        await until(lambda: any(each["seq"] == 41 for each in sent(broker, EVENTS)))
        message_id = next(each["id"] for each in sent(broker, EVENTS) if each["seq"] == 41)
        received = {**head, "cmd_id": "c2", "verb": "received", "ids": [message_id]}
        broker.deliver(BASE + "cmd/received", json.dumps(received).encode())
        await asyncio.wait_for(station.sender.settled(), 2)


@in_virtual_time
async def test_6_client_ids_are_random_and_belong_to_a_store_or_a_screen(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, therapist_at(login(broker)), therapist_at(login(broker)):
        async with station_at(login(broker), tmp_path):
            await until(lambda: len(broker.clients) == 3)
            ids = list(broker.clients)
            assert len(set(ids)) == 3  # two screens with one login do not end each other's connection
            assert not any("room-2" in each or "north" in each or "therapist" in each for each in ids)
            station_id = next(each.client_id for each in broker.clients.values() if each.will)
        async with station_at(login(broker), tmp_path):
            await until(lambda: any(each.will for each in broker.clients.values()))
            assert station_id in broker.clients  # the broker knows the station again


@in_virtual_time
async def test_6_somebody_else_with_this_login_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        for _ in range(4):
            await until(lambda: station.sender.health().connected)
            broker.drop_all()
            await until(lambda: not station.sender.health().connected)
        assert "somebody else uses this login" in caplog.text


def test_7_an_application_says_when_a_command_expires_by_the_stations_clock() -> None:
    clocks = StationClocks()
    own_ns = 1_795_316_400_000_000_000
    assert clocks.utc_ns("room-2", utc_ns=own_ns) == own_ns
    clocks.hear("room-2", "2026-11-22T03:10:00.000Z", utc_ns=own_ns)  # ten minutes ahead
    clocks.hear("room-2", "2026-11-22T03:10:00.900Z", utc_ns=own_ns + 1_000_000_000)  # 0.1 s on its way
    assert clocks.offset_s("room-2") == 600.0
    clocks.hear("room-2", "2026-11-22T02:50:02.000Z", utc_ns=own_ns + 2_000_000_000)  # the clock was set
    assert clocks.offset_s("room-2") == -600.0


@in_virtual_time
async def test_7_a_station_whose_clock_is_ten_minutes_wrong_gets_its_confirmations(tmp_path: Path) -> None:
    from monitor.clock import now_ns
    from tests.support.stations import UTC_NS

    for wrong_s in (600, -600):
        async with (
            mqtt_broker() as broker,
            station_at(login(broker), tmp_path / f"{wrong_s}") as station,
            therapist_at(login(broker), utc_ns=lambda: UTC_NS + now_ns() + wrong_s * 1_000_000_000),  # noqa: B023
        ):
            await until(lambda: station.sender.health().connected)
            await asyncio.sleep(3)
            await station.say()
            await asyncio.wait_for(station.sender.settled(), 10)


def test_8_a_flood_is_bounded_by_who_it_claims_to_be_from() -> None:
    budget = CommandBudget({"therapist-1", "therapist-2"})
    topic = BASE + "cmd/ack"

    def taken(payload: bytes, many: int, *, at_s: float = 0.0, where: str = topic) -> int:
        return sum(budget.allows(where, payload, now_s=at_s) for _ in range(many))

    assert taken(b"garbage", 10_000) <= 20
    assert taken(b'{"actor":"mallory"}', 10_000) == 0  # all strangers share one budget
    assert taken(b'{"actor": "therapist-1"}', 10_000) <= 200
    assert taken(b'{"actor":"therapist-2"}', 50) == 50  # others are not held up by it
    assert taken(b'{"actor":"therapist-1"}', 50, where=BASE + "cmd/received") == 50
    assert taken(b'{"actor":"therapist-1"}', 100, at_s=1.0) <= 21


@in_virtual_time
async def test_8_an_alert_is_confirmed_in_the_middle_of_a_flood(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        mqtt_broker() as broker,
        station_at(login(broker), tmp_path) as station,
        therapist_at(login(broker)) as therapist,
    ):
        await until(lambda: station.sender.health().connected and len(broker.clients) == 2)
        for number in range(5_000):
            broker.deliver(BASE + "cmd/ack", b"{" * (number % 50))
        said = await station.say()
        await asyncio.wait_for(station.sender.settled(), 10)
        assert therapist.alerts == [said]
        assert len(caplog.records) < 20


def test_8_a_log_line_that_somebody_outside_causes_is_said_once_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now_s = 0.0
    bounded = CoalescedLog(logging.getLogger("test"), clock_s=lambda: now_s)
    for _ in range(1000):
        bounded.warning("a", "one of %s", "many")
    assert caplog.text.count("one of many") == 1
    now_s = 11.0
    bounded.warning("a", "one of %s", "many")
    assert "999 like it" in caplog.text


@pytest.mark.parametrize("harmful", ["\x1b[2J", "a\nb", "\u202eabc", "\x00", "\u200b", "\x9b31m", "\ud800"])
def test_9_text_from_outside_moves_no_cursor_and_ends_no_string(harmful: str) -> None:
    import tomllib

    shown = plain(harmful)
    assert len(shown) == len(harmful)
    assert shown.isprintable()
    read = tomllib.loads(f"name = {toml_string(harmful)}\nkey = 1\n")
    assert read["key"] == 1
    assert set(read) == {"name", "key"}


def test_9_a_name_from_the_air_adds_no_key_to_the_settings() -> None:
    import tomllib

    name = 'x"\naddress = "evil\n[broker]\nurl = "mqtt://evil"'
    assert tomllib.loads(f"device = {toml_string(name)}") == {"device": name}


async def test_12_a_broker_that_hangs_up_before_it_answers_is_noticed_at_once() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    began_s = time.monotonic()
    with pytest.raises(BrokerUnreachableError, match="closed the connection before it answered"):
        async with mqtt.connected(Broker(host="127.0.0.1", port=port), client_id="x"):
            pytest.fail("nobody has answered")
    assert time.monotonic() - began_s < 3
    server.close()


@in_virtual_time
async def test_15_a_restart_of_the_receiver_shows_nothing_again_and_keeps_the_order(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        said = [await station.say() for _ in range(30)]
        path = tmp_path / "inbox.sqlite"
        with Inbox(path) as inbox:
            async with therapist_at(login(broker), inbox=inbox) as therapist:
                await asyncio.wait_for(station.sender.settled(), 60)
                assert therapist.alerts == said
            client_id = inbox.client_id
        said.append(await station.say())
        with Inbox(path) as inbox:
            assert inbox.client_id == client_id
            async with therapist_at(login(broker), inbox=inbox) as again:
                await asyncio.wait_for(station.sender.settled(), 60)
                assert again.alerts == said[-1:]


@in_virtual_time
async def test_15_what_was_taken_and_not_shown_is_shown_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "inbox.sqlite"
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        said = await station.say()
        with Inbox(path) as inbox:
            async with therapist_at(login(broker), inbox=inbox):
                await asyncio.wait_for(station.sender.settled(), 60)
        with contextlib.closing(sqlite3.connect(path)) as connection:  # as if killed between the two
            topic = connection.execute("SELECT topic FROM inbox").fetchone()[0]
            body = json.dumps(sent(broker, topic)[0]).encode()
            connection.execute("UPDATE inbox SET payload = ?", (body,))
            connection.commit()
        with Inbox(path) as inbox:
            async with therapist_at(login(broker), inbox=inbox) as again:
                await until(lambda: again.alerts)
                assert again.alerts == [said]


def test_15_a_second_screen_with_the_same_login_has_an_inbox_of_its_own(tmp_path: Path) -> None:
    with free_inbox(tmp_path, "north-t") as first, free_inbox(tmp_path, "north-t") as second:
        assert first.path != second.path
        assert first.client_id != second.client_id
        with pytest.raises(InboxError, match="another screen"):
            Inbox(first.path)
    (tmp_path / "bad.sqlite").write_bytes(b"no database at all, but long enough to be one" * 50)
    with pytest.raises(InboxError, match="no inbox"):
        Inbox(tmp_path / "bad.sqlite")


@in_virtual_time
async def test_30_latest_is_retained_every_30_seconds_and_said_every_second(tmp_path: Path) -> None:
    async with mqtt_broker() as broker, station_at(login(broker), tmp_path) as station:
        await until(lambda: station.sender.health().connected)
        await asyncio.sleep(95)
        latest = [each for each in broker.published if each.topic == BASE + "latest"]
        assert len(latest) >= 90
        assert 3 <= sum(each.retain for each in latest) <= 5
