"""The settings that `docs/delivery.md` shows are the ones that the service and its tests use."""

import json
import re
import tomllib
from pathlib import Path

from monitor.config import BrokerSettings
from monitor.delivery.broker.mosquitto_config import Listener, MosquittoFiles, access_text, config_text
from monitor.delivery.broker.nats_config import station_user, therapist_user
from monitor.delivery.publish.outbox import RESEND_AFTER_NS
from tests.support.brokers import documented

TEXT = (Path(__file__).parents[3] / "docs" / "delivery.md").read_text()


def block(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)
    assert found
    return found[1]


def test_the_nodes_of_a_cluster_have_our_access_rules() -> None:
    users = {
        user["user"]: user["permissions"] for user in json.loads(block("json"))["authorization"]["users"]
    }
    station = station_user("north", "room-2", username="station-room-2", password="...")
    therapist = therapist_user("north", username="therapist-1", password="...")
    for user in (station, therapist):
        assert users[user.username]["publish"]["allow"] == list(user.publish)
        assert users[user.username]["subscribe"]["allow"] == list(user.subscribe)


def test_mosquittos_rules_are_the_same() -> None:
    rules = documented("mosquitto.acl").split("user ")
    assert (
        "topic write kinewatch/v1/north/room-2/#\ntopic read kinewatch/v1/north/room-2/s/+/cmd/#" in rules[1]
    )
    assert "topic read kinewatch/v1/north/#\ntopic write kinewatch/v1/north/+/s/+/cmd/#" in rules[2]
    assert "autosave_on_changes true\nautosave_interval 1\n" in documented("mosquitto.conf")


def test_the_stations_lines_are_valid() -> None:
    settings = BrokerSettings(**tomllib.loads(block("toml"))["broker"])
    assert settings.url.startswith("mqtts://")


def test_the_promised_repetitions() -> None:
    seconds = [round(each / 1e9) for each in RESEND_AFTER_NS]
    assert f"at once, after {seconds[0]}, {seconds[1]} and every {seconds[2]} seconds" in TEXT


def test_the_command_writes_what_the_page_shows() -> None:
    files = MosquittoFiles(folder=Path("/etc/mosquitto"), data=Path("/var/lib/mosquitto"))
    assert config_text(files, Listener()) == documented("mosquitto.conf")
    written = access_text("north", stations=["room-2"], therapists=["therapist-1"])
    assert written == documented("mosquitto.acl")
