"""Eight hours of a station in virtual time: memory and file descriptors must stay flat.

The real service (session core, intake, store, recorder, publisher) with a strap that is never found, a
symptom every ten minutes that a therapist overrides, a broker inside the process, a feed with an inbox.
Prints what the process holds at the end of each hour, and the sizes of what it left on disk.

Run: `python -m tests.chaos.soak [HOURS]`; JSON to stdout; exit 1 if memory or descriptors have grown by more
than 5 % since the first hour.
"""

import asyncio
import gc
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from devices.adapter.radio import Radio
from monitor.app import STORE_NAME, running
from monitor.clock import now_ns, utc_following
from monitor.delivery.receiver.client import TherapistFeed
from monitor.delivery.receiver.inbox import Inbox
from monitor.inputs import Command
from monitor.service import Ports, Service
from simulators.radio.air import VirtualRadio
from simulators.radio.clock import pause_virtual_clock, run
from tests.chaos.station import setting_of
from tests.support.mqtt_broker import MqttBroker, mqtt_broker
from tests.support.stations import login
from tests.support.stations import running as beside

GROWTH_ALLOWED = 0.05
EVERY_S = 600.0


def held() -> dict[str, float]:
    """What this process holds now."""
    gc.collect()
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {
        "rss_mb": round(int(status["VmRSS"].split()[0]) / 1024, 1),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
    }


def forget(broker: MqttBroker) -> None:
    """The test's broker keeps everything that was ever published; that is not what is measured."""
    broker.published.clear()
    broker.seen.clear()
    broker.logins.clear()


async def act(service: Service, number: int) -> None:
    """A symptom, and a therapist's word on it."""
    for verb, role, arguments in (
        ("symptom", "assistant", {"symptom": "dizzy"}),
        ("override", "therapist", {"alert_id": f"G12-{number}", "reason": "examined"}),
    ):
        service.command(
            Command(
                received_ns=now_ns(),
                command_id=f"{verb}-{number}",
                verb=verb,
                actor=role,
                role=role,
                arguments=arguments,
            )
        )
        await asyncio.sleep(5)


async def soak(folder: Path, hours: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    async with mqtt_broker() as broker, VirtualRadio(1) as air:
        utc_ns = utc_following(now_ns, start_utc_ns=time.time_ns())
        ports = Ports(
            radio=Radio(air.client_backend, air.scanner_backend),
            broker=login(broker),
            utc_ns=utc_ns,
            hold=pause_virtual_clock,
        )
        with Inbox(folder / "inbox.sqlite") as inbox:
            feed = TherapistFeed(
                broker=login(broker),
                clinic="north",
                actor="therapist-1",
                on_event=lambda _: None,
                inbox=inbox,
                utc_ns=utc_ns,
                hold=pause_virtual_clock,
            )
            async with beside(feed.run()), running(setting_of(folder, "soak"), ports) as service:
                number = 0
                for hour in range(1, hours + 1):
                    end_s = asyncio.get_running_loop().time() + 3600
                    while asyncio.get_running_loop().time() < end_s:
                        number += 1
                        await act(service, number)
                        await asyncio.sleep(EVERY_S - 10)
                        forget(broker)
                    rows.append({"hour": hour, **held(), "alerts": len(service.delivery_times())})
                    sys.stderr.write(f"{rows[-1]}\n")
    return rows


def main(hours: int) -> int:
    with tempfile.TemporaryDirectory(prefix="kinewatch-soak-") as scratch:
        folder = Path(scratch)
        began_s = time.perf_counter()
        rows = run(lambda: soak(folder, hours), clock="virtual")
        sizes = {
            "store_mb": round((folder / STORE_NAME).stat().st_size / 1e6, 2),
            "recording_mb": round((folder / "soak" / "recording.mcap").stat().st_size / 1e6, 2),
            "inbox_mb": round((folder / "inbox.sqlite").stat().st_size / 1e6, 2),
        }
    first, last = rows[0], rows[-1]
    growth = {name: round(last[name] / first[name] - 1, 4) for name in ("rss_mb", "descriptors")}
    result = {"hours": hours, "wall_s": round(time.perf_counter() - began_s, 1), "growth": growth}
    sys.stdout.write(json.dumps(result | {"sizes": sizes, "rows": rows}, indent=2) + "\n")
    return 1 if max(growth.values()) > GROWTH_ALLOWED else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8))
