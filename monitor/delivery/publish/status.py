"""What a station says about itself: its status, the session that runs, its answers. Pure; gives payloads."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.alerts.transition import Priority
from monitor.clock import utc_text
from monitor.delivery.commands.inbox import Answer
from monitor.delivery.publish.messages import Speaker, envelope
from protocols.mqtt import wire
from protocols.mqtt.fields import MAX_TEXT
from protocols.mqtt.messages import Channel, ReplyMessage, SessionMessage, StatusMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFacts:
    """What therapists' pages should know about the session; nothing that names the patient."""

    plan_id: str = ""
    pack: str = ""
    channels: tuple[Channel, ...] = ()


NO_FACTS = SessionFacts()


def status(speaker: Speaker, *, state: str, t: str | None, unconfirmed_s: Mapping[Priority, float]) -> bytes:
    """Birth, heartbeat, goodbye, or (with `t` None) the will."""
    ages = {} if t is None else {priority.value: age_s for priority, age_s in unconfirmed_s.items()}
    return wire.encode(
        StatusMessage(
            state=state, boot=speaker.boot, t=t, session_id=speaker.topics.session_id, unconfirmed_s=ages
        )
    )


def session(speaker: Speaker, facts: SessionFacts, *, started_ns: int, sent: str) -> bytes:
    """The session that runs."""
    return wire.encode(
        SessionMessage(
            **{**envelope(speaker, kind="session", seq=0, t_ns=started_ns), "sent": sent},
            session_id=speaker.topics.session_id,
            plan_id=facts.plan_id[:64],
            pack=facts.pack[:64],
            started=utc_text(started_ns, speaker.anchor),
            channels=facts.channels[:32],
        )
    )


def reply(speaker: Speaker, answer: Answer, *, seq: int, t_ns: int, sent: str) -> bytes:
    """The answer to one command."""
    return wire.encode(
        ReplyMessage(
            **{**envelope(speaker, kind="reply", seq=seq, t_ns=t_ns), "sent": sent},
            cmd_id=answer.cmd_id,
            verb=answer.verb[:64],
            result=answer.result,
            reason=answer.reason[:MAX_TEXT],
            details={key[:64]: _short(value) for key, value in list(answer.details.items())[:12]},
        )
    )


def _short(value: str | float | bool | None) -> str | float | bool | None:
    return value[:200] if isinstance(value, str) else value
