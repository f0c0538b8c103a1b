"""The session's inputs as MCAP messages, and back to equal values. Pure.

Every message is a JSON object, so that any MCAP viewer can show it. The receive time is the message's log
time and not repeated inside.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from devices.frames import Frame, LinkEvent, LinkState
from monitor import canonical_json
from monitor.inputs import AlertRestored, ClockAnchor, Command, DeliveryStatus, Input, StationStatus, Tick

FRAMES = "/frames/"  # followed by the device
LINKS = "/links"
COMMANDS = "/commands"
TICKS = "/ticks"
ANCHORS = "/anchors"
DELIVERY_STATUS = "/status/delivery"
STATION_STATUS = "/status/station"
RESTORED = "/restored"
OUTPUTS = "/outputs"
DELIVERY = "/delivery"


def _schema(title: str, **properties: object) -> Mapping[str, object]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "type": "object"} | (
        {"properties": properties} if properties else {}
    )


_TEXT = {"type": "string"}
_INTEGER = {"type": "integer"}
_BOOLEAN = {"type": "boolean"}
_NUMBER_OR_NULL = {"type": ["number", "null"]}

# Topic (frames: the prefix) -> schema; the name of each is its title.
SCHEMAS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        FRAMES: _schema(
            "kinewatch.Frame", characteristic=_TEXT, payload={**_TEXT, "contentEncoding": "base16"}
        ),
        LINKS: _schema(
            "kinewatch.LinkEvent",
            device=_TEXT,
            state={"enum": [state.value for state in LinkState]},
            reason=_TEXT,
            reconnects=_INTEGER,
            rssi_dbm={"type": ["integer", "null"]},
        ),
        COMMANDS: _schema(
            "kinewatch.Command",
            command_id=_TEXT,
            verb=_TEXT,
            actor=_TEXT,
            role=_TEXT,
            arguments={"type": "object"},
        ),
        TICKS: _schema("kinewatch.Tick"),
        ANCHORS: _schema("kinewatch.ClockAnchor", utc_ns=_INTEGER, utc_offset_s=_INTEGER),
        DELIVERY_STATUS: _schema(
            "kinewatch.DeliveryStatus",
            connected=_BOOLEAN,
            oldest_unconfirmed_high_s=_NUMBER_OR_NULL,
            oldest_unconfirmed_medium_s=_NUMBER_OR_NULL,
        ),
        STATION_STATUS: _schema(
            "kinewatch.StationStatus",
            queue_late_s={"type": "number"},
            disk_full=_BOOLEAN,
            self_check_missed=_BOOLEAN,
        ),
        RESTORED: _schema(
            "kinewatch.AlertRestored",
            rule_id=_TEXT,
            is_latched=_BOOLEAN,
            priority=_TEXT,
            message=_TEXT,
            session_id=_TEXT,
            alert_id=_TEXT,
        ),
        OUTPUTS: _schema("kinewatch.Output"),
        DELIVERY: _schema("kinewatch.Delivery"),
    }
)
_TYPES: Mapping[str, type[Input]] = MappingProxyType(
    {
        LINKS: LinkEvent,
        COMMANDS: Command,
        TICKS: Tick,
        ANCHORS: ClockAnchor,
        DELIVERY_STATUS: DeliveryStatus,
        STATION_STATUS: StationStatus,
        RESTORED: AlertRestored,
    }
)
_TOPICS: Mapping[type[Input], str] = MappingProxyType({made: topic for topic, made in _TYPES.items()})


def topic_of(value: Input) -> str:
    """The channel an input is recorded on."""
    if isinstance(value, Frame):
        return FRAMES + value.device
    return _TOPICS[type(value)]


def encode_input(value: Input) -> bytes:
    """The message of an input, without its receive time."""
    if isinstance(value, Frame):
        # Nine records of ten are frames: this is the same text as below, at a fifth of the price.
        characteristic = json.dumps(value.characteristic)
        return f'{{"characteristic":{characteristic},"payload":"{value.payload.hex()}"}}'.encode()
    fields = canonical_json.plain(value)
    del fields["received_ns"]
    return canonical_json.encode(fields).encode()


def decode_input(topic: str, received_ns: int, message: bytes) -> Input:
    """The input that `encode_input` made this of.

    Raises:
        ValueError, KeyError, TypeError: it is no such message.
    """
    fields: dict[str, Any] = json.loads(message)
    if topic.startswith(FRAMES):
        return Frame(
            device=topic.removeprefix(FRAMES),
            characteristic=fields["characteristic"],
            received_ns=received_ns,
            payload=bytes.fromhex(fields["payload"]),
        )
    if topic == LINKS:
        fields["state"] = LinkState(fields["state"])
    made: type[Input] = _TYPES[topic]
    return made(received_ns=received_ns, **fields)
