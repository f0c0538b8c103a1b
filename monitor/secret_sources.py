"""Secrets are never in a settings file: it names a file or an environment variable that has them."""

import os
from pathlib import Path

from monitor.bounded_file import read_bounded
from monitor.errors import WrongUseError

# A password or a key is a line.
MAX_BYTES = 64_000


def secret_in_environment(name: str, *, key: str) -> str:
    """The secret in an environment variable; `key` is the setting that names it.

    Raises:
        WrongUseError: it is not set.
    """
    secret = os.environ.get(name)
    if secret is None:
        raise WrongUseError(f"{key}: the environment has no {name}; set it")
    return secret


def secret_in_file(path: Path, *, key: str) -> str:
    """The secret in a file, without the end of its line; `key` is the setting that names it.

    Raises:
        WrongUseError: it cannot be read.
    """
    try:
        return read_bounded(path, MAX_BYTES).decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise WrongUseError(f"{key}: {path} cannot be read ({exc})") from exc
