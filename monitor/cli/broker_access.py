"""The broker that `station.toml` names, ready for use: the embedded one as a child, or a login to another."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from monitor.config import BrokerSettings, PersonRole, Station
from monitor.delivery.broker.broker import Broker, Tls, broker_at
from monitor.delivery.broker.login_file import written_logins
from monitor.delivery.broker.nats import NatsServer
from monitor.errors import RunFailedError, WrongUseError
from monitor.secret_sources import secret_in_environment, secret_in_file

# The embedded broker answers within a second; a disk that is slow to start takes a few.
EMBEDDED_READY_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAccess:
    """The station's way in, and the login files of its people where the broker is our own."""

    broker: Callable[[], Broker]
    logins: dict[str, Path] = field(default_factory=dict)
    therapists: Mapping[str, Callable[[], Broker]] = field(default_factory=dict)


@asynccontextmanager
async def broker_of(station: Station) -> AsyncIterator[BrokerAccess]:
    """The broker, for as long as the context lasts; the caller has the station's lock (`store.lock`).

    A broker elsewhere need not be there: the session goes on, and alerts wait in the outbox.

    Raises:
        WrongUseError: its password cannot be had.
        RunFailedError: the embedded broker does not start.
    """
    if station.broker.url != "embedded":
        broker = external_broker(station.broker)
        yield BrokerAccess(broker=lambda: broker)
        return
    names = station.station
    people = [person.name for person in station.people if person.role is PersonRole.THERAPIST]
    # What it kept for whom is in our outbox, and said again; sessions of programs that are gone are not.
    await asyncio.to_thread(shutil.rmtree, names.sessions_folder / "broker", ignore_errors=True)
    server = NatsServer(
        names.sessions_folder / "broker", clinic=names.clinic, station=names.station, therapists=people
    )
    async with asyncio.TaskGroup() as group:
        task = group.create_task(server.run(), name="broker")
        try:
            try:
                async with asyncio.timeout(EMBEDDED_READY_WITHIN_S):
                    await server.ready()
            except TimeoutError as exc:
                raise RunFailedError(server.problem or "the embedded broker does not answer") from exc
            brokers = {name: server.therapist_broker(name) for name in people}
            with written_logins(names.sessions_folder / "logins", names.clinic, brokers) as logins:
                therapists = {name: partial(server.therapist_broker, name) for name in people}
                yield BrokerAccess(broker=server.station_broker, logins=logins, therapists=therapists)
        finally:
            task.cancel()


def external_broker(settings: BrokerSettings) -> Broker:
    """The broker at the settings' URL, with the password from where they say.

    Raises:
        WrongUseError: the password cannot be had, or the URL cannot be meant.
    """
    tls = None if settings.ca_file is None else Tls(ca_file=settings.ca_file)
    try:
        return broker_at(settings.url, username=settings.username, password=password_of(settings), tls=tls)
    except ValueError as exc:
        raise WrongUseError(f"broker.url: {exc}") from exc


def password_of(settings: BrokerSettings) -> str | None:
    """The password from its file or its environment variable; None where neither is set.

    Raises:
        WrongUseError: it is not there.
    """
    if settings.password_env is not None:
        return secret_in_environment(settings.password_env, key="broker.password_env")
    if settings.password_file is not None:
        return secret_in_file(settings.password_file, key="broker.password_file")
    return None
