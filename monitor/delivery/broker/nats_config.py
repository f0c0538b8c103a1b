"""The configuration of a NATS server as a kinewatch broker, as text. Pure.

MQTT topic `a/b` is NATS subject `a.b`, `+` is `*` and `#` is `>`. Two facts of NATS 2.15 are in the ACL: what
MQTT calls `a/#` covers `a` itself, so a subscriber needs both `a` and `a.>`; and a QoS 1 subscription is fed
through `$MQTT.sub.>`, without which its SUBACK is a failure. A forbidden publish is acknowledged and dropped.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protocols.mqtt.home_assistant import discovery_topic
from protocols.mqtt.topics import ROOT, StationTopics, checked_level

# Let the operating system choose.
ANY_PORT = -1

# One station's alerts, sessions and retained topics need a few megabytes; a bound keeps a fault from filling
# the disk that the recording needs.
MAX_STORE_BYTES = 256 * 2**20
# A clinic's broker keeps the sessions of every screen that stays away for a while.
MAX_CLINIC_STORE_BYTES = 10 * 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One login with what it may publish and subscribe to, as NATS subjects."""

    username: str
    password: str = field(repr=False)
    publish: Sequence[str]
    subscribe: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterNode:
    """This server's place in a cluster; `routes` are the other nodes' `host:port`."""

    cluster: str
    port: int
    routes: Sequence[str]
    replicas: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """The server's certificate with its key, and the authority that clients know it by."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsSettings:
    """What is written into the configuration file.

    MQTT listens at `host`, with `tls` encrypted. NATS's own clients are nobody here: they have loopback.
    """

    server_name: str
    store_dir: Path
    users: Sequence[User]
    mqtt_port: int = ANY_PORT
    client_port: int = ANY_PORT
    websocket_port: int | None = None
    node: ClusterNode | None = None
    host: str = "127.0.0.1"
    tls: TlsFiles | None = None
    max_store_bytes: int = MAX_STORE_BYTES


def station_user(
    clinic: str, station: str, *, username: str, password: str, announces_below: str = ""
) -> User:
    """A station: says everything below its own level, hears the commands to it.

    With `announces_below` it may also announce itself there (Home Assistant's discovery).
    """
    own = _subject(f"{ROOT}/{checked_level(clinic)}/{checked_level(station)}")
    announced = []
    if announces_below:
        announced = [
            _subject(discovery_topic(announces_below, StationTopics(clinic=clinic, station=station)))
        ]
    return User(
        username=username,
        password=password,
        publish=[own, f"{own}.>", *announced],
        subscribe=[f"{own}.s.*.cmd", f"{own}.s.*.cmd.>", "$MQTT.sub.>"],
    )


def therapist_user(clinic: str, *, username: str, password: str) -> User:
    """A therapist: hears everything of the clinic, says nothing but commands."""
    all_of_it = _subject(f"{ROOT}/{checked_level(clinic)}")
    return User(
        username=username,
        password=password,
        publish=[f"{all_of_it}.*.s.*.cmd.>"],
        subscribe=[all_of_it, f"{all_of_it}.>", "$MQTT.sub.>"],
    )


def render(settings: NatsSettings) -> str:
    """The configuration file's text. JSON is valid NATS configuration, and quotes everything properly."""
    content: dict[str, Any] = {
        "server_name": settings.server_name,
        "host": "127.0.0.1",
        "port": settings.client_port,
        # sync_interval always: what is acknowledged is on the disk, also after a power cut.
        "jetstream": {
            "store_dir": str(settings.store_dir),
            "sync_interval": "always",
            "max_memory_store": 16 * 2**20,
            "max_file_store": settings.max_store_bytes,
        },
        # ack_wait: an application that has taken a message and died is sent it again after this long.
        "mqtt": {
            "host": settings.host,
            "port": settings.mqtt_port,
            "ack_wait": "2s",
            "max_ack_pending": 1024,
        },
        "authorization": {"users": [_user(user) for user in settings.users]},
    }
    if settings.tls is not None:
        content["mqtt"] |= {"tls": _tls(settings.tls)}
    if settings.websocket_port is not None:
        content["websocket"] = {"host": "127.0.0.1", "port": settings.websocket_port, "no_tls": True}
    if settings.node is not None:
        content["cluster"] = {
            "name": settings.node.cluster,
            "host": settings.host,
            "port": settings.node.port,
            "routes": [f"nats-route://{route}" for route in settings.node.routes],
        }
        content["mqtt"] |= {"stream_replicas": settings.node.replicas}
        if settings.tls is not None:
            # Between the nodes both sides show the same certificate.
            content["cluster"] |= {"tls": _tls(settings.tls) | {"verify": True}}
    return json.dumps(content, indent=2) + "\n"


def _tls(files: TlsFiles) -> dict[str, Any]:
    return {
        "cert_file": str(files.certificate),
        "key_file": str(files.key),
        "ca_file": str(files.authority),
    }


def _user(user: User) -> dict[str, Any]:
    return {
        "user": user.username,
        "password": user.password,
        "permissions": {
            "publish": {"allow": list(user.publish)},
            "subscribe": {"allow": list(user.subscribe)},
        },
        "allowed_connection_types": ["MQTT", "MQTT_WS"],
    }


def _subject(topic: str) -> str:
    return topic.replace("/", ".")
