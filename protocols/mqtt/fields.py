"""The bounded field types that messages are made of, and their base.

Receivers ignore unknown keys, so additive changes keep `v` 1. Every text has a longest length and every
list a largest size: what comes from a network is never trusted to be small.
"""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from protocols.mqtt.plain_text import plain

# Larger than any message of ours (an alert is about 1 kB), smaller than the smallest default of the
# brokers in use (20 480 bytes).
MAX_PAYLOAD_BYTES = 16_384

MAX_TEXT = 500
MAX_IDS = 100


def _checked_instant(text: str) -> str:
    datetime.fromisoformat(text)  # its ValueError becomes pydantic's own
    return text


Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.:-]+$")]
# An alert's id is the engine's own; any text will do, for no alert may fail to be sent because of its id.
AlertId = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(plain)]
# No text of ours, and none of anybody's else, moves a reader's cursor or ends a line of their log.
Name = Annotated[str, Field(max_length=64), AfterValidator(plain)]
Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(plain)]
Unit = Annotated[str, Field(max_length=16), AfterValidator(plain)]
Short = Annotated[str, Field(max_length=200), AfterValidator(plain)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=2**53)]
# UTC with milliseconds; the pattern keeps the text short and the zone certain.
Instant = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$", examples=["2026-11-22T03:00:00.123Z"]),
    AfterValidator(_checked_instant),
]


class Body(BaseModel):
    """Base of everything on the wire: frozen, bounded, unknown keys ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False, str_strip_whitespace=False)


class Envelope(Body):
    """What every message of a station carries.

    `boot` rises at each start of the station's service, `seq` within it; for events `seq` counts a
    session's transitions without gaps. `t` is the sample time, `sent` the first attempt to publish, and
    `hist` says that the message is told late, after an outage.
    """

    v: Annotated[int, Field(ge=1, le=1)] = 1
    id: Id
    boot: Count
    seq: Count
    t: Instant
    sent: Instant
    hist: bool = False
