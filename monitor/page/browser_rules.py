"""What a page may send to the broker through the relay: its clinic's subscription and its own commands. Pure.

The broker's access rules say the same. This wall stands in front of them, and knows one thing that they do
not: who is logged in. The `actor` of a command that comes through here is no claim.
"""

import re
from dataclasses import dataclass

from monitor.page.mqtt_packets import (
    Connect,
    Packet,
    PacketError,
    PacketType,
    read_connect,
    read_filters,
    read_publish,
)
from protocols.mqtt import wire
from protocols.mqtt.errors import WireError
from protocols.mqtt.topics import ROOT, TopicKind, parse

# What a browser may call itself: random letters that it keeps.
_DEVICE = re.compile(r"[a-z0-9]{8,32}\Z")

_HARMLESS = frozenset({PacketType.PUBACK, PacketType.PINGREQ, PacketType.DISCONNECT})

# Past this a page that is away holds the broker's session for nothing.
MAX_KEEP_ALIVE_S = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserRules:
    """The rules for one person's pages."""

    clinic: str
    actor: str

    def connect(self, packet: Packet) -> Connect:
        """The CONNECT that goes to the broker, with a client id of this person's.

        Raises:
            PacketError: it is none that a page of ours sends.
        """
        asked = read_connect(packet)
        if not _DEVICE.match(asked.client_id):
            raise PacketError("a client id that no page of ours has")
        return Connect(
            client_id=f"page-{self.actor}-{asked.client_id}",
            clean_session=asked.clean_session,
            keep_alive_s=min(max(asked.keep_alive_s, 5), MAX_KEEP_ALIVE_S),
        )

    def check(self, packet: Packet) -> None:
        """Let a packet pass.

        Raises:
            PacketError: a page may not send it.
        """
        if packet.type in _HARMLESS:
            return
        if packet.type in (PacketType.SUBSCRIBE, PacketType.UNSUBSCRIBE):
            self._check_filters(packet)
        elif packet.type == PacketType.PUBLISH:
            self._check_publish(packet)
        else:
            raise PacketError(f"a packet of type {packet.type}")

    def _check_filters(self, packet: Packet) -> None:
        own = f"{ROOT}/{self.clinic}/"
        for topic_filter in read_filters(packet):
            if not topic_filter.startswith(own):
                raise PacketError(f"a subscription outside the clinic: {topic_filter[:80]!r}")

    def _check_publish(self, packet: Packet) -> None:
        publish = read_publish(packet)
        if publish.retain or publish.qos > 1:
            raise PacketError("a command that is retained or of QoS 2")
        try:
            place = parse(publish.topic)
            if place.kind is not TopicKind.COMMAND or place.clinic != self.clinic or place.leaf is None:
                raise PacketError(f"{publish.topic[:80]!r} is not a command's topic of this clinic")
            command = wire.decode_command(place.leaf, publish.payload)
        except WireError as exc:
            raise PacketError(str(exc)[:200]) from exc
        if command.actor != self.actor:
            raise PacketError(f"a command of {command.actor[:40]!r} from {self.actor!r}")
