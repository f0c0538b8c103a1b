"""A therapist's program: prints every alert of a clinic, and confirms each as soon as it has been printed.

`python receiver_client.py LOGIN_FILE [SECONDS]`, with a login that `kinewatch run` or `broker` has written.
"""

import asyncio
import sys
from pathlib import Path

from monitor.delivery.broker.login_file import Login, read_login
from monitor.delivery.receiver.client import TherapistFeed
from monitor.delivery.receiver.events import AlertReceived, BrokerState, FeedEvent


def show(event: FeedEvent) -> None:
    """What the feed says, on a line."""
    match event:
        case BrokerState(is_connected=connected, problem=problem):
            print("connected" if connected else f"not connected: {problem}", flush=True)
        case AlertReceived(station=station, message=message):
            print(f"{station}: {message.priority} {message.message}", flush=True)
        case _:
            pass


async def follow(login: Login, seconds: float | None) -> None:
    """Follow the clinic; for ever without `seconds`."""
    feed = TherapistFeed(
        broker=lambda: login.broker,
        clinic=login.clinic,
        actor=login.broker.username or "therapist-1",
        on_event=show,
    )
    try:
        async with asyncio.timeout(seconds):
            await feed.run()
    except TimeoutError:
        print("done")


if __name__ == "__main__":
    asyncio.run(follow(read_login(Path(sys.argv[1])), float(sys.argv[2]) if len(sys.argv) > 2 else None))
