"""The page's server: files, login, and the two WebSockets. One port; everything is bounded."""

import asyncio
import logging
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from aiohttp import web

from monitor.delivery.broker.broker import Broker
from monitor.errors import RunFailedError, WrongUseError
from monitor.page import bedside_socket, relay
from monitor.page.assets import SECURITY_HEADERS, Asset, load_assets
from monitor.page.bedside_socket import BedsideStation, serve_bedside
from monitor.page.browser_rules import BrowserRules
from monitor.page.logins import LOGIN_FOR_S, Face, Login, Logins, Person, TooManyGuessesError

logger = logging.getLogger(__name__)

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

MAX_BODY_BYTES = 4_096
# Screens of one person, and of all.
MAX_SOCKETS_EACH = 16
MAX_SOCKETS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    """Where the page is served. Off loopback only with TLS: `certificate_file` and `key_file`.

    Raises:
        WrongUseError: a host that others can reach, without TLS.
    """

    host: str = "127.0.0.1"
    port: int = 0
    certificate_file: Path | None = None
    key_file: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what others could listen to."""
        if (self.certificate_file is None) != (self.key_file is None):
            raise WrongUseError("page: give certificate_file and key_file together")
        if self.certificate_file is None and self.host not in LOOPBACK:
            raise WrongUseError(
                f"page: {self.host} can be reached from elsewhere; give certificate_file and key_file "
                "(kinewatch certs makes them), or serve it at 127.0.0.1"
            )

    @property
    def scheme(self) -> str:
        """Of the URL that people open."""
        return "http" if self.certificate_file is None else "https"

    def tls(self) -> ssl.SSLContext | None:
        """The server's side of TLS.

        Raises:
            WrongUseError: a file cannot be read or is none of these.
        """
        if self.certificate_file is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            context.load_cert_chain(self.certificate_file, self.key_file)
        except (OSError, ssl.SSLError) as exc:
            raise WrongUseError(
                f"page: {self.certificate_file}: no certificate with its key ({exc})"
            ) from exc
        return context


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedPage:
    """A page that is being served: its address, and for each person with a code the URL that opens it."""

    url: str
    links: Mapping[str, str] = field(default_factory=dict)


class PageServer:
    """The page's application; `serving` runs it."""

    def __init__(
        self,
        people: Sequence[Person],
        *,
        bedside: BedsideStation | None = None,
        hosts: frozenset[str] | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hosts = hosts
        self._logins = Logins({person.name: person for person in people})
        self._bedside = bedside
        self._monotonic_s = monotonic_s
        self._assets = load_assets()
        self._sockets: Counter[str] = Counter()
        self._open: dict[web.WebSocketResponse, str] = {}
        self.cookie = "kinewatch"
        self.application = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[self._guarded])
        self.application.router.add_post("/login", self._login)
        self.application.router.add_post("/logout", self._logout)
        self.application.router.add_get("/whoami", self._whoami)
        self.application.router.add_get("/health", self._health)
        self.application.router.add_get("/mqtt", self._mqtt)
        self.application.router.add_get("/bedside/stream", self._stream)
        self.application.router.add_get("/{path:.*}", self._file)

    # -- every request --------------------------------------------------------------------------------------

    @web.middleware
    async def _guarded(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The headers of every answer; whatever changes or streams something comes from our own page."""
        if self._hosts is not None and (request.url.host or "") not in self._hosts:
            # A name that somebody has pointed at this machine is not our address.
            return web.Response(status=421, text="not this address", headers=SECURITY_HEADERS)
        is_upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
        if (request.method != "GET" or is_upgrade) and not _is_own(request):
            return web.Response(status=403, text="not from this page", headers=SECURITY_HEADERS)
        try:
            response = await handler(request)
        except web.HTTPException as exc:
            exc.headers.update(SECURITY_HEADERS)
            raise
        if not response.prepared:
            response.headers.update(SECURITY_HEADERS)
            if request.secure:
                response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    async def _file(self, request: web.Request) -> web.Response:
        asset = self._assets.get(request.path)
        if asset is None:
            return web.Response(status=404, text="no such file")
        return _answer(request, asset)

    async def _health(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "version": version("kinewatch"), "screens": len(self._open)})

    # -- login ----------------------------------------------------------------------------------------------

    async def _login(self, request: web.Request) -> web.Response:
        try:
            asked = await request.json()
        except ValueError:
            return web.json_response({"error": "unreadable"}, status=400)
        if not isinstance(asked, dict):
            return web.json_response({"error": "unreadable"}, status=400)
        address = request.remote or "unknown"
        try:
            person = await self._person(asked, address)
        except TooManyGuessesError as exc:
            headers = {"Retry-After": f"{exc.retry_after_s:.0f}"}
            return web.json_response({"error": "wait"}, status=429, headers=headers)
        if person is None:
            return web.json_response({"error": "refused"}, status=401)
        token = self._logins.begin(person, now_s=self._monotonic_s())
        response = web.json_response(_who(person))
        response.set_cookie(
            self.cookie,
            token,
            max_age=round(LOGIN_FOR_S),
            httponly=True,
            secure=True,
            samesite="Strict",
            path="/",
        )
        return response

    async def _person(self, asked: Mapping[str, object], address: str) -> Person | None:
        now_s = self._monotonic_s()
        code, name, password = asked.get("code"), asked.get("name"), asked.get("password")
        if isinstance(code, str):
            return self._logins.by_code(code[:200], address=address, now_s=now_s)
        if not isinstance(name, str) or not isinstance(password, str):
            return None
        # Hashing takes as long as a person does not notice and the station's loop would.
        return await asyncio.to_thread(
            self._logins.by_password, name[:64], password[:200], address=address, now_s=now_s
        )

    async def _logout(self, request: web.Request) -> web.Response:
        token = request.cookies.get(self.cookie)
        if token is not None:
            self._logins.end(token)
            for socket in [each for each, owner in self._open.items() if owner == token]:
                await socket.close(code=relay.POLICY_VIOLATION, message=b"logged out")
        response = web.json_response({})
        response.del_cookie(self.cookie, path="/", secure=True, httponly=True, samesite="Strict")
        return response

    async def _whoami(self, request: web.Request) -> web.Response:
        login = self._login_of(request)
        if login is None:
            return web.json_response({"error": "not logged in"}, status=401)
        return web.json_response(_who(login.person))

    def _login_of(self, request: web.Request) -> Login | None:
        return self._logins.of(request.cookies.get(self.cookie), now_s=self._monotonic_s())

    # -- the two streams ------------------------------------------------------------------------------------

    async def _mqtt(self, request: web.Request) -> web.StreamResponse:
        login = self._login_of(request)
        if login is None:
            return web.Response(status=401, text="not logged in")
        person = login.person
        if person.broker is None:
            return web.Response(status=403, text="this login has no broker")
        rules = BrowserRules(clinic=person.clinic, actor=person.name)
        return await self._stream_to(
            request,
            login,
            max_frame=relay.MAX_FRAME_BYTES,
            protocols=("mqtt",),
            carry=lambda socket: self._relay(socket, person.broker, rules),
        )

    async def _relay(
        self, socket: web.WebSocketResponse, broker: Callable[[], Broker] | None, rules: BrowserRules
    ) -> None:
        assert broker is not None  # noqa: S101 - checked before the upgrade
        try:
            where = broker()
        except Exception as exc:  # noqa: BLE001 - a broker that is starting: said to the page, never raised here
            logger.info("no broker for a page of %s: %s", rules.actor, exc)
            await socket.close(code=relay.TRY_AGAIN_LATER, message=b"no broker")
            return
        await relay.relay(socket, where, rules)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        login = self._login_of(request)
        if login is None:
            return web.Response(status=401, text="not logged in")
        station = self._bedside
        if station is None or login.person.face is not Face.BEDSIDE:
            return web.Response(status=403, text="not a bedside login")
        return await self._stream_to(
            request,
            login,
            max_frame=bedside_socket.MAX_FRAME_BYTES,
            protocols=("kinewatch",),
            carry=lambda socket: serve_bedside(socket, station),
        )

    async def _stream_to(
        self,
        request: web.Request,
        login: Login,
        *,
        max_frame: int,
        protocols: tuple[str, ...],
        carry: Callable[[web.WebSocketResponse], Awaitable[None]],
    ) -> web.StreamResponse:
        name = login.person.name
        if self._sockets[name] >= MAX_SOCKETS_EACH or len(self._open) >= MAX_SOCKETS:
            return web.Response(status=503, text="too many screens")
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        if not {each.strip() for each in offered.split(",")} & set(protocols):
            # Without a common sub-protocol a browser fails the connection without a word.
            return web.Response(status=400, text=f"expected the sub-protocol {protocols[0]}")
        socket = web.WebSocketResponse(
            protocols=protocols, max_msg_size=max_frame, heartbeat=bedside_socket.PING_EVERY_S, compress=False
        )
        await socket.prepare(request)
        self._sockets[name] += 1
        self._open[socket] = request.cookies.get(self.cookie, "")
        try:
            async with asyncio.timeout(max(0.0, login.until_s - self._monotonic_s())):
                await carry(socket)
        except TimeoutError:
            await socket.close(code=relay.POLICY_VIOLATION, message=b"the login has expired")
        finally:
            self._sockets[name] -= 1
            self._open.pop(socket, None)
        return socket


@asynccontextmanager
async def serving(
    settings: PageSettings,
    people: Sequence[Person],
    *,
    bedside: BedsideStation | None = None,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> AsyncIterator[ServedPage]:
    """Serve the page inside the context.

    Raises:
        RunFailedError: the port is taken, or the address is not this machine's.
        WrongUseError: the certificate cannot be used.
    """
    hosts = LOOPBACK if settings.host in LOOPBACK else None
    server = PageServer(people, bedside=bedside, hosts=hosts, monotonic_s=monotonic_s)
    runner = web.AppRunner(server.application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port, ssl_context=settings.tls())
        try:
            await site.start()
        except OSError as exc:
            raise RunFailedError(
                f"page: {settings.host}:{settings.port} cannot be used ({exc.strerror}); name another port"
            ) from exc
        host, port = runner.addresses[0][:2]
        # Two stations on one machine share cookies, which know no ports: each has a name of its own.
        server.cookie = f"kinewatch-{port}"
        url = f"{settings.scheme}://{f'[{host}]' if ':' in host else host}:{port}"
        yield ServedPage(url=url, links={person.name: _link(url, person) for person in people if person.code})
    finally:
        await runner.cleanup()


def _link(url: str, person: Person) -> str:
    """The code is in the fragment: browsers send it to nobody, and no log has it."""
    path = "/bedside" if person.face is Face.BEDSIDE else "/"
    return f"{url}{path}#{person.code}"


def _who(person: Person) -> dict[str, str]:
    return {
        "name": person.name,
        "face": person.face.value,
        "clinic": person.clinic,
        "version": version("kinewatch"),
    }


def _is_own(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    return origin == f"{'https' if request.secure else 'http'}://{request.host}"


def _answer(request: web.Request, asset: Asset) -> web.Response:
    # Always asked for again: a page of yesterday with a server of today must not be.
    headers = {"ETag": asset.etag, "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == asset.etag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=asset.content, headers={**headers, "Content-Type": asset.content_type})
