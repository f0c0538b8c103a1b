"""What a station says about itself: its status, the session that runs, its answers. Pure; gives payloads."""

from collections.abc import Mapping

from monitor.alerts.transition import Priority
from monitor.clock import utc_text
from monitor.delivery.commands.inbox import Response
from monitor.delivery.publish.messages import SenderIdentity, envelope
from monitor.delivery.publish.session_info import SessionInfo
from protocols.mqtt import wire
from protocols.mqtt.enums import StationState
from protocols.mqtt.fields import MAX_TEXT
from protocols.mqtt.messages import ReplyMessage, SessionMessage, StatusMessage


def status(
    identity: SenderIdentity, *, state: StationState, t: str | None, unconfirmed_s: Mapping[Priority, float]
) -> bytes:
    """Birth, heartbeat, goodbye, or (with `t` None) the will."""
    ages = {} if t is None else {priority.value: age_s for priority, age_s in unconfirmed_s.items()}
    return wire.encode(
        StatusMessage(
            state=state, boot=identity.boot, t=t, session_id=identity.topics.session_id, unconfirmed_s=ages
        )
    )


def session(identity: SenderIdentity, info: SessionInfo, *, started_ns: int, sent: str) -> bytes:
    """The session that runs."""
    return wire.encode(
        SessionMessage(
            **{**envelope(identity, kind="session", seq=0, t_ns=started_ns), "sent": sent},
            session_id=identity.topics.session_id,
            plan_id=info.plan_id[:64],
            pack=info.pack[:64],
            started=utc_text(started_ns, identity.anchor),
            channels=info.channels[:32],
            exercises=info.exercises[:20],
            limits=info.limits,
            cuff_every_s=info.cuff_every_s,
        )
    )


def reply(identity: SenderIdentity, answer: Response, *, seq: int, t_ns: int, sent: str) -> bytes:
    """The answer to one command."""
    return wire.encode(
        ReplyMessage(
            **{**envelope(identity, kind="reply", seq=seq, t_ns=t_ns), "sent": sent},
            cmd_id=answer.cmd_id,
            verb=answer.verb[:64],
            result=answer.result,
            reason=answer.reason[:MAX_TEXT],
            details={key[:64]: _short(value) for key, value in list(answer.details.items())[:12]},
        )
    )


def _short(value: str | float | bool | None) -> str | float | bool | None:
    return value[:200] if isinstance(value, str) else value
