"""The bedside screen's WebSocket: the station's own messages as JSON lines, without a broker between.

The screen beside the patient must go on when no broker answers. It hears the same topics and messages as a
therapist's page and gives the same commands; both go straight to the session.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Protocol

from aiohttp import WSMsgType, web

from protocols.mqtt.fields import MAX_PAYLOAD_BYTES

logger = logging.getLogger(__name__)

Put = Callable[[str, bytes], None]

# A command in its frame.
MAX_FRAME_BYTES = MAX_PAYLOAD_BYTES + 1024
# Ten angles and a few values a second; a screen that is this far behind connects anew and begins with now.
MAX_QUEUED = 512
TAKEN_WITHIN_S = 30.0
# A sign of life in both directions, so that a screen that was carried away is noticed.
PING_EVERY_S = 10.0


class BedsideStation(Protocol):
    """What the screen needs of the station beside it."""

    def attach(self, put: Put) -> Callable[[], None]:
        """Call `put(topic, payload)` with all that holds now and all that follows; the result detaches."""
        ...

    def command(self, topic: str, payload: bytes) -> None:
        """Run what the screen asks for; the answer comes as a message."""
        ...


async def serve_bedside(socket: web.WebSocketResponse, station: BedsideStation) -> None:
    """Carry one screen until it goes."""
    queue: asyncio.Queue[str] = asyncio.Queue(MAX_QUEUED)
    overrun = asyncio.Event()

    def put(topic: str, payload: bytes) -> None:
        try:
            queue.put_nowait(json.dumps([topic, payload.decode()], ensure_ascii=False))
        except asyncio.QueueFull:
            overrun.set()

    detach = station.attach(put)
    tasks = [
        asyncio.create_task(_say(socket, queue), name="to the bedside screen"),
        asyncio.create_task(_hear(socket, station), name="from the bedside screen"),
        asyncio.create_task(_wait(overrun), name="bedside screen too slow"),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        detach()
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await socket.close()
    for end in ends:
        if isinstance(end, Exception) and not isinstance(end, (TimeoutError, ConnectionError)):
            raise end


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _say(socket: web.WebSocketResponse, queue: asyncio.Queue[str]) -> None:
    while True:
        line = await queue.get()
        async with asyncio.timeout(TAKEN_WITHIN_S):
            await socket.send_str(line)


async def _hear(socket: web.WebSocketResponse, station: BedsideStation) -> None:
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            return
        try:
            topic, payload = json.loads(message.data)
        except ValueError:
            logger.warning("a bedside screen sent what is no command")
            return
        if not isinstance(topic, str) or not isinstance(payload, str):
            return
        station.command(topic, payload.encode())
