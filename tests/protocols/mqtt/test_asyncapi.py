import json
from typing import Any

from protocols.mqtt.asyncapi import COMMANDS, document, message_schemas, verb_of
from protocols.mqtt.commands import AnyCommand
from protocols.mqtt.topics import ROOT, TopicKind
from protocols.mqtt.wire import MESSAGES


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for item in value.values() for found in references(item)]
    if isinstance(value, list):
        return [found for item in value for found in references(item)]
    return []


def resolve(root: dict[str, Any], reference: str) -> Any:
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_every_reference_leads_somewhere() -> None:
    made = document("1.2.3")
    assert all(resolve(made, reference) for reference in references(made))
    assert "#/components/schemas/LatestValue" in references(made)


def test_it_says_everything_once() -> None:
    made = document("1.2.3")
    names = {kind.value for kind in MESSAGES} | {f"cmd-{verb_of(command)}" for command in COMMANDS}
    assert set(made["channels"]) == set(made["components"]["messages"]) == names
    assert {operation["action"] for operation in made["operations"].values()} == {"send", "receive"}
    assert made["info"]["version"] == "1.2.3"
    assert all(channel["address"].startswith(ROOT + "/") for channel in made["channels"].values())
    for name, channel in made["channels"].items():
        for parameter in channel["parameters"]:
            assert f"{{{parameter}}}" in channel["address"], name


def test_quality_of_service_is_as_published() -> None:
    operations = document("1")["operations"]
    assert operations["send-event"]["bindings"]["mqtt"] == {"qos": 1, "retain": False}
    assert operations["send-alert"]["bindings"]["mqtt"] == {"qos": 1, "retain": True}
    assert operations["send-vital"]["bindings"]["mqtt"] == {"qos": 0, "retain": False}


def test_it_is_json_and_the_same_each_time() -> None:
    assert json.dumps(document("1")) == json.dumps(document("1"))


def test_every_command_is_listed() -> None:
    union = AnyCommand.__origin__.__args__  # type: ignore[attr-defined]
    assert set(COMMANDS) == set(union)


def test_schemas_stand_alone() -> None:
    schemas = message_schemas()
    assert set(schemas) == {kind.value for kind in TopicKind if kind in MESSAGES} | {
        f"cmd-{verb_of(command)}" for command in COMMANDS
    }
    for schema in schemas.values():
        assert all(resolve(schema, reference) for reference in references(schema))
