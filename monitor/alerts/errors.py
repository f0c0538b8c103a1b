"""What can be wrong with a command to the alert engine.

AlertCommandError
├── UnknownAlertError     no active alert has this id
└── NotPossibleError      the alert or rule is in no state for it
"""


class AlertCommandError(Exception):
    """A sentence for whoever gave the command."""


class UnknownAlertError(AlertCommandError):
    """No such active alert.

    Attributes:
        alert_id: what was asked for.
    """

    def __init__(self, alert_id: str) -> None:
        self.alert_id = alert_id
        super().__init__(f"no active alert {alert_id!r}")


class NotPossibleError(AlertCommandError):
    """The command does not fit the state.

    Attributes:
        subject: alert or rule id.
    """

    def __init__(self, subject: str, why: str) -> None:
        self.subject = subject
        super().__init__(f"{subject}: {why}")
