"""MQTT packets as a relay reads them, from the standard's own rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.page.browser_rules import BrowserRules
from monitor.page.mqtt_packets import (
    MAX_PACKET_BYTES,
    Connect,
    Packet,
    PacketError,
    PacketReader,
    connect_packet,
    read_connect,
    read_publish,
)
from protocols.mqtt import wire
from protocols.mqtt.commands import Acknowledge

# OASIS mqtt-v3.1.1-os: a CONNECT without login, clean session, keep alive 60, client id "abcdefgh".
CONNECT = bytes.fromhex("10 14 0004 4d515454 04 02 003c 0008 6162636465666768")
RULES = BrowserRules(clinic="north", actor="therapist-1")
ACK = Acknowledge(cmd_id="c1", expires_at="2026-11-22T03:00:00Z", actor="therapist-1", alert_id="G2-1")
TOPIC = "kinewatch/v1/north/room-2/s/s7f3/cmd/ack"


def publish(topic: str, payload: bytes, *, first: int = 0x32) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic.encode() + (b"\0\1" if first & 6 else b"") + payload
    length = bytes([len(body) % 128 | (128 if len(body) > 127 else 0)])
    return bytes([first]) + length + (bytes([len(body) // 128]) if len(body) > 127 else b"") + body


def subscribe(topic: str) -> bytes:
    body = b"\0\1" + len(topic).to_bytes(2, "big") + topic.encode() + b"\1"
    return bytes([0x82, len(body)]) + body


def packet(raw: bytes) -> Packet:
    (read,) = PacketReader().feed(raw)
    return read


@given(cuts=st.lists(st.integers(1, 9), max_size=30))
def test_packets_are_cut_out_of_any_chunks(cuts: list[int]) -> None:
    stream = CONNECT + bytes([0xC0, 0]) + publish(TOPIC, b"x" * 200)
    reader, found, at = PacketReader(), [], 0
    for cut in [*cuts, len(stream)]:
        found += reader.feed(stream[at : at + cut])
        at += cut
    assert [each.type for each in found] == [1, 12, 3]
    assert b"".join(each.raw for each in found) == stream


def test_a_packet_that_is_too_large_is_refused_before_it_is_collected() -> None:
    with pytest.raises(PacketError, match="at most"):
        PacketReader().feed(bytes([0x30, 0xFF, 0xFF, 0x7F]))
    with pytest.raises(PacketError, match="four bytes"):
        PacketReader().feed(bytes([0x30, 0xFF, 0xFF, 0xFF, 0xFF]))
    assert MAX_PACKET_BYTES < 20_480


def test_the_login_is_put_in() -> None:
    asked = read_connect(packet(CONNECT))
    assert asked == Connect(client_id="abcdefgh", clean_session=True, keep_alive_s=60)
    sent = connect_packet(RULES.connect(packet(CONNECT)), username="u", password="p")
    assert sent == bytes([0x10, 0x2B]) + bytes.fromhex("0004 4d515454 04 c2 003c 0019") + (
        b"page-therapist-1-abcdefgh\0\1u\0\1p"
    )


@pytest.mark.parametrize(
    "raw",
    [
        bytes.fromhex("10 14 0004 4d515454 05 02 003c 0008 6162636465666768"),  # MQTT 5
        bytes.fromhex("10 14 0004 4d515454 04 06 003c 0008 6162636465666768"),  # a will
        bytes.fromhex("10 0e 0004 4d515454 04 02 003c 0002 6162"),  # a client id that is not ours
        bytes.fromhex("10 14 0004 4d515454 04 02 003c 0010 6162636465666768"),  # ends early
        bytes([0xC0, 0]),
    ],
)
def test_other_connects_are_refused(raw: bytes) -> None:
    with pytest.raises(PacketError):
        RULES.connect(packet(raw))


@pytest.mark.parametrize(
    "raw",
    [
        subscribe("kinewatch/v1/north/#"),
        publish(TOPIC, wire.encode(ACK)),
        bytes([0xC0, 0]),
        bytes([0xE0, 0]),
        bytes([0x40, 2, 0, 1]),
    ],
)
def test_what_a_page_sends_passes(raw: bytes) -> None:
    RULES.check(packet(raw))


@pytest.mark.parametrize(
    "raw",
    [
        subscribe("kinewatch/v1/south/#"),
        subscribe("#"),
        subscribe("$SYS/#"),
        bytes([0x82, 2, 0, 1]),
        publish("kinewatch/v1/north/room-2/s/s7f3/event", b"{}"),
        publish("kinewatch/v1/north/room-2/status", b"{}"),
        publish("kinewatch/v1/south/room-2/s/s7f3/cmd/ack", wire.encode(ACK)),
        publish(TOPIC, b"{}"),
        publish(TOPIC, wire.encode(ACK.model_copy(update={"actor": "somebody-else"}))),
        publish(TOPIC, wire.encode(ACK), first=0x33),  # retained
        publish(TOPIC, wire.encode(ACK), first=0x34),  # QoS 2
        publish("other", b""),
        bytes([0x50, 2, 0, 1]),  # PUBREC
        CONNECT,
    ],
)
def test_everything_else_is_refused(raw: bytes) -> None:
    with pytest.raises(PacketError):
        RULES.check(packet(raw))


@given(st.binary(max_size=200))
def test_damage_is_refused_with_one_error(raw: bytes) -> None:
    try:
        for each in PacketReader().feed(raw):
            RULES.check(each)
            read_publish(each)
    except PacketError:
        pass
