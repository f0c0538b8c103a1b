"""MCAP for viewers: one topic a kind with a real schema, times in UTC, and a layout for Foxglove."""

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from mcap.writer import CompressionType, Writer

from monitor.record.facts import SessionFacts

_NUMBER = {"type": "number"}
_NUMBER_OR_NULL = {"type": ["number", "null"]}
_TEXT = {"type": "string"}


def _schema(title: str, **properties: Mapping[str, object]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


SCHEMAS: Mapping[str, dict[str, Any]] = {
    "value": _schema("kinewatch.Value", value=_NUMBER_OR_NULL, unit=_TEXT, source=_TEXT),
    "phase": _schema("kinewatch.Phase", phase=_TEXT, reason=_TEXT),
    "repetition": _schema(
        "kinewatch.Repetition",
        exercise=_TEXT,
        set_number={"type": "integer"},
        number={"type": "integer"},
        range_deg=_NUMBER,
        range_error_deg=_NUMBER_OR_NULL,
        flags={"type": "array", "items": _TEXT},
    ),
    "set": _schema(
        "kinewatch.Set",
        exercise=_TEXT,
        number={"type": "integer"},
        repetitions={"type": "integer"},
        repetitions_prescribed={"type": "integer"},
        range_mean_deg=_NUMBER_OR_NULL,
        range_error_deg=_NUMBER_OR_NULL,
    ),
    "pressure": _schema(
        "kinewatch.Pressure",
        systolic_mmhg=_NUMBER_OR_NULL,
        diastolic_mmhg=_NUMBER_OR_NULL,
        quality=_TEXT,
    ),
    "rating": _schema("kinewatch.Rating", scale=_TEXT, value=_NUMBER),
    "alert": _schema("kinewatch.Alert", alert=_TEXT, condition=_TEXT, priority=_TEXT, event=_TEXT),
}
Message = tuple[float, str, str, dict[str, Any]]  # t_s, topic, schema, content


def mcap(facts: SessionFacts) -> bytes:
    """The file; messages in the order of their time."""
    target = io.BytesIO()
    writer: Any = Writer(target, compression=CompressionType.ZSTD)
    writer.start(profile="", library="kinewatch")
    schemas: dict[str, int] = {}
    channels: dict[str, int] = {}
    for t_s, topic, schema, content in sorted(_messages(facts), key=lambda one: one[:2]):
        if schema not in schemas:
            text = json.dumps(SCHEMAS[schema]).encode()
            schemas[schema] = writer.register_schema(SCHEMAS[schema]["title"], "jsonschema", text)
        if topic not in channels:
            channels[topic] = writer.register_channel(topic, "json", schemas[schema])
        at_ns = facts.start_utc_ns + round(t_s * 1000) * 1_000_000
        data = json.dumps(content, ensure_ascii=False).encode()
        writer.add_message(channels[topic], log_time=at_ns, publish_time=at_ns, data=data)
    writer.finish()
    return target.getvalue()


def _messages(facts: SessionFacts) -> Iterator[Message]:
    for series in facts.series:
        topic = f"/{series.code}/{series.source}"
        for t_s, value in zip(series.t_s, series.values, strict=True):
            yield t_s, topic, "value", {"value": value, "unit": series.unit, "source": series.source}
    for phase in facts.phases:
        yield phase.from_s, "/phase", "phase", {"phase": phase.phase, "reason": phase.reason}
    for one in facts.repetitions:
        names = ("exercise", "set_number", "number", "range_deg", "range_error_deg", "flags")
        yield one.to_s, "/repetition", "repetition", {name: getattr(one, name) for name in names}
    for done in facts.sets:
        names = SCHEMAS["set"]["properties"]
        yield done.to_s, "/set", "set", {name: getattr(done, name) for name in names}
    for reading in facts.pressures:
        names = SCHEMAS["pressure"]["properties"]
        yield reading.t_s, "/blood_pressure", "pressure", {name: getattr(reading, name) for name in names}
    for rating in facts.ratings:
        yield rating.t_s, "/rating", "rating", {"scale": rating.scale, "value": rating.value}
    for alert in facts.alerts:
        for event, t in (
            ("raised", alert.fired_s),
            ("acknowledged", alert.acknowledged_s),
            ("over", alert.resolved_s),
        ):
            if t is not None:
                yield (
                    t,
                    "/alert",
                    "alert",
                    {
                        "alert": alert.fact_id,
                        "condition": alert.condition,
                        "priority": alert.priority,
                        "event": event,
                    },
                )


def layout(facts: SessionFacts) -> bytes:
    """A Foxglove layout: one plot a unit, alerts as a table."""
    by_code: dict[str, list[str]] = {}
    for one in facts.series:
        by_code.setdefault(one.code, []).append(f"/{one.code}/{one.source}.value")
    panels: dict[str, Any] = {}
    for number, (code, paths) in enumerate(sorted(by_code.items()), start=1):
        panels[f"Plot!{number}"] = {
            "title": code,
            "paths": [
                {"value": path, "enabled": True, "timestampMethod": "receiveTime", "showLine": True}
                for path in paths
            ],
            "showLegend": True,
            "isSynced": True,
            "xAxisVal": "timestamp",
        }
    panels["RawMessages!1"] = {"topicPath": "/alert", "diffEnabled": False, "expansion": "all"}
    names = list(panels)
    tree: Any = names[-1]
    for name in reversed(names[:-1]):
        tree = {"first": name, "second": tree, "direction": "column"}
    content = {
        "configById": panels,
        "globalVariables": {},
        "userNodes": {},
        "playbackConfig": {"speed": 1},
        "layout": tree,
    }
    return (json.dumps(content, indent=1) + "\n").encode()
