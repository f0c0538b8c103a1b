"""Alerts in a real browser: shown, confirmed by the page, acknowledged, never lost, never shown twice."""

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import statistics
import sys
import time
from pathlib import Path

import pytest

from monitor.clock import now_ns
from monitor.delivery import mqtt
from monitor.delivery.receiver.client import TherapistFeed
from protocols.mqtt import topics
from tests.integration.test_broker_contract import start_station
from tests.support.brokers import RealBroker, children
from tests.support.page import chromium, clinic_at, open_screen
from tests.support.stations import running, station_at, until

SILENT = "() => document.querySelector('.tile[data-broken]') !== null"
FRESH = (
    "() => document.querySelector('.tile') !== null && document.querySelector('.tile[data-broken]') === null"
)


def confirmations(folder: Path) -> list[tuple[str, str | None]]:
    with sqlite3.connect(folder / "station.sqlite") as store:
        rows = store.execute("SELECT message_id, confirmed_by FROM outbox ORDER BY row").fetchall()
    store.close()
    return rows


async def test_an_alert_is_shown_confirmed_by_the_page_and_acknowledged_by_one_tap(tmp_path: Path) -> None:
    async with (
        clinic_at(tmp_path) as clinic,
        station_at(clinic.broker.station, tmp_path) as station,
        chromium() as browser,
    ):
        screen = await open_screen(browser, clinic.links["therapist-1"])
        await screen.until(FRESH)
        await station.say(alert_id="G2-1")
        await screen.until("() => document.querySelector('.alert h3')?.textContent.includes('SpO2 84')")
        await asyncio.wait_for(station.sender.settled(), 10)
        await until(lambda: {who for _, who in confirmations(tmp_path)} == {"therapist-1"}, within_s=10)
        await asyncio.sleep(2)  # the page knows the station's clock from its live messages
        await screen.page.click(".ack")
        await until(lambda: station.commands, within_s=10)
        (command,) = station.commands
        assert (command.verb, command.actor) == ("acknowledge", "therapist-1")
        assert command.arguments == {"alert_id": "G2-1"}
        assert screen.problems == []


async def test_a_verdict_travels_with_the_acknowledgement(tmp_path: Path) -> None:
    async with (
        clinic_at(tmp_path) as clinic,
        station_at(clinic.broker.station, tmp_path) as station,
        chromium() as browser,
    ):
        screen = await open_screen(browser, clinic.links["therapist-1"])
        await screen.until(FRESH)
        await station.say(alert_id="G2-1")
        await screen.page.wait_for_selector(".verdict")
        await asyncio.sleep(2)
        await screen.page.click(".verdict:nth-of-type(4)")
        await until(lambda: station.commands, within_s=10)
        assert station.commands[0].arguments == {"alert_id": "G2-1", "verdict": "artefact"}


@pytest.mark.parametrize(
    "alerts", [150, pytest.param(2000, marks=[pytest.mark.slow, pytest.mark.timeout(1500)])]
)
async def test_nothing_is_lost_or_shown_twice_whatever_is_killed(tmp_path: Path, alerts: int) -> None:
    chance = random.Random(7)
    path = tmp_path / "station.sqlite"
    committed: set[str] = set()
    lives: list[list[str]] = []
    async with clinic_at(tmp_path) as clinic, chromium() as browser:
        screen = await open_screen(browser, clinic.links["therapist-1"])
        lives.append(screen.told)
        blows = ["station", "broker", "stopped", "reload"]
        while len(committed) < alerts:
            process = await start_station(clinic.broker.station(), path, per_second=60)
            assert process.stdout is not None
            committed.add((await process.stdout.readline()).strip().decode())
            await asyncio.sleep(chance.uniform(0.5, 1.5))
            blow = blows[len(lives) % 4] if len(committed) < 40 else chance.choice(blows)
            await strike(blow, clinic.broker)
            if blow == "reload":
                # What a page has shown it has shown; the next one begins with nothing.
                screen.told.append("reload")
                await screen.page.reload()
                await screen.begin()
            lives.append([])
            await asyncio.sleep(chance.uniform(0.2, 0.8))
            process.send_signal(signal.SIGKILL)
            rest = await process.stdout.read()
            await process.wait()
            committed |= {line.decode() for line in rest.split()}
        last = await start_station(clinic.broker.station(), path, per_second=0)
        assert await asyncio.wait_for(last.wait(), 300) == 0
        await asyncio.sleep(1)
        told = screen.told
    rows = confirmations(tmp_path)
    assert committed <= {message_id for message_id, _ in rows}
    assert {message_id for message_id, _ in rows} <= set(told)  # 0 lost
    assert {who for _, who in rows} == {"therapist-1"}
    for life in "\n".join(told).split("reload"):
        shown = life.split()
        assert len(shown) == len(set(shown))  # 0 shown twice
    assert len(committed) >= alerts


async def strike(blow: str, broker: RealBroker) -> None:
    """One seeded misfortune."""
    if blow == "broker":
        await broker.crash()
    elif blow == "stopped":
        to_renderers(signal.SIGSTOP)
        await asyncio.sleep(1.5)
        to_renderers(signal.SIGCONT)


