"""Where a broker is and how one logs in there. Pure."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

Transport = Literal["tcp", "websockets"]

# The registered ports of MQTT and MQTT over TLS; web sockets have those of HTTP.
_DEFAULT_PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """`ca_file` None: the system's authorities. A client certificate where the broker asks for one."""

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """One broker and one login. The password is in no text form of this."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: Tls | None = None
    transport: Transport = "tcp"
    path: str = "/mqtt"

    @property
    def address(self) -> str:
        """Host and port, for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Broker({self.address}, username={self.username!r})"


def broker_at(
    url: str, *, username: str | None = None, password: str | None = None, tls: Tls | None = None
) -> Broker:
    """The broker at `mqtt://`, `mqtts://`, `ws://` or `wss://`; the two with an s use TLS, verified always.

    Raises:
        ValueError: the URL has another scheme, no host, or carries a password itself.
    """
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is no broker's address; expected mqtts://host[:port]")
    if parts.password is not None or parts.username is not None:
        raise ValueError("a broker's URL must not carry a login; give it as settings")
    secure = parts.scheme in {"mqtts", "wss"}
    return Broker(
        host=parts.hostname,
        port=parts.port or _DEFAULT_PORTS[parts.scheme],
        username=username,
        password=password,
        tls=(tls or Tls()) if secure else None,
        transport="websockets" if parts.scheme in {"ws", "wss"} else "tcp",
        path=parts.path or "/mqtt",
    )
