"""What can go wrong with a plan of care.

PlanError
├── LimitOrderError      a limit out of range, or a sudden limit milder than its mild one
├── PrescriptionError    a value is missing without which a rule would be silently off
└── LimitChangeError     somebody asks for a limit that the sender's role may not set

They are no ValueErrors, so that pydantic lets them through with their own key; `load_plan` turns them into
`monitor.errors.SettingsError`.
"""


class PlanError(Exception):
    """A sentence for the therapist: what does not fit, and what would.

    Attributes:
        key: the plan's key it is about.
        message: what was expected there.
    """

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        self.message = message
        super().__init__(f"{key}: {message}")


class LimitOrderError(PlanError):
    """Two limits stand in the wrong order."""


class PrescriptionError(PlanError):
    """A prescription is missing; the rule that needs it fails closed."""


class LimitChangeError(PlanError):
    """A change of limits that is not allowed."""
