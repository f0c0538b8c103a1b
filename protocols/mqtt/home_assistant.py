"""A station's announcement for Home Assistant's MQTT discovery: one retained message, one device. Pure.

Its values come from `latest`, whose topic has the present session's id: `+` stands for it. They are for
a wall in the corridor; alerts are confirmed by therapists' applications, and never here.
"""

import json
from collections.abc import Mapping
from typing import Any

from protocols.mqtt.topics import ROOT, StationTopics, checked_level

# `latest` comes every second; after this long without one a value is unavailable, not old.
EXPIRES_AFTER_S = 5

# Code -> name, unit, Home Assistant's icon.
_VALUES: Mapping[str, tuple[str, str, str]] = {
    "spo2_percent": ("SpO2", "%", "mdi:percent"),
    "heart_rate_per_min": ("Heart rate", "bpm", "mdi:heart-pulse"),
    "pulse_rate_per_min": ("Pulse", "bpm", "mdi:heart-pulse"),
    "systolic_mmhg": ("Systolic", "mmHg", "mdi:gauge"),
    "diastolic_mmhg": ("Diastolic", "mmHg", "mdi:gauge"),
}


def discovery_id(clinic: str, station: str) -> str:
    """The station's name in the discovery topic."""
    return f"kinewatch-{checked_level(clinic)}-{checked_level(station)}"


def discovery_topic(prefix: str, topics: StationTopics) -> str:
    """Where the announcement is retained; an empty payload there removes the device."""
    return f"{checked_level(prefix)}/device/{discovery_id(topics.clinic, topics.station)}/config"


def announcement(topics: StationTopics, *, version: str) -> bytes:
    """The discovery message of one station."""
    own = discovery_id(topics.clinic, topics.station)
    latest = f"{ROOT}/{topics.clinic}/{topics.station}/s/+/latest"
    components: dict[str, dict[str, Any]] = {
        code: {
            "platform": "sensor",
            "name": name,
            "unit_of_measurement": unit,
            "icon": icon,
            "state_class": "measurement",
            # A value that is missing or poor is unknown, never the last one.
            "value_template": (
                f"{{% set v = value_json['values'].get('{code}') %}}"
                "{{ v.value if v and v.q in ('good', 'questionable') and v.value is not none else none }}"
            ),
        }
        for code, (name, unit, icon) in _VALUES.items()
    }
    components["phase"] = {"platform": "sensor", "name": "Phase", "value_template": "{{ value_json.phase }}"}
    components["repetitions"] = {
        "platform": "sensor",
        "name": "Repetitions of the set",
        "value_template": "{{ value_json.repetitions or 0 }}",
    }
    components["alert"] = {
        "platform": "binary_sensor",
        "name": "Alert",
        "device_class": "problem",
        "value_template": "{{ 'ON' if value_json.active_alerts | int > 0 else 'OFF' }}",
    }
    for name, component in components.items():
        component |= {
            "unique_id": f"{own}-{name}",
            "state_topic": latest,
            "expire_after": EXPIRES_AFTER_S,
        }
    content = {
        "device": {
            "identifiers": [own],
            "name": f"kinewatch {topics.station}",
            "manufacturer": "kinewatch",
            "model": "exercise station",
            "sw_version": version,
        },
        "origin": {"name": "kinewatch", "sw_version": version},
        "components": components,
        "availability": [
            {
                "topic": topics.status(),
                "value_template": "{{ 'online' if value_json.state == 'ready' else 'offline' }}",
            }
        ],
        "qos": 0,
    }
    return json.dumps(content, separators=(",", ":")).encode()
