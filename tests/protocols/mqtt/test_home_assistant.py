"""The announcement: one device, values that go away instead of growing old, topics of the tree."""

import json
import re
from typing import Any

import pytest

from monitor.config import BrokerSettings
from protocols.mqtt.home_assistant import announcement, discovery_topic
from protocols.mqtt.topics import StationTopics

TOPICS = StationTopics(clinic="north", station="room-2")
MADE: dict[str, Any] = json.loads(announcement(TOPICS, version="0.1.0"))


def test_one_device_with_its_values() -> None:
    assert discovery_topic("homeassistant", TOPICS) == "homeassistant/device/kinewatch-north-room-2/config"
    assert MADE["device"]["identifiers"] == ["kinewatch-north-room-2"]
    assert {"spo2_percent", "heart_rate_per_min", "phase", "alert"} <= set(MADE["components"])
    ids = [one["unique_id"] for one in MADE["components"].values()]
    assert len(set(ids)) == len(ids)


def test_a_value_goes_away_instead_of_growing_old() -> None:
    for component in MADE["components"].values():
        assert component["expire_after"] == 5
        assert component["state_topic"] == "kinewatch/v1/north/room-2/s/+/latest"
    assert MADE["availability"][0]["topic"] == TOPICS.status()


def test_every_template_names_what_latest_has() -> None:
    from protocols.mqtt.messages import LatestMessage

    fields = set(LatestMessage.model_fields)
    for component in MADE["components"].values():
        template = component["value_template"]
        named = set(re.findall(r"value_json\.(\w+)", template)) | set(
            re.findall(r"value_json\['(\w+)'\]", template)
        )
        assert named
        assert named <= fields


def test_the_templates_give_what_a_person_should_see() -> None:
    """With the template language that Home Assistant uses, where it is installed."""
    jinja2 = pytest.importorskip("jinja2")
    environment = jinja2.Environment()

    def shown(component: str, latest: dict[str, Any]) -> str:
        template = environment.from_string(MADE["components"][component]["value_template"])
        return str(template.render(value_json=latest)).strip()

    good = {"values": {"spo2_percent": {"value": 96, "q": "good"}}, "active_alerts": 0, "phase": "rest"}
    assert shown("spo2_percent", good) == "96"
    assert shown("heart_rate_per_min", good) == "None"
    poor = {"values": {"spo2_percent": {"value": 70, "q": "poor"}}, "active_alerts": 2}
    assert shown("spo2_percent", poor) == "None"
    assert shown("alert", poor) == "ON"
    assert shown("alert", good) == "OFF"


def test_the_embedded_broker_is_no_place_for_it() -> None:
    with pytest.raises(ValueError, match="not the embedded one"):
        BrokerSettings(home_assistant="homeassistant")
    assert BrokerSettings(url="mqtts://b.example", home_assistant="homeassistant").home_assistant
