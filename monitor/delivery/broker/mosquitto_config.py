"""The configuration of Mosquitto as a kinewatch broker, as text. Pure.

The rules are those of `nats_config`: a station writes below its own level and hears its commands, a therapist
hears the clinic and writes commands only.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from protocols.mqtt.home_assistant import discovery_topic
from protocols.mqtt.topics import ROOT, StationTopics, checked_level

# How Mosquitto 2 stores passwords: PBKDF2 with SHA-512, 12 bytes of salt, 64 of digest.
SALT_BYTES = 12
_ITERATIONS = 101


@dataclass(frozen=True, slots=True, kw_only=True)
class MosquittoFiles:
    """Where Mosquitto finds what the configuration names."""

    folder: Path
    data: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where it listens; without certificates (`tls` false) on loopback only."""

    port: int = 8883
    address: str | None = None
    tls: bool = True


def config_text(files: MosquittoFiles, listener: Listener) -> str:
    """`mosquitto.conf`."""
    where = f"{listener.port} {listener.address}" if listener.address else str(listener.port)
    tls = (
        [
            f"cafile {files.folder / 'ca.crt'}",
            f"certfile {files.folder / 'broker.crt'}",
            f"keyfile {files.folder / 'broker.key'}",
            "tls_version tlsv1.2",
        ]
        if listener.tls
        else []
    )
    lines = [
        f"listener {where}",
        *tls,
        "",
        "allow_anonymous false",
        f"password_file {files.folder / 'passwords'}",
        f"acl_file {files.folder / 'acl'}",
        "",
        "# Everything acknowledged is on disk: without these two lines a crash loses up to half an hour.",
        "persistence true",
        f"persistence_location {files.data}/",
        "autosave_on_changes true",
        "autosave_interval 1",
        "",
        "# An alert must not wait 40 ms for a delayed acknowledgement of the message before it.",
        "set_tcp_nodelay true",
        "",
        "# A therapist's tablet that is away for a shift must find what it missed.",
        "max_queued_messages 20000",
        "message_size_limit 65536",
    ]
    return "\n".join(lines) + "\n"


def access_text(clinic: str, *, stations: Sequence[str], therapists: Sequence[str], extra: str = "") -> str:
    """`mosquitto.acl`; `extra` is a topic prefix that stations may also write below (Home Assistant's)."""
    root = f"{ROOT}/{checked_level(clinic)}"
    blocks = []
    for station in stations:
        own = f"{root}/{checked_level(station)}"
        rules = [f"topic write {own}/#", f"topic read {own}/s/+/cmd/#"]
        if extra:
            own_topics = StationTopics(clinic=clinic, station=station)
            rules.append(f"topic write {discovery_topic(extra, own_topics)}")
        blocks.append("\n".join([f"user station-{station}", *rules]))
    for therapist in therapists:
        rules = [f"topic read {root}/#", f"topic write {root}/+/s/+/cmd/#"]
        blocks.append("\n".join([f"user {therapist}", *rules]))
    return "\n\n".join(blocks) + "\n"


def password_line(username: str, password: str, salt: bytes) -> str:
    """A line of Mosquitto's password file."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    texts = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"{username}:$7${_ITERATIONS}${'$'.join(texts)}"
