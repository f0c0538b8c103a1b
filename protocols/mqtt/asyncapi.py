"""The wire as an AsyncAPI 3.0 document and as JSON Schemas, generated from the models."""

from typing import Any

from protocols.mqtt.commands import (
    Acknowledge,
    Begin,
    Calibrate,
    CommandMessage,
    End,
    FunctionTest,
    Limit,
    Note,
    Override,
    Pause,
    Posture,
    Rate,
    Received,
    Resume,
    Snapshot,
    Symptom,
    Zero,
)
from protocols.mqtt.fields import Body
from protocols.mqtt.topics import RETAINED, ROOT, TopicKind, qos_of
from protocols.mqtt.wire import MESSAGES

COMMANDS: tuple[type[CommandMessage], ...] = (
    Received,
    Acknowledge,
    Pause,
    Resume,
    Override,
    Limit,
    Rate,
    Symptom,
    Posture,
    Note,
    Begin,
    End,
    Calibrate,
    Zero,
    FunctionTest,
    Snapshot,
)

_STATION = f"{ROOT}/{{clinic}}/{{station}}"
_SESSION = f"{_STATION}/s/{{session}}"
_ADDRESSES: dict[TopicKind, str] = {
    TopicKind.STATUS: f"{_STATION}/status",
    TopicKind.DEVICE: f"{_STATION}/dev/{{device}}",
    TopicKind.SESSION: f"{_STATION}/session",
    TopicKind.VITAL: f"{_SESSION}/vital/{{code}}",
    TopicKind.LATEST: f"{_SESSION}/latest",
    TopicKind.REP: f"{_SESSION}/rep/{{exercise}}",
    TopicKind.ROM: f"{_SESSION}/rom/{{joint}}",
    TopicKind.ALERT: f"{_SESSION}/alert/{{alert}}",
    TopicKind.EVENT: f"{_SESSION}/event",
    TopicKind.ENTRY: f"{_SESSION}/entry",
    TopicKind.REPLY: f"{_SESSION}/reply/{{command}}",
}


def verb_of(command: type[CommandMessage]) -> str:
    """The topic level of a command."""
    return str(command.model_fields["verb"].default)


def message_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (draft 2020-12) of every message, by the topic kind or `cmd-<verb>` it travels at."""
    schemas = {kind.value: model.model_json_schema() for kind, model in MESSAGES.items()}
    schemas |= {f"cmd-{verb_of(command)}": command.model_json_schema() for command in COMMANDS}
    return schemas


def document(version: str) -> dict[str, Any]:
    """The AsyncAPI 3.0 document, seen from the station: it sends its messages and receives commands."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for kind, model in MESSAGES.items():
        retained = "; retained" if kind in RETAINED else ""
        channels[kind.value] = _channel(kind.value, _ADDRESSES[kind])
        messages[kind.value] = _message(model, schemas)
        operations[f"send-{kind.value}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{kind.value}"},
            "bindings": {"mqtt": {"qos": qos_of(kind), "retain": kind in RETAINED}},
            "summary": f"QoS {qos_of(kind)}{retained}",
        }
    for command in COMMANDS:
        name = f"cmd-{verb_of(command)}"
        channels[name] = _channel(name, f"{_SESSION}/cmd/{verb_of(command)}")
        messages[name] = _message(command, schemas)
        operations[f"receive-{name}"] = {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{name}"},
            "bindings": {"mqtt": {"qos": 1}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "kinewatch",
            "version": version,
            "description": "A station watching exercise therapy, and the therapist's applications.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas},
    }


def _channel(name: str, address: str) -> dict[str, Any]:
    parameters = [part[1:-1] for part in address.split("/") if part.startswith("{")]
    return {
        "address": address,
        "parameters": {parameter: {"description": f"the {parameter}'s level"} for parameter in parameters},
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }


def _message(model: type[Body], schemas: dict[str, Any]) -> dict[str, Any]:
    """The message object; nested models go to `schemas`, where references from inside a document lead."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schema.pop("$defs", {})
    return {
        "name": model.__name__,
        "summary": (model.__doc__ or "").strip().splitlines()[0],
        "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": schema},
    }
