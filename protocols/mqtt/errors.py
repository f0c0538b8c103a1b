"""What can be wrong on the wire to therapists.

WireError
├── TopicError      a topic is not of kinewatch's tree, or a level has a forbidden form
└── MessageError    a payload is too large, no JSON, or not the message its topic says
"""


class WireError(Exception):
    """Base of everything that `protocols.mqtt` raises."""


class TopicError(WireError):
    """A topic or a topic level does not fit the tree.

    Attributes:
        topic: the topic or the level, as it came.
    """

    def __init__(self, topic: str, reason: str) -> None:
        self.topic = topic
        super().__init__(f"topic {topic[:200]!r}: {reason}")


class MessageError(WireError):
    """A payload cannot be used.

    Attributes:
        kind: which message was expected.
        problems: (key path, what is wrong), one for each wrong place.
    """

    def __init__(self, kind: str, problems: list[tuple[str, str]]) -> None:
        self.kind = kind
        self.problems = problems
        said = "; ".join(f"{where}: {what}" if where else what for where, what in problems[:5])
        super().__init__(f"{kind} message: {said}")
