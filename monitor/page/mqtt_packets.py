"""MQTT 3.1.1 control packets, as far as a relay must read them: OASIS mqtt-v3.1.1-os. Pure.

Only what a browser sends is read. A packet is bounded before it is collected: what comes from a network is
never trusted to be small.
"""

from dataclasses import dataclass
from enum import IntEnum

from protocols.mqtt.fields import MAX_PAYLOAD_BYTES

# A command with its topic; the largest thing a page sends.
MAX_PACKET_BYTES = MAX_PAYLOAD_BYTES + 1024

# Section 2.2.3: the remaining length has at most four bytes.
_MAX_LENGTH_BYTES = 4


class PacketType(IntEnum):
    """Section 2.2.1."""

    CONNECT = 1
    PUBLISH = 3
    PUBACK = 4
    SUBSCRIBE = 8
    UNSUBSCRIBE = 10
    PINGREQ = 12
    DISCONNECT = 14


class PacketError(Exception):
    """The browser sent what no page of ours sends; the message is for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One control packet: its first byte, its body, and all its bytes as they came."""

    first: int
    body: bytes
    raw: bytes

    @property
    def type(self) -> int:
        """The number in the upper half of the first byte."""
        return self.first >> 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """What a page asks for when it connects; its user name and password are not its own and are dropped."""

    client_id: str
    clean_session: bool
    keep_alive_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """One message that a page wants to publish."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


class PacketReader:
    """Cuts a stream of bytes into packets."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Packet]:
        """The packets that are complete now.

        Raises:
            PacketError: one is larger than any of ours, or its length is none.
        """
        self._buffer += data
        packets = []
        while (packet := self._take()) is not None:
            packets.append(packet)
        return packets

    def _take(self) -> Packet | None:
        buffer = self._buffer
        length = shift = 0
        for position in range(1, _MAX_LENGTH_BYTES + 1):
            if position >= len(buffer):
                return None
            length |= (buffer[position] & 0x7F) << shift
            shift += 7
            if not buffer[position] & 0x80:
                break
        else:
            raise PacketError("a remaining length of more than four bytes")
        if length > MAX_PACKET_BYTES:
            raise PacketError(f"a packet of {length} bytes, at most {MAX_PACKET_BYTES}")
        end = position + 1 + length
        if len(buffer) < end:
            return None
        raw = bytes(buffer[:end])
        del buffer[:end]
        return Packet(first=raw[0], body=raw[position + 1 :], raw=raw)


class _Fields:
    """Reads a packet's body from the front."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def take(self, count: int) -> bytes:
        taken = self._body[self._at : self._at + count]
        if len(taken) != count:
            raise PacketError("a packet ends in the middle of a field")
        self._at += count
        return taken

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def text(self) -> str:
        try:
            return self.take(self.number(2)).decode()
        except UnicodeDecodeError as exc:
            raise PacketError("a text that is no UTF-8") from exc

    def rest(self) -> bytes:
        return self._body[self._at :]


def read_connect(packet: Packet) -> Connect:
    """Section 3.1.

    Raises:
        PacketError: it is no CONNECT of MQTT 3.1.1, or has a will (a page has none).
    """
    fields = _Fields(packet.body)
    if packet.first != PacketType.CONNECT << 4 or fields.text() != "MQTT" or fields.number(1) != 4:
        raise PacketError("the first packet is no CONNECT of MQTT 3.1.1")
    flags = fields.number(1)
    if flags & 0b0011_1101:
        raise PacketError("a page has no will")
    keep_alive_s = fields.number(2)
    return Connect(client_id=fields.text(), clean_session=bool(flags & 0b10), keep_alive_s=keep_alive_s)


def connect_packet(connect: Connect, *, username: str | None, password: str | None) -> bytes:
    """A CONNECT with the login that the relay puts in."""
    flags = 0b10 if connect.clean_session else 0
    login = b""
    if username is not None:
        flags |= 0b1000_0000
        login += _text(username)
        if password is not None:
            flags |= 0b0100_0000
            login += _text(password)
    body = _text("MQTT") + bytes([4, flags]) + connect.keep_alive_s.to_bytes(2, "big")
    return _packet(PacketType.CONNECT << 4, body + _text(connect.client_id) + login)


def read_publish(packet: Packet) -> Publish:
    """Section 3.3.

    Raises:
        PacketError: it ends too early, or its topic is no UTF-8.
    """
    fields = _Fields(packet.body)
    topic = fields.text()
    qos = packet.first >> 1 & 0b11
    if qos:
        fields.number(2)
    return Publish(topic=topic, payload=fields.rest(), qos=qos, retain=bool(packet.first & 1))


def read_filters(packet: Packet) -> list[str]:
    """The topic filters of a SUBSCRIBE (section 3.8) or UNSUBSCRIBE (section 3.10).

    Raises:
        PacketError: it has none, or ends too early.
    """
    fields = _Fields(packet.body)
    fields.number(2)
    filters = []
    while fields.rest():
        filters.append(fields.text())
        if packet.type == PacketType.SUBSCRIBE:
            fields.number(1)
    if not filters:
        raise PacketError("a subscription to nothing")
    return filters


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def _packet(first: int, body: bytes) -> bytes:
    length = bytearray()
    left = len(body)
    while True:
        left, digit = divmod(left, 128)
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([first]) + bytes(length) + body
