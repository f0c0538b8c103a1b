"""The page's files, read once and served with the headers that keep it closed.

The content policy allows this origin's own scripts and connections, nothing inline, and no text that becomes
a script or markup (trusted types). It was tried in a browser; `docs/page.md` says what each part is for.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types kinewatch",
    )
)

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}

# mimetypes asks the machine it runs on; these are the page's own.
_TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".json": "application/json"}

# The service worker names its cache after the release and the files, so that a new release replaces all.
VERSION_MARK = b"__KINEWATCH_VERSION__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file: what it is, and the tag that says whether a browser has it already."""

    content: bytes
    content_type: str
    etag: str


def load_assets() -> dict[str, Asset]:
    """Every file of the page by its path, `/` and `/bedside` included."""
    root = files("monitor.page") / "static"
    raw = dict(_walk(root, ""))
    digest = hashlib.sha256()
    for path in sorted(raw):
        digest.update(path.encode() + b"\0" + raw[path] + b"\0")
    mark = f"{version('kinewatch')}-{digest.hexdigest()[:12]}".encode()
    assets = {path: _asset(path, content.replace(VERSION_MARK, mark)) for path, content in raw.items()}
    assets["/"] = assets["/index.html"]
    assets["/bedside"] = assets["/bedside.html"]
    return assets


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, bytes]]:
    found = []
    for entry in folder.iterdir():
        path = f"{prefix}/{entry.name}"
        if entry.is_dir():
            found += _walk(entry, path)
        else:
            found.append((path, entry.read_bytes()))
    return found


def _asset(path: str, content: bytes) -> Asset:
    suffix = path[path.rfind(".") :]
    guessed = _TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    is_text = guessed.startswith("text/") or guessed.endswith(("json", "javascript"))
    return Asset(
        content=content,
        content_type=f"{guessed}; charset=utf-8" if is_text else guessed,
        etag=f'"{hashlib.sha256(content).hexdigest()[:20]}"',
    )
