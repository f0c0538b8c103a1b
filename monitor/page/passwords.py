"""Passwords of the page's people: scrypt hashes (RFC 7914) in a file of their own, one line a person."""

import base64
import binascii
import hashlib
import hmac
import secrets
from pathlib import Path

from monitor.errors import WrongUseError

MIN_PASSWORD = 8
MAX_PASSWORD = 200

# RFC 7914 section 2 names N = 16384, r = 8, p = 1 as the interactive cost of its time; twice that takes about
# 60 ms here, which a person does not notice and a list of guesses does.
_N, _R, _P = 32_768, 8, 1
_MEMORY_BYTES = 64 * 2**20
_SALT_BYTES = 16

MAX_FILE_BYTES = 100_000


def hashed(password: str) -> str:
    """A line's part after the name: scheme, salt and hash."""
    salt = secrets.token_bytes(_SALT_BYTES)
    return f"scrypt${_text(salt)}${_text(_digest(password, salt))}"


def matches(password: str, kept: str) -> bool:
    """Whether it is this password; takes the same time for every answer, and for a hash that is none."""
    _, _, rest = kept.partition("$")
    salt_text, _, digest_text = rest.partition("$")
    try:
        salt, digest = (
            base64.b64decode(salt_text, validate=True),
            base64.b64decode(digest_text, validate=True),
        )
    except binascii.Error:
        salt, digest = b"", b""
    return hmac.compare_digest(_digest(password[:MAX_PASSWORD], salt or b"\0" * _SALT_BYTES), digest)


def read_passwords(path: Path) -> dict[str, str]:
    """Hashes by name.

    Raises:
        WrongUseError: it cannot be read, others can read it, or a line is none.
    """
    try:
        others = path.stat().st_mode & 0o077
        text = path.read_text(encoding="utf-8")[:MAX_FILE_BYTES]
    except (OSError, UnicodeDecodeError) as exc:
        raise WrongUseError(f"{path}: cannot be read ({exc}); `kinewatch page password` writes it") from exc
    if others:
        raise WrongUseError(f"{path}: others can read it; chmod 600 {path}")
    kept = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, found, value = line.partition(":")
        if not found or not value.startswith("scrypt$"):
            raise WrongUseError(
                f"{path}:{number}: expected name:scrypt$..., as `kinewatch page password` writes"
            )
        kept[name] = value
    return kept


def write_password(path: Path, name: str, password: str) -> None:
    """Set one person's password.

    Raises:
        WrongUseError: it is too short or too long, or the file cannot be written.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise WrongUseError(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    kept = read_passwords(path) if path.exists() else {}
    kept[name] = hashed(password)
    try:
        path.touch(mode=0o600)
        path.write_text("".join(f"{who}:{value}\n" for who, value in kept.items()), encoding="utf-8")
    except OSError as exc:
        raise WrongUseError(f"{path}: cannot be written ({exc.strerror})") from exc


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=_MEMORY_BYTES, dklen=32)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
