"""What a therapist's application may ask of a station. Never retained; each is run once per `cmd_id`.

`actor` is a claim: MQTT 3.1.1 brokers do not stamp who published. A station maps actors to roles itself,
and may ask for a `signature` (see `protocols.mqtt.signing`).
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SerializerFunctionWrapHandler, model_serializer

from protocols.mqtt.fields import MAX_IDS, AlertId, Body, Count, Id, Instant, Name, Number
from protocols.mqtt.plain_text import plain


class CommandMessage(Body):
    """What all commands carry. After `expires_at` a command is answered `expired` and not run."""

    v: Annotated[int, Field(ge=1, le=1)] = 1
    cmd_id: Id
    expires_at: Instant
    actor: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(plain)]
    signature: Annotated[str, Field(max_length=128, pattern=r"^[0-9a-f]*$")] = ""


class Received(CommandMessage):
    """`ids` of events or alerts have reached the therapist's application: this is delivery."""

    verb: Literal["received"] = "received"
    ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MAX_IDS)]


# What the person who acknowledges an alert makes of it: counted later, to find the rules that cry wolf.
Verdict = Literal["acted", "not_needed", "artefact"]


class Acknowledge(CommandMessage):
    """A clinician has seen this alert, and may say what they made of it. Another thing than delivery."""

    verb: Literal["ack"] = "ack"
    alert_id: AlertId
    verdict: Verdict | None = None

    @model_serializer(mode="wrap")
    def _without_missing_verdict(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Without a verdict the JSON is that of before there were verdicts, and so is its signature."""
        fields: dict[str, object] = dump(self)
        if self.verdict is None:
            fields.pop("verdict", None)
        return fields


class Pause(CommandMessage):
    """Pause the signals of a rule, or of all; the session refuses what its rules do not allow."""

    verb: Literal["pause"] = "pause"
    rule_id: Name | None = None
    for_s: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)]


class Resume(CommandMessage):
    """End a pause before its time."""

    verb: Literal["resume"] = "resume"
    rule_id: Name | None = None


class Override(CommandMessage):
    """A therapist closes an alert that only a therapist may judge, and says why."""

    verb: Literal["override"] = "override"
    alert_id: AlertId
    reason: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(plain)]


class Limit(CommandMessage):
    """Change a limit, in two steps: first `limit`, `value` and `reason`; the reply shows the difference.

    Then `confirm` with the `cmd_id` of the first step, by the same person.
    """

    verb: Literal["limit"] = "limit"
    limit: Name | None = None
    value: Number | None = None
    reason: Annotated[str, Field(max_length=200), AfterValidator(plain)] = ""
    confirm: Id | None = None


class Rate(CommandMessage):
    """The patient's rating: exertion on Borg's scale 6-20 (`rpe`) or 0-10 (`cr10`), dyspnoea, pain."""

    verb: Literal["rpe"] = "rpe"
    scale: Literal["rpe", "cr10", "dyspnoea", "pain"]
    value: Annotated[float, Field(ge=0, le=20, allow_inf_nan=False)]


class Symptom(CommandMessage):
    """Somebody sees or hears of a symptom."""

    verb: Literal["symptom"] = "symptom"
    symptom: Name = ""


class Posture(CommandMessage):
    """The patient lies, sits or stands from now on."""

    verb: Literal["posture"] = "posture"
    posture: Name


class Note(CommandMessage):
    """A sentence for the session's record."""

    verb: Literal["note"] = "note"
    text: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(plain)]


class Begin(CommandMessage):
    """Exercise begins, after a calibration where one is missing; `accept_missing`: although data are.

    `reason` says why, which a missing resting blood pressure asks for.
    """

    verb: Literal["begin"] = "begin"
    accept_missing: bool = False
    reason: Annotated[str, Field(max_length=200), AfterValidator(plain)] = ""


class End(CommandMessage):
    """The session is over."""

    verb: Literal["end"] = "end"


class Calibrate(CommandMessage):
    """The joint is calibrated (again)."""

    verb: Literal["calibrate"] = "calibrate"


class Zero(CommandMessage):
    """The patient holds the plan's starting angle now."""

    verb: Literal["zero"] = "zero"


class FunctionTest(CommandMessage):
    """Act on a function test: `prepare` needs `name` and the conditions that its protocol asks for.

    `stop` and `void` need a reason; `metres` is the rest of the last length, with `partial`.
    """

    verb: Literal["test"] = "test"
    action: Literal["prepare", "start", "lap", "rest", "go_on", "partial", "stop", "void"]
    name: Name = ""
    reason: Annotated[str, Field(max_length=200)] = ""
    metres: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] | None = None
    conditions: Annotated[dict[Name, Number | Annotated[str, Field(max_length=60)]], Field(max_length=12)] = (
        Field(default_factory=dict)
    )


class Snapshot(CommandMessage):
    """Say again: all active alerts, and the events after `after_seq` of `boot`."""

    verb: Literal["snapshot"] = "snapshot"
    boot: Count = 0
    after_seq: Count = 0


AnyCommand = Annotated[
    Received
    | Acknowledge
    | Pause
    | Resume
    | Override
    | Limit
    | Rate
    | Symptom
    | Posture
    | Note
    | Begin
    | End
    | Calibrate
    | Zero
    | FunctionTest
    | Snapshot,
    Field(discriminator="verb"),
]
