"""What a key leads to: a command, or a sentence for whoever pressed it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Arguments = Mapping[str, str | float | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command for the session."""

    verb: str
    arguments: Arguments = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A sentence for whoever pressed the key."""

    sentence: str


VERDICT_KEYS: Mapping[str, str] = {"1": "acted", "2": "not_needed", "3": "artefact"}
VERDICT_QUESTION = "1 acted on it, 2 not needed, 3 artefact"

# Long enough to move a sensor to another finger.
PAUSE_FOR_S = 60.0

LIMIT_QUESTION = "limit: NAME VALUE and, to loosen, the reason"


def limit_asked(text: str) -> Request | Notice:
    """`spo2_low_percent 88 the surgeon's word` as the first step of a change."""
    words = text.split(maxsplit=2)
    try:
        name, value = words[0], float(words[1])
    except (IndexError, ValueError):
        return Notice(sentence=f"{LIMIT_QUESTION}; for example: spo2_low_percent 92")
    reason = {"reason": words[2]} if len(words) > 2 else {}
    return Request(verb="limit", arguments={"limit": name, "value": value, **reason})
