"""A clinic of many stations on one broker, as the wire has them; what they say is made up, once a second."""

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.delivery import mqtt
from monitor.delivery.broker.broker import Broker
from monitor.delivery.broker.nats import nats_binary
from monitor.delivery.broker.nats_config import NatsSettings, User, render, therapist_user
from monitor.delivery.mqtt import Connection
from monitor.page.logins import Face, Person, new_code
from monitor.page.server import PageSettings, serving
from protocols.mqtt import topics
from tests.support.brokers import answering, free_port

EXERCISES = ("knee extension", "sit to stand", "shoulder abduction", "heel raise")
PHASES = ("exercise", "rest", "exercise", "recovery")


def instant(ago_s: float = 0.0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago_s)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


class MadeUpStation:
    """One station's messages."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.base = f"kinewatch/v1/north/room-{number + 1}/"
        self.session = f"{self.base}s/session{number}/"
        self.seq = 0

    def head(self, kind: str) -> dict[str, Any]:
        self.seq += 1
        return {
            "id": f"{kind}-{self.number}-{self.seq}",
            "boot": 1,
            "seq": self.seq,
            "t": instant(),
            "sent": instant(),
        }

    def status(self) -> tuple[str, dict[str, Any]]:
        return self.base + "status", {"state": "ready", "boot": 1, "t": instant()}

    def plan(self) -> tuple[str, dict[str, Any]]:
        exercise = {
            "name": EXERCISES[self.number % 4],
            "joint": "knee",
            "side": "right",
            "sets": 3,
            "repetitions": 10,
            "range_deg": [60.0, 95.0],
            "rest_s": 60.0,
        }
        limits = {
            "spo2_low_percent": {"value": 90.0, "unit": "%", "tighter": "higher"},
            "spo2_sudden_percent": {"value": 85.0, "unit": "%", "tighter": "higher"},
            "heart_rate_upper_per_min": {"value": 132.0, "unit": "/min", "tighter": "lower"},
            "systolic_stop_mmhg": {"value": 220.0, "unit": "mm[Hg]", "tighter": "lower"},
            "pain_stop": {"value": 7.0, "unit": "{score}", "tighter": "lower"},
        }
        body = self.head("plan") | {
            "session_id": f"session{self.number}",
            "plan_id": f"p-{4711 + self.number}",
            "pack": "general",
            "started": instant(600),
            "exercises": [exercise],
            "limits": limits,
        }
        return self.base + "session", body

    def devices(self) -> list[tuple[str, dict[str, Any]]]:
        return [
            (
                self.base + f"dev/{device}",
                self.head("dev")
                | {
                    "device": device,
                    "role": device,
                    "link": "live",
                    "battery_percent": 17.0 if (self.number, device) == (4, "strap") else 80.0,
                },
            )
            for device in ("oximeter", "strap", "cuff")
        ]

    def latest(self, second: int) -> tuple[str, dict[str, Any]]:
        n = self.number
        heart = 96 + 18 * math.sin((second + 11 * n) / 23) + (n * 7) % 13
        spo2 = 84.0 if n == 1 else 96.0 - (n % 3)
        angle = 45 + 40 * math.sin(second * 1.4)
        phase = PHASES[n % 4]

        def value(number: float, unit: str, ago_s: float = 0.5, q: str = "good") -> dict[str, Any]:
            return {"value": number, "unit": unit, "q": q, "t": instant(ago_s)}

        body = self.head("latest") | {
            "phase": phase,
            "values": {
                "spo2_percent": value(spo2, "%", q="questionable" if n == 2 else "good"),
                "heart_rate_per_min": value(round(heart), "/min"),
                "pulse_rate_per_min": value(round(heart) + 1, "/min"),
                "systolic_mmhg": value(128 + n, "mm[Hg]", 130 + n * 7),
                "diastolic_mmhg": value(78, "mm[Hg]", 130 + n * 7),
                "joint_angle_deg": value(round(angle, 1), "deg"),
            },
            "exercise": EXERCISES[n % 4],
            "set_number": 1 + n % 3,
            "repetitions": second // 4 % 10,
            "repetition_target": 10,
            "set_target": 3,
        }
        return self.session + "latest", body

    def repetition(self, number: int, range_deg: float) -> tuple[str, dict[str, Any]]:
        body = self.head("rom") | {
            "joint": "knee",
            "exercise": EXERCISES[self.number % 4],
            "set_number": 1,
            "repetition": number,
            "min_deg": 6.0,
            "max_deg": 6.0 + range_deg,
            "range_deg": range_deg,
            "uncertainty_deg": 1.4,
        }
        return self.session + "rom/knee", body

    def entry(self, **fields: Any) -> tuple[str, dict[str, Any]]:
        return self.session + "entry", self.head("entry") | {"actor": "anna"} | fields

    def alert(self, alert_id: str, seq: int, **fields: Any) -> tuple[str, dict[str, Any]]:
        body = {
            "id": f"alert-{self.number}-{seq}",
            "boot": 1,
            "seq": seq,
            "t": instant(12),
            "sent": instant(12),
            "alert_id": alert_id,
            "rule_version": 1,
            "phase": "exercise",
            "first_offending": instant(14),
            "from_state": "pending",
            "to_state": "firing",
            "kind": "physiological",
        }
        return self.session + "event", body | {"rule_id": alert_id.partition("-")[0]} | fields


async def say(connection: Connection, *messages: tuple[str, dict[str, Any]], qos: int = 1) -> None:
    for topic, body in messages:
        kind = topics.parse(topic).kind
        retain = kind in topics.RETAINED and kind is not topics.TopicKind.LATEST
        await connection.publish(topic, json.dumps(body).encode(), qos=qos, retain=retain)


@contextlib.asynccontextmanager
async def clinic_of_many(folder: Path) -> AsyncIterator[tuple[Broker, str]]:
    """A broker whose login `stations` speaks for all, and the page's link for `therapist-1`."""
    everything = ["kinewatch.v1.north.>", "kinewatch.v1.north.*.>", "$MQTT.sub.>"]
    users = [
        User(username="stations", password="s", publish=everything, subscribe=everything),
        therapist_user("north", username="therapist-1", password="t"),
    ]
    port = free_port()
    config = folder / "many.conf"
    settings = NatsSettings(server_name="many", store_dir=folder / "many", users=users, mqtt_port=port)
    config.write_text(render(settings))
    process = await asyncio.create_subprocess_exec(
        *(str(nats_binary()), "--config", str(config)), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        stations = Broker(host="127.0.0.1", port=port, username="stations", password="s")
        await answering(stations)
        login = Broker(host="127.0.0.1", port=port, username="therapist-1", password="t")
        person = Person(
            name="therapist-1", face=Face.THERAPIST, clinic="north", broker=lambda: login, code=new_code()
        )
        async with serving(PageSettings(), [person]) as page:
            yield stations, page.links["therapist-1"]
    finally:
        process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def speaking(broker: Broker, count: int) -> AsyncIterator[tuple[Connection, list[MadeUpStation]]]:
    """`count` stations that say `latest` once a second."""
    stations = [MadeUpStation(number) for number in range(count)]
    async with mqtt.connected(broker, client_id="stations") as connection:
        for station in stations:
            await say(connection, station.status(), station.plan(), *station.devices())

        async def speak() -> None:
            second = 0
            while True:
                for station in stations:
                    await say(connection, station.latest(second), qos=0)
                    if second % 5 == 0:
                        await say(connection, station.status(), qos=0)
                second += 1
                await asyncio.sleep(1)

        task = asyncio.create_task(speak())
        try:
            yield connection, stations
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
