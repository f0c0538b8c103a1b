"""The session's outputs as messages on the wire. Pure.

A message is made without what only the moment of sending knows (`sent`, `hist`); `stamped` adds it.
Texts are cut to what the wire allows: an alert must never fail to be sent because a sentence is long.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.alerts.life_cycle import PRESENT
from monitor.alerts.transition import AlertState, Priority, Transition
from monitor.clock import iso_utc, utc_ns_at, utc_text
from monitor.delivery.publish.message_id import ulid
from monitor.inputs import ClockAnchor
from monitor.store.rows import OutboxRow, Post, RetainedRow
from protocols.mqtt import wire
from protocols.mqtt.fields import MAX_TEXT, Envelope
from protocols.mqtt.messages import AlertMessage, EventMessage
from protocols.mqtt.topics import SessionTopics

PRESENCE: Mapping[AlertState, str] = {
    AlertState.INACTIVE: "off",
    AlertState.PENDING: "off",
    AlertState.FIRING: "on",
    AlertState.ACKNOWLEDGED: "ack",
    AlertState.PAUSED: "paused",
    AlertState.LATCHED: "latch",
    AlertState.RESOLVED: "off",
}

# Told later than this, an event is history: it must not pop up as if it were happening now.
HISTORICAL_AFTER_S = 10.0

# These never called for a person: they are told for the record, and nobody is waited for.
_BEFORE = frozenset({AlertState.INACTIVE, AlertState.PENDING})

# Stands for `sent` until the message is sent.
_UNSENT = "1970-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderIdentity:
    """Who says it: one session of one boot of a station, with the clock to say it by."""

    topics: SessionTopics
    boot: int
    anchor: ClockAnchor


def posts_of(transition: Transition, identity: SenderIdentity) -> list[Post]:
    """The event of a transition, and what the alert's retained topic says from now on."""
    facts = _facts(transition, identity)
    never_called = {transition.from_state, transition.to_state} <= _BEFORE
    priority = Priority.LOW if never_called else transition.priority
    event = EventMessage(from_state=transition.from_state.value, to_state=transition.to_state.value, **facts)
    posts = [
        Post(
            message_id=event.id,
            topic=identity.topics.event(),
            body=_body(event),
            priority=priority,
        )
    ]
    if not never_called:
        alert = AlertMessage(
            state=transition.to_state.value,
            presence=PRESENCE[transition.to_state],
            change=change_of(transition),
            **facts,
        )
        posts.append(
            Post(
                message_id=alert.id,
                topic=identity.topics.alert(transition.alert_id),
                body=_body(alert),
                priority=priority,
                retained=True,
                cleared=PRESENCE[transition.to_state] == "off",
            )
        )
    return posts


def change_of(transition: Transition) -> str:
    """What a transition did to its alert, in one word for the receiver."""
    if transition.to_state is AlertState.ACKNOWLEDGED:
        return "acknowledged"
    if transition.to_state is AlertState.PAUSED:
        return "paused"
    if transition.to_state not in PRESENT:
        return "cleared"
    return "updated" if transition.from_state in PRESENT else "raised"


def stamped(body: str, *, utc_ns: int) -> bytes:
    """The payload of a stored body at the moment of sending; history when it happened a while ago."""
    fields = json.loads(body)
    fields["sent"] = iso_utc(utc_ns)
    happened_s = datetime.fromisoformat(fields["t"]).timestamp()
    fields["hist"] = utc_ns / 1e9 - happened_s > HISTORICAL_AFTER_S
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def retained_rows(posts: Sequence[Post], *, session_id: str) -> list[RetainedRow]:
    """What the store has after taking these, of its retained topics."""
    return [
        RetainedRow(
            topic=post.topic,
            message_id=post.message_id,
            session_id=session_id,
            body=post.body,
            cleared=post.cleared,
            confirmed=False,
        )
        for post in posts
        if post.retained
    ]


def unstored_rows(
    transition: Transition, posts: Sequence[Post], *, identity: SenderIdentity, row: int, created_utc_ns: int
) -> list[OutboxRow]:
    """The events of a transition that the disk did not take, as if it had."""
    return [
        OutboxRow(
            row=row,
            message_id=post.message_id,
            session_id=identity.topics.session_id,
            boot=identity.boot,
            seq=transition.seq,
            alert_id=transition.alert_id,
            priority=post.priority,
            topic=post.topic,
            body=post.body,
            created_utc_ns=created_utc_ns,
            published=False,
        )
        for post in posts
        if not post.retained
    ]


def envelope(identity: SenderIdentity, *, kind: str, seq: int, t_ns: int) -> dict[str, object]:
    """The envelope's fields of a message that is sent at once and not stored; `seq` counts its kind."""
    utc_ms = utc_ns_at(t_ns, identity.anchor) // 1_000_000
    return {
        "id": ulid(utc_ms, identity.topics.session_id, identity.boot, kind, seq),
        "boot": identity.boot,
        "seq": seq,
        "t": utc_text(t_ns, identity.anchor),
        "sent": _UNSENT,
    }


def _facts(transition: Transition, identity: SenderIdentity) -> dict[str, object]:
    return {
        **envelope(identity, kind="event", seq=transition.seq, t_ns=transition.at_ns),
        "alert_id": transition.alert_id[:200],
        "condition": transition.condition[:64],
        "kind": transition.kind.value,
        "priority": transition.priority.value,
        "rule_id": transition.rule_id[:64],
        "rule_version": transition.rule_version,
        "phase": transition.phase[:64],
        "message": transition.message[:MAX_TEXT],
        "advice": transition.advice[:MAX_TEXT],
        "value": _finite(transition.value),
        "unit": transition.unit[:16],
        "limit": _finite(transition.limit),
        "q": transition.quality[:16],
        "value_age_s": transition.value_age_s,
        "sources": tuple(source[:64] for source in transition.sources[:16]),
        "confirm_s": transition.confirm_s,
        "first_offending": utc_text(transition.first_offending_ns, identity.anchor),
        "actor": None if transition.actor is None else transition.actor[:64],
        "reason": transition.reason[:MAX_TEXT],
    }


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def _body(message: Envelope) -> str:
    return wire.encode(message).decode()
