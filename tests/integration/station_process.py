"""A station as a process of its own, to be killed: stores and sends alerts until it is told to end.

Arguments: the broker as JSON, the store's path, how many alerts a second. Prints each message id once it is
committed. With a rate of 0 it only delivers what is open, and ends when all is confirmed.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from monitor.clock import anchor_now, now_ns
from monitor.delivery.broker.broker import Broker
from monitor.delivery.publish.messages import posts_of
from monitor.delivery.publish.publisher import Publisher
from monitor.store.writer import StoreWriter
from tests.support.alert_transitions import transition
from tests.support.stations import TOPICS, running, until


async def main(broker: Broker, path: Path, per_second: float) -> None:
    anchor = anchor_now(monotonic_ns=now_ns, utc_ns=time.time_ns)
    async with StoreWriter(path) as store:
        sender = Publisher(
            broker=lambda: broker,
            topics=TOPICS,
            session_id="s7f3",
            store=store,
            anchor=lambda: anchor,
            roles={"therapist-1": "therapist"},
            on_command=lambda _: None,
        )
        async with running(sender.run()):
            seq = 0
            while per_second:
                seq += 1
                made = transition(seq, alert_id=f"G2-{store.boot}-{seq}", at_ns=now_ns())
                await sender.accept(made)
                sys.stdout.write(posts_of(made, sender.identity())[0].message_id + "\n")
                sys.stdout.flush()
                await asyncio.sleep(1 / per_second)
            await until(lambda: sender.health().connected)
            await sender.settled()


if __name__ == "__main__":
    asyncio.run(main(Broker(**json.loads(sys.argv[1])), Path(sys.argv[2]), float(sys.argv[3])))
