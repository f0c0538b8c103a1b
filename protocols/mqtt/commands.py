"""What a therapist's application may ask of a station. Never retained; each is run once per `cmd_id`.

`actor` is a claim: MQTT 3.1.1 brokers do not stamp who published. A station maps actors to roles itself,
and may ask for a `signature` (see `protocols.mqtt.signing`).
"""

from typing import Annotated, Literal

from pydantic import Field

from protocols.mqtt.fields import MAX_IDS, AlertId, Body, Count, Id, Instant, Name, Number, Text


class CommandMessage(Body):
    """What all commands carry. After `expires_at` a command is answered `expired` and not run."""

    v: Annotated[int, Field(ge=1, le=1)] = 1
    cmd_id: Id
    expires_at: Instant
    actor: Annotated[str, Field(min_length=1, max_length=64)]
    signature: Annotated[str, Field(max_length=128, pattern=r"^[0-9a-f]*$")] = ""


class Received(CommandMessage):
    """`ids` of events or alerts have reached the therapist's application: this is delivery."""

    verb: Literal["received"] = "received"
    ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MAX_IDS)]


class Acknowledge(CommandMessage):
    """A clinician has seen this alert. Another thing than delivery."""

    verb: Literal["ack"] = "ack"
    alert_id: AlertId
    reason: Text = ""


class Pause(CommandMessage):
    """Pause an alert's signal for a while; the session refuses what its rules do not allow."""

    verb: Literal["pause"] = "pause"
    alert_id: AlertId | None = None
    duration_s: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]
    reason: Text = ""


class Resume(CommandMessage):
    """End a pause before its time."""

    verb: Literal["resume"] = "resume"
    alert_id: AlertId | None = None


class Rate(CommandMessage):
    """The patient's rating: of exertion (Borg 6-20 or CR10), of dyspnoea or of pain."""

    verb: Literal["rpe"] = "rpe"
    scale: Literal["rpe_6_20", "rpe_cr10", "dyspnoea_cr10", "pain_0_10"]
    value: Annotated[float, Field(ge=0, le=20, allow_inf_nan=False)]


class Symptom(CommandMessage):
    """Somebody sees or hears of a symptom."""

    verb: Literal["symptom"] = "symptom"
    symptom: Name
    severity: Number | None = None


class Snapshot(CommandMessage):
    """Say again: all active alerts, and the events after `after_seq` of `boot`."""

    verb: Literal["snapshot"] = "snapshot"
    boot: Count = 0
    after_seq: Count = 0


AnyCommand = Annotated[
    Received | Acknowledge | Pause | Resume | Rate | Symptom | Snapshot, Field(discriminator="verb")
]
