"""`page.toml`: a clinic's page. Its people log in with a password; the broker's are put in by the relay."""

from functools import partial
from pathlib import Path

from pydantic import Field

from monitor.cli.broker_access import external_broker
from monitor.config import BrokerSettings, Slug, Strict, Variable
from monitor.delivery.broker.broker import Broker
from monitor.errors import WrongUseError
from monitor.page.logins import Face, Person
from monitor.page.passwords import read_passwords
from monitor.page.server import PageSettings
from monitor.settings_file import read_settings


class ListenSettings(Strict):
    """Where it is served, and whose stations it shows."""

    clinic: Slug
    host: str = "127.0.0.1"
    port: int = Field(default=8443, ge=0, le=65535)
    certificate_file: Path | None = None
    key_file: Path | None = None
    passwords_file: Path


class PagePerson(Strict):
    """One therapist: the name is that of the page and of the broker's login."""

    name: Slug
    broker_password_file: Path | None = None
    broker_password_env: Variable | None = None


class PageFile(Strict):
    """The whole file."""

    page: ListenSettings
    broker: BrokerSettings
    people: list[PagePerson] = Field(min_length=1, max_length=256)


def _same(broker: Broker) -> Broker:
    return broker


def load_page(path: Path) -> tuple[PageSettings, list[Person]]:
    """Read `page.toml` and the secrets that it names.

    Raises:
        SettingsError, WrongUseError: naming the file, the key and what was expected.
    """
    content = read_settings(path, PageFile)
    if content.broker.url == "embedded":
        raise WrongUseError(f"{path}: broker.url: must name a broker; the embedded one has its own page")
    passwords = read_passwords(content.page.passwords_file)
    people = []
    for person in content.people:
        if person.name not in passwords:
            raise WrongUseError(
                f"{path}: {person.name} has no password in {content.page.passwords_file}; "
                f"kinewatch page --set-password {content.page.passwords_file} {person.name}"
            )
        login = external_broker(
            content.broker.model_copy(
                update={
                    "username": person.name,
                    "password_file": person.broker_password_file,
                    "password_env": person.broker_password_env,
                }
            )
        )
        people.append(
            Person(
                name=person.name,
                face=Face.THERAPIST,
                clinic=content.page.clinic,
                broker=partial(_same, login),
                password_hash=passwords[person.name],
            )
        )
    listen = content.page
    settings = PageSettings(
        host=listen.host, port=listen.port, certificate_file=listen.certificate_file, key_file=listen.key_file
    )
    return settings, people
