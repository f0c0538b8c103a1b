"""The lane of what is soon old: vitals, repetitions, devices, answers. One message on its way at a time."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from pydantic import ValidationError

from monitor.clock import now_ns
from monitor.delivery.mqtt import Connection
from monitor.delivery.publish.projection import Projection
from monitor.delivery.publish.stream_buffer import StreamBuffer, Waiting
from monitor.delivery.publish.tasks import until
from monitor.outputs import Output
from protocols.mqtt.errors import WireError

logger = logging.getLogger(__name__)

# A page shows "stale" after 3 s without `latest`.
LATEST_EVERY_S = 1.0

LATEST_RETAINED_EVERY_NS = 30_000_000_000

# Answers wait for a connection; who has asked more often than this meanwhile has not waited for them.
MAX_ANSWERS = 256


class StreamPublisher:
    """Newest wins: a value that was not sent in time is replaced by the next, and nothing queues up.

    A message is handed to the broker's connection only when the one before it has left, so an event never has
    more than one of them in front of it.
    """

    def __init__(
        self,
        projection: Projection,
        *,
        active_alerts: Callable[[], int],
        is_moving: Callable[[], bool] = lambda: True,
    ) -> None:
        self._broadcast = projection
        self._active_alerts = active_alerts
        self._is_moving = is_moving
        self._retained_ns: int | None = None  # when `latest` was last said as retained
        self._phase = ""
        self._ring = StreamBuffer()
        self._answers: deque[Waiting] = deque(maxlen=MAX_ANSWERS)
        self._wake = asyncio.Event()

    def put(self, output: Output) -> None:
        """Put an output on the pages; what cannot be put into words is only logged."""
        try:
            for message in self._broadcast.messages_of(output):
                self._ring.put(message)
        except (ValidationError, WireError) as exc:
            logger.warning("a %s cannot be shown: %s", type(output).__name__, exc)
        self._wake.set()

    def put_reply(self, message: Waiting) -> None:
        """An answer to a command; before all streams, and kept until it is sent."""
        self._answers.append(message)
        self._wake.set()

    def connected(self) -> None:
        """A new connection: what is retained of the devices is said again."""
        for message in self._broadcast.devices(at_ns=now_ns()):
            self._ring.put(message)
        self._retained_ns = None
        self._wake.set()

    def retain_latest(self) -> None:
        """Somebody asks for everything: the next snapshot is one that the broker keeps."""
        self._retained_ns = None

    async def run(self, connection: Connection) -> None:
        """Send for as long as the connection lasts.

        Raises:
            ConnectionLostError: it broke.
        """
        while True:
            self._wake.clear()
            message = self._answers[0] if self._answers else self._ring.take(now_ns=now_ns())
            if message is None:
                await until(self._wake, None)
                continue
            await connection.publish(message.topic, message.payload, qos=message.qos, retain=message.retain)
            if self._answers and self._answers[0] is message:
                self._answers.popleft()

    async def beat(self, _connection: Connection) -> None:
        """The snapshot of everything, once a second; also the sign that this station lives.

        A broker makes each retained message durable, one after the other (an fsync each): at some hundred
        stations alerts would wait for them. So it is retained only when that says something new to whoever
        opens a page: at a change of phase, when asked for, and every 30 s.
        """
        while True:
            if self._is_moving():
                self._ring.put(self._latest())
                self._wake.set()
            await asyncio.sleep(LATEST_EVERY_S)

    def _latest(self) -> Waiting:
        now = now_ns()
        is_old = self._retained_ns is None or now - self._retained_ns >= LATEST_RETAINED_EVERY_NS
        is_new = self._broadcast.phase != self._phase
        if is_old or is_new:
            self._retained_ns, self._phase = now, self._broadcast.phase
        message = self._broadcast.latest(at_ns=now, active_alerts=self._active_alerts())
        # Under a key of its own, or the next one would replace it before it is sent.
        return replace(message, retain=True, key=f"{message.topic} retained") if is_old or is_new else message
