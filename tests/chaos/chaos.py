"""Real processes, killed and stopped and starved again and again: what is promised must hold all the same.

Service, broker and receiver are processes. A seeded sequence of faults: each of the three killed (SIGKILL) or
stopped (SIGSTOP), the station's disk full, hanging or locked by another program, the link half open, the
station's clock set, its store replaced, a backlog without a broker. After each the receiver's screen and the
station's store are compared:

- lost: stored by the station, never shown
- closed unseen: confirmed in the station's store, never shown
- twice: shown twice to a person, over all restarts
- out of order: shown before an event that was stored earlier in the same session
- recovery: from the end of the fault, with all processes there again, until what was open is confirmed
- key to screen: from a symptom key until the station's own screen and sound have it

Run: `python -m tests.chaos.chaos [--kills 50] [--alerts 2000] [--brokers nats,mosquitto,nats-cluster]
[--seed 1] [--out FILE]`; a table to stderr, JSON to stdout; exit 1 if a promise was broken.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from monitor.app import STORE_NAME
from monitor.delivery.broker.broker import Broker
from tests.support.brokers import (
    Mosquitto,
    Nats,
    NatsCluster,
    RealBroker,
    broker_named,
    children,
    is_installed,
)
from tests.support.faulty_disk import ENOSPC, STALL, FaultyDisk, is_available

# What is promised (issue and docs/delivery.md): seconds from the end of a fault to the last confirmation.
RECOVERED_WITHIN_S = {"nats": 5.0, "mosquitto": 5.0, "nats-cluster": 45.0}
KEY_TO_SCREEN_MS = 300.0

# A scenario that has not recovered by then has failed.
GIVE_UP_AFTER_S = 60.0


@dataclass
class Process:
    """One of ours, with the lines that it has written."""

    process: asyncio.subprocess.Process
    lines: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    async def start(cls, module: str, *arguments: str, env: dict[str, str] | None = None) -> "Process":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=None if os.environ.get("CHAOS_LOG") else asyncio.subprocess.DEVNULL,
            env=env,
            limit=2**20,
        )
        made = cls(process)
        made.reading = asyncio.create_task(made._read())
        return made

    reading: "asyncio.Task[None] | None" = None
    presses_done: int = 0

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(json.loads(line))
            self.presses_done += "pressed" in self.lines[-1]

    def tell(self, **fields: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write((json.dumps(fields) + "\n").encode())

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        await self.process.wait()
        if self.reading is not None:
            await self.reading


class Link:
    """A way to the broker that can be half open: nothing is lost, nothing arrives, nobody hangs up."""

    def __init__(self, target: Callable[[], Broker]) -> None:
        self._target = target
        self._open = asyncio.Event()
        self._open.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def freeze(self) -> None:
        self._open.clear()

    def thaw(self) -> None:
        """As a link that comes back after a while: what was on it is gone."""
        for task in list(self._tasks):
            task.cancel()
        self._open.set()

    async def stop(self) -> None:
        self._server.close()
        self.thaw()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = self._target()
        try:
            far_reader, far_writer = await asyncio.open_connection(target.host, target.port)
        except OSError:
            writer.close()
            return
        try:
            ways = [self._pump(reader, far_writer), self._pump(far_reader, writer)]
            done = [asyncio.ensure_future(way) for way in ways]
            await asyncio.wait(done, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in done:
                way.cancel()
            writer.transport.abort()
            far_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()


@dataclass
class Figures:
    """One broker's."""

    broker: str
    seed: int
    alerts: int = 0
    kills: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    closed_unseen: int = 0
    twice: int = 0
    out_of_order: int = 0
    recovery_s: dict[str, list[float]] = field(default_factory=dict)
    key_to_screen_ms: list[float] = field(default_factory=list)
    said_not_stored: int = 0  # faults of the disk that the station has said
    disk_faults: int = 0

    @property
    def longest_recovery_s(self) -> float:
        return max((max(each) for each in self.recovery_s.values()), default=0.0)

    def broken(self) -> list[str]:
        """The promises that did not hold."""
        bound = RECOVERED_WITHIN_S[self.broker]
        worst_ms = max(self.key_to_screen_ms, default=0.0)
        found = {
            f"{self.lost} lost": self.lost,
            f"{self.closed_unseen} closed unseen": self.closed_unseen,
            f"{self.twice} shown twice": self.twice,
            f"{self.out_of_order} out of order": self.out_of_order,
            f"recovery took {self.longest_recovery_s:.1f} s, at most {bound:g}": self.longest_recovery_s
            > bound,
            f"key to screen {worst_ms:.0f} ms, at most {KEY_TO_SCREEN_MS:g}": worst_ms > KEY_TO_SCREEN_MS,
            f"{self.disk_faults - self.said_not_stored} faults of the disk unsaid": (
                self.disk_faults > self.said_not_stored
            ),
        }
        return [f"{self.broker}: {text}" for text, is_so in found.items() if is_so]

    def summary(self) -> dict[str, Any]:
        keys = sorted(self.key_to_screen_ms)
        return {
            **{name: value for name, value in asdict(self).items() if name != "key_to_screen_ms"},
            "recovery_s": {name: [round(each, 2) for each in took] for name, took in self.recovery_s.items()},
            "longest_recovery_s": round(self.longest_recovery_s, 2),
            "key_to_screen_ms": {
                "n": len(keys),
                "median": round(median(keys), 2) if keys else None,
                "max": keys[-1] if keys else None,
            },
        }


