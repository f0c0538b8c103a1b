"""The arguments of a command: JSON scalars from outside, each asked for by name and type."""

import math

from monitor.inputs import Command

# What a person types as a reason or a symptom; longer texts are not meant.
MAX_TEXT = 200


class RefusedError(Exception):
    """The command cannot be carried out; the message is the reply's reason."""


def required_text(command: Command, name: str) -> str:
    """A text that must be there. Raises RefusedError."""
    value = optional_text(command, name)
    if not value:
        raise RefusedError(f"{name}: is missing")
    return value


def optional_text(command: Command, name: str) -> str | None:
    """A text, or None. Raises RefusedError for anything else."""
    value = command.arguments.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise RefusedError(f"{name}: expected a text of at most {MAX_TEXT} characters")
    return value


def number(command: Command, name: str, default: float | None = None) -> float:
    """A finite number; without `default` it must be there. Raises RefusedError."""
    value = command.arguments.get(name, default)
    if value is None:
        raise RefusedError(f"{name}: is missing")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RefusedError(f"{name}: expected a number")
    return float(value)


def flag(command: Command, name: str) -> bool:
    """True or false; false when it is not there. Raises RefusedError."""
    value = command.arguments.get(name, False)
    if not isinstance(value, bool):
        raise RefusedError(f"{name}: expected true or false")
    return value
