"""`kinewatch page`: its settings, its passwords, its links, and what it refuses."""

import asyncio
import io
import json
import sys
from pathlib import Path

import pytest

from monitor.cli.main import main
from monitor.cli.page import links, station_page
from monitor.cli.page.settings import load_page
from monitor.errors import RunFailedError, WrongUseError
from monitor.page import server
from monitor.page.logins import Face, Person
from monitor.page.server import PageSettings, serving

PAGE = """
[page]
clinic = "north"
passwords_file = "{passwords}"
[broker]
url = "mqtts://broker.north.example:8883"
[[people]]
name = "therapist-1"
broker_password_file = "{broker}"
"""


@pytest.fixture
def page_toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    passwords, broker, path = tmp_path / "passwords", tmp_path / "broker", tmp_path / "page.toml"
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse\n"))
    assert main(["page", "--set-password", str(passwords), "therapist-1"]) == 0
    broker.touch(mode=0o600)
    broker.write_text("the broker's password\n")
    path.write_text(PAGE.format(passwords=passwords, broker=broker))
    return path


def test_a_clinics_page_has_its_people_with_their_logins(page_toml: Path) -> None:
    settings, (person,) = load_page(page_toml)
    assert (settings.host, settings.port, settings.scheme) == ("127.0.0.1", 8443, "http")
    assert (person.name, person.face, person.code) == ("therapist-1", Face.THERAPIST, None)
    assert person.broker is not None
    broker = person.broker()
    assert (broker.host, broker.username, broker.password) == (
        "broker.north.example",
        "therapist-1",
        "the broker's password",
    )


def test_somebody_without_a_password_is_named(page_toml: Path) -> None:
    page_toml.write_text(page_toml.read_text().replace('"therapist-1"', '"therapist-2"'))
    with pytest.raises(WrongUseError, match="therapist-2 has no password"):
        load_page(page_toml)


def test_the_embedded_broker_has_its_own_page(page_toml: Path) -> None:
    page_toml.write_text(page_toml.read_text().replace("mqtts://broker.north.example:8883", "embedded"))
    with pytest.raises(WrongUseError, match="must name a broker"):
        load_page(page_toml)


def test_it_needs_to_know_whose_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["page"]) == 2
    assert "--login FILE" in capsys.readouterr().err


def test_without_its_packages_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(links, "is_installed", lambda: False)
    assert main(["page", "--login", "x"]) == 2
    assert "kinewatch[web]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"host": "10.0.0.20"}, "certificate_file and key_file"),
        ({"certificate_file": Path("x")}, "together"),
    ],
)
def test_others_can_reach_it_only_with_tls(fields: dict[str, object], says: str) -> None:
    with pytest.raises(WrongUseError, match=says):
        PageSettings(**fields)  # type: ignore[arg-type]


def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "page.crt"
    path.write_text("no certificate")
    with pytest.raises(WrongUseError, match=r"page\.crt"):
        PageSettings(certificate_file=path, key_file=path).tls()


async def test_a_port_that_is_taken_is_said() -> None:
    person = Person(name="anna", face=Face.BEDSIDE, clinic="north", code="c" * 22)
    async with serving(PageSettings(), [person]) as page:
        port = int(page.url.rpartition(":")[2])
        assert page.links == {"anna": f"{page.url}/bedside#{'c' * 22}"}
        with pytest.raises(RunFailedError, match="name another port"):
            async with serving(PageSettings(port=port), []):
                pass


async def test_a_page_that_cannot_be_served_stops_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise RunFailedError("the port is taken")

    class Bedside:
        async def run(self) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr(server, "PageServer", refuse)
    said: list[str] = []
    async with station_page.served(
        PageSettings(),
        clinic="north",
        assistant="assistant",
        bedside=Bedside(),  # type: ignore[arg-type]
        therapists={},
        say=said.append,
    ):
        pass
    assert said == ["no page: the port is taken"]


def test_a_link_is_a_qr_code_too() -> None:
    drawn = links.qr_code("http://127.0.0.1:8000/#code")
    assert len(drawn.splitlines()) > 10


async def test_the_command_serves_until_it_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "therapist.login.json"
    fields = {"clinic": "north", "host": "127.0.0.1", "port": 1, "username": "therapist-1", "password": "p"}
    path.write_text(json.dumps(fields))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor.cli.main", "page", "--login", str(path)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode() for _ in range(2)]
    process.terminate()
    await process.communicate()
    assert lines[0].startswith("the page: http://127.0.0.1:")
    assert lines[1].startswith("page for therapist-1: http://127.0.0.1:")
