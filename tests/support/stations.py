"""One station's delivery against a broker inside the test, and a therapist's feed beside it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitor.clock import now_ns
from monitor.delivery.broker.broker import Broker
from monitor.delivery.health import DeliveryTimes
from monitor.delivery.publish.publisher import Publisher
from monitor.delivery.receiver.client import TherapistFeed
from monitor.delivery.receiver.events import AlertReceived, FeedEvent
from monitor.delivery.receiver.state import SessionKey
from monitor.inputs import ClockAnchor, Command
from monitor.store.store import Store
from monitor.store.writer import OpenStore, StoreWriter
from protocols.mqtt.topics import StationTopics
from simulators.radio.clock import pause_virtual_clock
from tests.support.alert_transitions import transition
from tests.support.mqtt_broker import MqttBroker

UTC_NS = 1_795_316_400_000_000_000  # 2026-11-22T03:00:00Z
TOPICS = StationTopics(clinic="north", station="room-2")
PLACE = SessionKey(station="room-2", session_id="s7f3")
EVENTS = "kinewatch/v1/north/room-2/s/s7f3/event"


@dataclass
class Station:
    """A sender with its store; what it was told and what it has told."""

    sender: Publisher
    store: StoreWriter
    commands: list[Command] = field(default_factory=list)
    times: list[DeliveryTimes] = field(default_factory=list)
    seq: int = 0

    async def say(self, **others: Any) -> str:
        """The session says something; returns the alert's id."""
        self.seq += 1
        alert_id = others.setdefault("alert_id", f"G2-{self.seq}")
        await self.sender.accept(transition(self.seq, at_ns=now_ns(), **others))
        return str(alert_id)


@contextlib.asynccontextmanager
async def station_at(
    broker: Callable[[], Broker], folder: Path, *, open_store: OpenStore = Store, **others: Any
) -> AsyncIterator[Station]:
    """A station's sender, running until the block ends.

    The clock is held for the broker, but not for a therapist who may not be there: repetitions take no time.
    """
    anchor = ClockAnchor(received_ns=now_ns(), utc_ns=UTC_NS + now_ns())
    commands: list[Command] = []
    times: list[DeliveryTimes] = []
    async with StoreWriter(
        folder / "station.sqlite",
        hold=pause_virtual_clock,
        utc_ns=lambda: UTC_NS + now_ns(),
        open_store=open_store,
    ) as store:
        sender = Publisher(
            broker=broker,
            topics=TOPICS,
            session_id="s7f3",
            store=store,
            anchor=lambda: anchor,
            **{
                "roles": {"therapist-1": "therapist"},
                "on_command": commands.append,
                "on_times": times.append,
                "hold": pause_virtual_clock,
                "answer_within_s": 0.0,
            }
            | others,
        )
        async with running(sender.run()):
            yield Station(sender=sender, store=store, commands=commands, times=times)


@dataclass
class Therapist:
    """A feed and what it has shown."""

    feed: TherapistFeed
    events: list[FeedEvent] = field(default_factory=list)

    @property
    def alerts(self) -> list[str]:
        """The alerts shown, by id, in order."""
        return [event.message.alert_id for event in self.events if isinstance(event, AlertReceived)]

    def all(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@contextlib.asynccontextmanager
async def therapist_at(broker: Callable[[], Broker], **others: Any) -> AsyncIterator[Therapist]:
    """A therapist's feed, running until the block ends."""
    events: list[FeedEvent] = []
    feed = TherapistFeed(
        broker=broker,
        clinic="north",
        actor="therapist-1",
        on_event=events.append,
        **{"hold": pause_virtual_clock, "utc_ns": lambda: UTC_NS + now_ns()} | others,
    )
    async with running(feed.run()):
        yield Therapist(feed=feed, events=events)


@contextlib.asynccontextmanager
async def running(work: Any) -> AsyncIterator[None]:
    """A coroutine that runs for ever beside the block; cancelling it is its only end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        assert not task.done() or task.cancelled(), task.exception()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def login(broker: MqttBroker, name: str = "u") -> Callable[[], Broker]:
    """Where the test's broker is now."""
    return lambda: Broker(host="127.0.0.1", port=broker.port, username=name, password="p")


async def until(condition: Callable[[], Any], *, within_s: float = 60.0) -> None:
    """Let the loop run until something is so; the loop's own time passes."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is waited for is anything at all
            await asyncio.sleep(0.001)