class Chaos:
    """One broker, one station, one receiver, and what is done to them."""

    def __init__(
        self, broker: RealBroker, name: str, folder: Path, *, seed: int, disk_s: float = 6.0
    ) -> None:
        self._broker = broker
        self._folder = folder
        self._chance = random.Random(seed)
        self._disk_s = disk_s
        self._sessions = 0
        self._disk = FaultyDisk(folder, folder / "station") if is_available() else None
        self._old_stores: list[Path] = []
        self._settled_row = 0
        (folder / "station").mkdir(exist_ok=True)
        self.figures = Figures(broker=name, seed=seed)

    # -- processes ------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        self._link = Link(self._broker.station)
        await self._link.start()
        await self._start_station()
        await self._start_receiver()

    async def end(self) -> None:
        await self._station.kill()
        await self._receiver.kill()
        await self._link.stop()
        if self._disk is not None:
            self._disk.close()

    async def _start_station(self) -> None:
        self._sessions += 1
        at = self._broker.station()
        login = {
            "host": "127.0.0.1",
            "port": self._link.port,
            "username": at.username,
            "password": at.password,
        }
        env = self._disk.environment() if self._disk else None
        self._station = await Process.start(
            "tests.chaos.station",
            json.dumps(login),
            str(self._folder / "station"),
            f"s{self._sessions:04d}",
            env=env,
        )
        await self._until(lambda: any("running" in line for line in self._station.lines), "the station runs")

    async def _start_receiver(self) -> None:
        at = self._broker.therapist()
        login = {"host": at.host, "port": at.port, "username": at.username, "password": at.password}
        self._receiver = await Process.start(
            "tests.chaos.receiver",
            json.dumps(login),
            str(self._folder / "inbox.sqlite"),
            str(self._folder / "shown"),
        )
        await self._until(
            lambda: any(line.get("connected") for line in self._receiver.lines), "the receiver listens"
        )

    async def _kill_station(self) -> None:
        self._collect_keys()
        await self._station.kill()
        self.figures.kills += 1

    def _collect_keys(self) -> None:
        lines, self._station.lines = self._station.lines, self._station.lines[-1:]
        self.figures.key_to_screen_ms += [line["shown_ms"] for line in lines if "shown_ms" in line]
        # A key that has shown nothing yet counts with what it has waited so far.
        self.figures.key_to_screen_ms += [
            line["waiting_ms"] for line in lines if line.get("waiting_ms", 0.0) > KEY_TO_SCREEN_MS
        ]
        self._said = [line for line in lines if "storing" in line or "trouble" in line]

    # -- faults ---------------------------------------------------------------------------------------------

    async def kill_station(self) -> None:
        await self._kill_station()
        await self._start_station()

    async def kill_receiver(self) -> None:
        await self._receiver.kill()
        self.figures.kills += 1
        await self._start_receiver()

    async def kill_broker(self) -> None:
        self.figures.kills += 1
        await self._broker.crash()

    async def stop_station(self) -> None:
        self._station.signal(signal.SIGSTOP)
        await asyncio.sleep(self._chance.uniform(1, 4))
        # A process that is stopped has no key to press and no screen: what it waited is not counted.
        self._collect_keys()
        self._station.signal(signal.SIGCONT)
        await asyncio.sleep(0.3)
        self._station.lines.clear()

    async def stop_receiver(self) -> None:
        self._receiver.signal(signal.SIGSTOP)
        await asyncio.sleep(self._chance.uniform(1, 10))
        self._receiver.signal(signal.SIGCONT)

    async def stop_broker(self) -> None:
        pids = pids_of(self._broker)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(self._chance.uniform(1, 6))
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

    async def disk_full(self) -> None:
        await self._disk_fault(lambda disk: disk.does(ENOSPC))

    async def disk_hangs(self) -> None:
        await self._disk_fault(lambda disk: disk.does(STALL))

    async def _disk_fault(self, fault: Callable[[FaultyDisk], None]) -> None:
        if self._disk is None:
            return
        self._collect_keys()
        self.figures.disk_faults += 1
        fault(self._disk)
        await asyncio.sleep(self._disk_s)
        self._disk.works()
        await asyncio.sleep(0.2)
        self._collect_keys()
        self.figures.said_not_stored += any(line.get("storing") is False for line in self._said)

    async def store_locked(self) -> None:
        """Another program holds SQLite's own lock."""
        other = sqlite3.connect(self._folder / "station" / STORE_NAME, isolation_level=None, timeout=5)
        try:
            other.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(4)
            other.execute("ROLLBACK")
        finally:
            other.close()

    async def link_half_open(self) -> None:
        self._link.freeze()
        await asyncio.sleep(self._chance.uniform(2, 9))
        self._link.thaw()

    async def clock_set(self) -> None:
        self._station.tell(clock_s=self._chance.choice((-600, 600, -3600, 86_400)))
        await asyncio.sleep(0.5)

    async def store_replaced(self) -> None:
        """Everything is confirmed; then the station's store is gone, as after a new disk."""
        await self._settled()
        await self._kill_station()
        store = self._folder / "station" / STORE_NAME
        kept = self._folder / f"old-{self._sessions}.sqlite"
        _moved(store, kept)
        self._old_stores.append(kept)
        await self._start_station()

    async def backlog(self, alerts: int) -> None:
        """Nobody confirms while so many alerts are said; then the receiver is back."""
        await self._receiver.kill()
        self.figures.kills += 1
        await self._press(alerts, per_s=200)
        await self._start_receiver()

    # -- the run --------------------------------------------------------------------------------------------

    async def run(self, faults: list[str], *, alerts: int) -> None:
        """Every fault in turn, symptom keys all the time; then everything settles and is compared."""
        each = max(1, alerts // max(1, len(faults)))
        for name in faults:
            self.figures.faults[name] = self.figures.faults.get(name, 0) + 1
            pressing = asyncio.create_task(self._press(each, per_s=20.0))
            await asyncio.sleep(self._chance.uniform(0.0, 0.6))
            await getattr(self, name)()
            ended_s = time.perf_counter()
            mark = self._last_row()
            await pressing
            await self._until(lambda mark=mark: not self._open_up_to(mark), f"after {name}")
            took_s = time.perf_counter() - ended_s
            self.figures.recovery_s.setdefault(name, []).append(took_s)
            _tell(f"{self.figures.broker}: {name} {took_s:.2f} s")
        await self._settled()
        self._compare()

    async def run_backlog(self, alerts: int) -> None:
        self.figures.faults["backlog"] = 1
        await self.backlog(alerts)
        began_s = time.perf_counter()
        await self._settled()
        self.figures.recovery_s["backlog"] = [time.perf_counter() - began_s]
        _tell(f"{self.figures.broker}: backlog {self.figures.recovery_s['backlog'][0]:.2f} s")
        self._compare()

    async def _press(self, times: int, *, per_s: float) -> None:
        self.figures.alerts += times
        station = self._station
        before = station.presses_done
        with contextlib.suppress(ConnectionError):
            station.tell(press=times, per_s=per_s)
        limit_s = time.perf_counter() + times / per_s + 20
        while time.perf_counter() < limit_s and station is self._station:
            if station.process.returncode is not None:
                return
            if station.presses_done > before:
                return
            await asyncio.sleep(0.02)

    async def _settled(self) -> None:
        await self._until(lambda: not self._open_up_to(1 << 62), "everything is confirmed")
        self._settled_row = self._last_row()
        await self._until(lambda: not self._open_up_to(self._settled_row), "everything is confirmed")
        self._collect_keys()

    async def _until(self, condition: Callable[[], Any], what: str) -> None:
        try:
            async with asyncio.timeout(GIVE_UP_AFTER_S):
                while not condition():
                    if self._station.process.returncode not in (None, -signal.SIGKILL):
                        raise AssertionError(f"{self.figures.broker}: the station ended by itself")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{self.figures.broker}: {what}: not within {GIVE_UP_AFTER_S:g} s") from None

    # -- what the store says --------------------------------------------------------------------------------

    def _query(self, path: Path, statement: str, *values: object) -> list[tuple[Any, ...]]:
        for _ in range(200):
            try:
                with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                    return connection.execute(statement, values).fetchall()
            except sqlite3.OperationalError:
                time.sleep(0.01)
        raise AssertionError(f"{path} cannot be read")

    def _last_row(self) -> int:
        rows = self._query(
            self._folder / "station" / STORE_NAME, "SELECT COALESCE (MAX (row), 0) FROM outbox"
        )
        return int(rows[0][0])

    def _open_up_to(self, mark: int) -> int:
        statement = "SELECT COUNT (*) FROM outbox WHERE confirmed_utc_ns IS NULL AND row <= ?"
        return int(self._query(self._folder / "station" / STORE_NAME, statement, mark)[0][0])

    def _compare(self) -> None:
        shown = [json.loads(line) for line in (self._folder / "shown").read_text().splitlines()]
        ids = [line["id"] for line in shown]
        self.figures.twice = len(ids) - len(set(ids))
        stores = [self._folder / "station" / STORE_NAME, *self._old_stores]
        # What the session has said since everything was confirmed is still on its way.
        marks = [self._settled_row, *(1 << 62 for _ in self._old_stores)]
        statement = "SELECT message_id, confirmed_utc_ns IS NOT NULL FROM outbox WHERE row <= ?"
        stored = [
            row
            for store, mark in zip(stores, marks, strict=True)
            for row in self._query(store, statement, mark)
        ]
        known = set(ids)
        self.figures.lost = sum(message_id not in known for message_id, _ in stored)
        self.figures.closed_unseen = sum(bool(done) and each not in known for each, done in stored)
        newest: dict[tuple[str, int], int] = {}
        self.figures.out_of_order = 0
        for line in shown:
            key = (line["session"], line["boot"])
            if line["seq"] < newest.get(key, 0):
                self.figures.out_of_order += 1
            newest[key] = max(newest.get(key, 0), line["seq"])


def _tell(line: str) -> None:
    """Progress, for whoever waits."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _moved(store: Path, kept: Path) -> None:
    for suffix in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{store}{suffix}").rename(f"{kept}{suffix}")


def pids_of(broker: RealBroker) -> list[int]:
    """The processes of a broker."""
    if isinstance(broker, Nats):
        assert broker._server.pid is not None
        return [children(broker._server.pid)[0]]
    if isinstance(broker, Mosquitto):
        assert broker._process is not None
        return [broker._process.pid]
    assert isinstance(broker, NatsCluster)
    return [process.pid for process in broker.processes if process.returncode is None]


KILLS = ("kill_station", "kill_receiver", "kill_broker")
OTHERS = (
    "stop_station",
    "stop_receiver",
    "stop_broker",
    "disk_full",
    "disk_hangs",
    "store_locked",
    "link_half_open",
    "clock_set",
    "store_replaced",
)


def sequence(kills: int, *, seed: int, others: tuple[str, ...] = OTHERS) -> list[str]:
    """So many kills, spread over the three; each other fault once, in between."""
    chance = random.Random(seed)
    faults = [KILLS[number % len(KILLS)] for number in range(kills)]
    chance.shuffle(faults)
    for name in others:
        faults.insert(chance.randrange(len(faults) + 1), name)
    return faults


async def on_broker(name: str, *, kills: int, alerts: int, backlog: int, seed: int) -> Figures:
    """The whole of it on one kind of broker."""
    with tempfile.TemporaryDirectory(prefix="kinewatch-chaos-") as scratch:
        folder = Path(scratch)
        (folder / "broker").mkdir()
        async with broker_named(name, folder / "broker") as broker:
            chaos = Chaos(broker, name, folder, seed=seed)
            await chaos.begin()
            try:
                await chaos.run(sequence(kills, seed=seed), alerts=alerts)
                if backlog:
                    await chaos.run_backlog(backlog)
            finally:
                await chaos.end()
            return chaos.figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=54, help="on each single broker; a third on the cluster")
    parser.add_argument("--alerts", type=int, default=2000)
    parser.add_argument("--backlog", type=int, default=2000)
    parser.add_argument("--brokers", default="nats,mosquitto,nats-cluster")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    figures: list[Figures] = []
    for name in args.brokers.split(","):
        if not is_installed(name):
            _tell(f"{name} is not installed: left out")
            continue
        kills = args.kills // 3 if name == "nats-cluster" else args.kills
        work: Awaitable[Figures] = on_broker(
            name, kills=kills, alerts=args.alerts, backlog=args.backlog, seed=args.seed
        )
        figures.append(asyncio.run(work))  # type: ignore[arg-type]
    result = {each.broker: each.summary() for each in figures}
    text = json.dumps(result, indent=2)
    sys.stdout.write(text + "\n")
    if args.out is not None:
        args.out.write_text(text + "\n")
    broken = [sentence for each in figures for sentence in each.broken()]
    for sentence in broken:
        _tell(f"BROKEN: {sentence}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
