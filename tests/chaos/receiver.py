"""A therapist's application as a process, to be killed and stopped; writes what a person would see.

Arguments: the broker as JSON, the inbox's path, the file for what was shown (one line an alert, one `write`).
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from monitor.delivery.broker.broker import Broker
from monitor.delivery.receiver.client import TherapistFeed
from monitor.delivery.receiver.events import AlertReceived, BrokerState, FeedEvent
from monitor.delivery.receiver.inbox import Inbox
from protocols.mqtt.messages import EventMessage


async def main(broker: Broker, inbox_path: Path, shown: int) -> None:
    def show(event: FeedEvent) -> None:
        if isinstance(event, BrokerState):
            os.write(1, (json.dumps({"connected": event.is_connected}) + "\n").encode())
        if isinstance(event, AlertReceived):
            message = event.message
            line = {
                "id": message.id,
                "session": event.session_id,
                "boot": message.boot,
                "seq": message.seq,
                "event": isinstance(message, EventMessage),
            }
            os.write(shown, (json.dumps(line) + "\n").encode())

    with Inbox(inbox_path) as inbox:
        feed = TherapistFeed(
            broker=lambda: broker, clinic="north", actor="therapist-1", on_event=show, inbox=inbox
        )
        await feed.run()


if __name__ == "__main__":
    descriptor = os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    asyncio.run(main(Broker(**json.loads(sys.argv[1])), Path(sys.argv[2]), descriptor))