def descendants(pid: int) -> list[int]:
    below = children(pid)
    return below + [deeper for each in below for deeper in descendants(each)]


def to_renderers(what: signal.Signals) -> None:
    for pid in descendants(os.getpid()):
        with contextlib.suppress(OSError):
            if b"--type=renderer" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, what)


async def test_a_device_without_network_says_so_and_catches_up(tmp_path: Path) -> None:
    async with (
        clinic_at(tmp_path) as clinic,
        station_at(clinic.broker.station, tmp_path) as station,
        chromium() as browser,
    ):
        screen = await open_screen(browser, clinic.links["therapist-1"])
        await screen.until(FRESH)
        began_s = time.monotonic()
        await screen.page.context.set_offline(True)
        await screen.until(SILENT, within_s=5)
        stale_s = time.monotonic() - began_s
        said = [await station.say() for _ in range(5)]
        await screen.until("() => !document.getElementById('deaf').hidden", within_s=12)
        deaf_s = time.monotonic() - began_s
        assert await screen.page.inner_text("#deaf")
        assert "97" not in await screen.page.inner_text(".tile .values")
        await screen.page.context.set_offline(False)
        await asyncio.wait_for(station.sender.settled(), 15)
        await screen.until(FRESH)
        assert len(screen.told) == len(said)
        assert stale_s < 4.5
        assert deaf_s < 11.5


async def test_a_stopped_page_leaves_its_rows_open_until_it_wakes(tmp_path: Path) -> None:
    async with (
        clinic_at(tmp_path) as clinic,
        station_at(clinic.broker.station, tmp_path) as station,
        chromium() as browser,
    ):
        screen = await open_screen(browser, clinic.links["therapist-1"])
        await screen.until(FRESH)
        to_renderers(signal.SIGSTOP)
        try:
            await station.say()
            await asyncio.sleep(10.5)
            ages = station.sender.health().oldest_unconfirmed_s
        finally:
            to_renderers(signal.SIGCONT)
        assert max(ages.values()) > 10  # what makes the station call out itself
        await asyncio.wait_for(station.sender.settled(), 20)


async def test_a_second_tab_and_a_reload_take_nothing_from_the_first(tmp_path: Path) -> None:
    async with (
        clinic_at(tmp_path) as clinic,
        station_at(clinic.broker.station, tmp_path) as station,
        chromium() as browser,
    ):
        screen = await open_screen(browser, clinic.links["therapist-1"])
        second = await screen.page.context.new_page()
        await second.goto(clinic.url)
        await second.click("#begin-watch")
        await screen.until(FRESH)
        for _ in range(10):
            await station.say()
        await second.reload()
        await second.click("#begin-watch")
        await asyncio.wait_for(station.sender.settled(), 15)
        await until(lambda: len(screen.told) == 10, within_s=10)
        await second.wait_for_selector(".alert")
        assert len(await second.query_selector_all(".alert")) == 10


async def test_the_page_confirms_about_as_fast_as_the_terminal(tmp_path: Path) -> None:
    """The station's word until the confirmation is back at the broker's station side, both in one run."""
    came: dict[str, dict[str, float]] = {}
    began: dict[str, float] = {}
    async with (
        clinic_at(tmp_path) as clinic,
        station_at(clinic.broker.station, tmp_path) as station,
        mqtt.connected(clinic.broker.station(), client_id="stopwatch") as stopwatch,
        chromium() as browser,
    ):
        feed = TherapistFeed(
            broker=clinic.broker.therapist,
            clinic="north",
            actor="terminal",
            on_event=lambda _: None,
            clock_ns=now_ns,
        )

        async def watch() -> None:
            await stopwatch.subscribe({"kinewatch/v1/north/room-2/s/+/cmd/+": 1})
            async for message in stopwatch.incoming():
                if topics.parse(message.topic).leaf == "received":
                    command = json.loads(message.payload)
                    for message_id in command["ids"]:
                        came.setdefault(message_id, {}).setdefault(command["actor"], time.perf_counter())

        async with running(feed.run()), running(watch()):
            screen = await open_screen(browser, clinic.links["therapist-1"])
            await screen.until(FRESH)
            await asyncio.sleep(1)
            for _ in range(60):
                began_s = time.perf_counter()
                known = {message_id for message_id, _ in confirmations(tmp_path)}
                await station.say()
                for message_id in {each for each, _ in confirmations(tmp_path)} - known:
                    began[message_id] = began_s
                await asyncio.sleep(0.05)
            await until(lambda: sum(len(each) == 2 for each in came.values()) >= 55, within_s=20)
    both = [message_id for message_id, each in came.items() if len(each) == 2 and message_id in began]
    delays = {
        who: [1000 * (came[message_id][who] - began[message_id]) for message_id in both]
        for who in ("therapist-1", "terminal")
    }
    p50 = {who: statistics.median(each) for who, each in delays.items()}
    figures = {"alerts": len(both), "p50_ms": p50, "ratio": p50["therapist-1"] / p50["terminal"]}
    sys.stdout.write(json.dumps(figures) + "\n")
    assert p50["therapist-1"] <= 2 * p50["terminal"] + 5
