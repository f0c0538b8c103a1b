"""A login in a file of its own, readable by one user alone: how a password gets to a therapist's application.

The embedded broker makes its passwords anew at each start. Its logins lie beside the sessions while it runs
and are removed with it. A clinic's own broker has its own way to give out logins.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from monitor.bounded_file import read_bounded
from monitor.delivery.broker.broker import Broker
from monitor.errors import WrongUseError

# A login is a few hundred bytes; a larger file is something else.
MAX_BYTES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where to log in, as whom, and which clinic to listen to."""

    clinic: str
    broker: Broker


@contextmanager
def written_logins(folder: Path, clinic: str, brokers: Mapping[str, Broker]) -> Iterator[dict[str, Path]]:
    """Login files for people by name, inside the context; nobody but this user can read them."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    paths = {name: folder / f"{name}.login.json" for name in brokers}
    try:
        for name, broker in brokers.items():
            _write(paths[name], clinic, broker)
        yield paths
    finally:
        for path in paths.values():
            path.unlink(missing_ok=True)


def read_login(path: Path) -> Login:
    """The login in a file.

    Raises:
        WrongUseError: it cannot be read or is no login.
    """
    try:
        content = json.loads(read_bounded(path, MAX_BYTES))
        return Login(
            clinic=str(content["clinic"]),
            broker=Broker(
                host=str(content["host"]),
                port=int(content["port"]),
                username=str(content["username"]),
                password=str(content["password"]),
            ),
        )
    except OSError as exc:
        raise WrongUseError(f"{path}: cannot be read ({exc.strerror}); is the station running?") from exc
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as exc:
        raise WrongUseError(f"{path}: is no login file; expected one that `kinewatch run` has named") from exc


def followed_login(path: Path) -> Callable[[], Broker]:
    """The broker in a login file, read anew at each call: a station that starts again makes another password.

    While the file is away (no station runs) it is the last one that was read.

    Raises:
        WrongUseError: it cannot be read now.
    """
    last = [read_login(path).broker]

    def broker() -> Broker:
        with suppress(WrongUseError):
            last[0] = read_login(path).broker
        return last[0]

    return broker


def _write(path: Path, clinic: str, broker: Broker) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    content = {
        "clinic": clinic,
        "host": broker.host,
        "port": broker.port,
        "username": broker.username,
        "password": broker.password,
    }
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
