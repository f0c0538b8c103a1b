import json
from pathlib import Path

import pytest

from monitor.delivery.broker.nats_config import (
    ClusterNode,
    NatsSettings,
    render,
    station_user,
    therapist_user,
)
from protocols.mqtt.errors import TopicError

STATION = station_user("north", "room-2", username="station-room-2", password='a"b')
THERAPIST = therapist_user("north", username="therapist", password="c")


def test_everything_is_on_loopback_and_durable() -> None:
    content = json.loads(
        render(NatsSettings(server_name="n", store_dir=Path("/d"), users=[STATION], websocket_port=-1))
    )
    assert {content["host"], content["mqtt"]["host"], content["websocket"]["host"]} == {"127.0.0.1"}
    assert content["jetstream"]["sync_interval"] == "always"
    assert content["authorization"]["users"][0]["password"] == 'a"b'
    assert "cluster" not in content
    assert "websocket" not in json.loads(render(NatsSettings(server_name="n", store_dir=Path(), users=[])))


def test_a_station_says_its_own_and_hears_commands_to_it() -> None:
    assert STATION.publish == ["kinewatch.v1.north.room-2", "kinewatch.v1.north.room-2.>"]
    assert STATION.subscribe == [
        "kinewatch.v1.north.room-2.s.*.cmd",
        "kinewatch.v1.north.room-2.s.*.cmd.>",
        "$MQTT.sub.>",
    ]


def test_a_therapist_hears_the_clinic_and_says_only_commands() -> None:
    assert THERAPIST.publish == ["kinewatch.v1.north.*.s.*.cmd.>"]
    assert THERAPIST.subscribe == ["kinewatch.v1.north", "kinewatch.v1.north.>", "$MQTT.sub.>"]


def test_a_name_cannot_widen_the_rules() -> None:
    for clinic in ("*", ">", "a.b", "+"):
        with pytest.raises(TopicError):
            station_user(clinic, "s", username="u", password="p")
        with pytest.raises(TopicError):
            therapist_user(clinic, username="u", password="p")


def test_a_node_of_a_cluster() -> None:
    node = ClusterNode(cluster="north", port=6222, routes=["127.0.0.1:6223", "127.0.0.1:6224"])
    content = json.loads(
        render(NatsSettings(server_name="n1", store_dir=Path("/d"), users=[STATION], node=node))
    )
    assert content["cluster"]["routes"] == ["nats-route://127.0.0.1:6223", "nats-route://127.0.0.1:6224"]
    assert content["mqtt"]["stream_replicas"] == 3


def test_passwords_are_not_in_texts() -> None:
    assert 'a"b' not in repr(STATION)
