"""The page's server: login, cookies, origins, the relay's wall, the bedside screen's stream."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from monitor.delivery.broker.broker import Broker
from monitor.page import bedside_socket, logins
from monitor.page.logins import Face, Person
from monitor.page.server import PageSettings, serving
from tests.support.page import Clinic, clinic_at


async def logged_in(session: aiohttp.ClientSession, clinic: Clinic) -> None:
    code = clinic.links["therapist-1"].partition("#")[2]
    answer = await session.post(f"{clinic.url}/login", json={"code": code}, headers={"Origin": clinic.url})
    assert answer.status == 200
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=Strict", "Max-Age=43200"))
    session.headers["Cookie"] = cookie.partition(";")[0]


async def test_the_relay_refuses_strangers(tmp_path: Path) -> None:
    now_s = 0.0
    async with (
        clinic_at(tmp_path, monotonic_s=lambda: now_s) as clinic,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        url = clinic.url.replace("http", "ws") + "/mqtt"

        async def status(**headers: str) -> int:
            try:
                async with session.ws_connect(url, protocols=("mqtt",), headers=headers) as socket:
                    await socket.close()
                    return 101
            except aiohttp.WSServerHandshakeError as exc:
                return exc.status

        assert await status(Origin=clinic.url) == 401  # no cookie
        await logged_in(session, clinic)
        assert await status(Origin="http://evil.example") == 403
        assert await status() == 403  # no origin at all
        assert await status(Origin=clinic.url, Cookie="kinewatch-1=forged") == 401
        assert await status(Origin=clinic.url) == 101
        for frame in ("text", b"\x10" * 70_000, b"\xc0\x00"):
            async with session.ws_connect(url, protocols=("mqtt",), headers={"Origin": clinic.url}) as socket:
                if isinstance(frame, str):
                    await socket.send_str(frame)
                else:
                    await socket.send_bytes(frame)
                assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
                assert socket.close_code in {1008, 1009}
        now_s = logins.LOGIN_FOR_S + 1
        assert await status(Origin=clinic.url) == 401  # expired


async def test_guesses_are_limited_and_answers_are_closed(tmp_path: Path) -> None:
    async with clinic_at(tmp_path) as clinic, aiohttp.ClientSession() as session:
        own = {"Origin": clinic.url}
        for asked in (["no object"], {"name": 1, "password": 2}):
            answer = await session.post(f"{clinic.url}/login", json=asked, headers=own)
            assert answer.status in {400, 401}
        assert (await session.post(f"{clinic.url}/login", data=b"{", headers=own)).status == 400
        assert (await session.post(f"{clinic.url}/login", json={})).status == 403  # no origin
        for _ in range(logins.GUESSES):
            answer = await session.post(f"{clinic.url}/login", json={"code": "x"}, headers=own)
            assert answer.status == 401
        answer = await session.post(f"{clinic.url}/login", json={"code": "x"}, headers=own)
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) > 200
        page = await session.get(clinic.url)
        assert "require-trusted-types-for 'script'" in page.headers["Content-Security-Policy"]
        again = await session.get(clinic.url, headers={"If-None-Match": page.headers["ETag"]})
        assert again.status == 304
        assert (await session.get(clinic.url, headers={"Host": "rebound.example"})).status == 421
        assert (await session.get(f"{clinic.url}/../../etc/passwd")).status == 404
        assert (await session.get(f"{clinic.url}/whoami")).status == 401
        health = await (await session.get(f"{clinic.url}/health")).json()
        assert health["ok"] is True


NOBODY: Any = None  # these pages need no broker


class Station:
    """The station beside a bedside screen."""

    def __init__(self) -> None:
        self.put: bedside_socket.Put | None = None
        self.commands: list[tuple[str, bytes]] = []
        self.is_detached = False

    def attach(self, put: bedside_socket.Put) -> Callable[[], None]:
        self.put = put
        put("kinewatch/v1/north/room-2/status", b"{}")

        def detach() -> None:
            self.is_detached = True

        return detach

    def command(self, topic: str, payload: bytes) -> None:
        self.commands.append((topic, payload))


async def test_the_bedside_screen_hears_and_commands_its_station() -> None:
    station = Station()
    person = Person(name="assistant", face=Face.BEDSIDE, clinic="north", code="c" * 22)
    async with (
        serving(PageSettings(), [person], bedside=station) as page,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        links = {"therapist-1": page.links["assistant"]}
        await logged_in(session, Clinic(broker=NOBODY, url=page.url, links=links))
        url = page.url.replace("http", "ws") + "/bedside/stream"
        own = {"Origin": page.url}
        async with session.ws_connect(url, protocols=("kinewatch",), headers=own) as socket:
            assert await socket.receive_json() == ["kinewatch/v1/north/room-2/status", "{}"]
            await socket.send_json(["a/topic", "a payload"])
            await asyncio.sleep(0.1)
            assert station.commands == [("a/topic", b"a payload")]
            await socket.send_str("no JSON")
            assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
        await asyncio.sleep(0.1)
        assert station.is_detached
        async with session.ws_connect(url, protocols=("kinewatch",), headers=own) as socket:
            assert station.put is not None
            for number in range(bedside_socket.MAX_QUEUED + 2):
                station.put("t", str(number).encode())
            closed = [message async for message in socket]
            assert len(closed) <= bedside_socket.MAX_QUEUED + 1
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            async with session.ws_connect(url, headers=own):
                pass
        assert caught.value.status == 400  # no common sub-protocol
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            async with session.ws_connect(
                page.url.replace("http", "ws") + "/mqtt", protocols=("mqtt",), headers=own
            ):
                pass
        assert caught.value.status == 403  # a bedside login has no broker


async def test_logging_out_closes_the_screens(tmp_path: Path) -> None:
    async with (
        clinic_at(tmp_path) as clinic,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        await logged_in(session, clinic)
        own = {"Origin": clinic.url}
        who = await (await session.get(f"{clinic.url}/whoami")).json()
        assert (who["name"], who["face"], who["clinic"]) == ("therapist-1", "therapist", "north")
        url = clinic.url.replace("http", "ws")
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            async with session.ws_connect(f"{url}/bedside/stream", protocols=("kinewatch",), headers=own):
                pass
        assert caught.value.status == 403
        async with session.ws_connect(f"{url}/mqtt", protocols=("mqtt",), headers=own) as socket:
            answer = await session.post(f"{clinic.url}/logout", headers=own)
            assert answer.status == 200
            assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
        assert (await session.get(f"{clinic.url}/whoami")).status == 401


async def test_a_page_without_a_broker_is_told_to_try_again() -> None:
    nobody = Broker(host="127.0.0.1", port=1)
    person = Person(
        name="therapist-1", face=Face.THERAPIST, clinic="north", broker=lambda: nobody, code="c" * 22
    )
    async with (
        serving(PageSettings(), [person]) as page,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        clinic = Clinic(broker=NOBODY, url=page.url, links=dict(page.links))
        await logged_in(session, clinic)
        url = page.url.replace("http", "ws") + "/mqtt"
        async with session.ws_connect(url, protocols=("mqtt",), headers={"Origin": page.url}) as socket:
            await socket.send_bytes(bytes.fromhex("10 14 0004 4d515454 04 02 003c 0008 6162636465666768"))
            await socket.receive()
            assert socket.close_code == 1013
